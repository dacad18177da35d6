"""A run in which the model of a version lies stays, whoever wants it gone and wherever it was said."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from runlog import experiments
from runlog.errors import Conflict
from runlog.models import registry
from runlog.models.find import find_model, find_version
from runlog.runs.collect import Policy, collect, plan
from runlog.runs.remove import remove
from runlog.runs.retain import Rules
from runlog.store.registry import needed_runs
from runlog.store.store import Store
from tests.models.registry.conftest import copied, named


def collected(store: Store, policy: Policy) -> set[str]:
    return {going.run.name or "" for going in collect(store, plan(store, policy, lambda name: {"rmse": "min"})).runs}


def test_a_run_that_a_version_needs_is_not_removed(store: Store) -> None:
    ridge = named(store, "ridge")
    for name in ("duration", "trip times"):
        registry.register(store, ridge, name)
    assert needed_runs(store.root) == {ridge.id: ("duration@1", "trip times@1")}
    with pytest.raises(Conflict) as refused:
        remove(ridge, force=True)
    assert refused.value.message == f"run {ridge.id} is needed: duration@1 and 1 more lie in it"
    assert refused.value.hint == "runlog model rm duration@1"
    with pytest.raises(Conflict, match="is needed: duration@1"):
        experiments.remove(store, "duration")
    assert {run.name for run in store.runs()} == {"ridge", "xgb", "two", "bare"}
    for text in ("duration@1", "trip times@1"):
        registry.remove(store, find_version(store, text))
    assert needed_runs(store.root) == {}
    remove(ridge)


def test_rules_of_what_to_keep_keep_it(store: Store) -> None:
    registry.register(store, named(store, "ridge"))
    gone = collected(store, Policy(older_than=0, rules=Rules(best=(1, "rmse"))))
    assert gone == {"bare"}
    assert {run.name for run in store.runs()} == {"ridge", "xgb", "two"}


def test_gc_keeps_what_another_machine_has_removed(made_once: Path, tmp_path: Path) -> None:
    here, there = copied(made_once, tmp_path / "here"), copied(made_once, tmp_path / "there")
    registry.register(here, named(here, "ridge"))
    remove(named(there, "ridge"))
    remove(named(there, "xgb"))
    shutil.copytree(there.root, here.root, dirs_exist_ok=True)
    assert collected(here, Policy(older_than=0, forget=True)) == {"xgb"}
    assert find_model(here, "duration@1").run is not None


def test_a_version_that_came_after_the_plan_is_respected(store: Store) -> None:
    remove(named(store, "xgb"))
    remove(named(store, "bare"))
    planned = plan(store, Policy(older_than=0), lambda name: {})
    [xgb] = [run for run in store.runs(removed=True) if run.name == "xgb"]
    xgb.say(("removed", "", False))
    registry.register(store, xgb.reload())
    xgb.say(("removed", "", True))
    done = collect(store, planned)
    assert [going.run.name for going in done.runs] == ["bare"]
    assert [error.message for error in done.failed] == [f"run {xgb.id} is needed: duration@1 lies in it"]
