"""Groups of runs side by side as a table."""

from __future__ import annotations

from typing import Any, Protocol

from runlog.render.comparison import difference
from runlog.render.table import Table
from runlog.render.values import any_value, exact, number


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
    @property
    def baseline(self) -> int | None: ...


_FACTS = ("", " std", " ci95", " count")


def grouped(grouping: Grouping, precise: bool = False) -> Table:
    """A group a row: what its runs share, how many they are, and each metric as mean ± standard deviation. `precise` is for
    programs, with a column for every figure."""
    metrics = list(grouping.best)
    headings = [*grouping.fields, "runs"]
    first = len(headings)
    headings += [f"{name}{fact}" for name in metrics for fact in (_FACTS if precise else ("",))]
    rows = []
    for place, group in enumerate(grouping.groups):
        cells = [*(any_value(value) for value in group.values), str(len(group.ids))]
        for name in metrics:
            cells += _figures(group.metrics[name]) if precise else [_statistic(grouping, place, name)]
        rows.append(tuple(cells))
    step = len(_FACTS) if precise else 1
    strong = {(place, first + step * column) for column, name in enumerate(metrics) for place in grouping.best[name]}
    return Table(tuple(headings), tuple(rows), frozenset(range(first - 1, len(headings))), frozenset(strong))


def _figures(found: Statistic | None) -> list[str]:
    if found is None:
        return ["", "", "", "0"]
    return [exact(found.mean), exact(found.spread), exact(found.margin), str(found.count)]


def _statistic(grouping: Grouping, place: int, name: str) -> str:
    group = grouping.groups[place]
    found = group.metrics[name]
    if found is None:
        return ""
    spread = "" if found.spread is None else f" ± {found.spread:.2g} (95% ±{found.margin:.2g})"
    count = f" of {found.count}" if found.count < len(group.ids) else ""
    base = None if grouping.baseline in {None, place} else grouping.groups[grouping.baseline].metrics[name]
    return f"{number(found.mean)}{spread}{count}{difference(found.mean, base.mean) if base else ''}"


def as_documents(grouping: Grouping) -> list[dict[str, Any]]:
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
