"""Groups of runs side by side as a table."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any, Protocol

from runlog.render.comparison import Doubt, difference, doubt_document, gap
from runlog.render.table import Table
from runlog.render.values import any_value, exact, is_numeric, number, shortened


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
    def known(self) -> frozenset[str]: ...
    @property
    def baseline(self) -> int | None: ...


_PLAIN = (1e-5, 1e7)  # what is less or more is not written out
_FACTS = ("", " std", " ci95", " count")
_DIGITS, _MORE_DIGITS = 6, 11


def grouped(grouping: Grouping, precise: bool = False) -> Table:
    """A group a row: what its runs share, how many they are, and each metric as mean ± standard deviation. `precise` is for
    programs, with a column for every figure."""
    fields = [[any_value(group.values[place]) for group in grouping.groups] for place in range(len(grouping.fields))]
    columns = [(name, cells if precise else shortened(cells)) for name, cells in zip(grouping.fields, fields, strict=True)]
    right = {place for place, (_, cells) in enumerate(columns) if is_numeric(cells)}
    columns.append(("runs", [str(len(group.ids)) for group in grouping.groups]))
    first = len(columns)
    known, others = list[int](), list[int]()
    for name in grouping.best:
        begin = len(columns)
        columns += _precisely(grouping, name) if precise else [(name, _statistics(grouping, name))]
        (known if name in grouping.known else others).extend(range(begin, len(columns)))
    headings, cells = zip(*columns, strict=True)
    step = len(_facts(grouping)) if precise else 1
    strong = {(place, first + step * at) for at, places in enumerate(grouping.best.values()) for place in places}
    figures = range(first - 1, len(columns))
    in_turn = (first - 1, *known, *others)
    rows = tuple(zip(*cells, strict=True))
    return Table(headings, rows, frozenset({*right, *figures}), frozenset(strong), first=in_turn, beside=True)


def _precisely(grouping: Grouping, name: str) -> list[tuple[str, list[str]]]:
    figures = zip(*(_figures(grouping, place, name) for place in range(len(grouping.groups))), strict=True)
    return [(f"{name}{fact}", list(cells)) for fact, cells in zip(_facts(grouping), figures, strict=True)]


def _facts(grouping: Grouping) -> tuple[str, ...]:
    return _FACTS if grouping.baseline is None else (*_FACTS, " difference", " relative")


def _figures(grouping: Grouping, place: int, name: str) -> list[str]:
    found = grouping.groups[place].metrics[name]
    gaps = [] if grouping.baseline is None else [exact(part) for part in _gap(grouping, place, name)]
    if found is None:
        return ["", "", "", "0", *gaps]
    return [exact(found.mean), exact(found.spread), exact(found.margin), str(found.count), *gaps]


def _statistics(grouping: Grouping, name: str) -> list[str]:
    """A metric of each group, with as many digits as it takes to see that the best is better than the others."""
    found = [group.metrics[name] for group in grouping.groups]
    alike = _like_the_best(found, grouping.best[name], 0)
    more = 0
    while more < _MORE_DIGITS and len({found[place].mean for place in _like_the_best(found, grouping.best[name], more)}) > 1:
        more += 1
    return [_statistic(grouping, place, name, more if place in alike else 0) for place in range(len(found))]


def _like_the_best(found: Sequence[Statistic | None], best: Collection[int], more: int) -> list[int]:
    """The groups whose means look like the best of them."""
    means = [_figured(each, more)[0] if each else "" for each in found]
    return [place for place, mean in enumerate(means) if mean in {means[winner] for winner in best}]


def _statistic(grouping: Grouping, place: int, name: str, more: int) -> str:
    group = grouping.groups[place]
    found = group.metrics[name]
    if found is None:
        return ""
    count = f" of {found.count}" if found.count < len(group.ids) else ""
    base = None if grouping.baseline in {None, place} else grouping.groups[grouping.baseline].metrics[name]
    return f"{''.join(_figured(found, more))}{count}{difference(found.mean, base.mean) if base else ''}"


def _figured(found: Statistic, more: int) -> tuple[str, str]:
    """A mean and its error with as many digits as its spread lets count, and some more."""
    if found.spread is None or found.margin is None:
        return number(found.mean, _DIGITS + more), ""
    if not _PLAIN[0] <= found.spread <= _PLAIN[1]:
        return number(found.mean, _DIGITS + more), f" ± {found.spread:.2g} (95% ±{found.margin:.2g})"
    decimals = max(0, 1 - math.floor(math.log10(found.spread))) + more
    mean, spread, margin = (f"{value:.{decimals}f}" for value in (found.mean, found.spread, found.margin))
    return mean, f" ± {spread} (95% ±{margin})"


def as_documents(grouping: Grouping, doubts: Sequence[Doubt]) -> list[dict[str, Any]]:
    """Groups as `--json` shows them, each with the doubts about its runs."""
    return [
        {
            "fields": dict(zip(grouping.fields, group.values, strict=True)),
            "runs": list(group.ids),
            "baseline": place == grouping.baseline,
            "doubts": [doubt_document(found) for found in doubts if not set(group.ids).isdisjoint(found.runs)],
            "metrics": {name: _statistic_document(grouping, place, name) for name in group.metrics},
        }
        for place, group in enumerate(grouping.groups)
    ]


def _statistic_document(grouping: Grouping, place: int, name: str) -> dict[str, Any] | None:
    found = grouping.groups[place].metrics[name]
    if found is None:
        return None
    known = {
        "count": found.count,
        "mean": found.mean,
        "standard_deviation": found.spread,
        "confidence_95": found.margin,
        "best": place in grouping.best[name],
    }
    if grouping.baseline is None:
        return known
    absolute, relative = _gap(grouping, place, name)
    return {**known, "difference": absolute, "relative": relative}


def _gap(grouping: Grouping, place: int, name: str) -> tuple[float | None, float | None]:
    """How far the mean of a group is from that of the baseline."""
    found = grouping.groups[place].metrics[name]
    base = None if grouping.baseline is None else grouping.groups[grouping.baseline].metrics[name]
    return gap(found.mean if found else None, base.mean if base else None)
