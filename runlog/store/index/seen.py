"""What was last seen of the folders of a store, kept in pieces: a run that comes in or changes costs a page, and not the times of
all runs beside it."""

from __future__ import annotations

import sqlite3
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

# Two times for each run: of `run.json`, and of its folder.
TIMES = 2
# So many runs in a piece at most, which is what a page of the index holds.
_PIECE = 96


class Known(NamedTuple):
    """What was seen of an experiment's folder: its time, its runs by id, and their times."""

    stamp: int
    runs: list[str]
    stamps: array[int]


NOTHING = Known(0, [], array("q"))


def load(index: sqlite3.Connection) -> dict[str, Known]:
    """All folders. Of one whose pieces do not fit each other nothing is known."""
    pieces: dict[str, tuple[list[str], list[bytes]]] = {}
    for folder, runs, stamps in index.execute("SELECT folder, runs, stamps FROM seen ORDER BY folder, first"):
        texts, times = pieces.setdefault(folder, ([], []))
        texts.append(runs)
        times.append(stamps)
    return {name: _joined(stamp, *pieces.get(name, ([], []))) for name, stamp in index.execute("SELECT name, stamp FROM folder")}


def runs_of(index: sqlite3.Connection, folder: str) -> list[str]:
    """The runs that were seen in a folder."""
    texts = index.execute("SELECT runs FROM seen WHERE folder = ? ORDER BY first", (folder,))
    return [run for (runs,) in texts for run in runs.split("\n")]


def keep(index: sqlite3.Connection, folder: str, now: Known, changed: Iterable[str]) -> None:
    """Write down how a folder looks now, of whose runs some were changed, came or went."""
    index.execute("INSERT OR REPLACE INTO folder VALUES (?, ?, ?)", (folder, now.stamp, len(now.runs)))
    firsts = [first for (first,) in index.execute("SELECT first FROM seen WHERE folder = ? ORDER BY first", (folder,))]
    for number in sorted({max(bisect_right(firsts, run), 1) for run in changed}):
        begin = bisect_left(now.runs, firsts[number - 1]) if number > 1 else 0
        end = bisect_left(now.runs, firsts[number]) if number < len(firsts) else len(now.runs)
        if firsts:
            index.execute("DELETE FROM seen WHERE folder = ? AND first = ?", (folder, firsts[number - 1]))
        index.executemany("INSERT INTO seen VALUES (?, ?, ?, ?)", _pieces(folder, now, begin, end))


def forget(index: sqlite3.Connection, folder: str) -> None:
    index.execute("DELETE FROM folder WHERE name = ?", (folder,))
    index.execute("DELETE FROM seen WHERE folder = ?", (folder,))


def _joined(stamp: int, texts: Sequence[str], times: Sequence[bytes]) -> Known:
    stamps = array("q", b"".join(times))
    runs = "\n".join(texts).split("\n") if texts else []
    return Known(stamp, runs, stamps) if len(stamps) == TIMES * len(runs) else NOTHING


def _pieces(folder: str, now: Known, begin: int, end: int) -> Iterable[tuple[str, str, str, bytes]]:
    """Some runs, shared out evenly: what is full will grow again where it grew."""
    count = -(-(end - begin) // _PIECE)
    bounds = [begin + (end - begin) * number // count for number in range(count + 1)] if count else []
    for first, last in pairwise(bounds):
        runs = now.runs[first:last]
        yield folder, runs[0], "\n".join(runs), now.stamps[TIMES * first : TIMES * last].tobytes()
