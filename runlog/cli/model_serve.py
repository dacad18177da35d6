"""`runlog model serve`."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

import typer


def serve(
    what: str = typer.Argument(..., metavar="MODEL", help="NAME, NAME@3, NAME@production, RUN or RUN/PATH.", show_default=False),
    host: str = typer.Option("127.0.0.1", "--host", metavar="HOST", help="The address to listen on; 0.0.0.0 is all of them."),
    port: int = typer.Option(5000, "--port", "-p", metavar="PORT", min=0, max=65535, help="The port; 0 is any free one."),
    timeout: float = typer.Option(60.0, "--timeout", metavar="SECONDS", min=0.001, help="How long a prediction may take."),
    trust: bool = typer.Option(False, "--trust", help="Let code that lies in the model run."),
) -> None:
    """Answer requests for predictions, by the protocol of mlflow models serve.

    POST /invocations takes JSON, CSV and Parquet; GET /ping says that the model is there. Nobody is asked who they are, so
    listen to other machines only where you trust them all.
    """
    from runlog.cli import writing
    from runlog.cli.model_loading import loaded
    from runlog.server import scoring, serving

    signal.signal(signal.SIGTERM, _ended)
    with serving.listen(host, port) as door:
        label, model = loaded(what, trust)
        app = scoring.application(model, timeout)

        def ready() -> None:
            writing.say(f"serving {label} on {serving.address(door)}\n")
            sys.stderr.flush()

        try:
            serving.serve(app, door, ready)
        except KeyboardInterrupt:
            _leave(signal.SIGINT)


def _ended(number: int, frame: FrameType | None) -> None:
    _leave(number)


def _leave(number: int) -> None:
    """End as one who was ended by a signal, whatever prediction is still going on in a thread."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(128 + number)
