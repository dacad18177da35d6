"""Asks a web application as a server would, without one. Needs nothing but Python: MLflow's environment uses it too."""

from __future__ import annotations

from typing import Any


async def ask(app: Any, method: str, path: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """The status of the answer, and its body."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope: dict[str, Any] = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http"}
    scope |= {"method": method, "path": path, "raw_path": path.encode(), "root_path": "", "query_string": b""}
    scope |= {"server": ("localhost", 80), "client": ("localhost", 1)}
    scope["headers"] = [(name.encode(), value.encode()) for name, value in headers.items()]
    try:
        await app(scope, receive, send)
    except Exception as error:
        return {"status": 500, "body": repr(error)}
    text = b"".join(message.get("body", b"") for message in sent).decode()
    return {"status": sent[0]["status"], "body": text}
