"""In a store of very many runs, the late ones alone are looked at where they are enough for an answer."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.many import make_store
from runlog.errors import BadQuery
from runlog.runs.select import Wanted, select
from runlog.store.index import changes
from runlog.store.index.place import folder_of
from runlog.store.store import Store
from tests.store.index.scene import QUESTIONS, RUNS, are_very_many, let_pass, plainly, same

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
    are_very_many(monkeypatch)


def edit_some(root: Path, chance: random.Random, count: int) -> None:
    for path in chance.sample(sorted(root.glob("experiments/*/2*/run.json")), count):
        document = json.loads(path.read_text())
        document["params"] |= {"alpha": chance.choice([99.0, 0.0, "none"]), "depth": chance.choice([3, 100])}
        document["tags"]["model"] = chance.choice(["xgb", "ridge", "new"])
        path.write_text(json.dumps(document))


def let_some_pass(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `let_pass`, where only some of the runs are known."""
    with monkeypatch.context() as patch:
        patch.setattr(changes, "_RACY_NS", -(10**12))
        select(Store.open(root), Wanted(limit=1))


@pytest.mark.parametrize("seed", range(3))
def test_a_question_that_late_runs_answer_is_answered_as_if_all_had_been_looked_at(
    root: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs anywhere are edited in place, one question after the other."""
    chance = random.Random(seed)
    for question in chance.sample([*QUESTIONS, *LATE], len(QUESTIONS) + len(LATE)):
        let_pass(root, monkeypatch)
        monkeypatch.setattr("runlog.store.index.index._LOOKED_AT", chance.choice([1, 7, 2000]))
        edit_some(root, chance, 3)
        assert same(select(Store.open(root), question), plainly(root, monkeypatch, question)), question


@pytest.mark.parametrize("seed", range(3))
def test_so_is_the_first_question_that_is_asked_of_a_store(root: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index knows late runs alone, until somebody asks for others."""
    chance = random.Random(seed)
    for question in chance.sample([*QUESTIONS, *LATE], 12):
        shutil.rmtree(folder_of(root), ignore_errors=True)
        for again in range(3):
            assert same(select(Store.open(root), question), plainly(root, monkeypatch, question)), (question, again)
            edit_some(root, chance, 3)
            let_some_pass(root, monkeypatch)


@pytest.fixture
def steady(tmp_path: Path) -> Path:
    """A store in which a run began every minute."""
    return make_store(tmp_path / ".runlog", RUNS, 5).root


def test_late_runs_are_read_first_and_the_others_when_somebody_asks_for_them(steady: Path) -> None:
    root = steady
    for wanted in (Wanted(limit=3), Wanted(where=("rmse < 100",), limit=5), Wanted(limit=1)):
        select(Store.open(root), wanted)
        assert rows(root) == 10
    with pytest.raises(BadQuery):
        select(Store.open(root), Wanted(where=("never_heard_of < 3",), limit=1))
    everything = len(select(Store.open(root), Wanted()))
    assert rows(root) == everything > 10
    select(Store.open(root), Wanted(limit=3))
    assert rows(root) == everything


def test_runs_that_come_and_go_in_a_store_of_which_late_ones_are_known(steady: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, wanted = steady, Wanted(limit=4)
    select(Store.open(root), wanted)
    for number in range(12):
        newest = select(Store.open(root), Wanted(limit=1))[0]
        if number % 3 == 1:
            shutil.rmtree(root / newest.folder)
        else:
            make_store(root, 1, 5, first=RUNS + number)
        let_some_pass(root, monkeypatch)
        assert same(select(Store.open(root), wanted), plainly(root, monkeypatch, wanted)), number
    assert 10 <= rows(root) < 30


def test_questions_about_few_and_about_all_at_once_from_many_processes(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = f"""
import sys
from pathlib import Path
from runlog.runs.select import Wanted, select
from runlog.store.index import changes, index
from runlog.store.store import Store
for module in (changes, index):
    module.FEW, module.LATE = 20, 10
for _ in range(8):
    for limit in {{"few": [3], "all": [None], "both": [3, None]}}[sys.argv[1]]:
        runs = select(Store.open(Path({str(root)!r})), Wanted(where=("rmse < 100",), limit=limit))
        assert len(runs) == (limit or {RUNS}), len(runs)
"""
    for _ in range(3):
        shutil.rmtree(folder_of(root), ignore_errors=True)
        children = [
            subprocess.Popen([sys.executable, "-c", ask, kind], stderr=subprocess.PIPE) for kind in ("few", "all", "both", "few")
        ]
        for child in children:
            _, err = child.communicate(timeout=100)
            assert (child.returncode, err) == (0, b"")
        assert same(select(Store.open(root), Wanted()), plainly(root, monkeypatch, Wanted()))


def rows(root: Path) -> int:
    (found,) = folder_of(root).glob("*.sqlite")
    with closing(sqlite3.connect(found)) as index:
        (count,) = index.execute("SELECT count(*) FROM run").fetchone()
    return int(count)


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
    [first] = changes.Look(root, {}, attention, "", of_all=True).changes([folder])
    assert first.stale == runs
    for run in (runs[0], runs[-1]):
        birth = root / "experiments" / folder / run / "run.json"
        birth.write_text(birth.read_text().replace("trial", "edited"))
        os.utime(birth)
    known = {folder: first.now}
    assert [change.stale for change in changes.Look(root, known, attention, "", of_all=False).changes([folder])] == [[runs[-1]]]
    assert [change.stale for change in changes.Look(root, known, attention, "", of_all=True).changes([folder])] == [
        [runs[0], runs[-1]]
    ]
