"""Curves in one line."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as some

from runlog.render.sparkline import BLOCKS, MIDDLE, NO_NUMBER, sparkline


@pytest.mark.parametrize(
    ("values", "width", "line"),
    [
        ([], 8, ""),
        ([1, 2, 3, 4, 5, 6, 7, 8], 8, "▁▂▃▄▅▆▇█"),
        ([8, 1, 8, 1], 16, "█▁█▁"),
        ([5], 8, "▄"),
        ([5, 5, 5], 8, "▄▄▄"),
        ([0, 0, 4, 4, 8, 8], 3, "▁▅█"),
        ([1, math.nan, 3], 8, "▁×█"),
        ([1, math.inf, -math.inf, 3], 8, "▁××█"),
        ([math.nan, math.nan], 8, "××"),
        ([1, 1, 1, math.nan, 3, 3], 3, "▁×█"),
        ([1.7e308, -1.7e308], 8, "█▁"),
        ([1.7e308] * 4 + [1.6e308] * 4, 2, "█▁"),
        ([5e-324, 0.0], 8, "█▁"),
    ],
)
def test_a_curve_is_drawn(values: list[float], width: int, line: str) -> None:
    assert sparkline(values, width) == line


@given(some.lists(some.floats(), max_size=60), some.integers(1, 20))
def test_any_curve_fits_and_shows_whether_all_are_numbers(values: list[float], width: int) -> None:
    line = sparkline(values, width)
    assert len(line) == min(len(values), width)
    assert set(line) <= {*BLOCKS, MIDDLE, NO_NUMBER}
    assert (NO_NUMBER in line) == any(not math.isfinite(value) for value in values)


@given(some.lists(some.floats(-1e6, 1e6), min_size=2, max_size=16, unique=True))
def test_the_lowest_and_the_highest_stand_out(values: list[float]) -> None:
    line = sparkline(values, 16)
    assert line[values.index(min(values))] == BLOCKS[0]
    assert line[values.index(max(values))] == BLOCKS[-1]
    assert [glyph for _, glyph in sorted(zip(values, line, strict=True))] == sorted(line, key=BLOCKS.index)
