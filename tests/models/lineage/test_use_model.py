"""A run that says which model it uses."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

import runlog
from runlog.models.lineage import lineage
from runlog.models.registry import register
from runlog.runs.inputs import check_inputs


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> runlog.StoredRun:
    """A run with a model, which is version 1 of `duration`."""
    monkeypatch.chdir(tmp_path)
    with runlog.start_run(name="train") as run:
        run.log_text("flavors: {}\n", "duration/MLmodel")
        run.log_text("weights\n", "duration/weights/w.txt")
    register(runlog.open_store(), run.read())
    return run.read()


def test_a_version_a_run_and_a_folder_are_one_model(trained: runlog.StoredRun, tmp_path: Path) -> None:
    here = trained.artifact("duration/MLmodel").parent
    copy = shutil.copytree(here, tmp_path / "copy")
    with runlog.start_run(name="use", strict=True) as run:
        assert run.use_model("duration@1") == here
        assert runlog.use_model("train/duration") == here
        assert run.use_model("./copy") == copy
        assert run.use_model(Path("copy")) == copy
    used = run.read().inputs
    place = os.path.relpath(here, tmp_path)
    assert {name: (found.path, found.files, found.bytes) for name, found in used.items()} == {
        "model:duration@1": (place, 2, 20),
        f"model:{trained.id}/duration": (place, 2, 20),
        "model:copy": ("copy", 2, 20),
    }
    assert {found.condition for found in check_inputs(runlog.open_store(), run.read().record)} == {"same"}
    tied = lineage(runlog.open_store(), "use")
    assert [node.id for node in tied.nodes] == [f"run:{run.id}", f"model:{trained.id}/duration", f"run:{trained.id}"]


def test_a_model_that_is_not_there_is_no_reason_to_stop(trained: runlog.StoredRun) -> None:
    with runlog.start_run() as run:
        assert run.use_model("nothing") is None
    assert run.read().inputs == {}
    assert [problem.partition(" (")[0] for problem in run.read().problems] == ["no model and no run matches 'nothing'"]
    with pytest.raises(runlog.RunlogError), runlog.start_run(strict=True) as run:
        run.use_model("nothing")
