"""What documents are made of: values and times are written as JSON, and come back."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import assume, example, given

from runlog.errors import BadValue
from runlog.store.document import plain, time_ns, time_text, unplain
from tests.store.behind import NOW
from tests.store.strategies import MOMENTS, VALUES, same


@given(VALUES)
@example({"float": "NaN"})
@example({"dict": {"float": 1}})
@example({"dict": {"dict": {"dict": 1}}})
@example([math.nan, -0.0, {"float": math.inf}])
def test_plain_is_json_and_comes_back(value: Any) -> None:
    text = json.dumps(plain(value), allow_nan=False)
    assert same(unplain(json.loads(text)), value)


@given(VALUES, VALUES)
def test_two_values_never_look_alike(one: Any, other: Any) -> None:
    assume(not same(one, other))
    assert json.dumps(plain(one)) != json.dumps(plain(other))


def nested(depth: int) -> Any:
    value: Any = 1
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


def test_values_are_nested_a_hundred_deep_and_no_deeper() -> None:
    assert unplain(plain(nested(100))) == nested(100)
    with pytest.raises(BadValue, match=r"^a value is nested more than 100 levels deep$"):
        plain(nested(101))
    with pytest.raises(ValueError, match=r"^a value is nested more than 100 levels deep$"):
        unplain(nested(101))


@given(MOMENTS)
@example(0)
@example(-1000)
@example(-62_135_596_800_000_000_000)
@example(253_402_300_799_999_999_000)
def test_times_come_back_and_are_what_python_says(ns: int) -> None:
    text = time_text(ns)
    assert time_ns(text) == ns
    assert len(text) == len("2026-11-20T21:30:12.000000Z")
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    assert (moment - datetime(1970, 1, 1, tzinfo=UTC)).days * 86400 + moment.hour * 3600 + moment.minute * 60 + moment.second == (
        ns // 1_000_000_000
    )


@given(MOMENTS, MOMENTS)
def test_times_sort_as_text(one: int, other: int) -> None:
    assert (one < other) == (time_text(one) < time_text(other))


def test_parts_of_a_microsecond_are_dropped_towards_the_past() -> None:
    assert [time_ns(time_text(ns)) for ns in (1999, 999, -1, -1001)] == [1000, 0, -1000, -2000]


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("2026-11-20T21:30:12.5Z", NOW + 500_000_000),
        ("2026-11-20T22:30:12+01:00", NOW),
        ("2026-11-20 21:30:12", NOW),
        ("2026-11-20", 1_795_132_800_000_000_000),
        ("1969-12-31T23:59:59Z", -1_000_000_000),
    ],
)
def test_times_that_others_write(text: str, ns: int) -> None:
    assert time_ns(text) == ns


@pytest.mark.parametrize("text", ["", "now", "2026-13-01", "20:15", 5, None, [], "2026-11-20T25:00:00Z"])
def test_what_is_no_time(text: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        time_ns(text)
