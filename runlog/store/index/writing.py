"""Runs into rows."""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from runlog.records import RunRecord
from runlog.store.catalog import Progress
from runlog.store.index import columns, seen
from runlog.store.index.changes import Change
from runlog.store.index.codec import NamesOf, names_of, second, shape
from runlog.store.index.reading import Place, Read, read_runs

# So many rows wait to be written in order.
_BATCH = 5000
_TABLES = {"run": 11, "picture": 2}  # how many columns each has


class _Shape(NamedTuple):
    """What runs of the same names have in common."""

    number: int
    columns: list[columns.Column]


class Rows:
    """Writes the rows of runs and takes them out, within a transaction that nobody else writes in."""

    def __init__(self, index: sqlite3.Connection, root: Path) -> None:
        self._index = index
        self._root = root
        self._columns = columns.Columns(index)
        self._cells = columns.Cells()
        self._shapes: dict[str, int] = {names: number for number, names in index.execute("SELECT shape, names FROM shape")}
        self._known: dict[NamesOf, _Shape] = {}
        (self._last,) = index.execute("SELECT coalesce(max(rid), 0) FROM run").fetchone()
        self._new: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _TABLES}

    def apply(self, changes: Sequence[Change], progress: Progress | None) -> None:
        """Read the runs that changed, and leave out those that are gone."""
        for change in changes:
            self._remove(change.folder, change.left)
            self._keep(change)
        self._read([(change.folder, run) for change in changes for run in change.stale], progress)

    def again(self, runs: Sequence[Place]) -> None:
        """Read runs that nobody has ended yet: their logs grow, and their processes die, without a sign on their folders."""
        for folder, run in runs:
            self._remove(folder, [run])
        self._read(runs, None)

    def _read(self, runs: Sequence[Place], progress: Progress | None) -> None:
        # A build makes millions of objects and no circles of them; looking for circles would take a fifth of its time.
        with _no_collection():
            for done, ((folder, _), read) in enumerate(read_runs(self._root, runs), 1):
                if read is not None:
                    self._add(folder, read)
                if progress is not None:
                    progress(done, len(runs))
                if len(self._new["run"]) > _BATCH:
                    self._write()
            self._write()

    def _write(self) -> None:
        for table, rows in self._new.items():
            self._index.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * _TABLES[table])})", rows)
            rows.clear()
        self._cells.write(self._index)

    def _keep(self, change: Change) -> None:
        if change.now.runs or change.stale:
            seen.keep(self._index, change.folder, change.now, (*change.stale, *change.left))
        else:
            seen.forget(self._index, change.folder)

    def _add(self, folder: str, read: Read) -> None:
        self._last += 1
        rid, record = self._last, read.record
        shape = self._shape(record)
        times = second(record.id), record.created_at
        # 2 for a run that was given up: nothing changes in it unless a document comes in.
        unsettled = 1 if read.logs or record.state == "running" else 2 if record.state == "lost" else 0
        state = record.state, record.removed, unsettled
        self._new["run"].append((rid, folder, record.id, *times, record.experiment, record.name, *state, shape.number))
        self._new["picture"].append((rid, read.data))
        self._cells.add(rid, record, shape.columns)

    def _remove(self, folder: str, runs: Sequence[str]) -> None:
        """Take out the rows of some runs of an experiment, as far as they have any."""
        query = "SELECT rid, names FROM run JOIN shape USING (shape) WHERE folder = ? AND id = ?"
        for run in runs:
            for rid, names in self._index.execute(query, (folder, run)).fetchall():
                columns.remove(self._index, rid, self._columns.of(names))
                self._index.execute("DELETE FROM picture WHERE rid = ?", (rid,))
                self._index.execute("DELETE FROM run WHERE rid = ?", (rid,))

    def _shape(self, record: RunRecord) -> _Shape:
        names = names_of(record)
        known = self._known.get(names)
        if known is None:
            text = shape(names)
            known = self._known[names] = _Shape(self._shape_number(text), self._columns.of(text))
        return known

    def _shape_number(self, names: str) -> int:
        known = self._shapes.get(names)
        if known is None:
            cursor = self._index.execute("INSERT INTO shape (names) VALUES (?)", (names,))
            known = self._shapes[names] = int(cursor.lastrowid or 0)
        return known


@contextmanager
def _no_collection() -> Iterator[None]:
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
