"""A filter as SQL. It may let through more runs than are meant, for each that it finds is asked again; never fewer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from runlog.query import And, Compare, Expr, Field, Has, Null, Or, Order
from runlog.query.expr import Number, Text

_EXACT = 2**53
_ORDERED = {"<", "<=", ">", ">="}
_VALUES = {"last", "min", "max", "first"}


@dataclass(frozen=True, slots=True)
class Condition:
    """What a run must fulfil, and the values in it."""

    text: str
    values: tuple[Any, ...] = ()


def condition(expr: Expr) -> Condition | None:
    """A condition that every run of a bound filter fulfils; none where there is nothing to say."""
    match expr:
        case And(parts):
            found = [part for part in map(condition, parts) if part is not None]
            return _joined(" AND ", found) if found else None
        case Or(parts):
            either = [condition(part) for part in parts]
            return None if None in either else _joined(" OR ", [part for part in either if part is not None])
        case Compare(field, op, Number() as wanted):
            return _number(field, op, wanted)
        case Compare(Field(kind="param" | "tag") as field, "=", Text(value)):
            return _cell(field, "(text = ? OR odd)", value)
        case Compare(Field(kind="attribute", key="name"), "=", Text(value)):
            return Condition("run.name = ?", (value,))
        case Compare(Field(kind="attribute", key="state"), "=", Text(value)):
            return Condition("run.state = ?", (value,))
        case Has(field) | Null(field, negated=True):
            return _there(field)
        case _:
            return None


def _joined(word: str, parts: list[Condition]) -> Condition:
    text = word.join(part.text for part in parts)
    return Condition(f"({text})", tuple(value for part in parts for value in part.values))


def _number(field: Field, op: str, wanted: Number) -> Condition | None:
    number = wanted.value
    if op not in _ORDERED | {"="} or not -_EXACT < number < _EXACT:
        return None
    if field.kind == "metric" and field.what in _VALUES:
        return Condition(
            f"run.rid IN (SELECT rid FROM metric WHERE key = ? AND {field.what} {op} ?)", (_Key("metric", field.key), number)
        )
    if field.kind == "param":
        texts = " OR text = ?" if op == "=" else ""
        return _cell(field, f"(number {op} ?{texts} OR odd)", number, *([wanted.typed] if texts else []))
    if field.kind == "tag":
        return _cell(field, "text = ?", wanted.typed) if op == "=" else None
    return None


def _cell(field: Field, test: str, *values: Any) -> Condition:
    return Condition(f"run.rid IN (SELECT rid FROM cell WHERE key = ? AND {test})", (_Key(field.kind, field.key), *values))


def _there(field: Field) -> Condition | None:
    table = {"metric": "metric", "param": "cell", "tag": "cell"}.get(field.kind)
    if table is None:
        return None
    return Condition(f"run.rid IN (SELECT rid FROM {table} WHERE key = ?)", (_Key(field.kind, field.key),))


@dataclass(frozen=True, slots=True)
class _Key:
    """The name of a metric, param or tag, which rows know by a number."""

    kind: str
    name: str


def with_keys(values: tuple[Any, ...], keys: dict[tuple[str, str], int]) -> list[Any]:
    """The values of a condition with a number for each name. One that no run has fits nothing."""
    return [keys.get((value.kind, value.name), -1) if isinstance(value, _Key) else value for value in values]


NEWEST = "run.second DESC, run.created DESC, run.id DESC"


@dataclass(frozen=True, slots=True)
class Sorting:
    """How rows are put in order: a table to join, what to order by, and the values in both."""

    join: str
    by: str
    values: tuple[Any, ...] = ()


def sorting(order: Order | None) -> Sorting | None:
    """The order that was asked for; none when SQL does not have it."""
    match order:
        case None:
            return Sorting("", NEWEST)
        case Order(Field(kind="attribute", key="started"), descending):
            return Sorting("", f"run.created{' DESC' if descending else ''}, {NEWEST}")
        case Order(Field(kind="metric", key=key, what="last" | "min" | "max" | "first" as what), descending):
            # Missing is last, and NaN before it. The least of nothing but NaN is missing, too.
            none = "5" if what in {"min", "max"} else "4"
            rank = f"CASE WHEN m.rid IS NULL THEN 5 WHEN m.{what} IS NULL THEN {none} ELSE 0 END"
            by = f"{rank}, m.{what}{' DESC' if descending else ''}, {NEWEST}"
            return Sorting("LEFT JOIN metric m ON m.key = ? AND m.rid = run.rid", by, (_Key("metric", key),))
        case _:
            return None
