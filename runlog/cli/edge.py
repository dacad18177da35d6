"""The edge where errors become a line, a hint and an exit status. No traceback ever reaches a user."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable

from runlog.cli import give_up_unwritten
from runlog.errors import RunlogError, reason_of


def status_of(action: Callable[[], object]) -> int:
    """Do what was asked; the exit status."""
    give_up_unwritten()
    _say_it_somehow()
    try:
        return _told(action)
    except BrokenPipeError:
        give_up_unwritten()
        return 128 + signal.SIGPIPE
    except OSError as error:  # as from a full disk, also for the word about what went wrong
        give_up_unwritten()
        return tell(6, f"standard output: {reason_of(error)}", None)


def _told(action: Callable[[], object]) -> int:
    """The exit status, with what went wrong told."""
    try:
        result = action()
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except RunlogError as error:
        return tell(error.status, error.message, error.hint)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        raise
    except OSError as error:
        return tell(6, f"{error.filename or 'the system'}: {reason_of(error)}", None)
    except Exception as error:
        if os.environ.get("RUNLOG_DEBUG"):
            raise
        message = f"this is a bug in runlog: {type(error).__name__}: {error}"
        return tell(70, message, "RUNLOG_DEBUG=1 shows where; please report it")


def _say_it_somehow() -> None:
    """A terminal that knows no Chinese shows the letters by their numbers."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def tell(status: int, message: str, hint: str | None) -> int:
    """Say what is wrong and what to type next; the status that was given."""
    sys.stdout.flush()
    say(f"error: {message}\n" + (f"hint: {hint}\n" if hint else ""))
    return status


def say(text: str) -> None:
    """A word to the person, beside the answer."""
    if sys.stderr.isatty():
        from runlog.render.columns import shown_lines

        text = shown_lines(text)
    try:
        sys.stderr.write(text)
        sys.stderr.flush()  # a question ends without a newline
    except BrokenPipeError:
        raise
    except OSError:
        give_up_unwritten()  # how a command ends does not depend on whether that could be told
