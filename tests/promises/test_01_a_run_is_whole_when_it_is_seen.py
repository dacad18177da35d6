"""Promise 1: a run folder that is visible under its final name holds a valid `run.json`."""

from __future__ import annotations

import json
from pathlib import Path

import runlog
from tests.dying import left_behind

WORK = """
runlog.start_run(experiment="Größe", name="first", params={"alpha": 0.1}, store=store)
runlog.start_run(experiment="duration", store=store)
"""


def test_wherever_a_process_dies_that_begins_runs(tmp_path: Path) -> None:
    seen = set()
    for store in left_behind(WORK, tmp_path):
        folders = list(store.glob("experiments/*/2*"))
        seen.add(len(folders))
        for folder in folders:
            birth = json.loads((folder / "run.json").read_bytes())
            assert (birth["format"], birth["id"]) == (1, folder.name)
            assert birth["params"] == ({"alpha": 0.1} if birth["name"] else {})
        if (store / "store.json").exists():
            # And readers are not disturbed by what else was left, nor the next run.
            assert {run.id for run in runlog.open_store(store).runs()} == {folder.name for folder in folders}
            with runlog.start_run(store=store, strict=True) as run:
                pass
            assert runlog.open_store(store).run(run.id).state == "finished"
    assert seen == {0, 1, 2}
