"""One verb on several runs: each is done and told, one that cannot be is named on standard error, and the others go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from runlog.cli import writing
from runlog.errors import RunlogError
from runlog.records import RunRecord
from runlog.store.stored import StoredRun


class _Failures:
    """Counts what went wrong. Where there is but one thing to do, its error is the command's."""

    def __init__(self, alone: bool) -> None:
        self.alone = alone
        self.count = 0

    @contextmanager
    def told(self) -> Iterator[None]:
        try:
            yield
        except RunlogError as error:
            if self.alone:
                raise
            tell(error)
            self.count += 1


def on_each(
    selectors: Sequence[str], find: Callable[[str], StoredRun], act: Callable[[StoredRun], str], quiet: bool = False
) -> int:
    """Find all, then do each, once. What `act` returns is told, or with `quiet` the id. The exit status: 1 when some failed."""
    failures = _Failures(alone=len(selectors) == 1)
    # All are found before anything is done, for what is done may change which run is the last.
    runs: dict[str, StoredRun] = {}
    for selector in selectors:
        with failures.told():
            run = find(selector)
            runs.setdefault(run.id, run)
    for run in runs.values():
        with failures.told():
            told = act(run)
            writing.write(f"{run.id if quiet else told}\n")
    return 1 if failures.count else 0


def tell(error: RunlogError) -> None:
    """An error that does not end the command."""
    writing.say(f"error: {error.message}\n" + (f"hint: {error.hint}\n" if error.hint else ""))


def label(run: StoredRun | RunRecord) -> str:
    """A run in a line for people; for programs its id alone."""
    if not writing.on_terminal():
        return run.id
    return f"{run.id[-6:]} {run.name}" if run.name else run.id[-6:]
