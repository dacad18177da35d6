"""Names that people type, and the metrics, params and tags that exist."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Set
from typing import NamedTuple

from runlog.errors import Conflict
from runlog.query.expr import (
    ATTRIBUTES,
    And,
    Compare,
    Contains,
    Expr,
    Field,
    In,
    Kind,
    Matches,
    Not,
    Number,
    Or,
    Text,
    Truth,
)
from runlog.query.operands import listed
from runlog.query.parser import parse_field
from runlog.query.syntax import did_you_mean, is_number, nearest, pointed, quoted, refusal
from runlog.records import RunRecord

_KINDS: tuple[Kind, ...] = ("metric", "param", "tag")
_ORDER = re.compile(r"\s*([+-]?)(.*?)(?:\s+(asc|desc))?\s*", re.DOTALL | re.IGNORECASE)


class Names(NamedTuple):
    """What runs have, by kind."""

    metrics: Set[str] = frozenset()
    params: Set[str] = frozenset()
    tags: Set[str] = frozenset()

    @classmethod
    def of(cls, runs: Iterable[RunRecord]) -> Names:
        """All names that some runs use."""
        metrics: set[str] = set()
        params: set[str] = set()
        tags: set[str] = set()
        for run in runs:
            metrics.update(run.metrics)
            params.update(run.params)
            tags.update(run.tags)
        return cls(metrics, params, tags)

    @classmethod
    def union(cls, several: Iterable[Names]) -> Names:
        """The names that any has."""
        found = list(several)
        return cls(*(frozenset().union(*(names.kinds()[kind] for names in found)) for kind in _KINDS))

    def kinds(self) -> dict[Kind, Set[str]]:
        return {"metric": self.metrics, "param": self.params, "tag": self.tags}


class Order(NamedTuple):
    """What to sort by, and which way."""

    field: Field
    descending: bool = False


def bind(expr: Expr, names: Names) -> Expr:
    """The filter with every bare name looked up: it must be one thing that exists. A name with a prefix need not exist. What is
    compared with a metric must be a number."""
    bound = _mapped(expr, lambda field: _bound(field, names))
    for test in _tests(bound):
        _check_numbers(test, names)
    return bound


def field(text: str, names: Names) -> Field:
    """One thing to ask of runs, as a column: `rmse`, `min(loss)`, `params.alpha`."""
    return _bound(parse_field(text), names)


def order(text: str, names: Names) -> Order:
    """What to sort by: a field, with `-` before it or ` desc` after it from the largest down."""
    found = _ORDER.fullmatch(text)
    sign, word, start, end = (found[1], found[3], *found.span(2)) if found else ("", None, 0, None)
    descending = (sign == "-") != ((word or "").lower() == "desc")
    return Order(_bound(parse_field(text, start, end), names), descending)


def mentions(expr: Expr) -> tuple[Field, ...]:
    """Every field that a filter asks for, once, in order."""
    return tuple(dict.fromkeys(_fields(expr)))


def notes(expr: Expr, names: Names) -> tuple[str, ...]:
    """What is legal in a bound filter and probably not meant: names that no run has, tests that are never true."""
    found = [_unused(field, names) for field in mentions(expr)] + [_never(test) for test in _tests(expr)]
    return tuple(dict.fromkeys(note for note in found if note))


def _tests(expr: Expr) -> Iterator[Expr]:
    match expr:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _tests(part)
        case Not(part):
            yield from _tests(part)
        case _:
            yield expr


def _fields(expr: Expr) -> Iterator[Field]:
    for test in _tests(expr):
        if not isinstance(test, And | Or | Not):
            yield test.field
        if isinstance(test, Compare) and isinstance(test.value, Field):
            yield test.value


def _mapped(expr: Expr, change: Callable[[Field], Field]) -> Expr:
    """The same tree with other fields."""
    match expr:
        case And(parts) | Or(parts):
            return expr.but(parts=tuple(_mapped(part, change) for part in parts))
        case Not(part):
            return Not(_mapped(part, change))
        case Compare(field, op, Field() as other):
            return Compare(change(field), op, change(other))
        case _:
            return expr.but(field=change(expr.field))


def _bound(field: Field, names: Names) -> Field:
    if field.kind != "bare":
        return field
    kinds = [kind for kind, known in names.kinds().items() if field.key in known and (kind == "metric" or field.what is None)]
    if not kinds:
        raise _unknown(field, names)
    if len(kinds) > 1:
        choices = listed([str(Field(kind, field.key)) for kind in kinds])
        problem = f"{quoted(field.key)} is a {' and a '.join(kinds)}"
        raise Conflict(pointed(*field.span, problem) if field.span else problem, f"write {choices}")
    return field.but(kind=kinds[0], what=field.what or ("last" if kinds[0] == "metric" else None))


def _check_numbers(test: Expr, names: Names) -> None:
    """Refuse a typed text in the place of a number. The answer would be the same for every run."""
    match test:
        case Compare(Field(kind="metric") as field, _, Text() | Truth() as value):
            values: tuple[object, ...] = (value,)
        case In(Field(kind="metric") as field, several):
            values = several
        case _:
            return
    for item in values:
        if isinstance(item, Text | Truth) and item.span is not None:
            typed = item.value if isinstance(item, Text) else item.typed
            problem = f"{quoted(typed)} is no number, and {field} is one"
            raise refusal(*item.span, problem, _instead_of_text(typed, field, names))


def _instead_of_text(typed: str, field: Field, names: Names) -> str:
    if is_number(typed):
        return f"write {typed} without quotes"
    kind = next((kind for kind, known in names.kinds().items() if typed in known), None)
    if kind is not None:
        return f"the right side of a comparison is a value: write {Field(kind, typed)} if that is meant"
    return f"write a number, as in {field} < 6.5"


def _unknown(field: Field, names: Names) -> Exception:
    """No run has it: what is nearest, or what there is."""
    kinds: dict[Kind, Set[str]] = names.kinds() if field.what is None else {"metric": names.metrics}
    known = {name for found in kinds.values() for name in found}
    typed = {str(Field("bare", name)): name for name in known}
    if field.what is None:
        typed |= {name: name for name in ATTRIBUTES}
    if "." in field.key:
        typed |= {str(Field(kind, name)): name for kind, found in kinds.items() for name in found}
    near = nearest(field.key, typed)
    hint = did_you_mean(near) or (f"runs have {', '.join(sorted(known)[:6])}" if known else None)
    problem = f"no run has a {listed(list(kinds))} {quoted(field.key)}"
    span = field.span or (field.key, 0, len(field.key))
    return refusal(*span, problem, hint)


def _unused(field: Field, names: Names) -> str | None:
    known = names.kinds().get(field.kind)
    if known is None or field.key in known:
        return None
    near = did_you_mean(nearest(field.key, known))
    return f"no run has a {field.kind} {quoted(field.key)}" + (f": {near}" if near else "")


def _never(test: Expr) -> str | None:
    """A test that compares what has no order."""
    match test:
        case Compare(Field(kind="tag") as field, op, Number(typed)) if op not in {"=", "!="}:
            return f"{field} is text and {typed} is a number, so {op} is never true"
        case Contains(Field(kind="metric") as field) | Matches(Field(kind="metric") as field):
            return f"{field} is a number, and only text can be searched"
        case _:
            return None
