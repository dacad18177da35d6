"""Rows for other programs: CSV as RFC 4180 has it, but for the newlines, and JSON values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from runlog.render.values import exact

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Blanks at the ends too, which some readers take away.
_TO_QUOTE = re.compile(r'[,"\r\n]|^\s|\s$|^$')


def csv_line(cells: Iterable[str | None]) -> str:
    """Cells as a line of CSV; none is nothing, which an empty text, being quoted, is not."""
    return ",".join("" if cell is None else _quoted(cell) for cell in cells) + "\n"


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if _TO_QUOTE.search(cell) else cell


def cell(value: Any) -> str | None:
    """A value in CSV, with every digit it has."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return exact(value)
    return None if value is None else str(value)


def moment_us(ns: int | None) -> str | None:
    """A time of a run."""
    return None if ns is None else _iso(timedelta(microseconds=ns // 1000), "microseconds")


def moment_ms(ms: int) -> str:
    """A time of a point."""
    return _iso(timedelta(milliseconds=ms), "milliseconds")


def _iso(after: timedelta, unit: str) -> str:
    return (_EPOCH + after).replace(tzinfo=None).isoformat(timespec=unit) + "Z"
