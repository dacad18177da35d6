"""How likely it is that one mean of a few runs only looks worse than another: Welch's test, one-sided."""

from __future__ import annotations

import math
from typing import NamedTuple

from runlog.runs.group import Statistic

_TINY = 1e-300
_STEPS = 300


class _Spread(NamedTuple):
    """The variance of a mean, and how many degrees of freedom stand behind it."""

    variance: float
    freedom: float


def p_value(worse_by: float, candidate: Statistic, baseline: Statistic) -> float | None:
    """The chance to see a candidate's mean this much worse, or more, where it is not worse at all. None where a single run
    stands against a single run, and nothing is known of chance."""
    spread = _of_difference(candidate, baseline)
    if spread is None:
        return None
    if spread.variance <= 0:
        return 0.0 if worse_by > 0 else 1.0
    return _above(worse_by / math.sqrt(spread.variance), spread.freedom)


def _of_difference(one: Statistic, other: Statistic) -> _Spread | None:
    """The spread of the difference of two means. A single run has no spread of its own: it takes that of the other side."""
    if one.spread is None and other.spread is None:
        return None
    if one.spread is None or other.spread is None:
        several = other if one.spread is None else one
        variance = (several.spread or 0.0) ** 2
        return _Spread(variance + variance / several.count, several.count - 1)
    first, second = one.spread**2 / one.count, other.spread**2 / other.count
    both = first + second
    if both <= 0:
        return _Spread(0.0, 1)
    shares = (first / both) ** 2 / (one.count - 1) + (second / both) ** 2 / (other.count - 1)
    return _Spread(both, 1 / shares)


def _above(t: float, freedom: float) -> float:
    """The part of Student's distribution above a value."""
    if math.isinf(t):
        return 0.0 if t > 0 else 1.0
    tail = _incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2
    return tail if t > 0 else 1 - tail


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularized incomplete beta function, by its continued fraction on the side where that is short."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """Lentz's way through the continued fraction of the incomplete beta function."""
    c, d = 1.0, 1 / _kept(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for factor in (even, odd):
            d = 1 / _kept(1 + factor * d)
            c = _kept(1 + factor / c)
            value *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return value


def _kept(value: float) -> float:
    """A divisor that is not zero."""
    return value if abs(value) > _TINY else _TINY
