"""A web application on a port, until a signal ends it."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from runlog.errors import OutsideError
from runlog.server.scoring import missing

if TYPE_CHECKING:
    from starlette.applications import Starlette

# So long those who wait for an answer are waited for, which is less than docker's ten seconds.
_PATIENCE_S = 5


def listen(host: str, port: int) -> socket.socket:
    """The door, before anything is loaded: that a port is taken is known at once. Port 0 is any free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    door = socket.socket(family, socket.SOCK_STREAM)
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((host, port))
    except (OSError, OverflowError) as error:
        door.close()
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        is_address = isinstance(error, socket.gaierror) or getattr(error, "errno", None) == errno.EADDRNOTAVAIL
        hint = "--host 127.0.0.1, or 0.0.0.0 for all addresses" if is_address else "--port 0 takes any that is free"
        raise OutsideError(f"cannot listen on {host}:{port}: {reason}", hint=hint) from error
    return door


def address(door: socket.socket) -> str:
    """Where the door is, as one types it."""
    host, port = door.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(app: Starlette, door: socket.socket, ready: Callable[[], None]) -> None:
    """Answer until a signal comes. Requests that are being answered are finished, if they take no more than a few seconds. The
    signal is raised again in the end, for whoever handles it."""
    try:
        import uvicorn
    except ImportError as error:
        raise missing(error) from error

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            ready()

    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=_PATIENCE_S,
        server_header=False,
    )
    Server(config).run([door])
