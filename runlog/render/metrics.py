"""Metrics as tables and documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from runlog.render.sparkline import sparkline
from runlog.render.table import Table
from runlog.render.values import duration, exact, number

if TYPE_CHECKING:
    from runlog.records import Metric

_FACTS = ("last", "last_step", "min", "step_of_min", "max", "step_of_max", "first", "first_step", "count")
_SHORT = ("last", "min", "at", "max", "at", "first", "points")
_CURVE = 16


class _Point(Protocol):
    @property
    def metric(self) -> str: ...
    @property
    def step(self) -> int: ...
    @property
    def at(self) -> int: ...
    @property
    def value(self) -> float: ...


def summary(metrics: Mapping[str, Metric]) -> Table:
    """What each metric came to, for programs."""
    rows = tuple((name, *(exact(getattr(metric, fact)) for fact in _FACTS)) for name, metric in metrics.items())
    return Table(("metric", *_FACTS), rows, frozenset(range(1, len(_FACTS) + 1)))


def pictured(metrics: Mapping[str, Metric], curves: Mapping[str, Sequence[float]], ways: Mapping[str, str | None]) -> Table:
    """What each metric came to and how, for people; the best it was is brought out where `ways` knows what is best."""
    rows = tuple((name, _curve(curves.get(name, ())), *_short(metric)) for name, metric in metrics.items())
    headings = ("metric", "curve", *_SHORT)
    best = {
        (row, headings.index(way))
        for row, (name, metric) in enumerate(metrics.items())
        if (way := ways.get(name)) and metric.count > 1 and metric.min is not None
    }
    # A narrow screen shows where it ended before how it went there.
    return Table(headings, rows, frozenset(range(2, len(headings))), frozenset(best), first=(0, 2))


def _curve(values: Sequence[float]) -> str:
    return sparkline(values, _CURVE) if len(values) > 1 else ""


def _short(metric: Metric) -> tuple[str, ...]:
    steps = (metric.step_of_min, metric.step_of_max) if metric.count > 1 else (None, None)
    return (
        number(metric.last),
        number(metric.min),
        exact(steps[0]),
        number(metric.max),
        exact(steps[1]),
        number(metric.first),
        str(metric.count),
    )


def summary_documents(metrics: Mapping[str, Metric]) -> list[dict[str, Any]]:
    """What each metric came to, as `--json` shows it."""
    return [{"metric": name, **{fact: getattr(metric, fact) for fact in _FACTS}} for name, metric in metrics.items()]


def point_document(point: _Point) -> dict[str, Any]:
    """A point as `--json` shows it."""
    return {"metric": point.metric, "step": point.step, "time": _moment(point.at), "value": point.value}


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at / 1e9, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


HEADINGS = ("metric", "step", "time", "value")


def point_rows(points: Iterable[_Point]) -> Iterator[tuple[str, str, str, str]]:
    """Points, one a row, for programs."""
    for point in points:
        yield point.metric, str(point.step), _moment(point.at), exact(point.value)


def history(points: Iterable[_Point], begun_at: int) -> str:
    """Points for people, each with how long after the beginning of the run it was logged. One metric after the other."""
    rows: dict[str, list[tuple[str, str, str]]] = {}
    for point in points:
        after = duration(max(0, point.at - begun_at) / 1e9)
        rows.setdefault(point.metric, []).append((str(point.step), number(point.value), after))
    parts = [_aligned(name, found) for name, found in rows.items()]
    return "\n".join(parts)


def _aligned(name: str, rows: list[tuple[str, str, str]]) -> str:
    """The points of one metric below its name."""
    headed = [("step", "value", "after"), *rows]
    widths = [max(len(row[column]) for row in headed) for column in range(3)]
    lines = ("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in headed)
    return f"{name}\n" + "".join(f"{line}\n" for line in lines)
