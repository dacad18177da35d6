"""Repositories inside a repository: those that it knows as submodules, and others."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

import runlog
from runlog.runs.difference import difference_to_now
from tests.capture.code.scene import Project, checked_out, comes_back, disk, forget_everything, inner, private


@pytest.fixture
def with_submodules(project: Project, tmp_path: Path) -> Project:
    deep, library = inner(tmp_path / "deep"), inner(tmp_path / "library")
    library.git("submodule", "--quiet", "add", str(deep.path), "vendor/deep")
    library.commit("with a submodule")
    project.git("submodule", "--quiet", "add", str(library.path), "lib")
    project.git("submodule", "--quiet", "update", "--init", "--recursive")
    project.commit("with submodules")
    return project


@pytest.mark.parametrize("state", ["clean", "other commit", "dirty", "untracked", "deep and dirty", "staged", "binary"])
def test_submodules_come_back_as_they_were(state: str, with_submodules: Project, tmp_path: Path) -> None:
    project = with_submodules
    lib, deep = Project(project.path / "lib"), Project(project.path / "lib/vendor/deep")
    match state:
        case "other commit":
            lib.write("lib.py", "def g(): ...\n")
            lib.commit("more")
        case "dirty":
            lib.write("lib.py", "def h(): ...\n")
        case "untracked":
            lib.write("new.py", "new\n")
        case "deep and dirty":
            deep.write("lib.py", "deep\n")
            deep.write("more/new.py", "new\n")
        case "staged":
            lib.write("lib.py", "staged\n")
            lib.git("add", "lib.py")
        case "binary":
            lib.write("data.bin", os.urandom(5000))
    before, own = disk(project.path), private(project.path / ".git")
    run_id = project.run()
    assert private(project.path / ".git") == own
    code = project.code(run_id)
    assert code.dirty == (state != "clean")
    assert set(code.submodules) == {"lib"}
    if state == "other commit":
        assert code.submodules["lib"] == lib.git("rev-parse", "HEAD").strip()
    project.run()
    assert len(list((project.path / ".runlog/code").iterdir())) == 1
    for repository in (deep, lib, project):
        forget_everything(repository)
    comes_back(project, run_id, before, tmp_path)


@pytest.mark.parametrize("gone", ["folder", "repository", "both and the store's"])
def test_a_submodule_that_is_gone_comes_back(gone: str, with_submodules: Project, tmp_path: Path) -> None:
    project = with_submodules
    project.write("lib/lib.py", "def changed(): ...\n")
    before = disk(project.path)
    run_id = project.run()
    shutil.rmtree(project.path / "lib")
    if gone != "folder":
        shutil.rmtree(project.path / ".git/modules")
    if gone == "both and the store's":
        shutil.rmtree(project.path / ".runlog/code")
        done = checked_out(project.path, run_id, tmp_path / "as-worktree")
        assert done.missing == {"lib": "its repository is gone: git submodule update --init"}
        return
    comes_back(project, run_id, before, tmp_path)
    os.chdir(project.path)
    store = runlog.open_store(project.path)
    found = difference_to_now(store, store.run(run_id).record)
    assert {change.path: change.how for change in found.code}.items() >= {
        ("lib/lib.py", "removed"),
        ("lib/vendor/deep/lib.py", "removed"),
    }
    assert "-def changed(): ...\n" in next(change.patch for change in found.code if change.path == "lib/lib.py")


def test_a_submodule_of_the_same_files_at_another_commit(with_submodules: Project, tmp_path: Path) -> None:
    project, lib = with_submodules, Project(with_submodules.path / "lib")
    project.run()
    lib.git("commit", "-q", "--allow-empty", "-m", "nothing new")
    commit = lib.git("rev-parse", "HEAD").strip()
    before = disk(project.path)
    run_id = project.run()
    code = project.code(run_id)
    assert (code.submodules["lib"], code.changed) == (commit, ("lib",))
    forget_everything(lib)
    forget_everything(project)
    comes_back(project, run_id, before, tmp_path)


def test_a_submodule_that_was_never_fetched_is_no_trouble(with_submodules: Project, tmp_path: Path) -> None:
    clone = Project(tmp_path / "clone")
    with_submodules.git("clone", "-q", str(with_submodules.path), str(clone.path))
    os.chdir(clone.path)
    before = disk(clone.path)
    run_id = clone.run()
    assert not clone.code(run_id).dirty
    assert clone.code(run_id).submodules
    comes_back(clone, run_id, before, tmp_path)


def test_a_repository_inside_that_is_no_submodule(project: Project, tmp_path: Path) -> None:
    nested = inner(project.path / "third_party")
    nested.write("lib.py", "changed here\n")
    before = disk(project.path)
    run_id = project.run()
    assert project.code(run_id).submodules.keys() == {"third_party"}
    forget_everything(nested)
    forget_everything(project)
    comes_back(project, run_id, before, tmp_path)


def test_a_broken_repository_inside_costs_only_itself(project: Project, tmp_path: Path) -> None:
    nested = inner(project.path / "broken")
    (nested.path / ".git/index").write_bytes(b"this is no index")
    project.write("train.py", "print('not committed')\n")
    run_id = project.run()
    code = project.code(run_id)
    assert (code.kind, code.changed) == ("git", ("train.py",))
    assert [note.partition(":")[0] for note in code.notes] == ["broken"]
