"""What commands say where there is no store, and in one without runs: the next step."""

from __future__ import annotations

from pathlib import Path

import pytest

import runlog
from tests.cli.conftest import Answer, Cli
from tests.scene import tree

NO_STORE = "error: there is no store here or in any folder above\nhint: runlog run -- <command>\n"
NO_RUNS = "error: there are no runs yet\nhint: runlog run -- <command>\n"
OF_A_RUN = ["show", "logs", "metrics", "artifacts", "params", "note @last", "tag @last k=v", "compare @last @last~1", "rm @last"]
# In a store without runs: status, answer, and what is said beside it.
OF_RUNS = {
    "ls": (0, "", "no runs yet: runlog run -- <command>\n"),
    "ls --where x>1": (0, "", "no runs yet: runlog run -- <command>\n"),
    "ls --sort loss": (0, "", "no runs yet: runlog run -- <command>\n"),
    "ls --removed": (0, "", "no run is in the trash\n"),
    "ls -q": (0, "", ""),
    "ls --json": (0, "[]\n", ""),
    "watch": (0, "", "nothing is running\n"),
    "wait": (0, "", "nothing is running\n"),
    "gc": (0, "", "nothing to collect\n"),
    "best loss": (3, "", "error: there is no run to be the best by 'loss'\nhint: runlog ls\n"),
    "experiments": (0, "", "no experiments yet: runlog run -e NAME -- <command>\n"),
    "compare -": (2, "", "error: a comparison needs at least two runs\nhint: runlog compare @last @last~1\n"),
}


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("typed", [*OF_A_RUN, *OF_RUNS])
def test_without_a_store(typed: str, cli: Cli, tmp_path: Path) -> None:
    assert cli(*typed.split()) == Answer(6, "", NO_STORE)
    assert tree(tmp_path) == {}


@pytest.mark.parametrize("typed", OF_A_RUN)
def test_a_run_of_an_empty_store(typed: str, cli: Cli) -> None:
    assert cli("init").status == 0
    assert cli(*typed.split()) == Answer(3, "", NO_RUNS)


@pytest.mark.parametrize("typed", OF_RUNS)
def test_the_runs_of_an_empty_store(typed: str, cli: Cli) -> None:
    assert cli("init").status == 0
    assert cli(*typed.split()) == Answer(*OF_RUNS[typed])


def test_a_store_is_made_once(cli: Cli, tmp_path: Path) -> None:
    assert cli("init") == Answer(0, f"made a store: {tmp_path / '.runlog'}\n", "")
    before = tree(tmp_path)
    assert cli("init") == Answer(0, f"there is a store already: {tmp_path / '.runlog'}\n", "")
    assert tree(tmp_path) == before
    assert cli("check") == Answer(0, "0 runs, 1 file checked: all is well\n", "")


def test_where_all_runs_are_in_the_trash(cli: Cli) -> None:
    with runlog.start_run():
        pass
    assert cli("rm", "@last").status == 0
    assert cli("ls") == Answer(0, "", "no runs but those in the trash: runlog ls --removed\n")
    assert cli("show") == Answer(3, "", NO_RUNS)


def test_a_store_that_is_named_and_not_there(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    nowhere, folder = tmp_path / "nowhere", tmp_path / "folder"
    told = f"error: there is no store at {nowhere}\nhint: runlog --store {nowhere} init\n"
    assert cli("--store", "nowhere", "ls") == Answer(6, "", told)
    problem = f"error: {folder} is not a runlog store: it has no store.json\n"
    assert cli("--store", "folder", "ls") == Answer(6, "", f"{problem}hint: runlog --store {folder}/.runlog init\n")
    assert cli("--store", f"{folder}/.runlog", "init").status == 0
    assert cli("--store", "folder", "ls") == Answer(0, "", "no runs yet: runlog run -- <command>\n")
    assert cli("ls", "--store", "file").status == 6
