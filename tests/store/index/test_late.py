"""In a store of very many runs, the late ones alone are looked at where they are enough for an answer."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest

from runlog.runs.select import Wanted, select
from runlog.store.index import changes
from runlog.store.store import Store
from tests.store.index.scene import QUESTIONS, let_pass, plainly, same

# Of those, late runs alone may be enough for these.
LATE = [
    Wanted(limit=1),
    Wanted(where=("alpha > 90",), limit=1),
    Wanted(where=("alpha < 90 and rmse < 100",), limit=4),
    Wanted(tags=("model=xgb",), limit=1),
    Wanted(tags=("model=new",), limit=2),
    Wanted(experiments=("exp-003",), limit=2),
    Wanted(where=("depth = 100 or alpha = 0",), limit=2),
    Wanted(where=("not alpha > 90",), limit=9),
]


@pytest.fixture(autouse=True)
def very_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "FEW", 20)
    monkeypatch.setattr("runlog.store.index.index.FEW", 20)


@pytest.mark.parametrize("seed", range(3))
def test_a_question_that_late_runs_answer_is_answered_as_if_all_had_been_looked_at(
    root: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs anywhere are edited in place, one question after the other."""
    chance = random.Random(seed)
    for question in chance.sample([*QUESTIONS, *LATE], len(QUESTIONS) + len(LATE)):
        let_pass(root, monkeypatch)
        births = sorted(root.glob("experiments/*/2*/run.json"))
        for path in chance.sample(births, 3):
            document = json.loads(path.read_text())
            document["params"] |= {"alpha": chance.choice([99.0, 0.0, "none"]), "depth": chance.choice([3, 100])}
            document["tags"]["model"] = chance.choice(["xgb", "ridge", "new"])
            path.write_text(json.dumps(document))
        assert same(select(Store.open(root), question), plainly(root, monkeypatch, question)), question


def test_a_name_that_somebody_wrote_into_an_old_run_is_known(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    select(Store.open(root), Wanted())
    let_pass(root, monkeypatch)
    oldest = min(root.glob("experiments/*/2*/run.json"), key=lambda path: path.parent.name)
    document = json.loads(oldest.read_text())
    oldest.write_text(json.dumps(document | {"params": {"unheard_of": 1}}))
    (found,) = select(Store.open(root), Wanted(where=("unheard_of = 1",), limit=5))
    assert found.id == oldest.parent.name


def test_a_look_for_late_runs_passes_over_the_births_of_others(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "_SOME", 10**6)  # none of the others by chance
    monkeypatch.setattr(changes, "_RACY_NS", -(10**12))
    folder = "exp-001"
    runs = sorted(path.name for path in (root / "experiments" / folder).glob("2*"))
    attention = changes.Attention(runs[-5], frozenset())
    [first] = changes.Look(root, {}, attention, of_all=True).changes([folder])
    assert first.stale == runs
    for run in (runs[0], runs[-1]):
        birth = root / "experiments" / folder / run / "run.json"
        birth.write_text(birth.read_text().replace("trial", "edited"))
        os.utime(birth)
    known = {folder: first.now}
    assert [change.stale for change in changes.Look(root, known, attention, of_all=False).changes([folder])] == [[runs[-1]]]
    assert [change.stale for change in changes.Look(root, known, attention, of_all=True).changes([folder])] == [
        [runs[0], runs[-1]]
    ]
