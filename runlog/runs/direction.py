"""Whether more of a metric is better: as somebody said, else as its name says."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from runlog.errors import UsageError

if TYPE_CHECKING:
    from runlog.store.store import Store

Direction = Literal["max", "min"]

# Short names stand for something only as words of their own, as `cer` does not in `certainty`, nor `r2` in `layer2`.
_WORD = r"(?<![a-z])(?:train|val|valid|test|eval|dev)?(?:{})(?![a-z])"
_UP = re.compile(
    "accuracy|precision|recall|score|reward|bleu|rouge|"
    + _WORD.format("m?acc|(?:roc|pr)?auc|m?iou|m?ap|prec|dice|(?:f1|r2)(?![0-9])")
)
_DOWN = re.compile(
    "loss|error|perplexity|latency|residual|(?<![a-z])time|"
    + _WORD.format("err|(?:r|n|nr)?mse|r?msle|n?mae|s?mape|ppl|nll|wer|cer|fid")
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def direction(metric: str, said: Mapping[str, Direction] | None = None) -> Direction | None:
    """The direction of a metric; none when neither anybody nor its name tells."""
    if said and metric in said:
        return said[metric]
    name = f"{metric} {_CAMEL.sub('_', metric)}".lower()  # `mIoU` is one word, and `valAcc` two
    if _DOWN.search(name):
        return "min"
    return "max" if _UP.search(name) else None


def agreed_directions(store: Store, experiments: Collection[str]) -> dict[str, Direction]:
    """The directions of several experiments, without the metrics that are said to go up in one and down in another."""
    said = [found.directions for found in store.experiments() if found.name in experiments]
    ways: dict[str, set[Direction]] = {}
    for each in said:
        for metric, way in each.items():
            ways.setdefault(metric, set()).add(way)
    return {metric: found.pop() for metric, found in ways.items() if len(found) == 1}


def told(up: Sequence[str], down: Sequence[str]) -> dict[str, Direction]:
    """What `--max` and `--min` say."""
    for metric in up:
        if metric in down:
            raise UsageError(f"metric {metric!r} cannot go both ways", hint="give it to --max or to --min")
    return {**dict.fromkeys(up, "max"), **dict.fromkeys(down, "min")}
