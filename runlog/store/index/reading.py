"""Many runs read in stages: the files of some are named, then read, then what they say, then what comes of it.

A disk brings a hundred files that it was told of in a fraction of the time in which it brings one after the other.
What a processor has just done it does faster again: one kind of work on some runs in turn, and then the next, takes two thirds
of the time that all the work takes on one run after the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple, TypeVar

from runlog.capture.process import is_alive
from runlog.errors import StoreError
from runlog.records import Birth, RunRecord, Said
from runlog.store import files, layout
from runlog.store.fold import fold
from runlog.store.index.codec import encode
from runlog.store.rundir import RunDir, birth_of, newest, words_of

A = TypeVar("A")
B = TypeVar("B")
Place = tuple[str, str]  # the folder of an experiment, and a run in it
# Some two files of each are open at once, of which a process may have a few hundred.
_TOGETHER = 64
# What is raised by a run that cannot be read, or that changes at this moment.
_UNREADABLE = (StoreError, OSError, ValueError)


class Read(NamedTuple):
    """A run as it stands, as bytes too, and whether something lay in it before it was read that may not be settled yet."""

    record: RunRecord
    data: bytes
    logs: bool


class _Named(NamedTuple):
    """The files of a settled run, which the disk is bringing."""

    folder: str
    birth: tuple[int, int]
    documents: list[tuple[str, int, tuple[int, int]]]


class _Files(NamedTuple):
    """The bytes of a settled run: its birth, and the newest document of each writer with what its name says."""

    folder: str
    birth: bytes
    documents: list[tuple[str, int, bytes]]


class _Words(NamedTuple):
    """What those say."""

    folder: str
    birth: Birth
    said: list[Said]


def read_runs(root: Path, places: Sequence[Place]) -> Iterator[tuple[Place, Read | None]]:
    """Runs in the order they are asked for. What cannot be read is no run here, and named by `check`."""
    for begin in range(0, len(places), _TOGETHER):
        some = places[begin : begin + _TOGETHER]
        settled = _each(_pictured, _each(_folded, _each(_told, _files(root, some))))
        others = _each(partial(_read_one, root), [None if read else place for place, read in zip(some, settled, strict=True)])
        yield from zip(some, (read or other for read, other in zip(settled, others, strict=True)), strict=True)


def _each(work: Callable[[A], B], items: Iterable[A | None]) -> list[B | None]:
    """What some work comes to, and none where it fails or there was none before."""
    done: list[B | None] = []
    for item in items:
        try:
            done.append(None if item is None else work(item))
        except _UNREADABLE:
            done.append(None)
    return done


def _files(root: Path, places: Sequence[Place]) -> list[_Files | None]:
    """The files of those runs in which no logs lie."""
    with files.Ahead() as ahead:
        named: list[_Named | None] = []
        for experiment, some in groupby(places, itemgetter(0)):
            runs = [run for _, run in some]
            folder = f"{layout.EXPERIMENTS}/{experiment}"
            try:
                with files.held_open(root / folder) as inside:
                    named += _each(partial(_named, ahead, inside, folder), runs)
            except OSError:
                named += [None] * len(runs)
        return _each(partial(_read, ahead), named)


def _named(ahead: files.Ahead, inside: int, folder: str, run: str) -> _Named:
    names = files.names_inside(inside, run)
    if layout.LIVE in names:
        raise FileNotFoundError
    documents = [
        (writer, records, ahead.name(f"{run}/{layout.entries_name(writer, records)}", inside))
        for writer, records in sorted(newest(names).items())
    ]
    return _Named(f"{folder}/{run}", ahead.name(f"{run}/{layout.RUN_FILE}", inside), documents)


def _read(ahead: files.Ahead, named: _Named) -> _Files:
    documents = [(writer, records, ahead.read(file)) for writer, records, file in named.documents]
    return _Files(named.folder, ahead.read(named.birth), documents)


def _told(found: _Files) -> _Words:
    words = [words_of(found.folder, *document) for document in found.documents]
    return _Words(found.folder, birth_of(found.folder, found.birth), words)


def _folded(words: _Words) -> RunRecord:
    return fold(words.birth, words.folder, words.said, is_alive, time.time_ns())


def _pictured(record: RunRecord, logs: bool = False) -> Read:
    return Read(record, encode(record), logs)


def _read_one(root: Path, place: Place) -> Read:
    run = RunDir(root, f"{layout.EXPERIMENTS}/{place[0]}/{place[1]}")
    logs = run.has_logs()
    return _pictured(run.record(), logs)
