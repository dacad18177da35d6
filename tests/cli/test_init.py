"""`runlog init`: where stores are made, and where they are not."""

from __future__ import annotations

from pathlib import Path

import pytest

import runlog
from tests.cli.conftest import Answer, Cli
from tests.scene import tree


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_second_store_is_made_where_somebody_says_so(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cli("init").status == 0
    above, below = tmp_path / ".runlog", tmp_path / "part one" / ".runlog"
    below.parent.mkdir()
    monkeypatch.chdir(below.parent)
    assert cli("init") == Answer(0, f"there is a store already: {above}\n", "hint: runlog init . makes another one here\n")
    assert not below.exists()
    assert cli("init", ".") == Answer(0, f"made a store: {below}\n", f"note: the store above stays what it is: {above}\n")
    again = Answer(0, f"there is a store already: {below}\n", "")
    before = tree(tmp_path)
    assert cli("init", ".") == cli("init") == cli("init", str(below)) == again
    assert tree(tmp_path) == before
    with runlog.start_run() as run:
        pass
    assert run.path.is_relative_to(below)
    assert cli("init", "../part two/new").out == f"made a store: {tmp_path}/part two/new/.runlog\n"
    twice = "error: the store is named already, by --store or RUNLOG_STORE\nhint: runlog --store DIR init\n"
    monkeypatch.setenv("RUNLOG_STORE", str(above))
    assert cli("init", ".") == Answer(2, "", twice)


def test_no_store_is_spread_over_other_things(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNLOG_STORE", "")
    (tmp_path / "README.md").write_text("of the project\n")
    (tmp_path / "models").mkdir()
    before = tree(tmp_path)
    refused = f"error: {tmp_path} is not empty and not a runlog store: it holds 'README.md'\n"
    assert cli("--store", ".", "init") == Answer(6, "", f"{refused}hint: runlog --store {tmp_path}/.runlog init\n")
    assert tree(tmp_path) == before
    assert cli("--store", f"{tmp_path}/.runlog", "init") == Answer(0, f"made a store: {tmp_path}/.runlog\n", "")
    assert cli("--store", "new", "init") == Answer(0, f"made a store: {tmp_path}/new\n", "")
    assert cli("--store", ".", "init") == Answer(0, f"there is a store already: {tmp_path}/.runlog\n", "")


def test_an_experiment_without_runs_needs_a_store(cli: Cli, tmp_path: Path) -> None:
    missing = "error: there is no store here or in any folder above\nhint: runlog init\n"
    assert cli("experiments", "create", "trips") == Answer(6, "", missing)
    assert cli("init").status == 0
    assert cli("experiments", "create", "trips") == Answer(0, "made trips\n", "")


def test_no_store_is_made_in_a_file(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("precious")
    assert cli("init", "file") == Answer(6, "", f"error: {tmp_path}/file/.runlog lies below a file\n")
    assert tree(tmp_path).keys() == {"file"}
