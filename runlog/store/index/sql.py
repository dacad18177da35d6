"""A filter as SQL. It may let through more runs than are meant, for each that it finds is asked again; never fewer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from runlog.query import And, Compare, Expr, Field, Has, Null, Or, Order
from runlog.query.expr import Number, Text

Keys = Mapping[tuple[str, str], int]  # the columns there are, by kind and name; -1 for a name that no run has
Clause = tuple[str, list[Any]]  # text, and the values in it
_EXACT = 2**53
# Asked of one run after the other, from the newest down, until enough are found; or of all at once, where all will be sorted.
_OF_EACH = "EXISTS (SELECT 1 FROM {table} WHERE key = ? AND rid = run.rid AND {test})"
_OF_ALL = "run.rid IN (SELECT rid FROM {table} WHERE key = ? AND {test})"
_ORDERED = {"<", "<=", ">", ">="}
_VALUES = {"last", "min", "max", "first"}


class _Words(NamedTuple):
    keys: Keys
    form: str


def condition(expr: Expr | None, keys: Keys, *, of_all: bool) -> Clause:
    """What every run fulfils that a bound filter lets through."""
    words = _Words(keys, _OF_ALL if of_all else _OF_EACH)
    return (_clause(expr, words) if expr is not None else None) or ("1", [])


def _clause(expr: Expr, words: _Words) -> Clause | None:
    """None where there is nothing to say."""
    match expr:
        case And(parts):
            found = [clause for part in parts if (clause := _clause(part, words)) is not None]
            return _joined(" AND ", found) if found else None
        case Or(parts):
            either = [clause for part in parts if (clause := _clause(part, words)) is not None]
            return _joined(" OR ", either) if len(either) == len(parts) else None
        case Compare(field, op, Number() as wanted):
            return _number(field, op, wanted, words)
        case Compare(Field(kind="param" | "tag") as field, "=", Text(value)):
            return _rows("cell", field, "(value = ? OR value IS NULL)", [value], words)
        case Compare(Field(kind="attribute", key="name" | "state" as key), "=", Text(value)):
            return f"run.{key} = ?", [value]
        case Has(Field(kind="metric" | "param" | "tag") as field) | Null(Field(kind="metric" | "param" | "tag") as field, True):
            return _rows("metric" if field.kind == "metric" else "cell", field, "1", [], words)
        case _:
            return None


def _joined(word: str, parts: list[Clause]) -> Clause:
    return f"({word.join(text for text, _ in parts)})", [value for _, values in parts for value in values]


def _number(field: Field, op: str, wanted: Number, words: _Words) -> Clause | None:
    number = wanted.value
    if op not in _ORDERED | {"="} or not -_EXACT < number < _EXACT:
        return None
    match field.kind:
        case "metric" if field.what in _VALUES:
            return _rows("metric", field, f"{field.what} {op} ?", [number], words)
        case "param" if op == "=":
            return _rows("cell", field, "(value IN (?, ?) OR value IS NULL)", [number, wanted.typed], words)
        case "param":  # every text is greater than any number
            return _rows("cell", field, f"(value {op} ? AND value < '' OR value IS NULL)", [number], words)
        case "tag" if op == "=":
            return _rows("cell", field, "value = ?", [wanted.typed], words)
        case _:
            return None


def _rows(table: str, field: Field, test: str, values: list[Any], words: _Words) -> Clause | None:
    """The runs of which a metric, param or tag fulfils a test."""
    key = words.keys.get((field.kind, field.key))
    return None if key is None else (words.form.format(table=table, test=test), [key, *values])


def sorting(order: Order | None, keys: Keys) -> tuple[str, str, list[Any]] | None:
    """How rows are put in an order: what to join, what to order by before the time, and the values in both. None where SQL does
    not have that order."""
    match order:
        case None:
            return "", "", []
        case Order(Field(kind="attribute", key="started"), descending):
            return "", f"run.created{' DESC' if descending else ''}, ", []
        case Order(Field(kind="metric", key=name, what="last" | "min" | "max" | "first" as what), descending):
            key = keys.get(("metric", name))
            if key is None:
                return None
            # Missing is last, and NaN before it. The least of nothing but NaN is missing, too.
            none = "5" if what in {"min", "max"} else "4"
            rank = f"CASE WHEN m.rid IS NULL THEN 5 WHEN m.{what} IS NULL THEN {none} ELSE 0 END"
            by = f"{rank}, m.{what}{' DESC' if descending else ''}, "
            return "LEFT JOIN metric m ON m.key = ? AND m.rid = run.rid", by, [key]
        case _:
            return None
