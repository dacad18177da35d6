"""`runlog which`: a file is known by what it holds."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import runlog
from tests.cli.conftest import Answer, Cli
from tests.scene import on_a_terminal


@pytest.fixture
def ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """One run makes a file, another uses it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "模型 v1.pt").write_text("weights\n")
    with runlog.start_run(experiment="make", name="maker") as maker:
        maker.log_artifact("模型 v1.pt", "models/last.pt")
    with runlog.start_run(experiment="use", name="user") as user:
        user.use_data("模型 v1.pt", name="start from")
    return {"maker": maker.id, "user": user.id}


def test_runs_that_made_or_used_it(cli: Cli, ids: dict[str, str], tmp_path: Path) -> None:
    shutil.copy(tmp_path / "模型 v1.pt", tmp_path / "renamed.bin")
    maker, user = ids["maker"], ids["user"]
    rows = f"{user}\tused\t模型 v1.pt\tfinished\n{maker}\tmade\tmodels/last.pt\tfinished\n"
    assert cli("which", "renamed.bin") == Answer(0, f"run\trole\tpath\tstate\n{rows}", "")
    assert cli("which", "renamed.bin", "-q").out == f"{user}\n{maker}\n"
    assert [found["role"] for found in json.loads(cli("which", "renamed.bin", "--json").out)] == ["used", "made"]
    assert (
        on_a_terminal("which", "renamed.bin", cwd=tmp_path, columns=40)
        == f"""\
run     role  path            state
{user[-6:]}  used  模型 v1.pt      finished
{maker[-6:]}  made  models/last.pt  finished
"""
    )


def test_a_file_nobody_knows(cli: Cli, ids: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "new.txt").write_text("new\n")
    unknown = "error: no run made or used 'new.txt' as it is now\nhint: runlog ls\n"
    assert cli("which", "new.txt") == Answer(3, "", unknown)
    both = cli("which", "new.txt", "模型 v1.pt", "-q")
    assert both == Answer(1, f"{ids['user']}\n{ids['maker']}\n", unknown)
    assert cli("which", "nowhere.txt").err.startswith("error: there is no file 'nowhere.txt'\n")
