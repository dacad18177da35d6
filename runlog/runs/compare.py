"""Runs side by side: what differs between them, which is best at what, and whether they may be compared at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from runlog.errors import NotFound, UsageError
from runlog.query.syntax import suggestion
from runlog.records import RunRecord
from runlog.runs.comparable import Doubt
from runlog.runs.direction import Direction, direction

Kind = Literal["about", "param", "tag", "metric"]


@dataclass(frozen=True, slots=True)
class Line:
    """One thing about all the runs. `best` are the places of the best values; none where no `direction` is known."""

    kind: Kind
    key: str
    values: tuple[Any, ...]
    differs: bool
    best: tuple[int, ...] = ()
    direction: Direction | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Several runs side by side. `baseline` is the place of the run the others are measured against."""

    ids: tuple[str, ...]
    lines: tuple[Line, ...]
    baseline: int | None
    doubts: tuple[Doubt, ...]


def compare(
    runs: Sequence[RunRecord],
    said: Mapping[str, Direction] | None = None,
    baseline: str | None = None,
    found: tuple[Doubt, ...] = (),
    metrics: Sequence[str] = (),
) -> Comparison:
    """Everything known of some runs, line by line; `baseline` is the id of one of them, `found` the doubts about them. Of
    metrics those that are named, in that order; all when none is."""
    if len(runs) < 2:
        raise UsageError("a comparison needs at least two runs", hint="runlog compare @last @last~1")
    ids = tuple(run.id for run in runs)
    lines = [
        _line("about", "experiment", [run.experiment for run in runs]),
        _line("about", "name", [run.name for run in runs]),
        _line("about", "state", [run.state for run in runs]),
        *(_line("param", key, [run.params.get(key) for run in runs]) for key in keys([run.params for run in runs])),
        *(_line("tag", key, [run.tags.get(key) for run in runs]) for key in keys([run.tags for run in runs])),
    ]
    for key in metrics or keys([run.metrics for run in runs]):
        values = [run.metrics[key].last if key in run.metrics else None for run in runs]
        lines.append(_line("metric", key, values, direction(key, said)))
    return Comparison(ids, tuple(lines), None if baseline is None else ids.index(baseline), found)


def keys(mappings: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every key of some mappings, in the order of first sight."""
    return list(dict.fromkeys(key for mapping in mappings for key in mapping))


def _line(kind: Kind, key: str, values: list[Any], way: Direction | None = None) -> Line:
    differs = any(not _same(value, values[0]) for value in values[1:])
    return Line(kind, key, tuple(values), differs, best(values, way), way)


def _same(one: Any, other: Any) -> bool:
    """Whether two values read the same: true is not 1, and NaN is NaN."""
    return one is other or (isinstance(one, bool) == isinstance(other, bool) and one == other)


def best(values: Sequence[float | None], way: Direction | None) -> tuple[int, ...]:
    """Where the best values stand. NaN and none never win, and where all are equal nobody does."""
    numbers = [value for value in values if value is not None and value == value]
    if way is None or len(numbers) < 2 or min(numbers) == max(numbers):
        return ()
    target = max(numbers) if way == "max" else min(numbers)
    return tuple(place for place, value in enumerate(values) if value == target)


def require(runs: Sequence[RunRecord], metrics: Sequence[str]) -> None:
    """Refuse metrics that none of the runs has."""
    known = keys([run.metrics for run in runs])
    for metric in metrics:
        if metric not in known:
            raise NotFound(
                f"none of these runs has a metric {metric!r}", hint=suggestion(metric, known) or f"runlog show {runs[0].id}"
            )
