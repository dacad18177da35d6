"""One metric of a candidate against that of a baseline."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from runlog import query
from runlog.errors import BadInput, UsageError
from runlog.models.gate.chance import p_value
from runlog.models.gate.rules import DEFAULT_CONFIDENCE, Rules, Tolerance
from runlog.models.gate.verdict import Check, Meant
from runlog.records import Direction, RunRecord
from runlog.render.values import number
from runlog.runs.direction import direction
from runlog.runs.group import Statistic, statistic

# Of two numbers that differ by less, arithmetic made the difference.
_ROUNDING = 1e-12


class Measure(NamedTuple):
    """A metric as it is compared: what it is called, which way it should go, and its value in a run."""

    name: str
    way: Direction
    tolerance: Tolerance
    of: Callable[[RunRecord], float | None]


class _Missing(Exception):
    """A side has no value; in words."""


class _Unusable(Exception):
    """A side has a value that is no number to compare; in words."""


def measures(rules: Rules, baseline: Meant, said: dict[str, Direction]) -> list[Measure]:
    """The metrics that are compared with a baseline: those that are named, else those it has whose direction is known."""
    ways = {**said, **rules.directions}
    if rules.named:
        return [_measure(name, rules, ways) for name in rules.named]
    there = sorted({name for run in baseline.runs for name in run.own_metrics})
    return [_measure(name, rules, ways) for name in there if direction(name, ways) is not None]


def _measure(name: str, rules: Rules, ways: dict[str, Direction]) -> Measure:
    key, value = _reading(name)
    way = ways.get(name) or direction(key, ways)
    if way is None:
        raise UsageError(
            f"whether more of {name!r} is better is not known", hint=f"runlog gate --direction {name}:max, or {name}:min"
        )
    return Measure(name, way, rules.tolerated(name), value)


def _reading(name: str) -> tuple[str, Callable[[RunRecord], float | None]]:
    """A metric by its name, which counts by its last value, or as `min(loss)`."""
    if not name.startswith("metrics.") and "(" not in name:
        return name, lambda run: run.metrics[name].last if name in run.metrics else None
    [field] = query.mentions(query.Has(_field(name)))
    return field.key, lambda run: query.value_of(field, run, time.time_ns())


def _field(name: str) -> query.Field:
    from runlog.query.parser import parse_field

    found = parse_field(name)
    if found.kind not in {"metric", "bare"}:
        raise BadInput(f"{name!r} is no metric", hint="write --metric rmse")
    return query.Field("metric", found.key, found.what or "last")


def compared(measure: Measure, candidate: Sequence[RunRecord], baseline: Meant, rules: Rules) -> Check:
    """Whether the candidate's metric is no worse than the baseline's."""
    name = f"{measure.name} vs {baseline.selector}"
    try:
        base = _values(measure, baseline.runs, "the baseline", rules.allow_missing)
        own = _values(measure, candidate, "the candidate", rules.allow_missing)
    except _Missing as missing:
        return Check(name, rules.allow_missing, str(missing), kind="no-worse-than", note=rules.allow_missing)
    except _Unusable as unusable:
        return Check(name, False, str(unusable), kind="no-worse-than")
    limit = measure.tolerance.limit(base.mean, measure.way)
    worse_by = (own.mean - limit) * (1 if measure.way == "min" else -1)
    is_worse = worse_by > _ROUNDING * max(abs(own.mean), abs(limit))
    p = p_value(worse_by, own, base)
    sure = p is None or p < 1 - (rules.confidence or DEFAULT_CONFIDENCE)
    message = _message(measure, own, base, is_worse, p, sure)
    return Check(name, not (is_worse and sure), message, own.mean, limit, "no-worse-than", base.mean)


def _values(measure: Measure, runs: Sequence[RunRecord], side: str, allow_missing: bool) -> Statistic:
    values = [measure.of(run) for run in runs]
    odd = [value for value in values if value is not None and not math.isfinite(value)]
    if odd:
        raise _Unusable(f"{measure.name} of {side} is {_odd(odd[0])}{_share(len(odd), runs)}")
    found = statistic(values)
    if found is None or (found.missing and not allow_missing):
        raise _Missing(f"{side} has no {measure.name}{_share(found.missing, runs) if found else ''}")
    return found


def _odd(value: float) -> str:
    return "NaN" if math.isnan(value) else number(value)


def _share(count: int, runs: Sequence[RunRecord]) -> str:
    """In how many of several runs."""
    return f" in {count} of {len(runs)} runs" if len(runs) > 1 else ""


def _message(measure: Measure, own: Statistic, base: Statistic, is_worse: bool, p: float | None, sure: bool) -> str:
    """How far the candidate is from the baseline. `is_worse` is beyond what is tolerated, `sure` beyond chance too."""
    gap = own.mean - base.mean
    counts = [f"{_runs(own)} against {_runs(base)}"] if own.count + base.count > 2 else []
    if gap == 0:
        return ", ".join(["the same", *counts])
    is_better = (gap < 0) == (measure.way == "min")
    share = f" ({abs(gap / base.mean):.1%})" if base.mean and abs(gap / base.mean) < 1000 else ""
    chance = " beyond chance" if is_worse and p is not None and sure else ""
    parts = [f"{'better' if is_better else 'worse'}{chance} by {number(abs(gap))}{share}"]
    if not is_better and measure.tolerance.amount:
        parts.append(_room(measure.tolerance, base.mean, is_worse))
    if is_worse and p is not None:
        parts.append(f"p = {p:.2g}" if sure else f"but within chance, p = {p:.2g}")
    return ", ".join(parts + counts)


def _room(tolerance: Tolerance, baseline: float, is_worse: bool) -> str:
    """What the tolerance has to do with it."""
    if not is_worse:
        return f"within {tolerance}"
    return f"and {tolerance} of 0 is 0" if tolerance.relative and not baseline else f"{tolerance} tolerated"


def _runs(found: Statistic) -> str:
    return f"{found.count} run{'' if found.count == 1 else 's'}"
