"""What could not be logged: told once, and never at the cost of the program."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from runlog.errors import OutsideError
from runlog.tracking.run import Run
from runlog.tracking.warning import warn

_told: set[str] = set()


@contextlib.contextmanager
def guarded(what: str, run: Run | None = None) -> Iterator[None]:
    """Do something that depends on a library that may have changed. What fails is named once, and the program goes on."""
    try:
        yield
    except Exception as error:
        with contextlib.suppress(Exception):
            tell(what, f"{type(error).__name__}: {error}", run)


def tell(what: str, why: str, run: Run | None = None) -> None:
    """Say, once in this process, what is not logged and why."""
    if what in _told:
        return
    _told.add(what)
    lines = why.strip().splitlines() or [""]
    message = f"autolog: {what} not logged: {lines[0][:200]}"
    if run is None or run.untracked:
        warn(message)
    else:
        run.trouble(OutsideError(message))


def forget() -> None:
    """Tell everything anew."""
    _told.clear()
