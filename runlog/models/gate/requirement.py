"""One requirement in the filter language, asked of the runs of a candidate.

A filter has two values: what is missing is false, and `not` makes it true. Here what is missing is neither, so that nothing
passes because it was never measured.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import NamedTuple

from runlog import query
from runlog.models.gate.verdict import Check
from runlog.query.expr import Expr, Field, Number
from runlog.query.syntax import nearest
from runlog.records import RunRecord
from runlog.render.values import any_value, duration, iso, number


class _Answer(NamedTuple):
    """What a run says to a requirement: yes, no, or nothing. `what` are the values that it looked at, in words."""

    run: RunRecord
    fulfils: bool | None
    what: str
    is_nan: bool
    value: float | None


def read(text: str, names: query.Names) -> Expr:
    """A requirement with its names looked up. A bare name that no run has is that of a metric that is missing."""
    parsed = query.parse(text)
    known = names.metrics | names.params | names.tags
    bare = {field.key for field in query.mentions(parsed) if field.kind == "bare"}
    return query.bind(parsed, query.Names(names.metrics | (bare - known), names.params, names.tags))


def required(text: str, test: Expr, runs: Sequence[RunRecord], allow_missing: bool) -> Check:
    """Whether every run fulfils a requirement."""
    answers = [_answer(test, run) for run in runs]
    refused = [answer for answer in answers if answer.fulfils is False or (answer.fulfils is None and answer.is_nan)]
    silent = [answer for answer in answers if answer.fulfils is None and not answer.is_nan]
    odd = refused if allow_missing and refused else [answer for answer in answers if answer.fulfils is not True]
    message = _message(odd or answers[:1], len(runs), every=not odd)
    value = answers[0].value if len(answers) == 1 else None
    passed = not refused and (not silent or allow_missing)
    return Check(text, passed, message, value, _limit(test), "require", note=passed and bool(silent))


def _message(shown: Sequence[_Answer], count: int, every: bool) -> str:
    if count == 1:
        return shown[0].what
    if every:
        return f"all {count} runs"
    named = "; ".join(f"{answer.run.id[-6:]}: {answer.what}" for answer in shown[:3])
    return f"{len(shown)} of {count} runs, {named}{'; ...' if len(shown) > 3 else ''}"


def _limit(test: Expr) -> float | None:
    """The number that a metric is compared with, where that is all there is."""
    match test:
        case query.Compare(Field(kind="metric"), _, Number() as wanted):
            return float(wanted.value)
        case _:
            return None


def _answer(test: Expr, run: RunRecord) -> _Answer:
    now = time.time_ns()
    fields = query.mentions(test)
    values = {field: query.value_of(field, run, now) for field in fields}
    metrics = [values[field] for field in fields if field.kind == "metric"]
    what = ", ".join(_said(field, values[field], run) for field in fields)
    is_nan = any(isinstance(value, float) and math.isnan(value) for value in values.values())
    return _Answer(run, fulfils(test, run, now), what, is_nan, metrics[0] if len(metrics) == 1 else None)


def fulfils(test: Expr, run: RunRecord, now: int) -> bool | None:
    """Yes, no, or none where that hangs on what is missing or NaN."""
    match test:
        case query.And(parts):
            found = [fulfils(part, run, now) for part in parts]
            return False if False in found else None if None in found else True
        case query.Or(parts):
            found = [fulfils(part, run, now) for part in parts]
            return True if True in found else None if None in found else False
        case query.Not(part):
            inner = fulfils(part, run, now)
            return None if inner is None else not inner
        case query.Null():
            return query.matches(test, run, now)
        case query.Has(field):
            value = query.value_of(field, run, now)
            return None if value is not None and _is_nothing(value) else query.matches(test, run, now)
        case _:
            unknown = any(_is_nothing(query.value_of(field, run, now)) for field in query.mentions(test))
            return None if unknown else query.matches(test, run, now)


def _is_nothing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _said(field: Field, value: object, run: RunRecord) -> str:
    name = _plainly(field)
    if value is None:
        near = nearest(field.key, run.metrics, 1) if field.kind == "metric" else []
        return f"{name} is missing{f', but there is {near[0]}' if near else ''}"
    if field.holds == "time" and isinstance(value, int):
        return f"{name} is {iso(value)}"
    if field.holds == "length" and isinstance(value, float):
        return f"{name} is {duration(value)}"
    if isinstance(value, float):
        return f"{name} is {'NaN' if math.isnan(value) else number(value)}"
    return f"{name} is {any_value(value)}"


def _plainly(field: Field) -> str:
    """A name as one would type it where nothing else has it."""
    if field.kind != "metric":
        return str(field)
    return str(field.but(kind="bare", what=None if field.what == "last" else field.what))
