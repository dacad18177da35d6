"""Waiting for runs to end, without reading them again and again."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from runlog.capture.process import is_alive
from runlog.records import Process, RunRecord
from runlog.store import layout
from runlog.store.stored import StoredRun

# How long to sleep between two looks: short at first, for many runs are.
_FIRST_S, _LAST_S = 0.02, 0.5
_EACH_S = 0.002  # a look costs part of this for each run
# A run on another machine shows only by its silence that it is lost.
_READ_AGAIN_S = 60.0


class Vigil:
    """A look at a run that may be taken often: it is read anew only when there is reason to."""

    def __init__(self, run: StoredRun) -> None:
        self.run = run
        self._seen: list[str] | None = None
        self._process: Process | None = None
        self._again = 0.0

    def end(self) -> RunRecord | None:
        """The run if it is over, none while it goes on."""
        seen = _documents(self.run)
        if seen == self._seen and time.monotonic() < self._again and self._may_live():
            return None
        run = self.run.reload()
        if run.state != "running":
            return run.record
        self._seen, self._process, self._again = seen, run.answering(), time.monotonic() + _READ_AGAIN_S
        return None

    def _may_live(self) -> bool:
        return self._process is None or is_alive(self._process) is not False


def _documents(run: StoredRun) -> list[str]:
    """What an end would add to, if anything of it reached the disk as more than a line of a log."""
    names = os.listdir(run.path)
    with suppress(FileNotFoundError):
        names += os.listdir(run.path / layout.LIVE)
    return sorted(names)


@dataclass(frozen=True, slots=True)
class Waited:
    """Runs that have ended, in the order they were named, and those that have not."""

    ended: tuple[RunRecord, ...]
    running: tuple[StoredRun, ...]


def wait(runs: Sequence[StoredRun], timeout_s: float | None = None) -> Waited:
    """Wait until all runs have ended, or the time is over."""
    vigils = [Vigil(run) for run in runs]
    ended: dict[str, RunRecord] = {}
    give_up = None if timeout_s is None else time.monotonic() + timeout_s
    pause = _FIRST_S
    while True:
        for vigil in vigils:
            if vigil.run.id not in ended and (record := vigil.end()) is not None:
                ended[vigil.run.id] = record
        left = None if give_up is None else give_up - time.monotonic()
        if len(ended) == len(vigils) or (left is not None and left <= 0):
            break
        pause = min(pause * 1.5, max(_LAST_S, _EACH_S * len(vigils)))
        time.sleep(pause if left is None else min(pause, left))
    running = tuple(run for run in runs if run.id not in ended)
    return Waited(tuple(ended[run.id] for run in runs if run.id in ended), running)
