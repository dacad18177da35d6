"""The gate from Python."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from runlog.models.gate.judge import judge
from runlog.models.gate.rules import Rules, Tolerance, added, to_confidence, to_direction, to_tolerance
from runlog.models.gate.rules_file import read_rules
from runlog.models.gate.verdict import Verdict
from runlog.store.store import Store


def gate(
    runs: str | Sequence[str],
    *,
    require: str | Sequence[str] = (),
    no_worse_than: str | Sequence[str] = (),
    metrics: str | Sequence[str] = (),
    tolerance: str | float | Mapping[str, str | float] | None = None,
    direction: Mapping[str, str] | None = None,
    confidence: float | None = None,
    allow_missing: bool = False,
    allow_unfinished: bool = False,
    rules: str | os.PathLike[str] | None = None,
    store: str | os.PathLike[str] | Store | None = None,
) -> Verdict:
    """Judge a candidate as `runlog gate` does: a run or a model, or several runs that differ by chance. `rules` is a file, to
    which the others add."""
    from runlog import open_store

    tolerances, for_all = _tolerances(tolerance)
    said = Rules(
        require=_several(require),
        no_worse_than=_several(no_worse_than),
        metrics=_several(metrics),
        directions={metric: to_direction(way) for metric, way in (direction or {}).items()},
        tolerances=tolerances,
        tolerance=for_all,
        confidence=None if confidence is None else to_confidence(confidence),
        allow_missing=allow_missing,
        allow_unfinished=allow_unfinished,
    )
    whole = said if rules is None else added(read_rules(Path(rules)), said)
    return judge(store if isinstance(store, Store) else open_store(store), _several(runs), whole)


def _several(words: str | Sequence[str]) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words)


def _tolerances(given: str | float | Mapping[str, str | float] | None) -> tuple[dict[str, Tolerance], Tolerance | None]:
    """By metric, or one for all."""
    if isinstance(given, Mapping):
        return {metric: to_tolerance(amount) for metric, amount in given.items()}, None
    return {}, None if given is None else to_tolerance(given)
