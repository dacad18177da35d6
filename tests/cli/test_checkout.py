"""`runlog checkout`, and what else the command line says of code: `show`, `ls`, `run --strict-git`."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

import runlog
from tests.capture.code.scene import Project, disk
from tests.cli.conftest import Answer, Cli
from tests.scene import runlog_cli


def test_a_run_is_checked_out_beside_the_project(cli: Cli, project: Project) -> None:
    project.write("train.py", "print('not committed')\n")
    run_id = project.run()
    before = disk(project.path)
    place = project.path.parent / f"project-{run_id[-6:]}"
    told = (
        f"the code of run {run_id} as work tree: 7 files\n"
        f"  when done with it: git worktree remove --force {place}\n"
    )  # fmt: skip
    assert cli("checkout", "@last") == Answer(0, f"{place}\n", told)
    assert disk(place) == before
    assert project.git("status", "--porcelain", folder=place) == " M train.py\n"
    again = cli("checkout", run_id[-6:])
    assert again == Answer(
        4, "", f"error: {str(place)!r} is there already, and nothing is put over it\nhint: give another folder\n"
    )


def test_plain_files_in_a_folder_of_ones_own(cli: Cli, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = project.run()
    os.chdir(tmp_path)
    monkeypatch.setenv("RUNLOG_STORE", str(project.path))
    answer = cli("checkout", run_id, "here", "--plain", "--json")
    expected = {"run": run_id, "path": str(tmp_path / "here"), "worktree": False, "files": 7, "missing": []}
    assert (answer.status, json.loads(answer.out), answer.err) == (0, expected, "")
    assert disk(tmp_path / "here") == disk(project.path)
    assert not (tmp_path / "here/.git").exists()


def test_a_store_alone_is_enough_and_says_what_it_lacks(cli: Cli, project: Project, tmp_path: Path) -> None:
    project.write(".env", "TOKEN=x\n")
    with open(project.path / "huge.bin", "wb") as file:
        file.truncate(11 << 20)
    run_id = project.run()
    away = tmp_path / "away"
    shutil.copytree(project.path / ".runlog", away / ".runlog")
    os.chdir(away)
    told = (
        f"the code of run {run_id} as plain files: 7 files\n"
        "  not as it was: .env (secret)\n"
        "  not as it was: huge.bin (left out: larger than 10 MB)\n"
    )
    assert cli("checkout", "@last") == Answer(0, f"{away}/away-{run_id[-6:]}\n", told)


def test_a_run_without_code_cannot_be_checked_out(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    expected = f"error: the code of run {ids['ridge']} was not captured\nhint: runlog show {ids['ridge']}\n"
    assert cli("checkout", "ridge", "out") == Answer(3, "", expected)
    assert not Path("out").exists()


def test_a_copy_without_its_code_says_where_to_get_it(cli: Cli, project: Project, tmp_path: Path) -> None:
    project.git("remote", "add", "origin", "https://example.org/ada/project.git")
    project.run()
    away = tmp_path / "away"
    shutil.copytree(project.path / ".runlog", away / ".runlog")
    shutil.rmtree(away / ".runlog/code")
    os.chdir(away)
    answer = cli("checkout", "@last", "out")
    assert answer.status == 3
    assert answer.err.startswith("error: the store has no snapshot ")
    assert not (away / "out").exists()
    assert cli("check").status == 1


def test_show_tells_of_the_code(cli: Cli, project: Project) -> None:
    commit = project.git("rev-parse", "--short=12", "HEAD").strip()
    project.run()
    assert f"\ncode        commit {commit} on main\n" in cli("show").out
    project.write("train.py", "print('not committed')\n")
    project.write(".env", "TOKEN=x\n")
    run_id = project.run()
    page = cli("show").out
    assert f"\ncode        commit {commit} on main, dirty: 2 files changed\n" in page
    assert page.endswith("\ncode\n  withheld: .env\n")
    code = json.loads(cli("show", "--json").out)["code"]
    assert code == runlog.open_store(project.path).run(run_id).record.code
    assert (code["commit"][:12], code["dirty"], code["changed"]) == (commit, True, [".env", "train.py"])


def test_runs_are_listed_by_their_code(cli: Cli, project: Project) -> None:
    first = project.run()
    project.git("checkout", "-q", "-b", "better")
    project.write("train.py", "print('better')\n")
    project.commit("better")
    second = project.run()
    project.write("src/model.py", "best\n")
    third = project.run()
    every = {
        ("main..HEAD",): [third, second],
        ("--commit", "main"): [first],
        ("--commit", "main..better"): [third, second],
        ("--branch", "better", "-n", "1"): [third],
        ("--touching", "src"): [third],
        ("--dirty",): [third],
        ("--same-code-as", second): [second],
        ("--where", "not code.dirty", "--sort", "started"): [first, second],
    }
    for words, ids in every.items():
        assert cli("ls", "-q", *words) == Answer(0, "".join(f"{run_id}\n" for run_id in ids), ""), words
    assert cli("exists", "--same-code-as", first).status == 0
    assert cli("ls", "main") == Answer(
        2, "", "error: 'main' is no range of commits\nhint: runlog ls --experiment main, or --commit main\n"
    )
    assert cli("ls", "--commit", "nonsense").err.startswith("error: 'nonsense' is no commit")


def test_strict_git_runs_what_is_committed_and_nothing_else(project: Project) -> None:
    done = runlog_cli("run", "--strict-git", "--", "true", cwd=project.path)
    assert done.returncode == 0
    project.write("new.py", "new\n")
    project.write("train.py", "changed\n")
    done = runlog_cli("run", "--strict-git", "--", "touch", "ran", cwd=project.path)
    expected = "error: --strict-git wants all code committed, and 'new.py', 'train.py' is not\nhint: git status\n"
    assert (done.returncode, done.stderr) == (4, expected)
    assert not (project.path / "ran").exists()
    assert len(list(runlog.open_store(project.path).runs())) == 1
    shutil.rmtree(project.path / ".git")
    done = runlog_cli("run", "--strict-git", "--", "true", cwd=project.path)
    assert (done.returncode, done.stderr) == (
        4,
        "error: --strict-git wants all code committed, and there is no git work tree here\n",
    )


def test_a_program_is_tracked_with_the_code_it_ran(project: Project) -> None:
    """The program changes its own code: what counts is what it began with."""
    project.write("train.py", "open('train.py', 'w').write('rewritten')\n")
    done = runlog_cli("run", "--", "python", "train.py", cwd=project.path)
    assert done.returncode == 0, done.stderr
    assert (project.path / "train.py").read_text() == "rewritten"
    assert runlog_cli("checkout", "@last", "out", cwd=project.path).returncode == 0
    assert (project.path / "out/train.py").read_text() == "open('train.py', 'w').write('rewritten')\n"


def test_a_script_is_tracked_with_its_code(project: Project) -> None:
    done = runlog_cli("start", "--name", "by-hand", cwd=project.path)
    assert done.returncode == 0, done.stderr
    [run] = runlog.open_store(project.path).runs()
    assert run.record.code["commit"] == project.git("rev-parse", "HEAD").strip()


def test_capture_can_be_turned_off(project: Project) -> None:
    done = runlog_cli("run", "--", "true", cwd=project.path, RUNLOG_CAPTURE="off")
    assert done.returncode == 0
    [run] = runlog.open_store(project.path).runs()
    assert run.record.code == {}
    assert project.git("for-each-ref", "refs/runlog") == ""
