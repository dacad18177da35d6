"""Runs by their code, in a repository with a history."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

import runlog
from runlog.errors import BadInput, NotFound, OutsideError
from runlog.runs.revisions import Revisions
from runlog.runs.select import Wanted, select
from tests.capture.code.scene import Project


def asked(project: Project, **wanted: str | bool) -> set[str]:
    return {run.id for run in select(runlog.open_store(project.path), Wanted(revisions=Revisions(**wanted)))}  # type: ignore[arg-type]


@pytest.fixture
def history(project: Project) -> dict[str, str]:
    """Runs along a history: main, a branch of two commits of which the first changes the model, and one that is dirty."""
    made = {"main": project.run()}
    project.git("checkout", "-q", "-b", "better")
    project.write("src/model.py", "class Model: better = True\n")
    project.commit("a better model")
    made["model"] = project.run()
    project.write("train.py", "print('trained')\n")
    project.commit("trained")
    made["train"] = project.run()
    project.write("src/model.py", "class Model: best = True\n")
    made["dirty"] = project.run()
    return made


def test_a_commit_is_named_as_git_names_it(project: Project, history: dict[str, str]) -> None:
    assert asked(project, commit="main") == {history["main"]}
    assert asked(project, commit="HEAD") == {history["train"], history["dirty"]}
    assert asked(project, commit="HEAD~1") == {history["model"]}
    assert asked(project, commit=project.git("rev-parse", "main")[:7]) == {history["main"]}
    with pytest.raises(BadInput, match="'nonsense' is no commit"):
        asked(project, commit="nonsense")


def test_a_range_of_commits(project: Project, history: dict[str, str]) -> None:
    assert asked(project, commit="main..HEAD") == set(history.values()) - {history["main"]}
    assert asked(project, commit="main..HEAD~1") == {history["model"]}
    assert asked(project, commit="HEAD..main") == set()
    with pytest.raises(OutsideError) as refused:
        asked(project, commit="main..nonsense")
    assert refused.value.message == "bad revision 'main..nonsense'"
    with pytest.raises(BadInput):
        asked(project, commit="--output=x..y")


def test_branch_and_dirty(project: Project, history: dict[str, str]) -> None:
    assert asked(project, branch="main") == {history["main"]}
    assert asked(project, branch="better") == set(history.values()) - {history["main"]}
    assert asked(project, dirty=True) == {history["dirty"]}
    assert asked(project, dirty=True, branch="main") == set()


def test_runs_that_touch_a_file_or_folder(project: Project, history: dict[str, str]) -> None:
    assert asked(project, touching="src/model.py") == {history["model"], history["dirty"]}
    assert asked(project, touching="src") == {history["model"], history["dirty"]}
    assert asked(project, touching="model.py") == set()
    # The first commit of all made every file, and the one main is at changed train.py.
    assert asked(project, touching="train.py") == {history["main"], history["train"], history["dirty"]}
    os.chdir(project.path / "src")
    assert asked(project, touching="model.py") == {history["model"], history["dirty"]}
    with pytest.raises(BadInput):
        asked(project, touching="../../elsewhere")


def test_runs_of_the_same_code_wherever_it_was_committed(project: Project, history: dict[str, str]) -> None:
    assert asked(project, same_code_as=history["dirty"]) == {history["dirty"]}
    project.commit("what was dirty")
    clean = project.run()
    assert asked(project, same_code_as=clean) == {history["dirty"], clean}
    assert asked(project, same_code_as="@last", dirty=True) == {history["dirty"]}


def test_a_store_without_the_repository_answers_what_it_can(project: Project, history: dict[str, str], tmp_path: Path) -> None:
    commit = project.git("rev-parse", "HEAD").strip()
    away = Project(tmp_path / "away")
    away.path.mkdir()
    shutil.copytree(project.path / ".runlog", away.path / ".runlog")
    os.chdir(away.path)
    assert asked(away, commit=commit[:10]) == {history["train"], history["dirty"]}
    assert asked(away, branch="main") == {history["main"]}
    assert asked(away, touching="src/model.py") == {history["dirty"]}
    assert asked(away, same_code_as=history["main"]) == {history["main"]}
    for words in ({"commit": "main"}, {"commit": "main..HEAD"}):
        with pytest.raises(BadInput, match="no git work tree here"):
            asked(away, **words)


def test_a_run_without_code_has_no_equal(project: Project, history: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNLOG_CAPTURE", "off")
    bare = project.run()
    with pytest.raises(NotFound):
        asked(project, same_code_as=bare)
    assert asked(project, touching=".") == set(history.values())


def test_code_in_the_filter_language(project: Project, history: dict[str, str]) -> None:
    store = runlog.open_store(project.path)

    def where(text: str) -> set[str]:
        return {run.id for run in select(store, Wanted(where=(text,)))}

    assert where("code.dirty") == {history["dirty"]}
    assert where("not code.dirty and code.branch = better") == {history["model"], history["train"]}
    assert where("code.changed contains model") == {history["dirty"]}
    assert where(f"code.commit = {project.git('rev-parse', 'main').strip()}") == {history["main"]}
    assert where("code.tree is null") == set()
    assert next(run.id for run in select(store, Wanted(sort="-code.branch"))) == history["main"]
