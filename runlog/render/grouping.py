"""Groups of runs side by side as a table."""

from __future__ import annotations

import math
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


_PLAIN = (1e-5, 1e7)  # what is less or more is not written out
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
    count = f" of {found.count}" if found.count < len(group.ids) else ""
    base = None if grouping.baseline in {None, place} else grouping.groups[grouping.baseline].metrics[name]
    return f"{_with_error(found)}{count}{difference(found.mean, base.mean) if base else ''}"


def _with_error(found: Statistic) -> str:
    """A mean with as many digits as its spread lets count."""
    if found.spread is None or found.margin is None:
        return number(found.mean)
    if not _PLAIN[0] <= found.spread <= _PLAIN[1]:
        return f"{number(found.mean)} ± {found.spread:.2g} (95% ±{found.margin:.2g})"
    decimals = max(0, 1 - math.floor(math.log10(found.spread)))
    mean, spread, margin = (f"{value:.{decimals}f}" for value in (found.mean, found.spread, found.margin))
    return f"{mean} ± {spread} (95% ±{margin})"


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
