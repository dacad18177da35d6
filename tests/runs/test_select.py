"""Which run is meant by a word."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import runlog
from runlog import experiments
from runlog.errors import Conflict, NotFound, RunlogError
from runlog.runs.find import find, find_one
from runlog.store.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    for name in ("ridge", "lasso", "lasso"):
        with runlog.start_run(store=tmp_path / ".runlog", name=name):
            pass
    return Store.open(tmp_path / ".runlog")


def copied(store: Store, run_id: str) -> None:
    """A run behind the store's back, copied out of another, with an id and no name."""
    source = next(store.root.glob("experiments/default/2*/run.json"))
    document = {**json.loads(source.read_text()), "id": run_id, "name": None}
    folder = source.parent.parent / run_id
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps(document))


def refused(store: Store, selector: str) -> RunlogError:
    with pytest.raises(RunlogError) as caught:
        find_one(store, selector)
    return caught.value


def test_by_id_by_its_end_and_by_any_piece_of_it(store: Store) -> None:
    copied(store, "20200101-000000-abcdef")
    for piece in ("20200101-000000-abcdef", "abcdef", "abcd", "cdef", "20200101"):
        assert find_one(store, piece).id == "20200101-000000-abcdef"


def test_a_name_comes_before_what_is_a_piece_of_an_id_by_chance(store: Store) -> None:
    copied(store, "20200101-000000-v2cdef")
    with runlog.start_run(store=store.root, name="v2") as named:
        pass
    with runlog.start_run(store=store.root, name="v2cdef"):
        pass
    assert find_one(store, "v2").id == named.id
    assert find_one(store, "v2c").id == "20200101-000000-v2cdef"
    assert find_one(store, "v2cdef").id == "20200101-000000-v2cdef"  # as ids are shown
    copied(store, "20200101-000000-v2cdeg")
    assert find_one(store, "v2").id == named.id


def test_what_names_no_run_or_several(store: Store) -> None:
    copied(store, "20200101-000000-v2cdef")
    copied(store, "20200101-000000-v2cdeg")
    assert str(refused(store, "rigde")) == "no run matches 'rigde' (hint: did you mean 'ridge'?)"
    assert str(refused(store, "nothing like it")) == "no run matches 'nothing like it' (hint: runlog ls)"
    assert isinstance(refused(store, "lasso"), Conflict)
    several = "'v2cde' fits 2 runs: 20200101-000000-v2cdeg, 20200101-000000-v2cdef"
    assert refused(store, "v2cde").message == several
    assert isinstance(refused(store, "@last~9"), NotFound)


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("@best", "write @best:rmse"),
        ("@bst:", "write @best:rmse"),
        ("@bset:rmse", "did you mean '@best:rmse'?"),
        ("@lst", "did you mean '@last'?"),
        ("@Lats~2", "did you mean '@last~2'?"),
        ("@quite-other", "runlog ls"),
    ],
)
def test_a_mistyped_sign_leads_to_what_was_meant(store: Store, word: str, hint: str) -> None:
    assert str(refused(store, word)) == f"no run matches {word!r} (hint: {hint})"


def test_a_name_in_an_experiment(store: Store) -> None:
    for experiment in ("duration", "other things", "lasting", "best:ones"):
        with runlog.start_run(experiment, store=store.root, name="base/line"):
            pass
    for _ in range(2):
        with runlog.start_run("duration", store=store.root, name="twice"):
            pass
    for experiment in ("duration", "other things", "lasting"):
        assert find_one(store, f"@{experiment}/base/line").experiment == experiment
    assert refused(store, "base/line").hint == "give the id, or the experiment too: @lasting/base/line"
    assert refused(store, "@duration/twice").hint == "give the id"
    assert str(refused(store, "@duration/nope")) == (
        "no run of experiment 'duration' is named 'nope' (hint: runlog ls -e duration)"
    )
    assert str(refused(store, "@other things/")).endswith("is named '' (hint: runlog ls -e 'other things')")
    assert str(refused(store, "@/ridge")) == "no run of experiment '' is named 'ridge' (hint: write @EXPERIMENT/NAME)"
    experiments.rename(store, "duration", "time")
    assert find_one(store, "@time/base/line").id == find_one(store, "@duration/base/line").id


def test_each_run_once(store: Store) -> None:
    ridge = find_one(store, "ridge").id
    assert [run.id for run in find(store, ["ridge", ridge, ridge[-6:]])] == [ridge]
