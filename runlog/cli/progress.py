"""How far something is that takes longer than a moment: a bar for a person, which is gone in the end."""

from __future__ import annotations

import atexit
import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

_MOMENT_S = 0.5
_BETWEEN_S = 0.1


def progress(what: str, *, of_bytes: bool = False) -> Callable[[int, int], None] | None:
    """Shows how much is done of how much; none where nobody is looking."""
    return _Bar(what, of_bytes).show if sys.stderr.isatty() and os.environ.get("TERM") != "dumb" else None


class _Bar:
    """Drawn only after a moment: most things are over by then, and need no library to draw it."""

    def __init__(self, what: str, of_bytes: bool) -> None:
        self._what = what
        self._of_bytes = of_bytes
        self._next = time.monotonic() + _MOMENT_S
        self._bar: Progress | None = None

    def show(self, done: int, todo: int) -> None:
        if done >= todo:
            self._stop()
        elif (now := time.monotonic()) >= self._next:
            self._next = now + _BETWEEN_S
            bar = self._bar = self._bar or self._begin()
            bar.update(bar.task_ids[0], completed=done, total=todo)
            bar.refresh()

    def _begin(self) -> Progress:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        amount = DownloadColumn() if self._of_bytes else MofNCompleteColumn()
        columns = TextColumn("{task.description}"), BarColumn(), amount, TimeRemainingColumn()
        bar = Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
        bar.add_task(self._what)
        bar.start()
        # It hides the cursor, which an interrupted command gives back, too.
        atexit.register(self._stop)
        return bar

    def _stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
            atexit.unregister(self._stop)
