"""The filter language: text to a tree, a tree to the runs it means. Pure; `docs/query.md` is its reference."""

from runlog.query.evaluate import matches, sort_key, value_of
from runlog.query.expr import And, Compare, Contains, Expr, Field, Has, In, Matches, Not, Null, Or
from runlog.query.fields import Names, Order, bind, field, mentions, notes, order
from runlog.query.parser import parse

__all__ = [
    "And",
    "Compare",
    "Contains",
    "Expr",
    "Field",
    "Has",
    "In",
    "Matches",
    "Names",
    "Not",
    "Null",
    "Or",
    "Order",
    "bind",
    "field",
    "matches",
    "mentions",
    "notes",
    "order",
    "parse",
    "sort_key",
    "value_of",
]
