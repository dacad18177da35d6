"""Which runs were changed since they were last read: by the times that the system keeps of files and folders.

The folder of an experiment gets another time when a run comes in or goes; a run folder when a document comes in or goes;
`run.json` when somebody writes to it. All are times of change, which no copying sets back.
"""

from __future__ import annotations

import os
import time
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import compress
from operator import ne
from pathlib import Path
from typing import NamedTuple

from runlog.store import layout
from runlog.store.index.seen import NOTHING, TIMES, Known

_UNKNOWN = array("q", [0] * TIMES)
# So many are put in their places one by one, which is quicker than sorting all.
_FEW_CHANGES = 100
_BLOCK = 64
_NONE = 1  # instead of the time of a file that is not there
# What changed so shortly before it was read may have changed again without another time.
_RACY_NS = 100_000_000
# Looking at a file takes the system a microsecond and more. With more runs than this, only part of the folders is looked at.
FEW = 8_000
# And for a question about the newest runs, so many are looked at.
LATE = 4_000
# One folder in so many of those that are passed over otherwise.
_SOME = 32


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
    """One look at the runs of a store, from the id `horizon` on: at the birth of each, or, not `of_all`, of those alone whose
    folders are looked at."""

    def __init__(self, root: Path, known: dict[str, Known], attention: Attention, horizon: str, of_all: bool) -> None:
        self._root = root
        self._horizon = horizon
        self._of_all = of_all
        self._known = known
        self._attention = attention
        self._all = sum(len(found.runs) for found in known.values()) <= FEW
        self._share = os.urandom(1)[0] % _SOME
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
        stamp = self._settled(os.lstat(path).st_ctime_ns)
        new, gone = self._come_and_gone(path, known) if not stamp or stamp != known.stamp else ([], [])
        runs, before = _merged(known, new, gone) if new or gone else (known.runs, known.stamps)
        stamps = self._stamps(path, runs, before)
        if stamps == known.stamps and runs is known.runs and stamp == known.stamp:
            return None
        places = _differing(stamps, before)
        for place in places:
            stamps[place] = self._settled(stamps[place])
        stale = [runs[number] for number in sorted({place // TIMES for place in places})]
        return Change(folder, Known(stamp, runs, stamps), stale, [*gone, *set(stale).difference(new)])

    def _come_and_gone(self, path: Path, known: Known) -> tuple[list[str], list[str]]:
        here = set(os.listdir(path))
        others = here.difference(known.runs)
        gone = len(known.runs) - (len(here) - len(others))
        new = [name for name in others if name >= self._horizon and layout.is_id(name)]
        return new, [run for run in known.runs if run not in here] if gone else []

    def _settled(self, stamp: int) -> int:
        """A time; 0, which is nobody's, for one that is so young that more may follow without another."""
        return 0 if stamp > self._racy else stamp

    def _stamps(self, path: Path, runs: list[str], before: array[int]) -> array[int]:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            stamps = array("q", before)
            numbers = list(self._looked_at(runs, before))
            if self._of_all or len(numbers) == len(runs):
                stamps[::TIMES] = array("q", _births(runs, folder))
            else:
                for number, stamp in zip(numbers, _births([runs[number] for number in numbers], folder), strict=True):
                    stamps[TIMES * number] = stamp
            for number in numbers:
                stamps[TIMES * number + 1] = os.lstat(runs[number], dir_fd=folder).st_ctime_ns
            return stamps
        finally:
            os.close(folder)

    def _looked_at(self, runs: list[str], before: array[int]) -> Iterable[int]:
        """The runs whose folders are looked at, by number."""
        if self._all:
            return range(len(runs))
        late = bisect_left(runs, self._attention.since)
        unknown = (place // TIMES for place in _places_of(0, before))
        named = [number for number, run in enumerate(runs) if run in self._attention.names] if self._attention.names else []
        return {*range(late, len(runs)), *range(self._share, len(runs), _SOME), *unknown, *named}


def first_late(root: Path, folders: Iterable[str]) -> str:
    """The id of the first of the late runs of a store; the empty text where there are so few that all are."""
    names = (name for folder in folders for name in os.listdir(root / layout.EXPERIMENTS / folder))
    runs = sorted(filter(layout.is_id, names))
    return runs[-LATE] if len(runs) > FEW else ""


def _places_of(wanted: int, times: array[int]) -> Iterator[int]:
    """Where a time stands, of which there are few."""
    place = -1
    for _ in range(times.count(wanted)):
        place = times.index(wanted, place + 1)
        yield place


def _births(runs: list[str], folder: int) -> list[int]:
    """The time of every `run.json`. This goes over every run before every answer."""
    lstat, file = os.lstat, f"/{layout.RUN_FILE}"
    try:
        return [lstat(run + file, dir_fd=folder).st_ctime_ns for run in runs]
    except OSError:
        return [_birth(run + file, folder) for run in runs]


def _birth(path: str, folder: int) -> int:
    try:
        return os.lstat(path, dir_fd=folder).st_ctime_ns
    except OSError:
        return _NONE


def _merged(known: Known, new: list[str], gone: list[str]) -> tuple[list[str], array[int]]:
    """The runs that are there now, with the times that are known, 0 for new ones."""
    if len(new) + len(gone) > _FEW_CHANGES:
        old = {run: place for place, run in enumerate(known.runs)}
        runs = sorted([*(old.keys() - set(gone)), *new])
        times = array("q")
        for run in runs:
            place = old.get(run)
            times += _UNKNOWN if place is None else known.stamps[TIMES * place : TIMES * (place + 1)]
        return runs, times
    runs, times = known.runs.copy(), array("q", known.stamps)
    for run in gone:
        place = bisect_left(runs, run)
        del runs[place], times[TIMES * place : TIMES * (place + 1)]
    for run in new:
        place = bisect_left(runs, run)
        runs.insert(place, run)
        times[TIMES * place : TIMES * place] = _UNKNOWN
    return runs, times


def _differing(one: array[int], other: array[int]) -> list[int]:
    """The places at which times differ. Where few do, most blocks are passed over whole."""
    blocks = range(0, len(one), _BLOCK)
    differing = ((place, one[place : place + _BLOCK], other[place : place + _BLOCK]) for place in blocks)
    return [place + near for place, ours, theirs in differing if ours != theirs for near in _apart(ours, theirs)]


def _apart(one: array[int], other: array[int]) -> Iterable[int]:
    return compress(range(len(one)), map(ne, one, other))
