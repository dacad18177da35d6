"""What must be true of a candidate: yes, no, and what cannot be said."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given

from runlog import query
from runlog.errors import BadQuery, Conflict
from runlog.models.gate.requirement import fulfils, read, required
from runlog.models.gate.verdict import Check
from runlog.query import Expr, Names
from runlog.records import RunRecord
from tests.models.gate.scene import run
from tests.query.scene import NOW, record
from tests.query.strategies import bound_tree
from tests.query.strategies import runs as query_runs

NAN = math.nan


def check(text: str, *runs: dict[str, Any], allow_missing: bool = False) -> Check:
    candidate = [run(f"r{at}", **more) for at, more in enumerate(runs)]
    return required(text, read(text, Names.of(candidate)), candidate, allow_missing)


CASES: list[tuple[str, dict[str, Any], str, str]] = [
    ("rmse <= 6.5", {"metrics": {"rmse": 6.5}}, "ok", "rmse is 6.5"),
    ("metrics.rmse <= 6.5", {"metrics": {"rmse": 6.9}}, "failed", "rmse is 6.9"),
    ("max(rmse) < 1", {"metrics": {"rmse": 6.9}}, "failed", "max(rmse) is 6.9"),
    ("rmse <= 6.5", {}, "failed", "rmse is missing"),
    ("not rmse > 6.5", {}, "failed", "rmse is missing"),
    ("rsme < 6.5", {"metrics": {"rmse": 6}}, "failed", "rsme is missing, but there is rmse"),
    ("rmse != 6.5", {"metrics": {"rmse": NAN}}, "failed", "rmse is NaN"),
    ("not rmse > 6.5", {"metrics": {"rmse": NAN}}, "failed", "rmse is NaN"),
    ("rmse < 7 or mae < 3", {"metrics": {"rmse": 6}}, "ok", "rmse is 6, mae is missing"),
    ("rmse < 5 or mae < 3", {"metrics": {"rmse": 6}}, "failed", "rmse is 6, mae is missing"),
    ("rmse < 5 and mae < 3", {"metrics": {"rmse": 6}}, "failed", "rmse is 6, mae is missing"),
    ("rmse < 7 and mae < 3", {"metrics": {"rmse": 6, "mae": NAN}}, "failed", "rmse is 6, mae is NaN"),
    ("metrics.rmse < metrics.mae", {"metrics": {"rmse": 6, "mae": NAN}}, "failed", "rmse is 6, mae is NaN"),
    ("rmse", {"metrics": {"rmse": 6}}, "ok", "rmse is 6"),
    ("rmse", {"metrics": {"rmse": NAN}}, "failed", "rmse is NaN"),
    ("metrics.rmse", {}, "failed", "rmse is missing"),
    ("mae is null", {"metrics": {"rmse": 6}}, "ok", "mae is missing"),
    ("params.seed in (1, 2)", {"params": {"seed": 3}}, "failed", "params.seed is 3"),
    ("tags.a = b and duration < 1h", {"tags": {"a": "b"}, "ended_at": 2 * 10**9}, "ok", "tags.a is b, duration is 2.0s"),
    ("code.dirty = false", {"code": {"dirty": True}}, "failed", "code.dirty is true"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "more", "result", "message"), CASES)
def test_what_is_said(text: str, more: dict[str, Any], result: str, message: str) -> None:
    found = check(text, more)
    assert (found.name, found.result, found.message) == (text, result, message)


def test_what_is_missing_may_be_allowed_but_never_nan() -> None:
    assert check("rmse < 7", {}, allow_missing=True).result == "note"
    assert check("rmse < 7 and mae < 3", {"metrics": {"rmse": 6}}, allow_missing=True).result == "note"
    assert check("rmse < 5 and mae < 3", {"metrics": {"rmse": 6}}, allow_missing=True).result == "failed"
    assert check("rmse < 7", {"metrics": {"rmse": NAN}}, allow_missing=True).result == "failed"
    assert check("rmse < metrics.mae", {"metrics": {"rmse": NAN}}, allow_missing=True).result == "failed"


@given(bound_tree, query_runs())
def test_it_says_what_the_filter_says_or_nothing_where_something_is_missing(tree: Expr, told: dict[str, Any]) -> None:
    candidate = record(told)
    found = query.matches(tree, candidate, NOW)
    said = fulfils(tree, candidate, NOW)
    assert said == found or (said is None and has_a_hole(tree, candidate))


def has_a_hole(tree: Expr, candidate: RunRecord) -> bool:
    """Whether it asks for something that is missing or NaN."""
    values = [query.value_of(field, candidate, NOW) for field in query.mentions(tree)]
    return any(value is None or value != value for value in values)


def test_every_run_of_a_group_must_fulfil_it() -> None:
    good, bad, none = ({"metrics": {"rmse": value}} for value in (6, 7, NAN))
    assert check("rmse < 6.5", good, good).message == "all 2 runs"
    assert check("rmse < 6.5", good, bad, none).message == "2 of 3 runs, 2222r1: rmse is 7; 2222r2: rmse is NaN"
    both = check("rmse < 6.5", good, none, {})
    assert (both.result, both.message) == ("failed", "2 of 3 runs, 2222r1: rmse is NaN; 2222r2: rmse is missing")
    assert check("rmse < 6.5", good, none, {}, allow_missing=True).message == "1 of 3 runs, 2222r1: rmse is NaN"
    assert check("rmse < 6.5", good, {}).message == "1 of 2 runs, 2222r1: rmse is missing"
    assert check("rmse < 6.5", good, {}, allow_missing=True).result == "note"


def test_the_numbers_are_told_where_there_is_one_of_each() -> None:
    one = check("rmse < 6.5", {"metrics": {"rmse": 6}})
    assert (one.value, one.limit) == (6, 6.5)
    two = check("rmse < 6.5 and mae < 3", {"metrics": {"rmse": 6, "mae": 2}})
    assert (two.value, two.limit) == (None, None)
    assert check("params.seed < 3", {"params": {"seed": 1}}).limit is None


def test_what_cannot_be_read_is_an_error_and_no_verdict() -> None:
    with pytest.raises(BadQuery):
        check("rmse =< 3", {})
    with pytest.raises(Conflict, match="'x' is a metric and a param"):
        check("x < 3", {"metrics": {"x": 1}, "params": {"x": 1}})
