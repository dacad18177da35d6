"""Promise 9: two stores merge by copying one onto the other, in any order, any number of times, with the same result."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import runlog
from tests.scene import points, python, runlog_cli, tree
from tests.store.damage import Scene

WORK = """
import runlog, sys
store, run_id, side = sys.argv[1:]
with runlog.start_run(experiment="Of both", name=side, store=store, strict=True) as run:
    run.log_metric("loss", 0.5)
    run.log_text(side, "whose.txt")
with runlog.start_run(run_id=run_id, store=store, strict=True) as run:
    run.log_metric("loss", 0.25 if side == "here" else 0.75, step=1000)
    run.log_param(f"of {side}", True)
    run.log_text(side, "model.bin")
    run.log_text(side, "new to both.txt")
"""


def copy(tool: str, source: Path, target: Path) -> None:
    if tool == "rsync" and shutil.which("rsync") is None:
        pytest.skip("there is no rsync here")
    command = {"cp": ["cp", "-r", f"{source}/.", str(target)], "rsync": ["rsync", "-r", f"{source}/", str(target)]}[tool]
    subprocess.run(command, check=True)


@pytest.mark.parametrize("tool", ["cp", "rsync"])
def test_what_two_machines_did_comes_together(original: Scene, tmp_path: Path, tool: str) -> None:
    """New runs on both, one run that went on on both, tags, notes, names, a removal."""
    sides = {side: original.copied(tmp_path / side) for side in ("here", "there")}
    run_id, failed = original.whole.name, original.failed.name
    for side, scene in sides.items():
        assert python(WORK, scene.store, run_id, side, cwd=tmp_path).stderr == ""
        for words in (["tag", failed, f"from={side}", side], ["experiments", "note", "duration", side]):
            assert runlog_cli("--store", scene.store, *words, cwd=tmp_path).returncode == 0
    here, there = sides["here"].store, sides["there"].store
    assert runlog_cli("--store", there, "rm", "--yes", original.no_points.name, cwd=tmp_path).returncode == 0
    for scene in sides.values():
        assert runlog.open_store(scene.store).check().clean  # and nothing is left to finish
    kept = {path: data for store in (here, there) for path, data in tree(store).items()}

    one, other = tmp_path / "one", tmp_path / "other"
    for target, order in ((one, (here, there)), (other, (there, here, there, here))):
        target.mkdir()
        for source in order:
            copy(tool, source, target)
    assert tree(one) == tree(other) == kept

    store = runlog.open_store(one)
    both = store.run(run_id)
    assert (both.params["of here"], both.params["of there"]) == (True, True)
    assert [value for step, value in points(both, "loss") if step == 1000] == [0.25, 0.75]
    assert both.artifact("model.bin").read_text() == "there"  # which was said last
    assert {"here", "there"} <= store.run(failed).tags.keys()
    assert store.run(failed).tags["from"] == "there"
    assert sorted(str(run.name) for run in store.runs(experiment="Of both")) == ["here", "there"]
    assert [run.id for run in store.runs(removed=True)] == [original.no_points.name]
    assert store.check().clean
