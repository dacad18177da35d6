"""The metrics of a run: what they came to, and how they got there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runlog.errors import NotFound
from runlog.query.syntax import suggestion
from runlog.records import Metric
from runlog.store.stored import StoredRun

if TYPE_CHECKING:
    import pyarrow as pa

_PIECE = 100_000
_MILLISECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a metric."""

    metric: str
    step: int
    at: int  # UTC, nanoseconds
    value: float


def choose(run: StoredRun, names: Sequence[str]) -> dict[str, Metric]:
    """The metrics that are named, in that order; all when none is."""
    known = run.metrics
    for name in names:
        if name not in known:
            raise NotFound(f"run {run.id} has no metric {name!r}", hint=suggestion(name, known) or f"runlog metrics {run.id}")
    return {name: known[name] for name in names or known}


def curves(run: StoredRun, names: Sequence[str]) -> dict[str, list[float]]:
    """The values of some metrics in the order of their steps."""
    found: dict[str, list[float]] = {name: [] for name in names}
    for name, part in _parts(run, names):
        found[name] += part["value"].to_pylist()
    return found


def points(run: StoredRun, names: Sequence[str]) -> Iterator[Point]:
    """Every point of some metrics, one metric after the other."""
    import pyarrow as pa

    for name, part in _parts(run, names):
        times = part["time"].cast(pa.int64()).to_pylist()
        for step, at, value in zip(part["step"].to_pylist(), times, part["value"].to_pylist(), strict=True):
            yield Point(name, step, at * _MILLISECOND, value)


def _parts(run: StoredRun, names: Sequence[str]) -> Iterator[tuple[str, pa.Table]]:
    """(metric, points) in pieces of moderate size. Of several metrics all are read at once, which costs hardly more than one."""
    found = {names[0]: run.history(names[0])} if len(names) == 1 else _by_metric(run.history())
    for name in names:
        # A run that is being written may be a step ahead of what is known of it.
        if (table := found.get(name)) is not None:
            for start in range(0, table.num_rows, _PIECE):
                yield name, table.slice(start, _PIECE)


def _by_metric(history: pa.Table) -> dict[str, pa.Table]:
    """A history, which is in order of its metrics, cut into those. Compared with a Python text, pyarrow would import pandas."""
    import pyarrow.compute as pc

    if not history.num_rows:
        return {}
    runs = pc.run_end_encode(history["metric"].combine_chunks())
    ends = runs.run_ends.to_pylist()
    return {
        name: history.slice(start, end - start)
        for name, start, end in zip(runs.values.to_pylist(), [0, *ends[:-1]], ends, strict=True)
    }
