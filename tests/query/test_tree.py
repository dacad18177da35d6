"""Two nodes of a tree are equal when they mean the same."""

from __future__ import annotations

from runlog.query import parse
from runlog.query.expr import And, Compare, Field, Has, Null, Number, Or, Span, Text, Truth


def test_where_it_was_written_does_not_matter() -> None:
    here, there = Span("a = b", 4, 5), Span("aa = b", 5, 6)
    assert Text("b", here) == Text("b", there) == Text("b")
    assert hash(Text("b", here)) == hash(Text("b"))
    assert parse("params.a  =  'b'") == parse("params.a = b")


def test_what_kind_it_is_matters() -> None:
    alpha = Field("param", "alpha")
    parts = (Has(alpha), Null(alpha))
    assert And(parts) != Or(parts)
    assert len({And(parts), Or(parts), And(parts)}) == 2
    assert Number("1") != Text("1")
    assert Truth("true") != Text("true")
    assert Has(alpha) != Null(alpha)
    assert Null(alpha) != Null(alpha, negated=True)


def test_a_node_with_another_value_is_another() -> None:
    alpha = Field("bare", "alpha", span=Span("alpha > 1", 0, 5))
    bound = alpha.but(kind="param")
    assert (bound.kind, bound.key, bound.span) == ("param", "alpha", alpha.span)
    assert alpha.kind == "bare"
    assert repr(Compare(bound, ">", Number("1"))) == (
        "Compare(field=Field(kind='param', key='alpha', what=None), op='>', value=Number(typed='1'))"
    )
