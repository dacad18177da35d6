"""From runs that were read to the rows of the index, in one transaction: a crash before its end leaves the index as it was."""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from runlog.records import RunRecord
from runlog.render.listing import line
from runlog.store.index.codec import encoded
from runlog.store.index.reading import Reading

_LARGEST = 2**63
_RUN_COLUMNS = 22
# The kinds of values that a param may have, in the order in which they are sorted.
NUMBER, TRUTH, TEXT, LIST, NAN = range(5)


@dataclass(slots=True)
class Changes:
    """What is to be written: runs as they were read, (folder, run) of rows that hold no more, and what lies in folders now."""

    readings: list[Reading] = field(default_factory=list)
    stale: list[tuple[str, str]] = field(default_factory=list)
    looks: dict[str, tuple[str, array[int]] | None] = field(default_factory=dict)  # none for a folder that is gone

    def __bool__(self) -> bool:
        return bool(self.readings or self.stale or self.looks)


def is_storable(run: RunRecord) -> bool:
    """Whether SQLite can hold what a run says, and compare it as Python does."""
    numbers = (run.created_at, run.ended_at or 0, run.last_sign, (run.end and run.end.exit_code) or 0)
    texts = (run.name, run.note, run.parent, run.process.user, run.process.host, *run.tags.values(), *run.params.values())
    return not (
        any(type(value) is int and not -_LARGEST <= value < _LARGEST for value in (*numbers, *run.params.values()))
        or any(type(text) is str and "\0" in text for text in texts)
    )


def write(connection: sqlite3.Connection, changes: Changes) -> None:
    """All of it or nothing. `sqlite3.Error` when somebody else writes for too long, or the disk refuses."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        _drop(connection, changes.stale)
        _Rows(connection).insert(changes.readings)
        for folder, look in changes.looks.items():
            if look is None:
                connection.execute("DELETE FROM looks WHERE folder = ?", (folder,))
            else:
                connection.execute("INSERT OR REPLACE INTO looks VALUES (?, ?, ?)", (folder, look[0], look[1].tobytes()))
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


def _drop(connection: sqlite3.Connection, runs: Iterable[tuple[str, str]]) -> None:
    known = _ids(connection, "SELECT kind || ' ' || name, id FROM keys") if runs else {}
    shapes: dict[int, dict[str, list[int]]] = {}
    for place in runs:
        found = connection.execute("SELECT id, shape FROM runs WHERE folder = ? AND run = ?", place).fetchone()
        if found is None:
            continue
        row, shape = found
        if shape not in shapes:
            shapes[shape] = _keys_of(connection, shape, known)
        for kind, keys in shapes[shape].items():
            connection.executemany(f"DELETE FROM {kind}s WHERE key = ? AND run = ?", [(key, row) for key in keys])
        connection.execute("DELETE FROM records WHERE id = ?", (row,))
        connection.execute("DELETE FROM runs WHERE id = ?", (row,))


def _keys_of(connection: sqlite3.Connection, shape: int, known: dict[str, int]) -> dict[str, list[int]]:
    """The keys of a run's metrics, tags and params, as numbers."""
    [text] = connection.execute("SELECT shape FROM shapes WHERE id = ?", (shape,)).fetchone()
    parts = zip(("metric", "tag", "param"), text.split("\n"), strict=True)
    return {kind: [known[key] for name in names.split("\t") if (key := f"{kind} {name}") in known] for kind, names in parts}


def _ids(connection: sqlite3.Connection, query: str) -> dict[str, int]:
    return dict(connection.execute(query).fetchall())


class _Rows:
    """The rows of some runs, with the names in them as numbers."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._keys = _ids(connection, "SELECT kind || ' ' || name, id FROM keys")
        self._experiments = _ids(connection, "SELECT name, id FROM experiments")
        self._shapes = _ids(connection, "SELECT shape, id FROM shapes")
        self._next: int = connection.execute("SELECT coalesce(max(id), 0) + 1 FROM runs").fetchone()[0]
        self._values: dict[str, list[tuple[Any, ...]]] = {"metrics": [], "tags": [], "params": []}

    def insert(self, readings: Sequence[Reading]) -> None:
        runs, records = [], []
        for row, reading in enumerate(readings, self._next):
            if reading.record is not None:
                runs.append(self._run(row, reading, reading.record))
                records.append((row, encoded(reading.record)))
        self._insert("runs", runs)
        self._insert("records", records)
        for table, values in self._values.items():
            # In the order of the table, so that each of its pages is met once.
            self._insert(table, sorted(values, key=_place))

    def _insert(self, table: str, rows: list[tuple[Any, ...]]) -> None:
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            self._connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)

    def _run(self, row: int, reading: Reading, run: RunRecord) -> tuple[Any, ...]:
        key = self._key
        self._values["metrics"] += [
            (key("metric", name), row, metric.last, metric.min, metric.max) for name, metric in run.metrics.items()
        ]
        self._values["tags"] += [(key("tag", name), row, tag) for name, tag in run.tags.items()]
        self._values["params"] += [
            (key("param", name), row, *_kind(value)) for name, value in run.params.items() if value is not None
        ]
        shown = line(run)
        lost = reading.lost
        return (
            row,
            reading.folder,
            run.id,
            int(run.id[:8] + run.id[9:15]),
            run.created_at,
            run.removed,
            self._id(self._experiments, "experiments", run.experiment),
            run.state,
            run.ended_at,
            run.name,
            run.parent,
            run.note,
            run.process.user,
            run.process.host,
            run.end and run.end.exit_code,
            lost and f"{lost.host} {lost.boot} {lost.namespace}",
            lost and lost.pid,
            lost and lost.started,
            run.last_sign,
            self._id(self._shapes, "shapes", shown.shape),
            reading.stamps,
            shown.cells,
        )

    def _key(self, kind: str, name: str) -> int:
        known = self._keys.get(f"{kind} {name}")
        if known is None:
            known = self._made("INSERT INTO keys (kind, name) VALUES (?, ?)", kind, name)
            self._keys[f"{kind} {name}"] = known
        return known

    def _id(self, known: dict[str, int], table: str, text: str) -> int:
        if text not in known:
            column = "name" if table == "experiments" else "shape"
            known[text] = self._made(f"INSERT INTO {table} ({column}) VALUES (?)", text)
        return known[text]

    def _made(self, statement: str, *values: str) -> int:
        row = self._connection.execute(statement, values).lastrowid
        assert row is not None
        return row


def _place(row: tuple[Any, ...]) -> tuple[int, int]:
    return row[:2]


def _kind(value: Any) -> tuple[int, Any]:
    """A param's value as a column holds it, and what kind of value it is."""
    match value:
        case bool():
            return TRUTH, value
        case str():
            return TEXT, value
        case int() | float():
            return (NUMBER, value) if value == value else (NAN, None)
        case _:
            return LIST, json.dumps(value, ensure_ascii=False)
