"""Runs side by side as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from runlog.render.table import Table
from runlog.render.values import any_value, number


class Line(Protocol):
    """One thing about all the runs."""

    @property
    def kind(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def values(self) -> tuple[Any, ...]: ...
    @property
    def differs(self) -> bool: ...
    @property
    def best(self) -> tuple[int, ...]: ...


class Comparison(Protocol):
    """Several runs side by side."""

    @property
    def ids(self) -> tuple[str, ...]: ...
    @property
    def lines(self) -> tuple[Any, ...]: ...
    @property
    def baseline(self) -> int | None: ...
    @property
    def doubts(self) -> tuple[str, ...]: ...


class Statistic(Protocol):
    """A metric over the runs of a group."""

    @property
    def count(self) -> int: ...
    @property
    def mean(self) -> float: ...
    @property
    def spread(self) -> float | None: ...
    @property
    def margin(self) -> float | None: ...


class Grouping(Protocol):
    """Groups of runs side by side."""

    @property
    def fields(self) -> tuple[str, ...]: ...
    @property
    def groups(self) -> tuple[Any, ...]: ...
    @property
    def best(self) -> dict[str, tuple[int, ...]]: ...


def side_by_side(
    comparison: Comparison, short: Mapping[str, str], everything: bool, curves: Mapping[str, Sequence[str]] | None = None
) -> Table:
    """A run a row, a difference a column; with `everything` also what all have in common. With `curves`, a column of
    them after their metric."""
    shown = [line for line in comparison.lines if everything or line.differs or line.kind == "metric"]
    headings = ["run"]
    columns = [[short[run_id] for run_id in comparison.ids]]
    right: set[int] = set()
    strong: set[tuple[int, int]] = set()
    for line in shown:
        if line.kind == "metric":
            right.add(len(headings))
        strong |= {(place, len(headings)) for place in line.best}
        headings.append(line.key)
        columns.append([_cell(line, place, comparison.baseline) for place in range(len(comparison.ids))])
        if curves and line.kind == "metric" and line.key in curves:
            headings.append(f"{line.key} curve")
            columns.append(list(curves[line.key]))
    return Table(tuple(headings), tuple(zip(*columns, strict=True)), frozenset(right), frozenset(strong))


def _cell(line: Line, place: int, baseline: int | None) -> str:
    value = line.values[place]
    if line.kind != "metric":
        return any_value(value)
    return number(value) + _difference(value, line.values[baseline]) if baseline not in {None, place} else number(value)


def _difference(value: float | None, base: float | None) -> str:
    """How far a value is from the baseline: ` (+0.5, +7.8%)`."""
    if value is None or base is None:
        return ""
    gap = value - base
    relative = f", {gap / abs(base):+.1%}" if base and gap == gap and abs(base) != float("inf") else ""
    return f" ({gap:+.4g}{relative})"


def grouped(grouping: Grouping) -> Table:
    """A group a row: what its runs share, how many they are, and each metric as mean ± standard deviation."""
    metrics = list(grouping.best)
    headings = (*grouping.fields, "runs", *metrics)
    rows = tuple(
        (
            *(any_value(value) for value in group.values),
            str(len(group.ids)),
            *(_statistic(group.metrics[name]) for name in metrics),
        )
        for group in grouping.groups
    )
    first = len(grouping.fields) + 1
    strong = {(place, first + column) for column, name in enumerate(metrics) for place in grouping.best[name]}
    return Table(headings, rows, frozenset(range(first - 1, len(headings))), frozenset(strong))


def _statistic(found: Statistic | None) -> str:
    if found is None:
        return ""
    if found.spread is None or found.margin is None:
        return number(found.mean)
    return f"{number(found.mean)} ± {found.spread:.2g} (95% ±{found.margin:.2g})"


def as_document(comparison: Comparison) -> dict[str, Any]:
    """A comparison as `--json` shows it: every line, whether it differs or not."""
    lines = [
        {"kind": line.kind, "key": line.key, "values": list(line.values), "differs": line.differs, "best": list(line.best)}
        for line in comparison.lines
    ]
    return {
        "runs": list(comparison.ids),
        "baseline": None if comparison.baseline is None else comparison.ids[comparison.baseline],
        "doubts": list(comparison.doubts),
        "lines": lines,
    }


def group_documents(grouping: Grouping) -> list[dict[str, Any]]:
    """Groups as `--json` shows them."""
    return [
        {
            "fields": dict(zip(grouping.fields, group.values, strict=True)),
            "runs": list(group.ids),
            "metrics": {name: _statistic_document(found) for name, found in group.metrics.items()},
        }
        for group in grouping.groups
    ]


def _statistic_document(found: Statistic | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"count": found.count, "mean": found.mean, "standard_deviation": found.spread, "confidence_95": found.margin}
