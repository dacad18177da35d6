"""What chance alone does, against tables that others made."""

from __future__ import annotations

import math

import pytest

from runlog.models.gate.chance import p_value
from runlog.runs.group import Statistic, statistic

# One-sided quantiles of Student's t from printed tables: (degrees of freedom, 95 %, 99 %).
QUANTILES = [
    (1, 6.314, 31.821),
    (2, 2.920, 6.965),
    (5, 2.015, 3.365),
    (10, 1.812, 2.764),
    (30, 1.697, 2.457),
    (120, 1.658, 2.358),
]


@pytest.mark.parametrize(("freedom", "at_95", "at_99"), QUANTILES)
def test_it_is_student_s_distribution(freedom: int, at_95: float, at_99: float) -> None:
    count = freedom + 1
    several = Statistic(count, 0.0, 1.0, None, 0)
    one = Statistic(1, 0.0, None, None, 0)
    error = math.sqrt(1 + 1 / count)
    assert p_value(at_95 * error, one, several) == pytest.approx(0.05, rel=2e-3)
    assert p_value(at_99 * error, several, one) == pytest.approx(0.01, rel=2e-3)
    assert p_value(-at_95 * error, one, several) == pytest.approx(0.95, rel=2e-3)
    assert p_value(0.0, one, several) == pytest.approx(0.5)


def test_welch_s_example() -> None:
    """Two samples of unlike size and spread, as scipy's `ttest_ind(a, b, equal_var=False, alternative='greater')` answers."""
    a, b = statistic([27.5, 21.0, 19.0, 23.6, 17.0, 17.9]), statistic([19.9, 21.0, 16.9, 20.9])
    assert a is not None and b is not None
    assert p_value(a.mean - b.mean, a, b) == pytest.approx(0.25113054831890, rel=1e-12)


def test_where_nothing_is_known_of_chance_there_is_no_answer() -> None:
    one = Statistic(1, 0.0, None, None, 0)
    assert p_value(1.0, one, one) is None


def test_runs_that_are_all_alike_leave_no_room_for_chance() -> None:
    same = Statistic(3, 0.0, 0.0, 0.0, 0)
    assert (p_value(1e-9, same, same), p_value(0.0, same, same)) == (0.0, 1.0)
