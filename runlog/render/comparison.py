"""Runs side by side as a table."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from runlog.records import is_of_machine
from runlog.render.sparkline import sparklines
from runlog.render.table import Table
from runlog.render.values import any_value, exact, is_numeric, numbers, shortened, tag_value

_CURVE = 12
_NAMED = 3  # runs in a doubt


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
    @property
    def direction(self) -> str | None: ...


class Comparison(Protocol):
    """Several runs side by side."""

    @property
    def ids(self) -> tuple[str, ...]: ...
    @property
    def lines(self) -> tuple[Any, ...]: ...
    @property
    def baseline(self) -> int | None: ...
    @property
    def doubts(self) -> tuple[Any, ...]: ...


class Doubt(Protocol):
    """Why runs may not be comparable."""

    @property
    def kind(self) -> str: ...
    @property
    def problem(self) -> str: ...
    @property
    def runs(self) -> tuple[str, ...]: ...


def side_by_side(
    comparison: Comparison,
    short: Mapping[str, str],
    everything: bool,
    curves: Mapping[str, Sequence[str]] | None = None,
    precise: bool = False,
) -> Table:
    """A run a row, a difference a column; with `everything` also what all have in common. With `curves`, a column of
    them after their metric. Where not all of it fits, metrics whose direction is known come before others. `precise` is for
    programs: every digit, and how far it is from the baseline in columns of its own."""
    shown = [line for line in comparison.lines if everything or _tells(line)]
    columns = [("run", [short[run_id] for run_id in comparison.ids], False)]
    strong: set[tuple[int, int]] = set()
    about, known, others = [0], list[int](), list[int]()
    joined: dict[int, str] = {}
    for line, heading in zip(shown, _headings(shown), strict=True):
        begin = len(columns)
        strong |= {(place, begin) for place in line.best}
        columns += _columns(line, heading, comparison.baseline, precise)
        if curves and line.kind == "metric" and line.key in curves:
            joined[len(columns)] = "curve"
            columns.append((f"{heading} curve", list(curves[line.key]), False))
        if line.kind in {"about", "metric"}:
            (about if line.kind == "about" else known if line.direction else others).extend(range(begin, len(columns)))
    headings, cells, right = zip(*columns, strict=True)
    numbers = frozenset(place for place, is_right in enumerate(right) if is_right)
    rows = tuple(zip(*cells, strict=True))
    return Table(headings, rows, numbers, frozenset(strong), first=(*about, *known, *others), joined=joined)


def _tells(line: Line) -> bool:
    """What the runs have in common is left out, and what the machine was doing meanwhile; not what they reached."""
    return not is_of_machine(line.key) if line.kind == "metric" else line.differs


def _headings(lines: Sequence[Line]) -> list[str]:
    """The keys; where a param and a tag have one name, it is said which is which."""
    counts = Counter(line.key for line in lines)
    return [line.key if counts[line.key] == 1 or line.kind == "about" else f"{line.kind}s.{line.key}" for line in lines]


_Column = tuple[str, list[str], bool]


def _columns(line: Line, heading: str, baseline: int | None, precise: bool) -> list[_Column]:
    if line.kind != "metric":
        read = tag_value if line.kind == "tag" else any_value
        cells = [read(value) for value in line.values]
        is_param = line.kind == "param"
        return [(heading, shortened(cells) if is_param and not precise else cells, is_param and is_numeric(cells))]
    base = None if baseline is None else line.values[baseline]
    if not precise:
        beside = [difference(value, base) if at != baseline else "" for at, value in enumerate(line.values)]
        return [(heading, [f"{text}{more}" for text, more in zip(numbers(line.values, line.best), beside, strict=True)], True)]
    columns = [(heading, [exact(value) for value in line.values], True)]
    if baseline is not None:
        columns += [(f"{heading} {which}", list(map(exact, found)), True) for which, found in gaps(line.values, base).items()]
    return columns


def gap(value: float | None, base: float | None) -> tuple[float | None, float | None]:
    """How far a value is from the baseline: absolute, and as a part of that; none where that means nothing."""
    if value is None or base is None or not math.isfinite(value - base):
        return None, None
    return value - base, (value - base) / abs(base) if base else None


def difference(value: float | None, base: float | None) -> str:
    """The same for people: ` (+0.5, +7.8%)`."""
    absolute, relative = gap(value, base)
    if absolute is None:
        return ""
    return f" ({absolute:+.4g}{'' if relative is None else f', {_percent(relative)}'})"


def _percent(part: float) -> str:
    """Beyond some size, what counts is how many digits it has."""
    return f"{part:+.1%}" if abs(part) < 1000 else f"{part * 100:+.2g}%"


def pictures(found: Sequence[Mapping[str, Sequence[float]]], names: Iterable[str]) -> dict[str, list[str]]:
    """The curves of some runs by metric, those of one metric on one scale. A single point is no curve."""
    drawn = {}
    for name in names:
        curves = [values if len(values := run.get(name, ())) > 1 else () for run in found]
        if any(curves):
            drawn[name] = sparklines(curves, _CURVE)
    return drawn


def doubt(found: Doubt, short: Mapping[str, str]) -> str:
    """A doubt in a line, with the runs that it is about."""
    ids = [short.get(run_id, run_id) for run_id in found.runs]
    more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
    return f"{found.problem}: {', '.join(ids[:_NAMED])}{more}"


def as_document(comparison: Comparison, curves: Sequence[Mapping[str, Sequence[float]]] | None = None) -> dict[str, Any]:
    """A comparison as `--json` shows it: every line, whether it differs or not, with the curves of each run if they are given."""
    return {
        "runs": list(comparison.ids),
        "baseline": None if comparison.baseline is None else comparison.ids[comparison.baseline],
        "doubts": [doubt_document(found) for found in comparison.doubts],
        "lines": [_line_document(line, comparison.baseline, curves) for line in comparison.lines],
    }


def doubt_document(found: Doubt) -> dict[str, Any]:
    return {"kind": found.kind, "problem": found.problem, "runs": list(found.runs)}


def _line_document(line: Line, baseline: int | None, curves: Sequence[Mapping[str, Sequence[float]]] | None) -> dict[str, Any]:
    """A line; of a metric also how far it is from the baseline, and its points, where these were asked for."""
    known = {"kind": line.kind, "key": line.key, "values": list(line.values), "differs": line.differs, "best": list(line.best)}
    if line.kind == "metric" and baseline is not None:
        known |= gaps(line.values, line.values[baseline])
    if line.kind == "metric" and curves is not None:
        known["curves"] = [list(run.get(line.key, ())) for run in curves]
    return known


def gaps(values: Sequence[float | None], base: float | None) -> dict[str, list[float | None]]:
    """How far values are from the baseline, each absolute and as a part of that."""
    found = [gap(value, base) for value in values]
    return {"difference": [absolute for absolute, _ in found], "relative": [relative for _, relative in found]}
