"""A curve in one line of text: `▇▅▃▂▁`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

BLOCKS = "▁▂▃▄▅▆▇█"
MIDDLE = "▄"  # a curve that does not move
NO_NUMBER = "×"  # NaN or an infinity


def sparkline(values: Sequence[float], width: int = 16) -> str:
    """A curve in at most `width` glyphs, from the lowest value to the highest. More points than that are taken together in
    buckets of equal length, each shown by its mean; one that holds anything but numbers shows just that."""
    return sparklines([values], width)[0]


def sparklines(curves: Sequence[Sequence[float]], width: int = 16) -> list[str]:
    """Several curves on one scale: equal glyphs are equal values."""
    levels = [[_level(bucket) for bucket in _buckets(values, width)] for values in curves]
    numbers = [level for curve in levels for level in curve if level is not None]
    lowest, highest = min(numbers, default=0.0), max(numbers, default=0.0)
    return ["".join(NO_NUMBER if level is None else _glyph(level, lowest, highest) for level in curve) for curve in levels]


def _buckets(values: Sequence[float], width: int) -> Iterator[Sequence[float]]:
    count = min(len(values), max(1, width))
    for place in range(count):
        yield values[place * len(values) // count : (place + 1) * len(values) // count]


def _level(bucket: Sequence[float]) -> float | None:
    # Divided first, for a sum of the greatest floats is an infinity.
    mean = math.fsum(value / len(bucket) for value in bucket) if all(map(math.isfinite, bucket)) else math.nan
    return mean if math.isfinite(mean) else None


def _glyph(level: float, lowest: float, highest: float) -> str:
    if lowest == highest:
        return MIDDLE
    span = highest - lowest
    # The distance of the greatest floats is an infinity, and half of the least is nothing.
    share = (level - lowest) / span if math.isfinite(span) else (level / 2 - lowest / 2) / (highest / 2 - lowest / 2)
    return BLOCKS[min(len(BLOCKS) - 1, int(share * len(BLOCKS)))]
