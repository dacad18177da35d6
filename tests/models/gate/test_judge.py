"""The whole verdict, from a store with runs and models, as a program asks for it."""

from __future__ import annotations

from pathlib import Path

import pytest

import runlog
from runlog.errors import Conflict, Damaged, NotFound, UsageError
from runlog.models.gate import Tolerance
from runlog.models.promote import promote
from runlog.models.registry import register
from runlog.runs.find import find_one


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> runlog.Store:
    """Two versions of a model, the first in production, and a candidate."""
    monkeypatch.chdir(tmp_path)
    for name, rmse in {"first": 6.1, "second": 6.0, "candidate": 6.05}.items():
        with runlog.start_run(experiment="trips", name=name) as run:
            run.log_metric("rmse", rmse)
            run.log_text("flavors: {}\n", "duration/MLmodel")
    store = runlog.open_store()
    versions = [register(store, store.run(run.id)) for run in reversed(list(store.runs())) if run.name != "candidate"]
    promote(store, versions[0], "production")
    return store


def results(verdict: object) -> list[tuple[str, str, float | None]]:
    return [(check.name, check.result, check.baseline) for check in verdict.checks[1:]]  # type: ignore[attr-defined]


def test_models_stand_for_the_runs_they_came_from(store: runlog.Store) -> None:
    for selector, base, passed in (
        ("duration@production", 6.1, True),
        ("duration@1", 6.1, True),
        ("duration@2", 6.0, False),
        ("duration", 6.0, False),
        ("models:/duration/production", 6.1, True),
        ("second/duration", 6.0, False),
    ):
        verdict = runlog.gate("candidate", no_worse_than=selector)
        assert results(verdict) == [(f"rmse vs {selector}", "ok" if passed else "failed", base)]
    assert runlog.gate("duration@2", no_worse_than="duration@production").passed
    assert runlog.gate("duration@2", require="rmse <= 6", store=store).passed


def test_the_version_is_told(store: runlog.Store) -> None:
    verdict = runlog.gate("candidate", no_worse_than=["duration@production", "second"])
    assert [(found.selector, found.version, [run.name for run in found.runs]) for found in verdict.baselines] == [
        ("duration@production", "duration@1", ["first"]),
        ("second", None, ["second"]),
    ]


def test_a_stage_that_nothing_holds_is_a_baseline_that_is_missing(store: runlog.Store) -> None:
    verdict = runlog.gate("candidate", no_worse_than="duration@staging", require="rmse < 7")
    assert (verdict.passed, verdict.checks[2].message) == (False, "missing: no version of 'duration' is in staging")
    allowed = runlog.gate("candidate", no_worse_than="duration@staging", require="rmse < 7", allow_missing=True)
    assert (allowed.passed, allowed.checks[2].result) == (True, "note")
    assert not runlog.gate("candidate", no_worse_than="nothing@production").passed


def test_a_model_of_which_a_file_was_altered_is_neither_candidate_nor_baseline(store: runlog.Store) -> None:
    kept = store.run(find_one(store, "first").id).artifact("duration/MLmodel")
    kept.chmod(0o644)
    kept.write_text("flavors: []\n")
    for selector, label in (
        ("duration@1", "duration@1"),
        ("duration@production", "duration@1"),
        ("models:/duration/1", "duration@1"),
        ("first/duration", f"{find_one(store, 'first').id}/duration"),
    ):
        problem = f"{label} is damaged: 'duration/MLmodel' is not what was logged"
        with pytest.raises(Damaged, match=problem):
            runlog.gate("candidate", no_worse_than=selector)
        with pytest.raises(Damaged, match=problem):
            runlog.gate(selector, require="rmse < 7")
    assert runlog.gate("candidate", no_worse_than="first").passed


def test_a_name_of_both_a_run_and_a_model_is_asked_about(store: runlog.Store) -> None:
    with runlog.start_run(name="duration"):
        pass
    with pytest.raises(Conflict, match="'duration' is a model, and the name of a run"):
        runlog.gate("candidate", no_worse_than="duration")


def test_a_candidate_is_not_its_own_baseline(store: runlog.Store) -> None:
    for rmse in (5.0, 5.1, 9.0):
        with runlog.start_run(name="seeds") as run:
            run.log_metric("rmse", rmse)
    verdict = runlog.gate("@last", no_worse_than="seeds")
    assert results(verdict) == [("rmse vs seeds", "failed", 5.05)]
    assert runlog.gate("@last", no_worse_than="@last").passed


def test_a_folder_on_disk_stands_for_the_run_that_it_names(store: runlog.Store, tmp_path: Path) -> None:
    (tmp_path / "shipped").mkdir()
    (tmp_path / "shipped" / "MLmodel").write_text(f"flavors: {{}}\nrun_id: {find_one(store, 'first').id}\n")
    assert results(runlog.gate("candidate", no_worse_than="./shipped")) == [("rmse vs ./shipped", "ok", 6.1)]
    for strange in ("0123456789abcdef0123456789abcdef", "../trips", "[1]"):
        (tmp_path / "shipped" / "MLmodel").write_text(f"flavors: {{}}\nrun_id: {strange}\n")
        [_, missing] = runlog.gate("candidate", no_worse_than="./shipped").checks
        assert (missing.passed, missing.message) == (False, "missing: the model in './shipped' comes from no run of this store")
    [_, missing] = runlog.gate("candidate", no_worse_than="./nothing").checks
    assert missing.message == "missing: './nothing' is no folder of a model: it has no MLmodel"


def test_an_at_in_the_name_of_a_run_makes_it_no_model(store: runlog.Store) -> None:
    with runlog.start_run(name="me@home") as run:
        run.log_metric("rmse", 1)
    assert runlog.gate("me@home", require="rmse < 7").passed
    with runlog.start_run(name="duration@production"):
        pass
    with pytest.raises(Conflict, match="'duration@production' is a model, and the name of a run") as told:
        runlog.gate("candidate", no_worse_than="duration@production")
    assert told.value.hint == "write models:/duration@production, or the id of the run"
    assert results(runlog.gate("candidate", no_worse_than="models:/duration@production"))[0][2] == 6.1


def test_a_program_says_the_rules_as_the_options_do(store: runlog.Store, tmp_path: Path) -> None:
    (tmp_path / "gate.toml").write_text('no_worse_than = "duration@2"\n')
    assert not runlog.gate("candidate", rules="gate.toml").passed
    assert runlog.gate("candidate", rules="gate.toml", tolerance="1%").passed
    assert runlog.gate(["candidate"], rules=tmp_path / "gate.toml", tolerance={"rmse": 0.05}).passed
    assert runlog.gate("candidate", rules="gate.toml", direction={"rmse": "max"}).passed
    assert Tolerance(0.01, True).limit(-5.0, "max") == -5.05
    with pytest.raises(UsageError, match="nothing is required of it"):
        runlog.gate("candidate")
    with pytest.raises(NotFound, match="no run matches 'nobody'"):
        runlog.gate("nobody", require="rmse < 7")
