"""The best runs by a metric."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence

from runlog.errors import NotFound, UsageError
from runlog.query.syntax import suggestion
from runlog.records import Direction, RunRecord, State
from runlog.runs.direction import direction
from runlog.store.store import Store

_UNFINISHED: dict[State, str] = {"running": "still runs", "failed": "has failed", "killed": "was killed", "lost": "is lost"}


def best(
    store: Store, runs: Sequence[RunRecord], wanted: str, way: Direction | None = None, count: int | None = 1
) -> list[tuple[RunRecord, float]]:
    """The best of some runs and their values, the very best first. `wanted` is a metric, which counts by its last value, or as
    `min(loss)`.

    Without a direction, what was said of the metric in its experiment counts, else its name. NaN and nothing never win. Of
    equals the one that comes first among the runs does.
    """
    metric, value = _measure(runs, wanted)
    measured = [(run, number) for run in runs if (number := value(run)) is not None and number == number]
    if not measured:
        raise NotFound(f"{wanted!r} is a number in none of these runs", hint="runlog ls")
    up = (way or _direction(store, [run for run, _ in measured], metric)) == "max"
    measured.sort(key=lambda pair: -pair[1] if up else pair[1])
    return measured[:count]


def reservations(winners: Iterable[tuple[RunRecord, float]], wanted: str) -> list[str]:
    """What those who take the best runs may not expect of them."""
    said = []
    for run, value in winners:
        said += [f"run {run.id} {_UNFINISHED[run.state]}"] if run.state in _UNFINISHED else []
        said += [f"{wanted!r} is infinite in run {run.id}"] if math.isinf(value) else []
    return said


def _measure(runs: Sequence[RunRecord], wanted: str) -> tuple[str, Callable[[RunRecord], float | None]]:
    """The metric, and how to ask a run for the value that counts."""
    known = {name for run in runs for name in run.metrics}
    if wanted in known:
        return wanted, lambda run: run.metrics[wanted].last if wanted in run.metrics else None
    if "(" in wanted or wanted.startswith("metrics."):
        from runlog.query import Names, field, value_of

        asked = field(wanted, Names.of(runs))
        if asked.kind == "metric" and asked.key in known:
            return asked.key, lambda run: value_of(asked, run, time.time_ns())
    if not runs:
        raise NotFound(f"there is no run to be the best by {wanted!r}", hint="runlog ls")
    raise NotFound(f"no run has a metric {wanted!r}", hint=suggestion(wanted, known) or "runlog ls")


def _direction(store: Store, runs: Sequence[RunRecord], metric: str) -> Direction:
    experiments = {run.experiment for run in runs}
    said = {found.name: found.directions for found in store.experiments() if found.name in experiments}
    ways = {direction(metric, said.get(name)) for name in experiments}
    way = ways.pop()
    if ways:
        names = " and ".join(repr(name) for name in sorted(experiments)[:3])
        raise UsageError(
            f"whether more of {metric!r} is better is not the same in {names}: say --max or --min",
            hint=f"runlog best {metric} --max",
        )
    if way is None:
        raise UsageError(
            f"whether more of {metric!r} is better is not known: say --max or --min", hint=f"runlog best {metric} --max"
        )
    return way
