"""Single values as people read them."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Sequence
from typing import Any

_DIGITS, _ALL_DIGITS = 6, 17  # that people want to read, and that tell any two numbers apart
_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?|inf|nan)")
_QUARTER_S = 900  # no clock's distance from UTC changes within
_quarters: dict[int, tuple[str, int, str]] = {}


def number(value: float | None, digits: int = _DIGITS) -> str:
    """A metric in at most six digits; nothing for none."""
    if value is None:
        return ""
    if value == int(value) if value == value and abs(value) < 1e15 else False:
        return str(int(value))
    return f"{value:.{digits}g}"


def numbers(values: Sequence[float | None], best: Collection[int] = ()) -> list[str]:
    """Metrics of some runs. The best ones, and those that would look like them, have as many digits as it takes to see that."""
    texts = [number(value) for value in values]
    winners = {texts[place] for place in best}
    alike = [place for place, text in enumerate(texts) if text in winners]
    apart = len({values[place] for place in alike})
    for digits in range(_DIGITS, _ALL_DIGITS + 1) if apart > 1 else ():
        more = {place: number(values[place], digits) for place in alike}
        if len(set(more.values())) == apart:
            return [more.get(place, text) for place, text in enumerate(texts)]
    return texts


def is_numeric(cells: Sequence[str]) -> bool:
    """Whether a column has numbers, and nothing but numbers."""
    return any(cells) and all(_NUMBER.fullmatch(cell) for cell in cells if cell)


def shortened(cells: Sequence[str]) -> list[str]:
    """A column of params without the digits of its numbers that nobody wants to read, as long as no two of them look the same."""
    apart = len(set(cells))
    for digits in range(_DIGITS, _ALL_DIGITS):
        short = [_rounded(cell, digits) for cell in cells]
        if len(set(short)) == apart:
            return short
    return list(cells)


def _rounded(cell: str, digits: int) -> str:
    """What is no number, or has no more digits than that, stays as it is."""
    if len(cell) <= digits or not _NUMBER.fullmatch(cell) or cell.lstrip("-").isdigit():
        return cell
    short = f"{float(cell):.{digits}g}"
    return short if len(short) < len(cell) and float(short) != float(cell) else cell


def exact(value: float | None) -> str:
    """A number with every digit it has, for programs; nothing for none."""
    if value is None:
        return ""
    return str(int(value)) if abs(value) < 1e15 and value == int(value) else repr(value)


def any_value(value: Any) -> str:
    """A param or tag on one line."""
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, str):
        return value if value.isprintable() else value.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
    import json

    return json.dumps(value, ensure_ascii=False)


def param_value(value: Any) -> str:
    """A param that is there, on one line: one that is None says so, which an empty cell would not."""
    return "null" if value is None else any_value(value)


def tag_value(value: str | None) -> str:
    """A tag on one line. One without a value is there, which an empty cell would not say."""
    return "yes" if value == "" else any_value(value)


def duration(seconds: float) -> str:
    """A length of time in the two units that matter."""
    if seconds < 60:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days}d {hours}h"
    return f"{hours}h {minutes:02}m" if hours else f"{minutes}m {rest:02}s"


def iso(ns: int) -> str:
    """A time for programs, by this machine's clock."""
    quarter, second = divmod(ns // 1_000_000_000, _QUARTER_S)
    if quarter not in _quarters:
        begin = time.localtime(quarter * _QUARTER_S)
        minutes = abs(begin.tm_gmtoff) // 60
        offset = f"{'-' if begin.tm_gmtoff < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"
        hour = f"{begin.tm_year:04}-{begin.tm_mon:02}-{begin.tm_mday:02}T{begin.tm_hour:02}"
        _quarters[quarter] = hour, begin.tm_min * 60 + begin.tm_sec, offset
    hour, past, offset = _quarters[quarter]
    second += past
    return f"{hour}:{second // 60:02}:{second % 60:02}{offset}"


def age(seconds: float) -> str:
    """How long ago."""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= size:
            return f"{int(seconds // size)}{unit} ago"
    return f"{max(0, int(seconds))}s ago"


def size(count: int) -> str:
    """Bytes in the unit that keeps them short."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
