"""Promise 2: a document refers only to bytes that are there. Bytes first, names second; removal goes the other way."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pyarrow.parquet as pq

from tests.dying import left_behind
from tests.scene import runlog_cli
from tests.store.damage import Scene

LIFE = """
with runlog.start_run(store=store) as run:
    run.log_metrics({"loss": 0.5, "acc": 0.25})
    run.log_text("first", "a/b.txt")
    run.log_text("second", "a/b.txt")
    run.log_metric("loss", 0.25)
"""
REMOVAL = """
from runlog.cli import main
sys.stdout = open(os.devnull, "w")
sys.argv = ["runlog", "--store", store, "gc", "--yes", "--older-than", "0s"]
assert main() == 0
"""


def words(store: Path) -> list[dict[str, object]]:
    return [json.loads(path.read_bytes()) for path in store.glob("experiments/*/*/entries-*.json")]


def missing(store: Path, dropped: bool = False) -> list[str]:
    """What a document speaks of and is not there as it says. With `dropped`, unless the run says that it was emptied."""
    found = []
    for path in store.glob("experiments/*/*/entries-*.json"):
        run, document = path.parent, json.loads(path.read_bytes())
        said = [entry for other in run.glob("entries-*.json") for entry in json.loads(other.read_bytes())["entries"]]
        if dropped and any("emptied" in entry for entry in said):
            continue
        if document["points"]:
            points = run / "metrics" / f"{document['writer']}.{document['records']}.parquet"
            if not points.exists() or pq.read_metadata(points).num_rows != document["points"]:
                found.append(str(points))
        for entry in document["entries"]:
            if "artifact" in entry and not is_kept(run, entry):
                found.append(f"{run}: {entry}")
    return found


def is_kept(run: Path, entry: dict[str, object]) -> bool:
    """Whether the bytes are there that an entry speaks of; those that were logged again under the name may be gone."""
    value = entry["value"]
    assert isinstance(value, dict)
    kept = [path for path in (run / "artifacts").rglob("*") if path.is_file()]
    if value["sha256"] == hashlib.sha256(b"first").hexdigest():
        return True
    return any(hashlib.sha256(path.read_bytes()).hexdigest() == value["sha256"] for path in kept)


def test_wherever_a_process_dies_that_logs(tmp_path: Path) -> None:
    spoke = set()
    for store in left_behind(LIFE, tmp_path):
        assert missing(store) == []
        spoke.add(len(words(store)))
    assert spoke == {0, 1}


def test_wherever_a_process_dies_that_gives_space_back(scene: Scene, tmp_path: Path) -> None:
    """Of what is missing, the run says so first."""
    runs = [path.name for path in scene.store.glob("experiments/*/2*")]
    assert runlog_cli("--store", scene.store, "rm", "--yes", *runs, cwd=tmp_path).returncode == 0
    (tmp_path / "work").mkdir()
    full = len(list(scene.store.glob("experiments/*/*/metrics")))
    left = set()
    for store in left_behind(REMOVAL, tmp_path / "work", scene.store):
        assert missing(store, dropped=True) == []
        left.add(len(list(store.glob("experiments/*/*/metrics"))))
    assert left == set(range(full + 1))
