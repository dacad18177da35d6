"""What has been run need not be run again, unless anything that could matter is other than it was."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scene import bare_runs, runlog_cli

PROGRAM = "import runlog\nrun = runlog.start_run()\nrun.use_data('own.csv')\nrun.log_metric('a', runlog.params(a=1)['a'])\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RUNLOG_CAPTURE", "on")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    folder = tmp_path / "project"
    folder.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    (folder / ".gitignore").write_text("*.csv\n")
    (folder / "train.py").write_text(PROGRAM)
    (folder / "own.csv").write_text("1\n")
    (folder / "in.csv").write_text("2\n")
    return folder


def count(project: Path) -> int:
    return len(bare_runs(project / ".runlog"))


def needed(project: Path, *options: str, command: tuple[str, ...] = ("python", "train.py")) -> str:
    """The answer: the id of an earlier run, or nothing when it was run."""
    done = runlog_cli("run", "--needed", *options, "--", *command, cwd=project)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_second_time_it_is_the_first_run(project: Path) -> None:
    options = ("-p", "a=2", "--input", "in=in.csv")
    assert needed(project, *options) == ""
    [first] = bare_runs(project / ".runlog")
    done = runlog_cli("run", "--needed", *options, "--", "python", "train.py", cwd=project)
    assert done.stdout == f"{first}\n"
    assert done.stderr.startswith(f"run {first} is this already, finished ")
    assert needed(project, *options, "-q", "-t", "other=tag") == f"{first}\n"
    assert count(project) == 1


def test_anything_that_matters_makes_it_needed_again(project: Path) -> None:
    base = ("-p", "a=2", "--input", "in=in.csv")
    runs = 0

    def is_run(*options: str, command: tuple[str, ...] = ("python", "train.py")) -> None:
        nonlocal runs
        assert needed(project, *options, command=command) == ""
        runs += 1
        assert count(project) == runs

    is_run(*base)
    is_run("-p", "a=3", "--input", "in=in.csv")
    is_run("-p", "a=2")
    is_run(*base, command=("python", "train.py", "--lr", "0.1"))
    is_run(*base, "-e", "other")
    (project / "in.csv").write_text("3\n")
    is_run(*base)
    (project / "own.csv").write_text("4\n")
    is_run(*base)
    (project / "train.py").write_text(PROGRAM + "# said again\n")
    is_run(*base)
    assert needed(project, *base) != ""


def test_only_a_run_that_finished_counts(project: Path) -> None:
    (project / "train.py").write_text("raise SystemExit(3)\n")
    for _ in range(2):
        assert runlog_cli("run", "--needed", "--", "python", "train.py", cwd=project).returncode == 3
    (project / "train.py").write_text("pass\n")
    assert needed(project) == ""
    first = needed(project).strip()
    assert runlog_cli("rm", first, cwd=project).returncode == 0
    assert needed(project) == ""


def test_without_knowing_the_code_it_is_run(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNLOG_CAPTURE", "off")
    assert [needed(project), needed(project)] == ["", ""]
