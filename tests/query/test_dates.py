"""Days, moments and lengths of time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runlog.query import dates, matches, parse
from tests.query.scene import DAY, NOW, SECOND, clock_of, ns, record

HOUR = 3600 * SECOND


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A clock one hour ahead, two in summer, without asking the system's own tables."""
    yield from clock_of("CET-1CEST,M3.5.0,M10.5.0/3", monkeypatch)


@pytest.mark.parametrize(
    ("text", "begin", "hours"),
    [
        ("2026-11-20", "2026-11-20T00:00+01:00", 24),
        ("2026-7-1", "2026-07-01T00:00+02:00", 24),
        ("2026-03-29", "2026-03-29T00:00+01:00", 23),
        ("2026-10-25", "2026-10-25T00:00+02:00", 25),
        ("2026-12-31", "2026-12-31T00:00+01:00", 24),
        ("2028-02-29", "2028-02-29T00:00+01:00", 24),
        ("2026-11-20Z", "2026-11-20T00:00+00:00", 24),
        ("2026-12-31 +05:30", "2026-12-31T00:00+05:30", 24),
        ("2026-11", "2026-11-01T00:00+01:00", 30 * 24),
        ("2026-12", "2026-12-01T00:00+01:00", 31 * 24),
        ("2026-10", "2026-10-01T00:00+02:00", 31 * 24 + 1),
        ("2026-12Z", "2026-12-01T00:00+00:00", 31 * 24),
        ("2026-02Z", "2026-02-01T00:00+00:00", 28 * 24),
        ("today", "2026-11-21T00:00+01:00", 24),
        ("Yesterday", "2026-11-20T00:00+01:00", 24),
        ("2026-11-20 14:30", "2026-11-20T14:30+01:00", 1 / 60),
        ("2026-11-20T14:30:05", "2026-11-20T14:30:05+01:00", 1 / 3600),
        ("2026-11-20 14:30:05Z", "2026-11-20T14:30:05+00:00", 1 / 3600),
        ("2026-11-20 14:30 -0330", "2026-11-20T14:30-03:30", 1 / 60),
    ],
)
@pytest.mark.usefixtures("berlin")
def test_a_time_lasts_as_long_as_its_smallest_part(text: str, begin: str, hours: float) -> None:
    assert dates.span(text, NOW) == (ns(begin), ns(begin) + round(hours * 3600) * SECOND)


@pytest.mark.usefixtures("berlin")
def test_the_first_of_a_month_has_a_yesterday() -> None:
    new_year = ns("2026-01-01T00:30+01:00")
    assert dates.span("yesterday", new_year) == (ns("2025-12-31T00:00+01:00"), ns("2026-01-01T00:00+01:00"))


@given(
    st.datetimes(datetime(1678, 1, 2), datetime(2261, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(-14 * 60, 14 * 60),
)
def test_a_time_with_a_zone_is_what_python_says(at: datetime, minutes: int) -> None:
    at = at.astimezone(timezone(timedelta(minutes=minutes)))
    microseconds = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    begin = microseconds * 1000
    text = at.isoformat(timespec="microseconds")
    assert dates.span(text, NOW) == (begin, begin + 1000)
    assert dates.span(text.replace("T", " "), 0) == (begin, begin + 1000)


@pytest.mark.parametrize("text", ["2026-13-01", "2026-00-01", "2026-02-29", "2026-11-20 24:00", "2026-11-20 12:60", "2026-11-31"])
def test_what_no_calendar_has_is_no_time(text: str) -> None:
    assert dates.span(text, NOW) is None


@pytest.mark.parametrize(
    "text", ["", "x", "2026", "20261120", "26-11-20", "12:30", "ago", "5 ago", "x ago", "2 days", "tomorrow"]
)
def test_what_is_no_time_is_none(text: str) -> None:
    assert dates.span(text, NOW) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("1.5", 1.5),
        ("1e3", 1000),
        ("250 ms", 0.25),
        ("90s", 90),
        ("10 MIN", 600),
        ("1h30m", 5400),
        ("1 h 30 min", 5400),
        (".5 hours", 1800),
        ("2 days", 172800),
        ("1w", 604800),
        ("1 month", 2592000),
        ("1y", 31536000),
    ],
)
def test_lengths(text: str, seconds: float) -> None:
    assert dates.length(text) == round(seconds * SECOND)
    if not text[-1].isdigit():
        ago = NOW - round(seconds * SECOND)
        assert dates.span(f"{text} ago", NOW) == (ago, ago)


@pytest.mark.parametrize("text", ["", "x", "-5 s", "5 parsecs", "5 s x", "inf", "nan", "5 s 3", "s"])
def test_what_is_no_length_is_none(text: str) -> None:
    assert dates.length(text) is None


def test_times_beyond_any_store_are_its_ends() -> None:
    last = 2**63 - 1
    assert dates.span("9999-12-31", NOW) == (last, last)
    assert dates.span("0001-01-01 12:00Z", NOW) == (-last, -last)
    assert dates.length("1" * 400 + " years") == last
    assert dates.span("1" * 400 + " years ago", NOW) == (NOW - last, NOW - last)


@given(
    st.integers(NOW - 3 * DAY, NOW + DAY), st.sampled_from(["2026-11-20Z", "2026-11-20T12:00Z", "2026-11Z", "today", "36 h ago"])
)
def test_a_moment_is_before_in_or_after_a_day(at: int, day: str) -> None:
    run = record({"started": at})
    found = {op: matches(parse(f"started {op} {day}"), run, NOW) for op in ("<", "<=", ">", ">=")}
    assert found["<"] != found[">="]
    assert found[">"] != found["<="]
    assert not (found["<"] and found[">"])
    if not day.endswith("ago"):
        within = matches(parse(f"started = {day}"), run, NOW)
        assert [found["<"], within, found[">"]].count(True) == 1
        assert within == (found["<="] and found[">="])
        assert matches(parse(f"started != {day}"), run, NOW) != within
        assert matches(parse(f"started in ({day}, 1999-01-01)"), run, NOW) == within


@pytest.mark.parametrize(
    ("day", "begin", "end"), [("2026-11-20Z", "2026-11-20T00:00Z", "2026-11-21T00:00Z"), ("now", NOW, NOW), ("9 h ago", -9, -9)]
)
def test_a_day_begins_with_its_first_nanosecond_and_ends_before_the_next(day: str, begin: str | int, end: str | int) -> None:
    first, after = (ns(at) if isinstance(at, str) else at if at > 0 else NOW + at * HOUR for at in (begin, end))
    moments = [first - 1, first, first + 1, after - 1, after, after + 1]
    found = {
        op: [matches(parse(f"started {op} {day}"), record({"started": at}), NOW) for at in moments]
        for op in ("<", "<=", ">", ">=")
    }
    lasts = after > first
    assert found["<"] == [at < first for at in moments]
    assert found[">="] == [at >= first for at in moments]
    assert found["<="] == [at < after if lasts else at <= first for at in moments]
    assert found[">"] == [at >= after if lasts else at > first for at in moments]


def test_a_run_that_goes_on_lasts_until_now() -> None:
    run = record({"started": NOW - 10 * 60 * SECOND})
    assert run.state == "running"
    assert not matches(parse("duration > 10 min"), run, NOW)
    assert matches(parse("duration > 10 min"), run, NOW + 1)
    assert matches(parse("duration >= 10 min and ended is null and not ended < now"), run, NOW)
