"""Which model is meant: by name, number, stage, alias, run, path, or as MLflow writes it; and what is no longer what it was."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import runlog
from runlog.errors import Conflict, Damaged, NotFound, RunlogError, UsageError
from runlog.models import registry
from runlog.models.find import find_model, find_named, find_version
from runlog.models.promote import promote
from runlog.models.restore import restore
from runlog.runs.collect import Policy, collect, plan
from runlog.runs.remove import remove as remove_run
from runlog.store.registry import needed_runs
from runlog.store.store import Store
from runlog.store.stored import StoredRun
from tests.scene import python, tree

Runs = Callable[[str], StoredRun]


@pytest.fixture
def three(store: Store, run: Runs) -> Store:
    """duration 1 (ridge, in production), 2 (xgb, champion), 3 (ridge)."""
    for name in ("ridge", "xgb", "ridge"):
        registry.register(store, run(name), "duration")
    promote(store, find_version(store, "duration@1"), "production")
    registry.alias(store, find_version(store, "duration@2"), "champion")
    return store


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("duration", 3),
        ("duration@latest", 3),
        ("duration@2", 2),
        ("duration@production", 1),
        ("duration@champion", 2),
        ("models:/duration", 3),
        ("models:/duration/2", 2),
        ("models:/duration/latest", 3),
        ("models:/duration/Production", 1),
        ("models:/duration@champion", 2),
    ],
)
def test_a_version_is_found_by(text: str, number: int, three: Store) -> None:
    assert find_version(three, text).number == number
    found = find_model(three, text)
    assert found.version
    assert (found.version.number, found.path, found.label) == (number, "model", f"duration@{number}")
    assert (found.folder / "MLmodel").read_text() == "flavors: {}\n"


REFUSALS = [
    ("duration@4", NotFound, "'duration' has no version 4", "runlog model show duration"),
    ("duration@0", NotFound, "'duration' has no version 0", "runlog model show duration"),
    (
        "duration@staging",
        NotFound,
        "no version of 'duration' is in staging",
        "runlog model promote duration VERSION --to staging",
    ),
    ("duration@champoin", NotFound, "'duration' has no version 'champoin'", "did you mean duration@champion?"),
    ("duration@2.zzzzzz", NotFound, "'duration' has no version 2.zzzzzz", "runlog model show duration"),
    ("durations", NotFound, "no model is registered as 'durations'", "did you mean 'duration'?"),
    ("duration@", UsageError, "'duration@' names no version of a model", "write NAME@3 or NAME@production"),
    ("models:/", UsageError, "'models:/' names no version of a model", "write NAME@3 or NAME@production"),
]


@pytest.mark.parametrize(("text", "kind", "message", "hint"), REFUSALS)
def test_what_is_not_there(text: str, kind: type[RunlogError], message: str, hint: str, three: Store) -> None:
    with pytest.raises(kind) as refused:
        find_version(three, text)
    assert (refused.value.message, refused.value.hint) == (message, hint)


def test_a_run_means_its_one_model(three: Store, run: Runs) -> None:
    ridge, two = run("ridge"), run("two")
    found = find_model(three, "ridge")
    assert (found.version, found.run and found.run.id, found.path) == (None, ridge.id, "model")
    assert find_model(three, ridge.id[-6:]).folder == ridge.path / "artifacts" / "model"
    assert find_model(three, "two/fares").path == "fares"
    assert find_model(three, f"{two.id}/trips/").label == f"{two.id}/trips"
    with pytest.raises(Conflict) as several:
        find_model(three, "two")
    assert several.value.hint == f"runlog model path {two.id}/fares"
    with pytest.raises(NotFound, match="has no model: its program did not call log_model"):
        find_model(three, "@last")


def test_names_with_a_slash(three: Store, run: Runs) -> None:
    script = """
import runlog
with runlog.start_run(name="night/7") as run:
    run.log_metric("val/loss", 0.1)
    run.log_text("flavors: {}", "packed/deep/MLmodel")
