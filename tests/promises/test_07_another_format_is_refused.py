"""Promise 7: a store of another format is refused, with one sentence when it is older and another when it is newer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import runlog
from runlog.errors import RunlogError
from tests.scene import runlog_cli, tree
from tests.store.damage import Scene, rewrite

SENTENCES = {
    0: "has format 0, older than any that was released",
    2: "has format 2, newer than format 1 which this runlog knows",
    99: "has format 99, newer than format 1 which this runlog knows",
}


@pytest.mark.parametrize("version", SENTENCES)
def test_a_store_of_another_format(scene: Scene, tmp_path: Path, version: int) -> None:
    """However much else a newer runlog has changed: only this key is read."""
    rewrite(scene.store / "store.json", json.dumps({"format": version, "kind": ["who", "knows"]}).encode())
    before = tree(scene.store)
    for words in (["ls"], ["show", scene.whole.name], ["tag", scene.whole.name, "x"], ["check", "--repair"], ["gc", "--yes"]):
        done = runlog_cli("--store", scene.store, *words, cwd=tmp_path)
        message = done.stderr.splitlines()[0]
        assert (done.returncode, done.stdout) == (6, "")
        assert message.startswith("error: ")
        assert message.endswith(f"store.json {SENTENCES[version]}")
    for opening in (runlog.open_store, lambda store: runlog.start_run(store=store, strict=True)):
        with pytest.raises(RunlogError, match=SENTENCES[version]):
            opening(scene.store)
    assert tree(scene.store) == before


@pytest.mark.parametrize("version", SENTENCES)
def test_a_run_of_another_format_in_a_store_that_is_known(scene: Scene, tmp_path: Path, version: int) -> None:
    """As two stores merged by copying may have it: the run is refused, and the others are not."""
    rewrite(scene.whole / "run.json", json.dumps({"format": version}).encode())
    before = tree(scene.store)
    done = runlog_cli("--store", scene.store, "show", scene.whole.name, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (6, "")
    assert done.stderr.splitlines()[0] == f"error: {(scene.whole / 'run.json').relative_to(scene.store)} {SENTENCES[version]}"
    listed = runlog_cli("--store", scene.store, "ls", "-q", cwd=tmp_path)
    assert set(listed.stdout.split()) == {run.name for run in (scene.failed, scene.no_points, scene.lost)}
    assert runlog_cli("--store", scene.store, "check", "--repair", cwd=tmp_path).returncode == 1
    assert tree(scene.store) == before
