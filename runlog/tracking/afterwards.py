"""What may wait when a run has ended: a log is dropped only when the documents that replace it are durable, and waiting for the
disk is nothing a training loop should do. The logs of ended runs are dropped every few seconds, and when the program ends;
a process that is killed before leaves them to whoever opens the store next."""

from __future__ import annotations

import threading
from pathlib import Path

from runlog.errors import RunlogError
from runlog.store import files
from runlog.store.rundir import RunDir
from runlog.store.store import Store
from runlog.tracking.warning import warn

# From so many runs on, one sync of the filesystem is cheaper than one of each file.
_MANY = 8


class _Waiting:
    """The runs whose logs wait to be dropped, and whether nothing of them is left to finish then."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.dropping = threading.Lock()
        self.runs: list[tuple[Store, RunDir, bool]] = []

    def take(self) -> list[tuple[Store, RunDir, bool]]:
        with self.lock:
            taken, self.runs = self.runs, []
            return taken


_waiting = _Waiting()


def drop_logs(store: Store, run: RunDir, over: bool) -> None:
    """Drop the covered logs of a run soon. `over`: nothing of it is left to finish then."""
    with _waiting.lock:
        _waiting.runs.append((store, run, over))


def forget() -> None:
    """In a forked child: the parent does it."""
    _waiting.lock = threading.Lock()
    _waiting.dropping = threading.Lock()
    _waiting.runs = []


def drain() -> None:
    """Drop the logs that wait, after those that another thread is dropping: at the end of the program it would be cut off."""
    with _waiting.dropping:
        _drop(_waiting.take())


def _drop(waiting: list[tuple[Store, RunDir, bool]]) -> None:
    synced = _sync({store.root for store, _, _ in waiting}) if len(waiting) >= _MANY else False
    for store, run, over in waiting:
        try:
            if run.drop_covered(durable=synced) and over:
                store.unmark_live(run.id)
        except (OSError, RunlogError) as error:
            warn(f"run {run.id} is complete, but its log could not be dropped: {error}")


def _sync(roots: set[Path]) -> bool:
    try:
        for root in roots:
            files.sync_filesystem(root)
    except OSError:
        return False
    return True
