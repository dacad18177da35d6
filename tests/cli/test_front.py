"""What stands before a command: where to go first, and what runlog says of itself."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

import runlog
from runlog.store.document import FORMAT
from tests.cli.conftest import Answer, Cli
from tests.scene import bare_runs, shell


def test_a_command_is_done_in_another_folder(cli: Cli, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = cli("ls", "-q")
    (store.parent / "sub").mkdir()
    for words in (["-C", str(store.parent)], ["-C", str(tmp_path), "-C", "project"], ["-C", str(store.parent / "sub")]):
        monkeypatch.chdir("/")
        assert cli(*words, "ls", "-q") == here
    monkeypatch.chdir("/")
    assert cli("-C", str(tmp_path), "--store", "project/.runlog", "ls", "-q") == here
    monkeypatch.chdir("/")
    assert cli("-C", str(store.parent), "ls", "-q", "--store", ".runlog") == here


def test_a_program_runs_there(store: Path, tmp_path: Path) -> None:
    (store.parent / "sub").mkdir()
    before = set(bare_runs(store))
    done = shell(f"'{sys.executable}' -m runlog -C project/sub run -q -- sh -c 'pwd; echo $PWD'", cwd=tmp_path)
    there = os.path.realpath(store.parent / "sub")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{there}\n{there}\n", "")
    assert len(set(bare_runs(store)) - before) == 1


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (["-C", "nowhere", "ls"], 3, "cannot go to 'nowhere': no such file or directory\n"),
        (["-C", "file", "ls"], 3, "cannot go to 'file': not a directory\n"),
        (["ls", "-C", "project"], 2, "-C comes before the command\nhint: runlog -C DIR ls\n"),
        (["-C"], 2, "-C needs a value\nhint: runlog --help\n"),
        (["--json", "ls"], 2, "--json belongs to a command or to --version\nhint: runlog ls --json\n"),
    ],
)
def test_what_cannot_be_is_told(
    cli: Cli, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], status: int, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    assert cli(*words) == Answer(status, "", f"error: {told}")


def test_completion_looks_there_too(cli: Cli, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    line = f"runlog -C {store.parent} show ri"
    assert cli("_complete", "bash", line, " \t\n=:").out.splitlines()[1:] == ["ridge "]


def test_the_version_for_people_and_for_programs(cli: Cli) -> None:
    assert cli("--version") == Answer(0, f"runlog {runlog.__version__}\n", "")
    told = cli("--version", "--json")
    found = json.loads(told.out)
    assert (told.status, told.err) == (0, "")
    assert list(found) == ["runlog", "store_format", "python", "system"]
    assert found["runlog"] == runlog.__version__ and found["store_format"] == FORMAT
