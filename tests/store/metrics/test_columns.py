"""What metrics come to, against a naive reckoning; parts of several writers against the whole."""

from __future__ import annotations

import math
from array import array

from hypothesis import given
from hypothesis import strategies as st

from runlog.records import Metric
from runlog.store.metrics.columns import Columns, merge, summarize
from tests.store.behind import bits

STEPS = st.integers(-5, 5) | st.sampled_from([-(2**63), 2**63 - 1])
MOMENTS = st.integers(-(2**40), 2**40).map(lambda number: number * 1000)
VALUES = st.floats() | st.sampled_from([0.0, -0.0, 1.0, math.nan, math.inf, -math.inf])
# No two points at one step and time, for then nothing says which of them is the last.
POINTS = st.lists(st.tuples(STEPS, MOMENTS, VALUES), min_size=1, max_size=30, unique_by=lambda point: point[:2])


def columns_of(points: list[tuple[int, int, float]]) -> Columns:
    columns = Columns()
    for point in points:
        columns.append(*point)
    columns.sort()
    return columns


def naive(points: list[tuple[int, int, float]]) -> Metric:
    ordered = sorted(points, key=lambda point: point[:2])
    numbers = [point for point in ordered if not math.isnan(point[2])]
    lowest = min(numbers, key=lambda point: point[2], default=None)
    highest = max(numbers, key=lambda point: point[2], default=None)
    first, last = ordered[0], ordered[-1]
    return Metric(
        count=len(points),
        first=first[2],
        first_step=first[0],
        first_at=first[1],
        last=last[2],
        last_step=last[0],
        last_at=last[1],
        min=None if lowest is None else lowest[2],
        step_of_min=None if lowest is None else lowest[0],
        max=None if highest is None else highest[2],
        step_of_max=None if highest is None else highest[0],
    )


@given(POINTS)
def test_sorting_keeps_each_point_together(points: list[tuple[int, int, float]]) -> None:
    columns = columns_of(points)
    found = [(step, at, bits(value)) for step, at, value in zip(columns.steps, columns.times, columns.values, strict=True)]
    assert found == [(step, at, bits(value)) for step, at, value in sorted(points, key=lambda point: point[:2])]


@given(POINTS)
def test_what_a_metric_comes_to(points: list[tuple[int, int, float]]) -> None:
    assert repr(summarize(columns_of(points))) == repr(naive(points))


@given(POINTS, st.lists(st.integers(0, 3), min_size=30, max_size=30), st.permutations(range(4)))
def test_parts_of_several_writers_come_to_the_same(
    points: list[tuple[int, int, float]], owners: list[int], order: list[int]
) -> None:
    shares: dict[int, list[tuple[int, int, float]]] = {}
    for point, owner in zip(points, owners, strict=False):
        shares.setdefault(owner, []).append(point)
    merged = merge(summarize(columns_of(shares[owner])) for owner in order if owner in shares)
    whole = naive(points)
    alike = ("count", "first", "first_step", "first_at", "last", "last_step", "last_at", "min", "max")
    # Zero and minus zero are one lowest value, whichever writer says it.
    assert [_number(getattr(merged, name)) for name in alike] == [_number(getattr(whole, name)) for name in alike]
    assert (merged.step_of_min is None) == (whole.step_of_min is None)
    if whole.min is not None:
        assert merged.step_of_min == min(step for step, _, value in points if value == whole.min)
        assert merged.step_of_max == min(step for step, _, value in points if value == whole.max)


def _number(value: float | None) -> str:
    return "nan" if value != value else repr(None if value is None else value + 0.0)


def test_times_are_no_finer_than_a_document_can_say() -> None:
    columns = Columns(array("q", [1, 2]), array("q", [-1, 1999]), array("d", [1.0, 2.0]))
    metric = summarize(columns)
    assert (metric.first_at, metric.last_at) == (-1000, 1000)
