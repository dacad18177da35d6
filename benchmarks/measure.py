"""Comparing two things on a machine that is not quiet: alternate them, divide within the round, take the median."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Side = Callable[[], float]
"""Measures once and returns a figure: a rate or a duration."""


@dataclass(frozen=True)
class Spread:
    """Median, least and greatest of several rounds."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, figures: Sequence[float]) -> Spread:
        return cls(statistics.median(figures), min(figures), max(figures))


@dataclass(frozen=True)
class Rounds:
    """The figures of every side, round by round."""

    figures: Mapping[str, Sequence[float]]

    def spread(self, side: str) -> Spread:
        return Spread.of(self.figures[side])

    def ratio(self, over: str, under: str) -> Spread:
        """Of the ratios within each round, so that a disturbance that lasts longer than a round cancels out."""
        return Spread.of([a / b for a, b in zip(self.figures[over], self.figures[under], strict=True)])


def interleave(sides: Mapping[str, Side], rounds: int, discard: int = 1) -> Rounds:
    """Measure A, B, C, A, B, C, ... and leave out the first rounds, which pay for cold caches."""
    figures: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds + discard):
        for name, side in sides.items():
            figure = side()
            if number >= discard:
                figures[name].append(figure)
    return Rounds(figures)
