"""What a filter says of one run. Two-valued: a comparison with something missing is false, and `not` makes it true."""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Callable
from typing import Any, assert_never

from runlog.errors import RunlogError
from runlog.query.expr import (
    And,
    Compare,
    Contains,
    Expr,
    Field,
    Has,
    In,
    Length,
    Matches,
    Moment,
    Not,
    Null,
    Number,
    Or,
    Text,
    Truth,
    Value,
)
from runlog.query.syntax import regex
from runlog.records import RunRecord

_ORDER: dict[str, Callable[[Any, Any], bool]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def matches(expr: Expr, run: RunRecord, now_ns: int) -> bool:
    """Whether a run is meant by a bound filter."""
    match expr:
        case And(parts):
            return all(matches(part, run, now_ns) for part in parts)
        case Or(parts):
            return any(matches(part, run, now_ns) for part in parts)
        case Not(part):
            return not matches(part, run, now_ns)
        case Null(field, negated):
            return (value_of(field, run, now_ns) is None) != negated
        case Has(field):
            value = value_of(field, run, now_ns)
            return bool(value) if field.holds == "any" else value is not None
        case Compare(field, op, wanted):
            return _compares(value_of(field, run, now_ns), op, wanted, run, now_ns)
        case In(field, values, negated):
            value = value_of(field, run, now_ns)
            return value is not None and any(_equals(value, item, now_ns) for item in values) != negated
        case Contains(field, wanted, negated):
            value = value_of(field, run, now_ns)
            return value is not None and _contains(value, wanted, now_ns) != negated
        case Matches(field, pattern, negated):
            value = value_of(field, run, now_ns)
            return value is not None and (isinstance(value, str) and regex(pattern).search(value) is not None) != negated
        case _:
            assert_never(expr)


def value_of(field: Field, run: RunRecord, now_ns: int) -> Any:
    """What a run has there, none for nothing: times as nanoseconds after 1970, the duration in seconds."""
    match field.kind:
        case "metric":
            metric = run.metrics.get(field.key)
            return None if metric is None else getattr(metric, field.what or "last")
        case "param":
            return run.params.get(field.key)
        case "tag":
            return run.tags.get(field.key)
        case "attribute":
            return _attribute(field.key, run, now_ns)
        case _:
            raise RunlogError(f"the name {field.key!r} was used before it was looked up")


def _attribute(key: str, run: RunRecord, now_ns: int) -> Any:
    match key:
        case "started":
            return run.created_at
        case "ended":
            return run.ended_at
        case "duration":
            return _duration_ns(run, now_ns) / 1e9
        case "user" | "host":
            return getattr(run.process, key)
        case "exit_code":
            return None if run.end is None else run.end.exit_code
        case "code.changed":
            return "\n".join(run.code.get("changed", ())) if run.code else None
        case "code.commit" | "code.branch" | "code.tree" | "code.dirty":
            return run.code.get(key.removeprefix("code."))
        case _:
            return getattr(run, key)


def _duration_ns(run: RunRecord, now_ns: int) -> int:
    return (now_ns if run.ended_at is None else run.ended_at) - run.created_at


def _compares(value: Any, op: str, wanted: Value | Field, run: RunRecord, now_ns: int) -> bool:
    if value is None:
        return False
    if isinstance(wanted, Field):
        other = value_of(wanted, run, now_ns)
        return other is not None and _compares_two(value, op, other)
    if isinstance(wanted, Moment):
        return _compares_time(value, op, *wanted.span(now_ns))
    if isinstance(wanted, Length):
        return _compares_two(_duration_ns(run, now_ns), op, wanted.ns)
    if op in {"=", "!="}:
        return _equals(value, wanted, now_ns) == (op == "=")
    return _ordered(value, op, wanted.value)


def _compares_time(value: int, op: str, begin: int, end: int) -> bool:
    """A moment compared with a day, or whatever span was named. `>` is after all of it, `>=` from its beginning."""
    match op:
        case "=" | "!=":
            return (begin <= value < end) == (op == "=")
        case "<" | ">=":
            return _ORDER[op](value, begin)
        case _:
            # What takes no time has no moment of its own: until it is before it or at it.
            last = end if begin == end else end - 1
            return _ORDER[op](value, last)


def _compares_two(value: Any, op: str, other: Any) -> bool:
    if op in {"=", "!="}:
        return _same(value, other) == (op == "=")
    return _ordered(value, op, other)


def _ordered(value: Any, op: str, other: Any) -> bool:
    """Numbers have an order and texts have one. Between them there is none."""
    numbers = _is_number(value) and _is_number(other)
    texts = isinstance(value, str) and isinstance(other, str)
    return (numbers or texts) and _ORDER[op](value, other)


def _equals(value: Any, wanted: Value, now_ns: int) -> bool:
    """By type; and what was typed without quotes also equals the text of just these letters."""
    match wanted:
        case Text(text):
            return _text(value) == text
        case Number(typed):
            return value == typed if isinstance(value, str) else _same(value, wanted.value)
        case Truth(typed):
            return value in {typed, typed.lower()} if isinstance(value, str) else value is wanted.value
        case Moment():
            return _compares_time(value, "=", *wanted.span(now_ns))
        case Length():
            return bool(value == wanted.ns / 1e9)
        case _:
            assert_never(wanted)


def _same(one: Any, other: Any) -> bool:
    if _is_number(one) and _is_number(other):
        return bool(one == other or (one != one and other != other))
    return type(one) is type(other) and bool(one == other)


def _contains(value: Any, wanted: Text | Number | Truth, now_ns: int) -> bool:
    """A piece of a text, or one of a list."""
    if isinstance(value, str):
        return (wanted.value if isinstance(wanted, Text) else wanted.typed) in value
    return isinstance(value, list) and any(_equals(item, wanted, now_ns) for item in value)


def _text(value: Any) -> str | None:
    """Text as it is, and lists and objects as `ls` shows them."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


class _Backwards:
    """A text whose order is turned round."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __lt__(self, other: _Backwards) -> bool:
        return other.text < self.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Backwards) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)


def sort_key(value: Any, descending: bool = False) -> tuple[int, Any]:
    """A key that puts any values in order: numbers, truths, texts, lists. NaN and what is missing are last either way.

    For several fields, sort by a tuple of their keys.
    """
    if value is None:
        return 5, 0
    if isinstance(value, bool):
        return 1, -value if descending else int(value)
    if isinstance(value, int | float):
        return (4, 0) if isinstance(value, float) and math.isnan(value) else (0, -value if descending else value)
    text = _text(value) or str(value)
    rank = 2 if isinstance(value, str) else 3
    return rank, _Backwards(text) if descending else text
