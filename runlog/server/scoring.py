"""MLflow's scoring protocol: a model that answers `/invocations`, and says at `/ping` that it is there."""

from __future__ import annotations

import asyncio
import functools
import json
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from runlog.errors import BadInput, OutsideError
from runlog.models.loading import Predictor
from runlog.models.params import conform_params
from runlog.models.schema import conform
from runlog.server import answers, payload

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

TIMEOUT_S = 60.0
_log = logging.getLogger("runlog.serve")


class Answer(NamedTuple):
    """What goes back to whoever asked."""

    body: bytes
    status: int = 200
    kind: str = payload.JSON


def score(model: Predictor, body: bytes, content_type: str) -> Answer:
    """Answer one request for predictions. What is wrong with it is said by MLflow's codes."""
    signature = model.card.signature
    try:
        given = payload.read(body, content_type, signature)
    except payload.Unsupported as error:
        return Answer(str(error).encode(), 415, "text/plain")
    except BadInput as error:
        return refusal("BAD_REQUEST", f"Invalid input. {error.message}")
    try:
        data, params = conform(given.data, signature), conform_params(given.params, signature)
    except Exception as error:
        return refusal("INVALID_PARAMETER_VALUE", f"Failed to enforce schema of data. Error: {_words(error)}")
    try:
        return Answer(answers.as_json(model.predict(data, params), bare=given.bare))
    except Exception as error:  # the model's own code
        _log.warning("the model failed on a request: %s", _words(error))
        return refusal("BAD_REQUEST", f"The model failed on this input: {_words(error)}")


def _words(error: Exception) -> str:
    """The first line of an error: the others are for those who know the code of the model."""
    if isinstance(error, BadInput):
        return error.message
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def refusal(code: str, message: str, status: int = 400) -> Answer:
    """An error as MLflow's clients read it."""
    return Answer(json.dumps({"error_code": code, "message": message}).encode(), status)


def application(model: Predictor, timeout_s: float = TIMEOUT_S) -> Starlette:
    """The web application. Predictions are made in threads, so that `/ping` answers while a slow one is going on."""
    try:
        import_module("pandas")  # which every request needs
        from starlette.applications import Starlette
        from starlette.exceptions import HTTPException
        from starlette.responses import Response
        from starlette.routing import Route
    except ImportError as error:
        raise missing(error) from error
    from runlog import __version__

    pool = ThreadPoolExecutor(thread_name_prefix="runlog-predict")

    def said(body: bytes) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            return Response(body, media_type=payload.JSON)

        return answer

    async def invocations(request: Request) -> Response:
        body = await request.body()
        call = functools.partial(score, model, body, request.headers.get("content-type", ""))
        try:
            answer = await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(pool, call), timeout_s)
        except TimeoutError:
            answer = Answer(b"Request processing time exceeded limit", 504)
        return Response(answer.body, answer.status, media_type=answer.kind)

    async def refused(request: Request, error: Exception) -> Response:
        status, detail = (error.status_code, error.detail) if isinstance(error, HTTPException) else (500, "Internal error")
        return Response(json.dumps({"detail": detail}), status, media_type=payload.JSON)

    return Starlette(
        routes=[
            Route("/ping", said(b"\n"), methods=["GET"]),
            Route("/health", said(b"\n"), methods=["GET"]),
            Route("/version", said(__version__.encode()), methods=["GET"]),
            Route("/invocations", invocations, methods=["POST"]),
        ],
        exception_handlers={HTTPException: refused},
    )


def missing(error: ImportError) -> OutsideError:
    """What a server needs and is not installed."""
    package: Any = (error.name or "starlette").partition(".")[0]
    return OutsideError(f"serving a model needs {package}, which cannot be imported", hint="pip install 'runlog[serve]'")
