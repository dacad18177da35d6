"""Questions to a store of many runs, and their answers without an index."""

from __future__ import annotations

from pathlib import Path

import pytest

from runlog.records import RunRecord
from runlog.runs.find import find_one
from runlog.runs.select import Wanted, select
from runlog.store.index import changes
from runlog.store.store import Store

RUNS = 230
QUESTIONS = [
    Wanted(),
    Wanted(limit=7),
    Wanted(experiments=("exp-002",)),
    Wanted(tags=("model=xgb",)),
    Wanted(tags=("model=xgb", "sweep")),
    Wanted(tags=("none",)),
    Wanted(states=("finished",), limit=3),
    Wanted(states=("running",)),
    Wanted(states=("failed", "running"), limit=5),
    Wanted(experiments=("exp-002", "exp-000")),
    Wanted(experiments=("exp-001", "exp-000"), where=("rmse < 5", "alpha > 0.5"), sort="rmse", limit=4),
    Wanted(removed=True),
    Wanted(since="2025-10-09"),
    Wanted(where=("rmse < 5",)),
    Wanted(where=("rmse < 5 and alpha > 0.5",), sort="rmse", limit=5),
    Wanted(where=("min(rmse) >= 5 or depth = 3",), sort="-min(loss)"),
    Wanted(where=("step of min(rmse) = 60 and count(rmse) = 100",), limit=4),
    Wanted(where=("not (rmse < 5)",), sort="alpha"),
    Wanted(where=("depth = 3 and not optimizer = sgd",), sort="-depth"),
    Wanted(where=("params.model in ('xgb', lgbm)",), sort="started"),
    Wanted(where=("tags.model = ridge and params.model != mlp",), sort="-started", limit=9),
    Wanted(where=("tags.sweep contains s1",), sort="tags.sweep"),
    Wanted(where=("name = 'trial-17'",)),
    Wanted(where=("name matches 'trial-1[0-9]$'",), sort="name"),
    Wanted(where=("odd is null and tags.model and not tags.strange",)),
    Wanted(where=("params.odd is not null",), sort="params.odd"),
    Wanted(where=("params.odd = 7 or params.odd > 3",), sort="-odd"),
    Wanted(where=("metrics.late is not null",), sort="late"),
    Wanted(where=("metrics.rmse < metrics.loss",), sort="-max(late)", limit=11),
    Wanted(where=("metrics.never < 3",)),
    Wanted(where=("state = finished and duration > 1s",), sort="duration", limit=6),
]


def are_very_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runs of these tests count as too many to look at each."""
    for module in ("changes", "index"):
        monkeypatch.setattr(f"runlog.store.index.{module}.FEW", 20)
        monkeypatch.setattr(f"runlog.store.index.{module}.LATE", 10)


def runlog_edit(root: Path, run: str, **words: str) -> None:
    stored = find_one(Store.open(root), run)
    for kind, key in words.items():
        stored.say((kind, key, ""))  # type: ignore[arg-type]


def plainly(root: Path, monkeypatch: pytest.MonkeyPatch, wanted: Wanted) -> list[RunRecord]:
    """The answer without an index."""
    with monkeypatch.context() as patch:
        patch.setenv("RUNLOG_INDEX", "off")
        return select(Store.open(root), wanted)


def same(one: list[RunRecord], other: list[RunRecord]) -> bool:
    """Equal, with NaN as equal to itself."""
    return [repr(record) for record in one] == [repr(record) for record in other]


def let_pass(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(changes, "_RACY_NS", -(10**12))
        select(Store.open(root), Wanted())
