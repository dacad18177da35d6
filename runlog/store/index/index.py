"""The index of one store: brought up to date, and asked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from runlog.records import RunRecord
from runlog.store import experiments, layout
from runlog.store.catalog import Progress
from runlog.store.index import place, seen
from runlog.store.index.changes import FEW, LATE, Attention, Look, first_late
from runlog.store.index.codec import decode, names_in, second
from runlog.store.index.columns import Columns, Name
from runlog.store.store import Store

# A plain listing needs neither: no filter is translated, and most often nothing has changed.
if TYPE_CHECKING:
    from runlog.query import Expr, Names, Order
    from runlog.store.index.sql import Clause

Row = tuple[int]  # the number of a run
_NEWEST = "run.second DESC, run.created DESC, run.id DESC"
_GROWING = "SELECT folder, id FROM run WHERE unsettled > 0 AND unsettled = 1"  # as the index over them says it
# Of so many runs the pictures are looked at sooner than columns are made of all.
_LOOKED_AT = 2000
# Somebody else may be writing to it at the same time, again and again.
_TRIES = 20
# What reading an index raises that has suffered where SQLite does not look.
_NONSENSE = (ValueError, TypeError, OverflowError, EOFError)


class NoIndex(Exception):
    """There is none to be had, or none to be trusted: the store itself must be read."""


@contextmanager
def indexed(store: Store, progress: Progress | None, *, of_all: bool) -> Iterator[Index]:
    """The runs of a store as they stand now, from its index; where there are very many and not `of_all`, the late ones, and the
    others as they once stood, or none where nobody has asked yet. NoIndex, also later, when it cannot be had or trusted."""
    connection, since = None, ""
    try:
        connection = place.connect(store.root)
        if connection is not None and of_all and _horizon(connection):
            connection.close()
            connection = None
        if connection is None:
            connection = place.build(store.root, partial(_fill, store, progress, of_all))
            since = _horizon(connection)
        else:
            since = _refresh(connection, store, progress, of_all)
        index = Index(connection, store, since)
        store.pass_over(index.unreadable())
        yield index
    except (sqlite3.OperationalError, OSError) as error:
        raise NoIndex from error  # busy, or no place to write
    except (sqlite3.Error, *_NONSENSE) as error:
        with suppress(OSError):
            place.forget(store.root)
        raise NoIndex from error
    finally:
        if connection is not None:
            connection.close()


class Index:
    """Every readable run of a store, as it stands when this is made; with `since`, those that began before then may have changed.

    `is_enough` tells whether none of those could be part of what was answered.
    """

    def __init__(self, connection: sqlite3.Connection, store: Store, since: str) -> None:
        self.is_enough = True
        self._since = since
        self._index = connection
        self._called = experiments.Names(store.root).now
        self._begin()

    def _begin(self) -> None:
        # One picture of the index for all that is asked now, whoever writes to it meanwhile.
        self._index.execute("BEGIN")
        self._keys = Columns(self._index).keys

    def unreadable(self) -> list[str]:
        """The folders of the runs that have no row, for they could not be read."""
        if self._index.execute("SELECT coalesce(sum(runs), 0) = (SELECT count(*) FROM run) FROM folder").fetchone() == (1,):
            return []
        read = dict(self._index.execute("SELECT folder, count(*) FROM run GROUP BY folder"))
        there = self._index.execute("SELECT name, runs FROM folder").fetchall()
        return [path for name, runs in there if runs != read.get(name, 0) for path in self._unreadable_in(name)]

    def _unreadable_in(self, folder: str) -> list[str]:
        rows = {run for (run,) in self._index.execute("SELECT id FROM run WHERE folder = ?", (folder,))}
        there = seen.runs_of(self._index, folder)
        return [f"{layout.EXPERIMENTS}/{folder}/{run}" for run in there if run not in rows]

    def names(self, experiment: str | None, removed: bool) -> Names | None:
        from runlog.query import Names

        about, values = self._about(experiment, removed)
        query = f"SELECT names FROM shape WHERE EXISTS (SELECT 1 FROM run WHERE run.shape = shape.shape AND {about})"
        shapes = self._index.execute(query, values).fetchall()
        found: dict[str, set[str]] = {"metric": set(), "param": set(), "tag": set()}
        for (text,) in shapes:
            for kind, name in names_in(text):
                found[kind].add(name)
        self.is_enough &= not self._since or bool(shapes)
        return Names(found["metric"], found["param"], found["tag"]) if shapes else None

    def runs(
        self, experiment: str | None, removed: bool, test: Expr | None = None, order: Order | None = None
    ) -> Iterator[RunRecord]:
        about = self._about(experiment, removed)
        self.is_enough &= not self._since or order is None
        if test is None and order is None:
            return self._told(self._asked(about, None, None))
        missing = self._missing(_names(test, order))
        if order is None and missing:
            return self._told(self._tested(about, test, missing))
        self._make(missing)
        return self._told(self._asked(about, test, order))

    def _tested(self, about: Clause, test: Expr | None, missing: set[Name]) -> Iterator[Row]:
        """The runs that a filter lets through, which asks for names without a column. Making one takes as long as looking at very
        many runs, and often some of the newest are all that is asked for: it is made when so many were looked at."""
        last = None
        with closing(self._asked(about, test, None)) as rows:
            for last in islice(rows, _LOOKED_AT):
                yield last
        if last is None:
            return
        (place,) = self._index.execute("SELECT second, created, id FROM run WHERE rid = ?", last)
        self._make(missing)
        text, values = about
        earlier = f"{text} AND (run.second, run.created, run.id) < (?, ?, ?)", [*values, *place]
        yield from self._asked(earlier, test, None)

    def _asked(self, about: Clause, test: Expr | None, order: Order | None) -> sqlite3.Cursor:
        text, values = about
        join, by = "", ""
        if test is not None or order is not None:
            from runlog.store.index.sql import condition, sorting

            more, values_more = condition(test, self._keys, of_all=order is not None)
            join, by, values_join = sorting(order, self._keys) or ("", "", [])
            text, values = f"{text} AND {more}", [*values_join, *values, *values_more]
        return self._index.execute(f"SELECT run.rid FROM run {join} WHERE {text} ORDER BY {by}{_NEWEST}", values)

    def _told(self, rows: Iterator[Row]) -> Iterator[RunRecord]:
        # The pictures are fetched one by one: those of runs that nobody asks for stay where they are.
        for (rid,) in rows:
            record = self._picture(rid)
            # Whatever is asked of runs, one that is written to in its folder keeps its place in their order, but within a second.
            self.is_enough &= not self._since or second(record.id) > second(self._since)
            yield record
        self.is_enough &= not self._since

    def _missing(self, wanted: set[Name]) -> set[Name]:
        """The names that are asked for and that a run has, but no column."""
        missing = wanted - self._keys.keys()
        if not missing:
            return missing
        there = {name for (names,) in self._index.execute("SELECT names FROM shape") for name in names_in(names)}
        self._keys |= dict.fromkeys(missing - there, -1)
        return missing & there

    def _make(self, missing: set[Name]) -> None:
        """See that there are columns, as far as that can be had."""
        if not missing:
            return
        self._index.execute("COMMIT")
        # Where somebody else writes for long, or nobody may: then the runs are looked at one by one.
        with suppress(sqlite3.OperationalError):
            self._write(missing)
        unused = {name: key for name, key in self._keys.items() if key < 0}
        self._begin()
        self._keys |= unused

    def _write(self, wanted: set[Name]) -> None:
        self._index.execute("BEGIN IMMEDIATE")
        try:
            columns = Columns(self._index)
            columns.make(sorted(wanted - columns.keys.keys()))
            self._index.execute("COMMIT")
        except BaseException:
            self._index.execute("ROLLBACK")
            raise

    def sorts(self, order: Order | None) -> bool:
        from runlog.store.index.sql import sorting

        return sorting(order, self._keys) is not None

    def _picture(self, rid: int) -> RunRecord:
        (data,) = self._index.execute("SELECT data FROM picture WHERE rid = ?", (rid,)).fetchone() or (b"",)
        record = decode(data)
        name = self._called(record.experiment)
        return record if name == record.experiment else record._replace(experiment=name)

    def _about(self, experiment: str | None, removed: bool) -> Clause:
        """What is asked of every run, as SQL, and the values in it."""
        if experiment is None:
            return "run.removed = ?", [removed]
        wanted = self._called(experiment)
        known = [name for (name,) in self._index.execute("SELECT DISTINCT experiment FROM run")]
        meant = [name for name in known if self._called(name) == wanted]
        return f"run.removed = ? AND run.experiment IN ({', '.join('?' * len(meant))})", [removed, *meant]


def _names(test: Expr | None, order: Order | None) -> set[Name]:
    """The metrics, params and tags that are asked for."""
    from runlog.query import mentions

    fields = [*(mentions(test) if test else ()), *([order.field] if order else ())]
    return {(field.kind, field.key) for field in fields if field.kind != "attribute"}


def _horizon(index: sqlite3.Connection) -> str:
    """The id of the first run that was read, where older ones were not."""
    (horizon,) = index.execute("SELECT horizon FROM about").fetchone()
    return str(horizon)


def _fill(store: Store, progress: Progress | None, of_all: bool, index: sqlite3.Connection) -> None:
    if not of_all:
        index.execute("UPDATE about SET horizon = ?", (first_late(store.root, store.experiment_folders()),))
    _refresh(index, store, progress, of_all)


def _refresh(index: sqlite3.Connection, store: Store, progress: Progress | None, of_all: bool) -> str:
    """Read the runs that changed since the last time, and those that nobody has ended. The id of the first run of those that were
    all looked at, the empty text where all were."""
    for _ in range(_TRIES):
        since = _brought_up(index, store, progress, of_all)
        if since is not None:
            return since
    raise NoIndex


def _brought_up(index: sqlite3.Connection, store: Store, progress: Progress | None, of_all: bool) -> str | None:
    """Bring the index up to the store, as far as it is looked at. None where somebody else has written to it since this began to
    look."""
    turn, horizon = index.execute("SELECT turn, horizon FROM about").fetchone()
    known = seen.load(index)
    attention = _attention(index, known)
    look = Look(store.root, known, attention, horizon, of_all)
    since = "" if of_all else max(attention.since, horizon)
    changes = list(look.changes(store.experiment_folders()))
    touched = {(change.folder, run) for change in changes for run in (*change.stale, *change.left)}
    growing = [run for run in index.execute(_GROWING) if run not in touched]
    if not changes and not growing:
        return since
    index.execute("BEGIN IMMEDIATE")
    if index.execute("SELECT turn FROM about").fetchone() != (turn,):
        index.execute("ROLLBACK")
        return None
    from runlog.store.index.writing import Rows

    rows = Rows(index, store.root)
    rows.apply(changes, progress)
    rows.again(growing)
    index.execute("UPDATE about SET turn = turn + 1")
    index.execute("COMMIT")
    return since


def _attention(index: sqlite3.Connection, known: dict[str, seen.Known]) -> Attention:
    if sum(len(found.runs) for found in known.values()) <= FEW:
        return Attention("", frozenset())
    query = "SELECT id FROM run ORDER BY second DESC, created DESC, id DESC LIMIT 1 OFFSET ?"
    late = index.execute(query, (LATE,)).fetchone()
    open_still = index.execute("SELECT id FROM run WHERE unsettled > 0")
    return Attention(late[0] if late else "", frozenset(run for (run,) in open_still))
