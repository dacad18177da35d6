"""Which runs were changed since they were last read: by the times that the system keeps of files and folders.

A run folder gets another time when a document comes in or goes, `run.json` when somebody writes to it. Both are times of
change, which no copying sets back.
"""

from __future__ import annotations

import os
import random
import time
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from runlog.store import layout

# Two times for each run: of `run.json`, and of its folder.
_TIMES = 2
# What changed so shortly before it was read may have changed again without another time.
_RACY_NS = 100_000_000
# Looking at a file takes the system a microsecond and more. With more runs than this, only part of the folders is looked at.
FEW = 20_000
# One folder in so many of those that are passed over otherwise.
_SOME = 32


@dataclass(slots=True)
class Known:
    """What was seen of an experiment's folder: its runs by id, and their times."""

    runs: list[str] = field(default_factory=list)
    stamps: array[int] = field(default_factory=lambda: array("q"))

    @classmethod
    def of(cls, runs: str, stamps: bytes) -> Known:
        """As it is kept. Empty when the two do not fit each other."""
        times = array("q")
        times.frombytes(stamps)
        ids = runs.split("\n") if runs else []
        return cls(ids, times) if len(times) == _TIMES * len(ids) else cls()

    def kept(self) -> tuple[str, bytes]:
        return "\n".join(self.runs), self.stamps.tobytes()


@dataclass(slots=True)
class Change:
    """How an experiment's folder differs from what was known of it."""

    folder: str
    now: Known
    stale: list[str]  # to be read
    gone: list[str]


@dataclass(frozen=True, slots=True)
class Attention:
    """Whose folders are looked at, where there are too many: those of late runs, and of some by name."""

    since: str  # the id of the earliest late run
    names: frozenset[str]


class Look:
    """One look at all the runs of a store."""

    def __init__(self, root: Path, known: dict[str, Known], attention: Attention) -> None:
        self._root = root
        self._known = known
        self._attention = attention
        self._all = sum(len(found.runs) for found in known.values()) <= FEW
        self._share = random.randrange(_SOME)
        self._racy = time.time_ns() - _RACY_NS

    def changes(self, folders: list[str]) -> Iterator[Change]:
        """The experiments in which something changed."""
        for folder in folders:
            change = self._change(folder, self._known.get(folder) or Known())
            if change is not None:
                yield change
        for folder in self._known.keys() - set(folders):
            yield Change(folder, Known(), [], self._known[folder].runs)

    def _change(self, folder: str, known: Known) -> Change | None:
        path = self._root / layout.EXPERIMENTS / folder
        with os.scandir(path) as entries:
            here = {entry.name for entry in entries if entry.is_dir(follow_symlinks=False)}
        if len(here) == len(known.runs) and here.issuperset(known.runs):
            runs, before, gone = known.runs, known.stamps, list[str]()
        else:
            runs, before, gone = _merged(known, here)
            runs = known.runs if runs == known.runs else runs
        stamps = self._stamps(path, runs, before)
        if stamps == known.stamps and runs is known.runs:
            return None
        stale = [runs[place // _TIMES] for place in _differing(stamps, before)]
        for place in range(len(stamps)):
            if stamps[place] > self._racy:
                stamps[place] = 0
        return Change(folder, Known(runs, stamps), stale, gone)

    def _stamps(self, path: Path, runs: list[str], before: array[int]) -> array[int]:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            stamps = array("q", before)
            look_at_all, since, names = self._all, self._attention.since, self._attention.names
            for number, run in enumerate(runs):
                place = _TIMES * number
                stamps[place] = _changed_at(f"{run}/{layout.RUN_FILE}", folder)
                if look_at_all or run >= since or number % _SOME == self._share or not before[place + 1] or run in names:
                    stamps[place + 1] = _changed_at(run, folder)
            return stamps
        finally:
            os.close(folder)


def _changed_at(path: str, folder: int) -> int:
    """When a file changed last; 1 when there is none."""
    try:
        return os.stat(path, dir_fd=folder, follow_symlinks=False).st_ctime_ns
    except OSError:
        return 1


def _merged(known: Known, here: set[str]) -> tuple[list[str], array[int], list[str]]:
    """The runs that are there now, with the times that are known, 0 for new ones; and those that are gone."""
    old = {run: place for place, run in enumerate(known.runs)}
    runs = sorted(run for run in here if run in old or layout.is_id(run))
    times = array("q", bytes(8 * _TIMES * len(runs)))
    for number, run in enumerate(runs):
        if (place := old.get(run)) is not None:
            times[_TIMES * number : _TIMES * (number + 1)] = known.stamps[_TIMES * place : _TIMES * (place + 1)]
    return runs, times, [run for run in known.runs if run not in here]


def _differing(one: array[int], other: array[int]) -> list[int]:
    """The first place of each run whose times differ, or are not known."""
    return [
        place
        for place in range(0, len(one), _TIMES)
        if one[place] != other[place] or one[place + 1] != other[place + 1] or not one[place] or not one[place + 1]
    ]
