"""The tree of a filter. Every node names a field and what is asked of it, so that it can be run in Python or as SQL.

Two nodes are equal when they mean the same; `str()` of a node is a filter that reads as that node again.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, TypeAlias

from runlog.query import dates, syntax
from runlog.query.node import Node

# A bare name is looked up among the metrics, params and tags that exist, by `bind`; no other part of a tree is open.
Kind = Literal["metric", "param", "tag", "attribute", "bare"]
# What of a metric is meant, by the names of `records.Metric`.
What = Literal["last", "min", "max", "first", "count", "step_of_min", "step_of_max", "last_step", "first_step"]
Holds = Literal["text", "state", "number", "time", "length", "any"]
Operator = Literal["=", "!=", "<", "<=", ">", ">="]

ATTRIBUTES: dict[str, Holds] = {
    "id": "text",
    "name": "text",
    "experiment": "text",
    "state": "state",
    "started": "time",
    "ended": "time",
    "duration": "length",
    "parent": "text",
    "note": "text",
    "user": "text",
    "host": "text",
    "exit_code": "number",
    "code.commit": "text",
    "code.branch": "text",
    "code.tree": "text",
    "code.changed": "text",
    "code.dirty": "any",
}
ALIASES = {"status": "state"}
PREFIXES: dict[str, Kind] = {
    "metric": "metric",
    "metrics": "metric",
    "param": "param",
    "params": "param",
    "p": "param",
    "tag": "tag",
    "tags": "tag",
    "attribute": "attribute",
    "attributes": "attribute",
}
AGGREGATES: dict[str, What] = {"last": "last", "min": "min", "max": "max", "first": "first", "count": "count"}
STEPS: dict[str, What] = {"min": "step_of_min", "max": "step_of_max", "last": "last_step", "first": "first_step"}
_CALLS: dict[What, str] = {what: name for name, what in AGGREGATES.items()} | {
    what: f"step of {name}" for name, what in STEPS.items()
}


class Span(NamedTuple):
    """Where in which text something was written."""

    text: str
    start: int
    end: int


class _Node(Node):
    def __str__(self) -> str:
        return written(self)  # type: ignore[arg-type]


class Field(_Node):
    """A thing to ask of a run. `what` is set for metrics; a bare name that has one can only be a metric."""

    kind: Kind
    key: str
    what: What | None = None
    span: Span | None = None

    @property
    def holds(self) -> Holds:
        """The type of its values, as far as that is known without a run. The values of `length` are seconds."""
        match self.kind:
            case "attribute":
                return ATTRIBUTES[self.key]
            case "metric":
                return "number"
            case "tag":
                return "text"
            case _:
                return "any"


class Text(_Node):
    value: str
    span: Span | None = None


class Number(_Node):
    """A number as it was typed, for it also equals the text that was typed."""

    typed: str

    @property
    def value(self) -> int | float:
        return syntax.to_number(self.typed)


class Truth(_Node):
    """true or false as it was typed."""

    typed: str
    span: Span | None = None

    @property
    def value(self) -> bool:
        return self.typed.lower() == "true"


class Moment(_Node):
    """A date or time as it was typed; what it means may depend on when it is asked."""

    typed: str

    def span(self, now_ns: int) -> tuple[int, int]:
        """From when until before when, nanoseconds after 1970."""
        return dates.span(self.typed, now_ns) or (now_ns, now_ns)


class Length(_Node):
    """A length of time as it was typed."""

    typed: str

    @property
    def ns(self) -> int:
        return dates.length(self.typed) or 0


Value: TypeAlias = Text | Number | Truth | Moment | Length


class Compare(_Node):
    field: Field
    op: Operator
    value: Value | Field


class In(_Node):
    field: Field
    values: tuple[Value, ...]
    negated: bool = False


class Contains(_Node):
    field: Field
    value: Text | Number | Truth
    negated: bool = False


class Matches(_Node):
    """A regular expression is found somewhere in the text."""

    field: Field
    pattern: str
    negated: bool = False


class Null(_Node):
    field: Field
    negated: bool = False


class Has(_Node):
    """A field by itself: it is there, and if it is a param it is something."""

    field: Field


class Not(_Node):
    part: Expr


class And(_Node):
    parts: tuple[Expr, ...]


class Or(_Node):
    parts: tuple[Expr, ...]


Test: TypeAlias = Compare | In | Contains | Matches | Null | Has
Expr: TypeAlias = Test | Not | And | Or


def written(node: Expr | Field | Value) -> str:
    """A node as text."""
    match node:
        case And(parts):
            return " and ".join(_inner(part, And, Or) for part in parts)
        case Or(parts):
            return " or ".join(_inner(part, Or) for part in parts)
        case Not(part):
            return f"not {_inner(part, And, Or)}"
        case Field():
            return _written_field(node)
        case Text(value):
            return in_quotes(value)
        case Number(typed) | Truth(typed) | Moment(typed) | Length(typed):
            return typed
        case _:
            return _written_test(node)


def _inner(part: Expr, *loose: type[And] | type[Or]) -> str:
    return f"({written(part)})" if isinstance(part, loose) else written(part)


def _written_test(node: Test) -> str:
    name = written(node.field)
    match node:
        case Compare(_, op, value):
            return f"{name} {op} {_written_right(value)}"
        case In(_, values, negated):
            return f"{name} {_not(negated)}in ({', '.join(map(written, values))})"
        case Contains(_, value, negated):
            return f"{name} {_not(negated)}contains {written(value)}"
        case Matches(_, pattern, negated):
            return f"{name} {_not(negated)}matches {in_quotes(pattern)}"
        case Null(_, negated):
            return f"{name} is {_not(negated)}null"
        case Has():
            return name


def _written_right(value: Value | Field) -> str:
    """A word on the right is text unless something tells that it is a name."""
    if isinstance(value, Field) and value.kind == "bare" and value.what is None:
        return in_quotes(value.key, "`")
    if isinstance(value, Field) and value.kind == "attribute":
        return f"attributes.{value.key}"
    return written(value)


def _not(negated: bool) -> str:
    return "not " if negated else ""


def _written_field(wanted: Field) -> str:
    if wanted.kind == "attribute":
        return wanted.key
    name = _bare(wanted.key) if wanted.kind == "bare" else f"{wanted.kind}s.{_key(wanted.key)}"
    if wanted.what is None or (wanted.kind, wanted.what) == ("metric", "last"):
        return name
    return f"{_CALLS[wanted.what]}({name})"


def _key(key: str) -> str:
    return key if syntax.is_word(key) else in_quotes(key, "`")


def _bare(key: str) -> str:
    """A name without a prefix, in backquotes where it would be read as something else."""
    taken = key in ATTRIBUTES or key in ALIASES or key.lower() in syntax.KEYWORDS or syntax.is_number(key)
    return in_quotes(key, "`") if taken or key.partition(".")[0].lower() in PREFIXES else _key(key)


def in_quotes(text: str, quote: str = '"') -> str:
    """A text between quotes as `syntax` reads it."""
    return quote + re.sub(rf"([\\{quote}])", r"\\\1", text) + quote
