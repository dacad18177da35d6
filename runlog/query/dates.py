"""Days, moments and lengths of time as people write them. Without a zone, a date is one of this machine's clock."""

from __future__ import annotations

import re
import time
from functools import lru_cache

_SECOND = 1_000_000_000
# What has a name, without a number.
DAYS = ("now", "today", "yesterday")
_LAST = 2**63 - 1  # what any index can hold: the year 2262
_FIRST_YEAR, _LAST_YEAR = 1678, 2261

UNITS = {
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), _SECOND // 1000),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), _SECOND),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60 * _SECOND),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600 * _SECOND),
    **dict.fromkeys(("d", "day", "days"), 86400 * _SECOND),
    **dict.fromkeys(("w", "week", "weeks"), 7 * 86400 * _SECOND),
    **dict.fromkeys(("month", "months"), 30 * 86400 * _SECOND),
    **dict.fromkeys(("y", "year", "years"), 365 * 86400 * _SECOND),
}
# Not compiled before they are used: most filters hold no date.
_PART = r"\s*([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*([a-z]+)"
_SECONDS = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?"
_DATE = (
    r"([0-9]{4})-([0-9]{1,2})(?:-([0-9]{1,2})"
    r"(?:[t ]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?)?)?"
    r" ?(z|utc|[+-][0-9]{2}:?[0-9]{2})?"
)


def length(text: str) -> int | None:
    """Nanoseconds in `10 min`, `1h30m`, `1.5 hours`, or `90`, which are seconds; none for anything else."""
    low = text.strip().lower()
    if re.fullmatch(_SECONDS, low):
        return _whole(float(low) * _SECOND)
    total, place = 0.0, 0
    part = re.compile(_PART)
    while found := part.match(low, place):
        if found[2] not in UNITS:
            return None
        total += float(found[1]) * UNITS[found[2]]
        place = found.end()
    return _whole(total) if place == len(low) and place else None


def _whole(nanoseconds: float) -> int:
    return min(_LAST, round(nanoseconds)) if nanoseconds < _LAST else _LAST


def is_instant(text: str) -> bool:
    """Whether a time passes without lasting: `now`, `2 days ago`."""
    low = text.lower()
    return low == "now" or low.endswith("ago")


@lru_cache(maxsize=256)
def span(text: str, now_ns: int) -> tuple[int, int] | None:
    """Where a time begins and where the next one does, in nanoseconds after 1970: a day lasts a day, a minute a minute.

    None for what is no time, and for a day that no calendar has.
    """
    low = " ".join(text.lower().split())
    if low == "now":
        return now_ns, now_ns
    if low in {"today", "yesterday"}:
        year, month, day = time.localtime(now_ns // _SECOND)[:3]
        day -= low == "yesterday"
        return _local(year, month, day), _local(year, month, day + 1)
    if low.endswith("ago"):
        back = None if re.fullmatch(_SECONDS, low[:-3].strip()) else length(low[:-3])
        return None if back is None else (max(-_LAST, now_ns - back), max(-_LAST, now_ns - back))
    found = re.fullmatch(_DATE, low)
    return _calendar(found) if found else None


def _calendar(found: re.Match[str]) -> tuple[int, int] | None:
    """The span of a date, which lasts as long as its smallest part."""
    import calendar

    year, month = int(found[1]), int(found[2])
    day, hour, minute, second = (int(found[place] or 0) for place in (3, 4, 5, 6))
    if not 1 <= month <= 12 or hour > 23 or minute > 59 or second > 59:
        return None
    if found[3] is not None and not 1 <= day <= calendar.monthrange(max(year, 1), month)[1]:
        return None
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return (-_LAST, -_LAST) if year < _FIRST_YEAR else (_LAST, _LAST)
    offset = _offset(found[8])
    begin = _moment((year, month, day or 1, hour, minute, second), offset)
    if found[7]:
        begin += int(found[7].ljust(9, "0"))
        return begin, begin + 10 ** (9 - len(found[7]))
    if found[4] is not None:
        return begin, begin + (_SECOND if found[6] else 60 * _SECOND)
    # A day may last 23 or 25 hours.
    after = (year, month, day + 1, 0, 0, 0) if found[3] else (year + month // 12, month % 12 + 1, 1, 0, 0, 0)
    return begin, _moment(after, offset)


def _offset(zone: str | None) -> int | None:
    """Seconds ahead of UTC, none for the clock of this machine."""
    if zone is None:
        return None
    if zone in {"z", "utc"}:
        return 0
    seconds = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
    return -seconds if zone[0] == "-" else seconds


def _moment(parts: tuple[int, int, int, int, int, int], offset: int | None) -> int:
    import calendar

    if offset is None:
        return _local(*parts)
    return (calendar.timegm((*parts, 0, 0, 0)) - offset) * _SECOND


def _local(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> int:
    """A reading of this machine's clock. The 32nd is the first of the month after."""
    return int(time.mktime((year, month, day, hour, minute, second, 0, 0, -1))) * _SECOND
