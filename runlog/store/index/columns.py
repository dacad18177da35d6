"""What runs have under one name, in rows that can be searched and sorted.

A column is made when somebody first asks for it: for most names nobody ever does, and there may be hundreds in a run.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from operator import itemgetter
from typing import Any

from runlog.records import Metric, RunRecord
from runlog.store.index.codec import Searched, names_in, searchable, searched

Name = tuple[str, str]  # kind and key of a metric, param or tag
Column = tuple[int, str, str]  # the number of a column, and its name
_OF_METRIC = itemgetter(*(Metric._fields.index(name) for name in ("last", "min", "max", "first")))
_TABLES = {"metric": 6, "cell": 3}  # how many columns each has


class Columns:
    """The columns of an index, as they are in the transaction in which this is made."""

    def __init__(self, index: sqlite3.Connection) -> None:
        self._index = index
        self.keys: dict[Name, int] = {
            (kind, name): key for key, kind, name in index.execute("SELECT key, kind, name FROM column")
        }

    def of(self, names: str) -> list[Column]:
        """The columns in which runs with such names have rows."""
        return [(self.keys[name], *name) for name in names_in(names) if name in self.keys]

    def make(self, wanted: Iterable[Name]) -> None:
        """Fill columns that were not asked for yet, in a transaction in which nobody else writes."""
        for kind, name in wanted:
            cursor = self._index.execute("INSERT INTO column (kind, name) VALUES (?, ?)", (kind, name))
            self.keys[kind, name] = int(cursor.lastrowid or 0)
        new = {self.keys[name] for name in wanted}
        cells = Cells()
        for shape, names in self._index.execute("SELECT shape, names FROM shape").fetchall():
            columns = [column for column in self.of(names) if column[0] in new]
            query = "SELECT rid, data FROM run JOIN picture USING (rid) WHERE shape = ?"
            for rid, data in self._index.execute(query, (shape,)) if columns else ():
                cells.add(rid, searched(data), columns)
        cells.write(self._index)


class Cells:
    """Rows of columns, gathered so that they are written in order."""

    def __init__(self) -> None:
        self._rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _TABLES}

    def add(self, rid: int, run: RunRecord | Searched, columns: list[Column]) -> None:
        """What a run has in some columns."""
        for key, kind, name in columns:
            if kind == "metric":
                self._rows["metric"].append((key, rid, *_OF_METRIC(run.metrics[name])))
            else:
                value = run.tags[name] if kind == "tag" else searchable(run.params[name])
                self._rows["cell"].append((key, rid, value))

    def write(self, index: sqlite3.Connection) -> None:
        for table, rows in self._rows.items():
            rows.sort()
            index.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * _TABLES[table])})", rows)
            rows.clear()


def remove(index: sqlite3.Connection, rid: int, columns: list[Column]) -> None:
    """Take a run out of the columns it has rows in."""
    for key, kind, _ in columns:
        index.execute(f"DELETE FROM {'metric' if kind == 'metric' else 'cell'} WHERE key = ? AND rid = ?", (key, rid))
