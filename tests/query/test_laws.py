"""Laws that hold for every filter and every run."""

from __future__ import annotations

import heapq
import math
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from runlog.query import And, Expr, Names, Not, Or, bind, field, matches, mentions, notes, order, parse, sort_key, value_of
from runlog.query.expr import Compare, Contains, Field, In, Matches, Null
from tests.query.scene import NOW, record
from tests.query.strategies import any_tree, bound_fields, bound_tree, floats, named, operators, orders, runs, scalars

NAMES = Names({"a", "b", "loss"}, {"a", "b", "loss"}, {"a", "b", "loss"})
law = settings(max_examples=150)


@law
@given(any_tree)
def test_what_is_written_reads_as_the_same_tree(tree: Expr) -> None:
    assert parse(str(tree)) == tree


@law
@given(named)
def test_a_field_reads_as_itself(wanted: Field) -> None:
    assert field(str(wanted), Names()) == wanted
    assert order(f"-{wanted}", Names()).field == wanted
    assert order(f"-{wanted}", Names()).descending


@law
@given(bound_tree)
def test_a_tree_without_bare_names_is_bound(tree: Expr) -> None:
    assert bind(tree, Names()) == tree
    assert all(isinstance(note, str) for note in notes(tree, NAMES))
    assert len(set(mentions(tree))) == len(mentions(tree))


@law
@given(bound_tree, bound_tree, runs())
def test_de_morgan(one: Expr, other: Expr, told: dict[str, Any]) -> None:
    run = record(told)
    neither = parse(f"not (({one}) or ({other}))")
    not_both = parse(f"not (({one}) and ({other}))")
    assert matches(neither, run, NOW) == matches(And((Not(one), Not(other))), run, NOW)
    assert matches(not_both, run, NOW) == matches(Or((Not(one), Not(other))), run, NOW)


@law
@given(bound_tree, runs())
def test_there_are_two_answers(tree: Expr, told: dict[str, Any]) -> None:
    run = record(told)
    answer = matches(tree, run, NOW)
    assert answer in {True, False}
    assert matches(Not(tree), run, NOW) is not answer
    assert matches(Not(Not(tree)), run, NOW) is answer
    assert matches(Or((tree, Not(tree))), run, NOW)


@law
@given(bound_tree, runs())
def test_a_not_form_is_the_opposite_of_the_form_where_there_is_something(tree: Expr, told: dict[str, Any]) -> None:
    run = record(told)
    match tree:
        case In(asked, _, True) | Contains(asked, _, True) | Matches(asked, _, True):
            form: Expr = parse(str(tree).replace(" not in ", " in ").replace(" not contains ", " contains "))
            form = parse(str(form).replace(" not matches ", " matches "))
        case Compare(asked, "!=", value) if not isinstance(value, Field):
            form = Compare(asked, "=", value)
        case _:
            return
    there = value_of(asked, run, NOW) is not None
    assert matches(tree, run, NOW) == (there and not matches(form, run, NOW))


@law
@given(bound_fields, operators, bound_fields, runs())
def test_what_is_missing_makes_a_comparison_false(one: Field, op: Any, other: Field, told: dict[str, Any]) -> None:
    run = record(told)
    if value_of(one, run, NOW) is None or value_of(other, run, NOW) is None:
        assert not matches(Compare(one, op, other), run, NOW)
    assert matches(Null(one), run, NOW) == (value_of(one, run, NOW) is None)


@law
@given(orders, floats, floats)
def test_numbers_have_an_order_and_nan_has_none(op: Any, one: float, other: float) -> None:
    run = record({"params": {"a": one, "b": other}})
    below, above, same = (matches(parse(f"p.a {sign} p.b"), run, NOW) for sign in ("<", ">", "="))
    if math.isnan(one) or math.isnan(other):
        assert (below, above, same) == (False, False, math.isnan(one) and math.isnan(other))
    else:
        assert [below, above, same].count(True) == 1
    assert matches(parse(f"p.a {op} p.b"), run, NOW) == matches(parse(f"p.a {op} {other!r}"), run, NOW)


@law
@given(st.lists(scalars | st.lists(scalars, max_size=2), max_size=8), st.booleans())
def test_anything_can_be_sorted(values: list[Any], descending: bool) -> None:
    done = sorted(values, key=lambda value: sort_key(value, descending))
    missing = values.count(None)
    assert done[len(done) - missing :] == [None] * missing
    numbers = [value for value in done if isinstance(value, int | float) and not isinstance(value, bool) and value == value]
    assert numbers == sorted(numbers, reverse=descending)
    words = [value for value in done if isinstance(value, str)]
    assert words == sorted(words, reverse=descending)
    assert heapq.nsmallest(3, values, key=lambda value: repr(sort_key(value))) is not None
    keys = [(sort_key(value, descending), sort_key(value)) for value in done]
    assert sorted(keys) == keys