"""
    assert python(script, cwd=three.root.parent).returncode == 0
    for text in ("night/7", "night/7/packed/deep", "@last/packed/deep", "@best:val/loss", "@best:val/loss/packed/deep"):
        assert find_model(three, text).path == "packed/deep"
    with pytest.raises(NotFound, match="has no model 'packed'"):
        find_model(three, "night/7/packed")
    with pytest.raises(RunlogError, match="'nothing'"):
        find_model(three, "@best:nothing")


def test_a_folder_on_disk_counts_where_it_cannot_be_something_else(three: Store, run: Runs, tmp_path: Path) -> None:
    folder = shutil.copytree(run("xgb").path / "artifacts" / "model", tmp_path / "out")
    assert find_model(three, str(folder)).folder == folder
    os.chdir(tmp_path)
    assert find_model(three, "./out").label == "./out"
    assert find_model(None, "out").run is None
    shutil.copytree(folder, tmp_path / "duration")
    assert find_model(three, "duration").version is not None
    with pytest.raises(NotFound, match=r"'\./nothing' is no folder of a model"):
        find_model(three, "./nothing")
    with pytest.raises(NotFound, match="no model and no run matches 'nothing'"):
        find_model(three, "nothing")


def damage(path: Path, text: str) -> None:
    os.chmod(path, 0o644)
    path.write_text(text)


def test_a_model_that_was_changed_is_refused(three: Store, run: Runs) -> None:
    weights = run("ridge").artifact("model/weights.txt")
    damage(weights, weights.read_text().upper())
    for text in ("duration@1", "duration@production", "duration"):
        with pytest.raises(Damaged, match=r"duration@\d is damaged: 'model/weights\.txt' is not what was logged"):
            find_model(three, text)
        with pytest.raises(Damaged, match="is not what was logged"):
            runlog.load_model(text, store=three.root)
    with pytest.raises(Damaged):
        promote(three, find_version(three, "duration@3"), "production")
    assert find_model(three, "duration@2").version
    promote(three, find_version(three, "duration@3"), "archived")


def test_a_model_that_lost_a_file_is_refused(three: Store, run: Runs) -> None:
    run("xgb").artifact("model/weights.txt").unlink()
    with pytest.raises(Damaged, match="is missing or altered"):
        find_model(three, "duration@champion")


def test_a_version_whose_run_is_in_the_trash_of_a_merged_store_is_found(three: Store, run: Runs) -> None:
    xgb = run("xgb")
    remove_run(xgb, needed={})
    assert find_model(three, "duration@2").run is not None
    before = tree(three.root)
    [note] = three.check().findings
    assert (note.severity, note.problem) == ("note", f"needs run {xgb.id}, which is in the trash: runlog restore {xgb.id}")
    assert tree(three.root) == before


def test_a_version_whose_run_was_not_copied_is_told(three: Store, run: Runs) -> None:
    xgb = run("xgb")
    shutil.rmtree(xgb.path)
    with pytest.raises(NotFound, match=f"run {xgb.id}, in which duration@2 lies, is not in this store"):
        find_model(three, "duration@champion")
    [found] = three.check().findings
    problem = f"needs run {xgb.id}, which is not there: was only a part of the store copied?"
    assert (found.severity, found.problem) == ("damage", problem)


def test_the_trash_keeps_numbers(three: Store, run: Runs) -> None:
    registry.remove(three, find_version(three, "duration@3"), why="worse")
    assert find_version(three, "duration").number == 2
    with pytest.raises(NotFound, match="version 3 of 'duration' is in the trash"):
        find_version(three, "duration@3")
    assert registry.register(three, run("ridge")).number == 4
    restore(three, find_version(three, "duration@3", removed=True))
    assert find_version(three, "duration@3").number == 3


def test_what_somebody_may_load_is_not_removed_by_chance(three: Store) -> None:
    for text, message in [("duration@1", "duration@1 is in production"), ("duration@2", "duration@2 has the alias 'champion'")]:
        with pytest.raises(Conflict) as refused:
            registry.remove(three, find_version(three, text))
        assert refused.value.message == message
    registry.remove(three, find_version(three, "duration@1"), force=True)
    restore(three, find_version(three, "duration@1", removed=True))
    assert find_version(three, "duration@production").number == 1


def test_what_comes_back_has_the_stage_and_aliases_it_had(three: Store) -> None:
    registry.alias(three, find_version(three, "duration@1"), "first")
    registry.remove(three, find_named(three, "duration"), force=True)
    with pytest.raises(NotFound, match=r"duration@champion is in the trash: it is duration@2") as refused:
        find_version(three, "duration@champion")
    assert refused.value.hint == "runlog model restore duration 2"
    assert needed_runs(three.root) == {}
    assert restore(three, find_named(three, "duration")).lost == ()
    model = find_named(three, "duration")
    assert [(each.stage, each.aliases) for each in model.versions] == [
        ("production", ("first",)),
        (None, ("champion",)),
        (None, ()),
    ]


def test_what_another_has_by_now_is_left_to_it_and_told(three: Store) -> None:
    for name in ("first", "other"):
        registry.alias(three, find_version(three, "duration@1"), name)
    registry.remove(three, find_version(three, "duration@1"), force=True)
    assert promote(three, find_version(three, "duration@3"), "production").left == ()
    registry.alias(three, find_version(three, "duration@3"), "first")
    done = restore(three, find_version(three, "duration@1", removed=True))
    assert [(each.label, each.stage, each.aliases) for each in done.versions] == [("duration@1", "archived", ("other",))]
    assert [(lost.word, lost.holder.label) for lost in done.lost] == [("production", "duration@3"), ("first", "duration@3")]
    assert find_named(three, "duration").conflicts == ()


def test_a_version_whose_run_is_gone_is_not_brought_forward(three: Store) -> None:
    version = find_version(three, "duration@1")
    registry.remove(three, version, force=True)
    for each in find_named(three, "duration").living:
        registry.remove(three, each, force=True)
    run = next(run for run in three.runs() if run.id == version.run)
    remove_run(run)
    with pytest.raises(Conflict, match=rf"run {run.id}, in which duration@1 lies, is in the trash") as refused:
        restore(three, version)
    assert refused.value.hint == f"runlog restore {run.id}"
    collect(three, plan(three, Policy(older_than=0), lambda name: {}))
    with pytest.raises(NotFound, match=rf"the files of duration@1 are gone: gc dropped those of run {run.id}"):
        restore(three, version)


def test_a_whole_model_goes_and_comes_back_together(three: Store) -> None:
    registry.remove(three, find_version(three, "duration@3"))
    registry.remove(three, find_named(three, "duration"), force=True)
    with pytest.raises(NotFound, match="every version of 'duration' is in the trash"):
        find_version(three, "duration")
    restore(three, find_named(three, "duration"))
    assert [(each.number, each.removed) for each in find_named(three, "duration").versions] == [(1, False), (2, False), (3, True)]


def test_a_store_without_models_reads_as_ever(store: Store) -> None:
    assert store.models() == []
    assert store.check().clean
    assert not (store.root / "models").exists()
    with pytest.raises(NotFound, match="no model is registered as 'duration'"):
        find_version(store, "duration")
