"""No text makes anything but a filter or a refusal that points at a place in it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runlog.errors import BadQuery, Conflict
from runlog.query import Names, bind, field, matches, notes, order, parse, value_of
from tests.query.scene import NOW, record
from tests.query.strategies import INSTANTS, KEYS, LENGTHS, MOMENTS, NUMBERS, WORDS

RUN = record({"params": {"a": 0.5, "model": "xgb"}, "tags": {"b": ""}, "metrics": {"a": [1.0], "loss": [0.3, 0.2]}})
NAMES = Names.of([RUN])

PIECES = [
    *("and", "or", "not", "in", "is", "null", "contains", "matches", "AND", "Not", "step", "of", "min", "last", "ago", "true"),
    *("=", "==", "!=", "<", "<=", ">", ">=", "~", "!~", "&&", "=<", "(", ")", "[", "]", ",", ";", "{", '"', "'", "`", "\\", " "),
    *("metrics.", "params.a", "tags.b", "p.", "attributes.state", "metrics.loss", "a", "loss", "model", "started", "duration"),
    *("state", "exit_code", "min(loss)", "step of max(loss)", '"a b"', "`a`", "'x'", "finished", "\n", "\t", "日本", "\udc80"),
    *MOMENTS,
    *INSTANTS,
    *LENGTHS,
    *NUMBERS,
    *WORDS,
    *KEYS,
]
sewn = st.tuples(st.sampled_from(["", " "]), st.lists(st.sampled_from(PIECES), max_size=12)).map(
    lambda both: both[0].join(both[1])
)
letters = st.text(st.characters(exclude_categories=()), max_size=60)


def refused(call: Callable[[], object], text: str) -> None:
    """A call may refuse; then it says where."""
    try:
        call()
    except (BadQuery, Conflict) as refusal:
        assert refusal.message.encode()
        first, *pointing = refusal.message.splitlines()
        assert first
        assert "\n" not in (refusal.hint or "")
        if not pointing:
            assert not text.strip()
            return
        line, carets = pointing
        assert set(carets) <= {" ", "^"}
        assert carets.endswith("^")
        assert len(line) <= 80
        column = int(first.rpartition("(column ")[2].rstrip(")"))
        assert 1 <= column <= len(text) + 1


@settings(max_examples=600)
@given(sewn | letters)
def test_any_text_is_a_filter_or_a_refusal(text: str) -> None:
    def use() -> None:
        tree = parse(text)
        assert parse(str(tree)) == tree
        bound = bind(tree, NAMES)
        assert matches(bound, RUN, NOW) in {True, False}
        assert notes(bound, NAMES) is not None

    refused(use, text)


@settings(max_examples=300)
@given(sewn | letters)
def test_any_text_is_a_field_or_a_refusal(text: str) -> None:
    refused(lambda: value_of(field(text, NAMES), RUN, NOW), text)
    refused(lambda: value_of(order(text, NAMES).field, RUN, NOW), text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000,
        "(" * 5000 + "a" + ")" * 5000,
        "not " * 5000 + "a",
        "metrics.a = " + "9" * 10_000,
        "metrics.a < " + "9" * 400 + ".5e" + "9" * 400,
        "started > " + "9" * 5000 + " days ago",
        "duration > " + "9" * 5000 + " h",
        "started > 9999-12-31T23:59:59.999999999Z or started < 0000-01-01 or ended > 1677-12 or ended > 2262-01-01",
        "name ~ '" + "(" * 3000 + ")" * 3000 + "'",
        "name ~ 'a{99999999999999999999}'",
        "name ~ '[[a]'",
        "name ~ '(?i'",
        "x" * 100_000,
        "`" + "x" * 100_000,
    ],
)
def test_extremes_are_filters_or_refusals(text: str) -> None:
    refused(lambda: matches(bind(parse(text), NAMES), RUN, NOW), text)


def test_a_long_filter_is_no_deep_one() -> None:
    tree = bind(parse(" and ".join(["metrics.a = 1"] * 5000)), NAMES)
    assert matches(tree, RUN, NOW)
