"""Whether more of a metric is better: as somebody said, else as its name says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from runlog.errors import UsageError

Direction = Literal["max", "min"]

_UP = re.compile(r"acc|auc|f1|precision|recall|score|r2|reward|bleu|rouge|iou|dice|(^|[^a-z])m?ap([^a-z]|$)")
_DOWN = re.compile(r"loss|err|rmse|mse|mae|mape|perplexity|ppl|nll|wer|cer|fid|latency|residual|(^|[^a-z])time")


def direction(metric: str, said: Mapping[str, Direction] | None = None) -> Direction | None:
    """The direction of a metric; none when neither anybody nor its name tells."""
    if said and metric in said:
        return said[metric]
    name = metric.lower()
    if _DOWN.search(name):
        return "min"
    return "max" if _UP.search(name) else None


def told(up: Sequence[str], down: Sequence[str]) -> dict[str, Direction]:
    """What `--max` and `--min` say."""
    for metric in up:
        if metric in down:
            raise UsageError(f"metric {metric!r} cannot go both ways", hint="give it to --max or to --min")
    return {**dict.fromkeys(up, "max"), **dict.fromkeys(down, "min")}
