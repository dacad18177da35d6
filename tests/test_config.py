"""Where the store is."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import runlog
from runlog import config
from runlog.store.store import Store
from tests.scene import runlog_cli


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder below two others."""
    below = tmp_path / "project" / "src" / "deep"
    below.mkdir(parents=True)
    monkeypatch.delenv("RUNLOG_STORE", raising=False)
    monkeypatch.chdir(below)
    return below


def begun_in(**settings: str) -> Path:
    """The store of a run that begins here."""
    with runlog.start_run(**settings) as run:  # type: ignore[arg-type]
        return run.store.root


def test_a_new_store_is_at_the_top_of_the_work_tree(folder: Path, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path / "project")], check=True)
    assert begun_in() == tmp_path / "project" / ".runlog"
    status = subprocess.run(["git", "status", "--porcelain"], cwd=folder, check=True, capture_output=True, text=True)
    assert status.stdout == ""


def test_a_linked_work_tree_has_a_store_of_its_own(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*words: str) -> None:
        subprocess.run(["git", "-C", str(folder), "-c", "user.name=A", "-c", "user.email=a@b", *words], check=True)

    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "one")
    git("worktree", "add", "-q", str(tmp_path / "linked"))
    (tmp_path / "linked" / "src").mkdir()
    monkeypatch.chdir(tmp_path / "linked" / "src")
    assert begun_in() == tmp_path / "linked" / ".runlog"


def test_without_git_a_new_store_is_right_here_and_later_runs_below_find_it(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path / "project")
    assert begun_in() == tmp_path / "project" / ".runlog"
    monkeypatch.chdir(folder)
    assert begun_in() == tmp_path / "project" / ".runlog"
    assert runlog.open_store().root == tmp_path / "project" / ".runlog"
    assert len(runlog_cli("ls", "-q", cwd=folder).stdout.split()) == 2


def test_the_nearest_store_counts_also_in_a_work_tree(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    assert begun_in() == folder.parent / ".runlog"
    subprocess.run(["git", "init", "-q", str(tmp_path / "project")], check=True)
    monkeypatch.chdir(folder)
    assert begun_in() == folder.parent / ".runlog"


def test_a_folder_named_runlog_with_nothing_in_it_is_no_store_above(folder: Path) -> None:
    (folder.parent / ".runlog").mkdir()
    assert begun_in() == folder / ".runlog"


def test_a_name_outweighs_what_is_near(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    near = begun_in()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RUNLOG_STORE", "~/runs")
    assert begun_in() == tmp_path / "home" / "runs"
    assert begun_in(store="../other") == folder.parent / "other"
    assert runlog.open_store().root == tmp_path / "home" / "runs"
    assert len(runlog_cli("--store", str(near), "ls", "-q", cwd=tmp_path).stdout.split()) == 1


@pytest.mark.parametrize("missing", ["nothing", "store.json", "all"])
def test_a_project_s_folder_stands_for_the_store_in_it(folder: Path, missing: str) -> None:
    inner = folder / ".runlog"
    assert begun_in() == inner
    if missing == "all":
        for path in sorted(inner.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
    elif missing != "nothing":
        (inner / missing).unlink()
    assert config.named_store(folder) == inner
    assert begun_in(store=str(folder)) == inner


def test_a_project_with_a_folder_of_experiments_of_its_own_stands_for_its_store(tmp_path: Path) -> None:
    (tmp_path / "experiments" / "mine").mkdir(parents=True)
    assert config.named_store(tmp_path) == tmp_path
    Store.create(tmp_path / ".runlog")
    assert config.named_store(tmp_path) == tmp_path / ".runlog"
