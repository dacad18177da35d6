"""Runs side by side: what differs between them, and which is best at what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from runlog.store.stored import StoredRun

Direction = Literal["max", "min"]
_UP = re.compile(r"acc|auc|f1|precision|recall|score|r2|reward|bleu|rouge|iou|dice|(^|[^a-z])m?ap([^a-z]|$)")
_DOWN = re.compile(r"loss|err|rmse|mse|mae|mape|perplexity|ppl|nll|wer|cer|fid|latency|(^|[^a-z])time")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing about all the runs. `best` are the places of the best values, none where no direction is known."""

    kind: Literal["param", "tag", "metric", "about"]
    key: str
    values: tuple[Any, ...]
    differs: bool
    best: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Several runs side by side."""

    ids: tuple[str, ...]
    lines: tuple[Line, ...]


def compare(runs: Sequence[StoredRun]) -> Comparison:
    """Everything known of some runs, line by line."""
    lines = [
        _line("about", "experiment", [run.experiment for run in runs]),
        _line("about", "name", [run.name for run in runs]),
        _line("about", "state", [run.state for run in runs]),
        *(_line("param", key, [run.params.get(key) for run in runs]) for key in _keys([run.params for run in runs])),
        *(_line("tag", key, [run.tags.get(key) for run in runs]) for key in _keys([run.tags for run in runs])),
    ]
    for key in _keys([run.metrics for run in runs]):
        values = [run.metrics[key].last if key in run.metrics else None for run in runs]
        lines.append(_line("metric", key, values, _best(key, values)))
    return Comparison(tuple(run.id for run in runs), tuple(lines))


def _keys(mappings: Sequence[Any]) -> list[str]:
    return list(dict.fromkeys(key for mapping in mappings for key in mapping))


def _line(kind: Literal["param", "tag", "metric", "about"], key: str, values: list[Any], best: tuple[int, ...] = ()) -> Line:
    return Line(kind, key, tuple(values), any(value != values[0] for value in values[1:]), best)


def direction(metric: str) -> Direction | None:
    """Whether more of a metric is better, as far as its name says."""
    name = metric.lower()
    if _DOWN.search(name):
        return "min"
    return "max" if _UP.search(name) else None


def _best(metric: str, values: list[float | None]) -> tuple[int, ...]:
    way = direction(metric)
    numbers = [value for value in values if value is not None and value == value]
    if way is None or len(numbers) < 2 or min(numbers) == max(numbers):
        return ()
    target = max(numbers) if way == "max" else min(numbers)
    return tuple(place for place, value in enumerate(values) if value == target)
