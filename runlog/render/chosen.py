"""The table of the columns that somebody chose."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from runlog.render.table import Table
from runlog.render.values import age, any_value, duration, exact, is_numeric, iso, number, shortened, tag_value


class Column(NamedTuple):
    """What it is called, what its values are, and those of each run."""

    title: str
    holds: str
    values: Sequence[Any]


def chosen(ids: Sequence[str], columns: Sequence[Column], *, relative: bool, precise: bool) -> Table:
    """Runs and these columns alone, in their order. `relative` is for people in front of a screen: times are ages. Unless
    `precise`, numbers have the digits that matter."""
    cells = [texts(column, relative, precise) for column in columns]
    right = frozenset(place for place, found in enumerate(cells, 1) if _is_right(columns[place - 1], found))
    headings = ("run", *(column.title for column in columns))
    return Table(headings, tuple(zip(ids, *cells, strict=True)), right, first=tuple(range(len(headings))), whole=frozenset({0}))


def texts(column: Column, relative: bool, precise: bool) -> list[str]:
    """What a column says of each run."""
    match column.holds:
        case "number":
            return [exact(value) if precise else number(value) for value in column.values]
        case "time":
            return ["" if value is None else _time(value, relative) for value in column.values]
        case "length":
            return [exact(value) if precise else duration(value) for value in column.values]
        case "text":
            return [tag_value(value) for value in column.values]
        case _:
            cells = [any_value(value) for value in column.values]
            return cells if precise else shortened(cells)


def _time(ns: int, relative: bool) -> str:
    return age(time.time() - ns / 1e9) if relative else iso(ns)


def _is_right(column: Column, cells: Sequence[str]) -> bool:
    return column.holds in {"number", "length"} or (column.holds == "any" and is_numeric(cells))
