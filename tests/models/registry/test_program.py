"""The registry from a program: with a run that goes on, one that has ended, or a word for one."""

from __future__ import annotations

import pytest

import runlog
from runlog.errors import BadInput, Conflict, NotFound
from runlog.store.store import Store
from tests.models.registry.conftest import named


def test_a_run_that_goes_on_registers_its_model(store: Store) -> None:
    with runlog.start_run(store=store.root, experiment="trips") as run:
        run.log_text("flavors: {}", "model/MLmodel")
        version = runlog.register_model(run, stage="staging", aliases=["next"], tags={"a": "b"}, note="at night")
        assert (version.label, version.stage, version.aliases, version.run) == ("trips@1", "staging", ("next",), run.id)
        run.log_metric("rmse", 1.0)
    assert runlog.find_model("trips@next", store=store.root).folder.parent.parent.name == run.id


def test_words_and_runs_that_have_ended(store: Store) -> None:
    ridge = runlog.register_model("ridge", store=store.root)
    xgb = runlog.register_model(named(store, "xgb"))
    assert [ridge.label, xgb.label] == ["duration@1", "duration@2"]
    assert runlog.promote_model("duration@1", "production").stage == "production"
    assert runlog.promote_model("duration@2", "production", why="better").stage == "production"
    assert runlog.alias_model("duration@1", "before").aliases == ("before",)
    [model] = runlog.open_store().models()
    assert [(version.number, version.stage) for version in model.versions] == [(1, "archived"), (2, "production")]
    assert model.holder("before") == model.versions[0]
    with pytest.raises(BadInput, match="'live' is no stage"):
        runlog.promote_model("duration@1", "live")
    with pytest.raises(BadInput, match="'live' is no stage"):
        runlog.register_model("ridge", stage="live")
    with pytest.raises(NotFound):
        runlog.alias_model("duration@9", "x")
    assert len(runlog.open_store().models()[0].versions) == 2


def test_a_run_in_the_trash_is_not_registered(store: Store) -> None:
    from runlog.runs.remove import remove

    xgb = named(store, "xgb")
    remove(xgb)
    with pytest.raises(Conflict, match="is in the trash"):
        runlog.register_model(xgb)
    assert store.models() == []
