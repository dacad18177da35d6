"""Runs side by side: what differs between them, which is best at what, and whether they may be compared at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from runlog.errors import NotFound, UsageError
from runlog.records import RunRecord
from runlog.runs.direction import Direction, direction

Kind = Literal["about", "param", "tag", "metric"]


@dataclass(frozen=True, slots=True)
class Line:
    """One thing about all the runs. `best` are the places of the best values; none where no direction is known."""

    kind: Kind
    key: str
    values: tuple[Any, ...]
    differs: bool
    best: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Several runs side by side. `baseline` is the place of the run the others are measured against."""

    ids: tuple[str, ...]
    lines: tuple[Line, ...]
    baseline: int | None
    doubts: tuple[str, ...]


def compare(runs: Sequence[RunRecord], said: Mapping[str, Direction] | None = None, baseline: str | None = None) -> Comparison:
    """Everything known of some runs, line by line; `baseline` is the id of one of them."""
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
    for key in keys([run.metrics for run in runs]):
        values = [run.metrics[key].last if key in run.metrics else None for run in runs]
        lines.append(_line("metric", key, values, best(values, direction(key, said))))
    return Comparison(ids, tuple(lines), None if baseline is None else ids.index(baseline), doubts(runs))


def keys(mappings: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every key of some mappings, in the order of first sight."""
    return list(dict.fromkeys(key for mapping in mappings for key in mapping))


def _line(kind: Kind, key: str, values: list[Any], best: tuple[int, ...] = ()) -> Line:
    return Line(kind, key, tuple(values), any(value != values[0] for value in values[1:]), best)


def best(values: Sequence[float | None], way: Direction | None) -> tuple[int, ...]:
    """Where the best values stand. NaN and none never win, and where all are equal nobody does."""
    numbers = [value for value in values if value is not None and value == value]
    if way is None or len(numbers) < 2 or min(numbers) == max(numbers):
        return ()
    target = max(numbers) if way == "max" else min(numbers)
    return tuple(place for place, value in enumerate(values) if value == target)


def doubts(runs: Sequence[RunRecord]) -> tuple[str, ...]:
    """Why these runs may not be comparable, as far as that is known: in the words of a careful reader."""
    found = [*_data_doubts(runs), *_machine_doubts(runs)]
    unfinished = [run.id for run in runs if run.state != "finished"]
    if unfinished and len(unfinished) < len(runs):
        found.append(f"not all have finished: {', '.join(unfinished)}")
    return tuple(found)


def _data_doubts(runs: Sequence[RunRecord]) -> list[str]:
    found = []
    for name in keys([run.inputs for run in runs]):
        hashes = {run.inputs[name].sha256 if name in run.inputs else None for run in runs}
        if None in hashes:
            without = ", ".join(run.id for run in runs if name not in run.inputs)
            found.append(f"input {name!r} was not used by {without}")
        elif len(hashes) > 1:
            found.append(f"input {name!r} is not the same data in all")
    return found


def _machine_doubts(runs: Sequence[RunRecord]) -> list[str]:
    labels = {"python": "python version", "arch": "processor", "cpus": "number of processors", "os": "operating system"}
    found = []
    for key, label in labels.items():
        values = list(dict.fromkeys(str(run.host[key]) for run in runs if key in run.host))
        if len(values) > 1:
            found.append(f"other {label}: {', '.join(values)}")
    return found


def require(runs: Sequence[RunRecord], metrics: Sequence[str]) -> None:
    """Refuse metrics that none of the runs has."""
    known = keys([run.metrics for run in runs])
    for metric in metrics:
        if metric not in known:
            raise NotFound(f"none of these runs has a metric {metric!r}", hint=f"runlog show {runs[0].id}")
