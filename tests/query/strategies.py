"""Any tree that a text can mean, and any run."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from runlog.query.expr import (
    ATTRIBUTES,
    And,
    Compare,
    Contains,
    Expr,
    Field,
    Has,
    In,
    Kind,
    Length,
    Matches,
    Moment,
    Not,
    Null,
    Number,
    Operator,
    Or,
    Text,
    Truth,
    Value,
)
from runlog.records import STATES
from tests.query.scene import DAY, NOW

KEYS = [
    "a",
    "b",
    "loss",
    "val/loss",
    "learning rate",
    "model.depth",
    "1e5",
    "and",
    "name",
    "metrics.x",
    "ä`\\'\"",
    "日 本",
    "-",
    ".",
]
WORDS = [
    "a",
    "b",
    "xgb",
    "0.5",
    "1",
    "true",
    "True",
    "[1, 2]",
    "",
    "two words",
    'quote"',
    "\\",
    "\\d",
    "nan",
    "2026-11-20",
    "null",
]
NUMBERS = ["0", "1", "0.5", "-3", "+2", "1e-3", ".5", "5.", "1E2", "007", "inf", "-inf", "NaN", "0.50"]
MOMENTS = [
    "today",
    "yesterday",
    "2026-11-20",
    "2026-11",
    "2026-11-20 14:30",
    "2026-11-20T14:30:05.25Z",
    "2026-11-20 14:30 +02:00",
]
INSTANTS = ["now", "2 days ago", "1h30m ago", "1.5 weeks ago", "3 months ago"]
LENGTHS = ["10 min", "1h30m", "90", "1.5 hours", "0 s", "2 days 3 ms", "1e3"]
PATTERNS = ["a", "^x.b$", "", "\\d+", '"', "(?i)XGB", "[]^]", "\\\\", "a|b"]

keys = st.sampled_from(KEYS) | st.text(min_size=1, max_size=8)
texts = st.sampled_from(WORDS) | st.text(max_size=8)
operators: st.SearchStrategy[Operator] = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
orders: st.SearchStrategy[Operator] = st.sampled_from(["<", "<=", ">", ">="])
kinds: st.SearchStrategy[Kind] = st.sampled_from(["metric", "param", "tag"])
plain = (
    st.builds(Text, texts) | st.builds(Number, st.sampled_from(NUMBERS)) | st.builds(Truth, st.sampled_from(["true", "False"]))
)

metrics = st.builds(
    Field,
    st.just("metric"),
    keys,
    st.sampled_from(["last", "min", "max", "first", "count", "step_of_min", "step_of_max", "last_step", "first_step"]),
)
bare = st.builds(Field, st.just("bare"), keys) | st.builds(
    Field, st.just("bare"), keys, st.sampled_from(["last", "min", "last_step"])
)
named = metrics | st.builds(Field, st.sampled_from(["param", "tag"]), keys)


def attributes(*holds: str) -> st.SearchStrategy[Field]:
    return st.sampled_from([Field("attribute", name) for name, kind in ATTRIBUTES.items() if kind in holds])


def values_of(field: Field) -> st.SearchStrategy[Value]:
    """What may stand in a list for a field."""
    match field.holds:
        case "time":
            return st.builds(Moment, st.sampled_from(MOMENTS))
        case "state":
            return st.builds(Text, st.sampled_from(STATES))
        case "number" if field.kind == "attribute":
            return st.builds(Number, st.sampled_from(NUMBERS))
        case _:
            return plain


def comparisons(field: Field, others: st.SearchStrategy[Field]) -> st.SearchStrategy[Expr]:
    if field.holds == "time":
        instants = st.builds(Compare, st.just(field), orders, st.builds(Moment, st.sampled_from(INSTANTS)))
        times = st.builds(Compare, st.just(field), operators, attributes("time"))
        return instants | times | st.builds(Compare, st.just(field), operators, values_of(field))
    if field.holds == "length":
        lengths = st.builds(Compare, st.just(field), orders, st.builds(Length, st.sampled_from(LENGTHS)))
        return lengths | st.builds(Compare, st.just(field), operators, others)
    return st.builds(Compare, st.just(field), operators, values_of(field) | others)


def tests(fields: st.SearchStrategy[Field]) -> st.SearchStrategy[Expr]:
    """One test of one field."""
    texts_of = fields.filter(lambda field: field.kind != "attribute" or field.holds in {"text", "state"})
    listed = fields.filter(lambda field: field.holds != "length")
    others = fields.filter(lambda field: field.holds != "time")
    return st.one_of(
        fields.flatmap(lambda field: comparisons(field, others)),
        listed.flatmap(
            lambda field: st.builds(
                In, st.just(field), st.lists(values_of(field), min_size=1, max_size=3).map(tuple), st.booleans()
            )
        ),
        st.builds(Contains, texts_of, plain, st.booleans()),
        st.builds(Matches, texts_of, st.sampled_from(PATTERNS), st.booleans()),
        st.builds(Null, fields, st.booleans()),
        st.builds(Has, fields),
    )


def trees(fields: st.SearchStrategy[Field]) -> st.SearchStrategy[Expr]:
    """Tests joined in any way."""

    def joined(parts: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
        several = st.lists(parts, min_size=2, max_size=3).map(tuple)
        return st.builds(Not, parts) | st.builds(And, several) | st.builds(Or, several)

    return st.recursive(tests(fields), joined, max_leaves=6)


known = st.sampled_from(["a", "b", "loss"])
bound_fields = st.one_of(
    st.builds(Field, st.just("metric"), known, st.sampled_from(["last", "min", "max", "count", "step_of_min"])),
    st.builds(Field, st.sampled_from(["param", "tag"]), known),
    attributes("text", "state", "number", "time", "length"),
)
any_tree = trees(named | bare | attributes("text", "state", "number", "time", "length"))
bound_tree = trees(bound_fields)

floats = st.sampled_from([0.5, 1.0, -3.0, 0.0, 2.0, float("inf"), float("-inf"), float("nan")]) | st.floats()
scalars = st.none() | st.booleans() | st.integers(-3, 3) | floats | st.sampled_from(WORDS)
params = st.dictionaries(known, scalars | st.lists(scalars, max_size=3), max_size=3)


@st.composite
def runs(draw: st.DrawFn) -> dict[str, Any]:
    """What was said of a run, for `scene.record`."""
    started = draw(st.integers(NOW - 4 * DAY, NOW))
    return {
        "params": draw(params),
        "tags": draw(st.dictionaries(known, st.sampled_from(WORDS), max_size=3)),
        "metrics": draw(st.dictionaries(known, st.lists(floats, min_size=1, max_size=3), max_size=3)),
        "name": draw(st.none() | st.sampled_from(["a", "xgb", "two words"])),
        "note": draw(st.none() | st.sampled_from(WORDS)),
        "parent": draw(st.none() | st.just("20261119-000000-aaaaaa")),
        "state": draw(st.sampled_from(["finished", "failed", "killed"])),
        "exit_code": draw(st.none() | st.integers(0, 3)),
        "started": started,
        "ended": draw(st.none() | st.integers(started, NOW)),
    }
