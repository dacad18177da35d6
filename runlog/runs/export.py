"""Runs and their points as tidy tables for other programs: a row a run, or a row a point, with the types they were logged in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from runlog.records import RunRecord
from runlog.store.document import plain
from runlog.store.stored import StoredRun

if TYPE_CHECKING:
    import pyarrow as pa

# `json` is text for whatever has no type in a table, or several.
Type = Literal["text", "int", "float", "bool", "time", "json"]

_PIECE = 100_000
_INT64 = 1 << 63
_EXACT_IN_FLOAT = 1 << 53


@dataclass(frozen=True, slots=True)
class Column:
    """One fact about every run. `of` gives it, none where a run has it not."""

    name: str
    type: Type
    of: Callable[[RunRecord], Any]


_FACTS: tuple[Column, ...] = (
    Column("id", "text", lambda run: run.id),
    Column("experiment", "text", lambda run: run.experiment),
    Column("name", "text", lambda run: run.name),
    Column("state", "text", lambda run: run.state),
    Column("created_at", "time", lambda run: run.created_at),
    Column("ended_at", "time", lambda run: run.ended_at),
    Column("took_s", "float", lambda run: None if run.ended_at is None else (run.ended_at - run.created_at) / 1e9),
    Column("exit_code", "int", lambda run: run.end.exit_code if run.end else None),
    Column("signal", "text", lambda run: run.end.signal if run.end else None),
    Column("parent", "text", lambda run: run.parent),
    Column("note", "text", lambda run: run.note),
)


def columns(runs: Sequence[RunRecord], metrics: Sequence[str] = ()) -> list[Column]:
    """What is known of some runs, column by column: the facts that every run has, then params, tags, and the last value of each
    metric, or of those that are named."""
    params = dict.fromkeys(key for run in runs for key in run.params)
    tags = dict.fromkeys(key for run in runs for key in run.tags)
    known = dict.fromkeys(key for run in runs for key in run.metrics)
    return [
        *_FACTS,
        *(_param(key, [run.params[key] for run in runs if key in run.params]) for key in params),
        *(Column(f"tags.{key}", "text", partial(_tag, key)) for key in tags),
        *(Column(f"metrics.{key}", "float", partial(_last, key)) for key in metrics or known),
    ]


def _tag(key: str, run: RunRecord) -> str | None:
    return run.tags.get(key)


def _last(metric: str, run: RunRecord) -> float | None:
    return run.metrics[metric].last if metric in run.metrics else None


def _param(key: str, values: Sequence[Any]) -> Column:
    found = _common([value for value in values if value is not None])
    name = f"params.{key}"
    if found == "json":
        return Column(name, found, lambda run: as_json(run.params[key]) if run.params.get(key) is not None else None)
    if found == "float":
        return Column(name, found, lambda run: None if run.params.get(key) is None else float(run.params[key]))
    return Column(name, found, lambda run: run.params.get(key))


def _common(values: Sequence[Any]) -> Type:
    """The one type that holds all values without a loss."""
    kinds = {type(value) for value in values}
    if kinds <= {str}:
        return "text"
    if kinds == {bool}:
        return "bool"
    if kinds == {int} and all(-_INT64 <= value < _INT64 for value in values):
        return "int"
    if kinds == {float} or (
        kinds == {int, float} and all(abs(value) <= _EXACT_IN_FLOAT for value in values if type(value) is int)
    ):
        return "float"
    return "json"


def as_json(value: Any) -> str:
    """A value as text that reads back as the same."""
    return json.dumps(plain(value), ensure_ascii=False)


def runs_table(runs: Sequence[RunRecord], found: Sequence[Column]) -> pa.Table:
    """One row a run, for Parquet."""
    import pyarrow as pa

    types = {
        "text": pa.string(),
        "json": pa.string(),
        "int": pa.int64(),
        "float": pa.float64(),
        "bool": pa.bool_(),
        "time": pa.timestamp("us", tz="UTC"),
    }
    arrays = []
    for column in found:
        values = [column.of(run) for run in runs]
        if column.type == "time":
            values = [None if value is None else value // 1000 for value in values]
        arrays.append(pa.array(values, types[column.type]))
    return pa.Table.from_arrays(arrays, schema=pa.schema([(column.name, types[column.type]) for column in found]))


def points_schema() -> pa.Schema:
    """The columns of a table of points."""
    import pyarrow as pa

    return pa.schema(
        [
            ("run", pa.string()),
            ("metric", pa.string()),
            ("step", pa.int64()),
            ("time", pa.timestamp("ms", tz="UTC")),
            ("value", pa.float64()),
        ]
    )


def histories(run: StoredRun, metrics: Sequence[str] = ()) -> Iterator[pa.Table]:
    """The points of a run in pieces of moderate size, by metric, step and time; those of some metrics if they are named."""
    wanted = [run.history(name) for name in metrics if name in run.metrics] if metrics else [run.history()]
    for history in wanted:
        for start in range(0, history.num_rows, _PIECE):
            yield history.slice(start, _PIECE)


def points_table(run: str, history: pa.Table) -> pa.Table:
    """Points with the run that they belong to, for Parquet."""
    import pyarrow as pa

    ids = pa.repeat(pa.scalar(run, pa.string()), history.num_rows)
    return history.add_column(0, "run", ids).cast(points_schema())


def points(run: str, history: pa.Table) -> Iterable[tuple[str, str, int, int, float]]:
    """(run, metric, step, time in ms, value) of each point."""
    import pyarrow as pa

    times = history["time"].cast(pa.int64()).to_pylist()
    rows = zip(history["metric"].to_pylist(), history["step"].to_pylist(), times, history["value"].to_pylist(), strict=True)
    return ((run, *row) for row in rows)
