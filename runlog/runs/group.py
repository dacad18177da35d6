"""Runs that differ only by chance, taken together: mean, spread, and how far the mean can be trusted."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from runlog.errors import Conflict, NotFound, UsageError
from runlog.query.expr import PREFIXES
from runlog.records import RunRecord
from runlog.runs.compare import best, keys
from runlog.runs.direction import Direction, direction

# Two-sided 95 % quantiles of Student's t for 1 to 30 degrees of freedom; beyond, the expansion below is exact to four digits.
_T95 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
    2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
_Z95 = 1.959964
_EXACT = 700  # digits of the greatest float and the least together, of many runs


class _Field(NamedTuple):
    """A param or a tag."""

    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class Statistic:
    """A metric over the runs of a group. `spread` is the standard deviation of the sample, `margin` half of the 95 %
    confidence interval of the mean; both none for a single run."""

    count: int
    mean: float
    spread: float | None
    margin: float | None
    missing: int  # runs of the group without a number for this metric


@dataclass(frozen=True, slots=True)
class Group:
    """Runs that have the same values in the fields they were grouped by."""

    values: tuple[Any, ...]
    ids: tuple[str, ...]
    metrics: dict[str, Statistic | None]


@dataclass(frozen=True, slots=True)
class Grouping:
    """Groups side by side, and by metric the places of the best; the direction of some is `known`. `baseline` is the place of
    the group the others are measured against."""

    fields: tuple[str, ...]
    groups: tuple[Group, ...]
    best: dict[str, tuple[int, ...]]
    known: frozenset[str]
    baseline: int | None = None


def group(
    runs: Sequence[RunRecord],
    by: Sequence[str],
    said: Mapping[str, Direction] | None = None,
    baseline: str | None = None,
    metrics: Sequence[str] = (),
) -> Grouping:
    """Runs grouped by params or tags. `!seed` groups by every param but that; `baseline` is the id of a run of the group that
    the others are measured against. Of metrics those that are named; all but the machine's when none is."""
    fields = _fields(runs, by)
    gathered: dict[tuple[str, ...], list[RunRecord]] = {}
    for run in runs:
        gathered.setdefault(tuple(repr(_value(run, field)) for field in fields), []).append(run)
    names = metrics or keys([run.own_metrics for run in runs])
    groups = tuple(
        Group(
            tuple(_value(members[0], field) for field in fields),
            tuple(run.id for run in members),
            {name: statistic([run.metrics[name].last if name in run.metrics else None for run in members]) for name in names},
        )
        for members in gathered.values()
    )
    ways = {name: direction(name, said) for name in names}
    winners = {}
    for name, way in ways.items():
        means = [found.mean if (found := part.metrics[name]) else None for part in groups]
        winners[name] = best(means, way)
    place = next((at for at, part in enumerate(groups) if baseline in part.ids), None)
    return Grouping(_names(fields), groups, winners, frozenset(name for name in names if ways[name]), place)


def _fields(runs: Sequence[RunRecord], by: Sequence[str]) -> tuple[_Field, ...]:
    known = {"param": keys([run.params for run in runs]), "tag": keys([run.tags for run in runs])}
    excluded = [_param(field[1:], known) for field in by if field.startswith("!")]
    named = [_field(field, known) for field in by if not field.startswith("!")]
    if named and excluded:
        raise UsageError("--group-by takes names, or names with '!', but not both", hint="runlog compare -g '!seed' RUN...")
    if named:
        return tuple(dict.fromkeys(named))
    params = [key for key in known["param"] if key not in excluded]
    return tuple(_Field("param", key) for key in params if len({repr(run.params.get(key)) for run in runs}) > 1)


def _param(text: str, known: Mapping[str, Sequence[str]]) -> str:
    """What is left out is a param, whatever tags there are."""
    return text if text in known["param"] else _field(text, known).key


def _field(text: str, known: Mapping[str, Sequence[str]]) -> _Field:
    """What somebody wrote: a name, or one with what it is the name of, as in a filter."""
    head, _, key = text.partition(".")
    kind = PREFIXES.get(head.lower(), "")
    if kind in known and key in known[kind]:
        return _Field(kind, key)
    kinds = [kind for kind, names in known.items() if text in names]
    if not kinds:
        raise NotFound(f"none of these runs has a param or tag {text!r}", hint="runlog compare --all RUN...")
    if len(kinds) > 1:
        raise Conflict(f"{text!r} is a param and a tag", hint=f"write params.{text} or tags.{text}")
    return _Field(kinds[0], text)


def _names(fields: Sequence[_Field]) -> tuple[str, ...]:
    """What the fields are called; of two with one name it is said which is which."""
    counts = Counter(field.key for field in fields)
    return tuple(field.key if counts[field.key] == 1 else f"{field.kind}s.{field.key}" for field in fields)


def _value(run: RunRecord, field: _Field) -> Any:
    return (run.params if field.kind == "param" else run.tags).get(field.key)


def statistic(values: Sequence[float | None]) -> Statistic | None:
    """Mean and spread of the values that are numbers; none when there is none."""
    numbers = [value for value in values if value is not None and math.isfinite(value)]
    missing = len(values) - len(numbers)
    if not numbers:
        return None
    if len(numbers) < 2:
        return Statistic(1, numbers[0], None, None, missing)
    mean, spread = _mean_and_spread(numbers)
    return Statistic(len(numbers), mean, spread, _t95(len(numbers) - 1) * spread / math.sqrt(len(numbers)), missing)


def _mean_and_spread(numbers: Sequence[float]) -> tuple[float, float]:
    """Reckoned with the digits that people see: 0.7, three times 0.7, and 0.6 with 0.8 have one mean."""
    from decimal import Context, Decimal, localcontext

    with localcontext(Context(prec=_EXACT)):
        exact = [Decimal(repr(value)) for value in numbers]
        mean = sum(exact, Decimal()) / len(exact)
        apart = [float(value - mean) for value in exact]
    return float(mean), math.hypot(*apart) / math.sqrt(len(apart) - 1)


def _t95(freedom: int) -> float:
    if freedom <= len(_T95):
        return _T95[freedom - 1]
    z = _Z95
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
