"""What is required of a candidate: as options say it, and as a reviewed file does."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from runlog.errors import BadInput
from runlog.records import Direction

_AMOUNT = re.compile(r"\s*([0-9.]+(?:e[+-]?[0-9]+)?)\s*(%?)\s*", re.IGNORECASE)
DEFAULT_CONFIDENCE = 0.95


class Tolerance(NamedTuple):
    """How much worse a metric may be: absolutely, or as a part of what the baseline has."""

    amount: float
    relative: bool = False

    def limit(self, baseline: float, way: Direction) -> float:
        """The worst value that passes."""
        room = self.amount * abs(baseline) if self.relative else self.amount
        return baseline + room if way == "min" else baseline - room

    def __str__(self) -> str:
        return f"{self.amount * 100:.6g}%" if self.relative else f"{self.amount:.6g}"


class Rules(NamedTuple):
    """All that is required. `metrics`, and those of `directions` and `tolerances`, are the ones that are compared with a
    baseline; all whose direction is known where none is named."""

    require: tuple[str, ...] = ()
    no_worse_than: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    directions: Mapping[str, Direction] = {}
    tolerances: Mapping[str, Tolerance] = {}
    tolerance: Tolerance | None = None  # of all other metrics
    confidence: float | None = None
    allow_missing: bool = False
    allow_unfinished: bool = False

    @property
    def named(self) -> tuple[str, ...]:
        """The metrics that are named anywhere."""
        return tuple(dict.fromkeys((*self.metrics, *self.directions, *self.tolerances)))

    def tolerated(self, metric: str) -> Tolerance:
        return self.tolerances.get(metric, self.tolerance or Tolerance(0.0))


def to_tolerance(text: str | float) -> Tolerance:
    """`0.05`, or `1%` of the baseline."""
    found = _AMOUNT.fullmatch(text) if isinstance(text, str) else None
    try:
        amount = float(found[1]) if found else text
    except ValueError:
        amount = text
    if isinstance(amount, str | bool) or not (math.isfinite(amount) and amount >= 0):
        raise BadInput(f"{text!r} is no tolerance: it is a number such as 0.05, or a part of the baseline such as 1%")
    return Tolerance(amount / 100, True) if found and found[2] else Tolerance(float(amount))


def to_tolerances(words: Iterable[str]) -> tuple[dict[str, Tolerance], Tolerance | None]:
    """`rmse:1%` by metric, and `1%` for all others."""
    found: dict[str, Tolerance] = {}
    for_all: Tolerance | None = None
    for word in words:
        metric, colon, amount = word.rpartition(":")
        if colon and not metric:
            raise BadInput(f"{word!r} names no metric", hint="write --tolerance rmse:1%")
        if colon:
            found[metric] = to_tolerance(amount)
        else:
            for_all = to_tolerance(word)
    return found, for_all


def to_directions(words: Iterable[str]) -> dict[str, Direction]:
    """`rmse:min` by metric."""
    found: dict[str, Direction] = {}
    for word in words:
        metric, _, way = word.rpartition(":")
        if not metric:
            raise BadInput(f"{word!r} is no direction of a metric", hint="write --direction rmse:min")
        found[metric] = to_direction(way)
    return found


def to_direction(word: object) -> Direction:
    match word:
        case "min":
            return "min"
        case "max":
            return "max"
        case _:
            raise BadInput(f"{word!r} is no direction: it is min or max", hint="write --direction rmse:min")


def to_confidence(value: object) -> float:
    """How sure one must be that a difference is no chance."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.5 <= value < 1:
        raise BadInput(f"{value!r} is no confidence: it lies between 0.5 and 1, as 0.95")
    return float(value)


def added(file: Rules, options: Rules) -> Rules:
    """The rules of a file with those of the options: what both name is as the options say."""
    return Rules(
        require=tuple(dict.fromkeys((*file.require, *options.require))),
        no_worse_than=tuple(dict.fromkeys((*file.no_worse_than, *options.no_worse_than))),
        metrics=tuple(dict.fromkeys((*file.metrics, *options.metrics))),
        directions={**file.directions, **options.directions},
        tolerances={**file.tolerances, **options.tolerances},
        tolerance=options.tolerance or file.tolerance,
        confidence=options.confidence or file.confidence,
        allow_missing=file.allow_missing or options.allow_missing,
        allow_unfinished=file.allow_unfinished or options.allow_unfinished,
    )
