"""A model that is trained again is seen to be the same."""

import os
import sys
from pathlib import Path

import pytest

import runlog
from tests.scene import runlog_cli

TRAIN = """
import os, runlog
from sklearn.ensemble import RandomForestRegressor

rows = [[number % 7, number % 3] for number in range(60)]
with runlog.start_run() as run:
    forest = RandomForestRegressor(3, random_state=int(os.environ.get("SEED", "0")))
    run.log_model(forest.fit(rows, [a + 2 * b for a, b in rows]), "forest", example=rows[:3])
"""


def test_two_trainings_of_one_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNLOG_CAPTURE", "on")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "train.py").write_text(TRAIN)
    assert runlog_cli("run", "-n", "first", "--", "python", "train.py", cwd=tmp_path).returncode == 0
    [first] = runlog.open_store(tmp_path / ".runlog").runs()
    same = runlog_cli("reproduce", "first", cwd=tmp_path)
    assert same.returncode == 0, same.stderr
    assert f"repeats {first.id}: identical ({len(first.artifacts)} artifacts)" in same.stdout
    other = runlog_cli("reproduce", "first", cwd=tmp_path, SEED="1")
    assert other.returncode == 1
    assert "first difference: artifact 'forest/model.skops'" in other.stdout
    assert "MLmodel" not in other.stdout
