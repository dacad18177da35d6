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
# Columns of the screen: of a bar at most and at least, of the time that is left, and of an amount of bytes, as `999.9/999.9 kB`.
_BAR, _LEAST_BAR, _TIME, _BYTES = 40, 5, 8, 14


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
            bar = self._bar = self._bar or self._begin(todo)
            bar.update(bar.task_ids[0], completed=done, total=todo)
            bar.refresh()

    def _begin(self, todo: int) -> Progress:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        console = Console(stderr=True)
        # What is said in words and numbers is never cut: the bar has the room that they leave, and the time goes first.
        room = console.width - len(self._what) - (_BYTES if self._of_bytes else 2 * len(str(todo)) + 1) - 2
        amount = DownloadColumn() if self._of_bytes else MofNCompleteColumn()
        lasts = [TimeRemainingColumn()] if room >= _LEAST_BAR + _TIME else []
        room = min(_BAR, room - (_TIME if lasts else 0))
        drawn = [BarColumn(room)] if room >= _LEAST_BAR else []
        columns = TextColumn("{task.description}", markup=False), *drawn, amount, *lasts
        bar = Progress(*columns, console=console, transient=True, auto_refresh=False)
        bar.add_task(self._what, total=todo)
        bar.start()
        # It hides the cursor, which an interrupted command gives back, too.
        atexit.register(self._stop)
        return bar

    def _stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
            atexit.unregister(self._stop)
