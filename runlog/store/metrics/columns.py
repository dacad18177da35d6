"""Points in memory, one set of columns a metric, and what they come to. Standard library alone: listing runs needs no pyarrow."""

from __future__ import annotations

import operator
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

from runlog.records import Metric


@dataclass(slots=True)
class Columns:
    """The points of one metric in the order they were logged."""

    steps: array[int] = field(default_factory=lambda: array("q"))
    times: array[int] = field(default_factory=lambda: array("q"))
    values: array[float] = field(default_factory=lambda: array("d"))

    def append(self, step: int, at: int, value: float) -> None:
        self.steps.append(step)
        self.times.append(at)
        self.values.append(value)

    def extend(self, other: Columns) -> None:
        self.steps.extend(other.steps)
        self.times.extend(other.times)
        self.values.extend(other.values)

    def sort(self) -> None:
        """By step, then time; what was logged in order, as nearly always, is left as it lies."""
        steps, times = self.steps, self.times
        if all(map(operator.lt, steps, steps[1:])) or all(map(_in_order, steps, steps[1:], times, times[1:])):
            return
        order = sorted(range(len(steps)), key=lambda place: (steps[place], times[place]))
        self.steps = array("q", [steps[place] for place in order])
        self.times = array("q", [times[place] for place in order])
        self.values = array("d", [self.values[place] for place in order])


def _in_order(step: int, next_step: int, at: int, next_at: int) -> bool:
    return step < next_step or (step == next_step and at <= next_at)


def summarize(columns: Columns) -> Metric:
    """What a metric came to. The columns are sorted and hold at least one point."""
    steps, times, values = columns.steps, columns.times, columns.values
    numbers = values if _no_nan(values) else array("d", [value for value in values if value == value])
    lowest = min(numbers) if numbers else None
    highest = max(numbers) if numbers else None
    return Metric(
        count=len(values),
        first=values[0],
        first_step=steps[0],
        first_at=_as_documented(times[0]),
        last=values[-1],
        last_step=steps[-1],
        last_at=_as_documented(times[-1]),
        min=lowest,
        step_of_min=None if lowest is None else steps[values.index(lowest)],
        max=highest,
        step_of_max=None if highest is None else steps[values.index(highest)],
    )


def _as_documented(at: int) -> int:
    """No document is finer than a microsecond, and what a metric came to must not change by being settled."""
    return at // 1000 * 1000


def _no_nan(values: array[float]) -> bool:
    return all(map(float.__eq__, values, values))


def merge(metrics: Iterable[Metric]) -> Metric:
    """One metric that several writers logged, as if one had."""
    parts = list(metrics)
    first = min(parts, key=lambda part: (part.first_step, part.first_at))
    last = max(parts, key=lambda part: (part.last_step, part.last_at))
    lowest = min((p for p in parts if p.min is not None), key=lambda p: (p.min, p.step_of_min), default=first)
    highest = max((p for p in parts if p.max is not None), key=lambda p: (p.max, -(p.step_of_max or 0)), default=first)
    return Metric(
        count=sum(part.count for part in parts),
        first=first.first,
        first_step=first.first_step,
        first_at=first.first_at,
        last=last.last,
        last_step=last.last_step,
        last_at=last.last_at,
        min=lowest.min,
        step_of_min=lowest.step_of_min,
        max=highest.max,
        step_of_max=highest.step_of_max,
    )
