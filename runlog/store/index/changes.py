"""Which runs were changed since they were last read: by the times that the system keeps of files and folders.

A run folder gets another time when a document comes in or goes, `run.json` when somebody writes to it. Both are times of
change, which no copying sets back.
"""

from __future__ import annotations

import os
import random
import time
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from itertools import compress
from operator import ne
from pathlib import Path
from typing import NamedTuple

from runlog.store import layout

# Two times for each run: of `run.json`, and of its folder.
_TIMES = 2
_UNKNOWN = array("q", [0] * _TIMES)
# So many are put in their places one by one, which is quicker than sorting all.
_FEW_CHANGES = 100
_NONE = 1  # instead of the time of a file that is not there
# What changed so shortly before it was read may have changed again without another time.
_RACY_NS = 100_000_000
# Looking at a file takes the system a microsecond and more. With more runs than this, only part of the folders is looked at.
FEW = 8_000
# One folder in so many of those that are passed over otherwise.
_SOME = 32


class Known(NamedTuple):
    """What was seen of an experiment's folder: its runs by id, and their times."""

    runs: list[str]
    stamps: array[int]

    @classmethod
    def of(cls, runs: str, stamps: bytes) -> Known:
        """As it is kept. Empty when the two do not fit each other."""
        times = array("q")
        times.frombytes(stamps)
        ids = runs.split("\n") if runs else []
        return cls(ids, times) if len(times) == _TIMES * len(ids) else NOTHING

    def kept(self) -> tuple[str, bytes]:
        return "\n".join(self.runs), self.stamps.tobytes()


NOTHING = Known([], array("q"))


class Change(NamedTuple):
    """How an experiment's folder differs from what was known of it."""

    folder: str
    now: Known
    stale: list[str]  # to be read
    left: list[str]  # of which what was known no longer counts: they changed, or are gone


class Attention(NamedTuple):
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
            change = self._change(folder, self._known.get(folder, NOTHING))
            if change is not None:
                yield change
        for folder in self._known.keys() - set(folders):
            yield Change(folder, NOTHING, [], self._known[folder].runs)

    def _change(self, folder: str, known: Known) -> Change | None:
        path = self._root / layout.EXPERIMENTS / folder
        here = set(os.listdir(path))
        new = [name for name in here.difference(known.runs) if layout.is_id(name)]
        gone = [] if here.issuperset(known.runs) else [run for run in known.runs if run not in here]
        runs, before = _merged(known, new, gone) if new or gone else (known.runs, known.stamps)
        stamps = self._stamps(path, runs, before)
        if stamps == known.stamps and runs is known.runs:
            return None
        stale = [runs[number] for number in _differing(stamps, before)]
        if max(stamps, default=0) > self._racy:
            stamps = array("q", [0 if stamp > self._racy else stamp for stamp in stamps])
        return Change(folder, Known(runs, stamps), stale, [*gone, *set(stale).difference(new)])

    def _stamps(self, path: Path, runs: list[str], before: array[int]) -> array[int]:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            stamps = array("q", before)
            look_at_all, since, names = self._all, self._attention.since, self._attention.names
            lstat, file = os.lstat, layout.RUN_FILE
            # A loop of few words: it goes over every run before every answer.
            for number, run in enumerate(runs):
                place = _TIMES * number
                try:
                    stamps[place] = lstat(f"{run}/{file}", dir_fd=folder).st_ctime_ns
                except OSError:
                    stamps[place] = _NONE
                if look_at_all or run >= since or number % _SOME == self._share or not before[place + 1] or run in names:
                    stamps[place + 1] = lstat(run, dir_fd=folder).st_ctime_ns
            return stamps
        finally:
            os.close(folder)


def _merged(known: Known, new: list[str], gone: list[str]) -> tuple[list[str], array[int]]:
    """The runs that are there now, with the times that are known, 0 for new ones."""
    if len(new) + len(gone) > _FEW_CHANGES:
        old = {run: place for place, run in enumerate(known.runs)}
        runs = sorted([*(old.keys() - set(gone)), *new])
        times = array("q")
        for run in runs:
            place = old.get(run)
            times += _UNKNOWN if place is None else known.stamps[_TIMES * place : _TIMES * (place + 1)]
        return runs, times
    runs, times = known.runs.copy(), array("q", known.stamps)
    for run in gone:
        place = bisect_left(runs, run)
        del runs[place], times[_TIMES * place : _TIMES * (place + 1)]
    for run in new:
        place = bisect_left(runs, run)
        runs.insert(place, run)
        times[_TIMES * place : _TIMES * place] = _UNKNOWN
    return runs, times


def _differing(one: array[int], other: array[int]) -> list[int]:
    """The numbers of the runs whose times differ. One that is not known differs from any."""
    return sorted({place // _TIMES for place in compress(range(len(one)), map(ne, one, other))})
