"""Promise 5: Parquet and entries are in place before their log is dropped, and a reader that sees both counts each point once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq

import runlog
from runlog.store.store import Store
from tests.dying import left_behind
from tests.scene import begin_python, points
from tests.store.behind import parse_log

LIVING = """
import runlog, sys
run = runlog.start_run(store="store", params={"alpha": 0.1})
for number in range(20):
    run.log_metric("loss", float(number))
run.log_param("epochs", 20)
print(run.id, flush=True)
sys.stdin.readline()
"""
SETTLE = """
runlog.open_store(store)
"""
EXPECTED = [(number, float(number)) for number in range(20)]


def killed(folder: Path) -> Path:
    """A store with the log of a process that was killed."""
    with begin_python(LIVING, cwd=folder) as child:
        assert child.stdout
        child.stdout.readline()
        child.kill()
        child.wait()
    return folder / "store"


def read_bare(store: Path) -> list[tuple[int, float]]:
    """The points in the log, else in the Parquet file that a whole document speaks of."""
    for log in store.glob("experiments/*/*/live/*.log"):
        return [(step, float(step)) for record in parse_log(log.read_bytes()).records for _, step, _, _ in record.points]
    [document] = store.glob("experiments/*/*/entries-*.json")
    said = json.loads(document.read_bytes())
    rows = pq.ParquetFile(document.parent / "metrics" / f"{said['writer']}.{said['records']}.parquet").read().to_pylist()
    return [(row["step"], row["value"]) for row in rows]


def test_wherever_a_process_dies_that_settles(tmp_path: Path) -> None:
    store = killed(tmp_path)
    (tmp_path / "work").mkdir()
    logs = set()
    for left in left_behind(SETTLE, tmp_path / "work", store):
        assert read_bare(left) == EXPECTED
        logs.add(len(list(left.glob("experiments/*/*/live/*.log"))))
        # The next one to open the store reads, settles and reads the same.
        for _ in range(2):
            [run] = runlog.open_store(left).runs()
            assert (points(run, "loss"), run.metrics["loss"].count) == (EXPECTED, 20)
            assert (run.params, run.state) == ({"alpha": 0.1, "epochs": 20}, "lost")
    assert logs == {0, 1}


def test_a_log_beside_its_documents_counts_once(tmp_path: Path) -> None:
    store = killed(tmp_path)
    [log] = store.glob("experiments/*/*/live/*.log")
    kept = shutil.copy(log, tmp_path / "kept")
    runlog.open_store(store)
    assert not log.exists()
    log.parent.mkdir()
    shutil.copy(kept, log)

    [run] = Store(store).runs()  # not opened, for that settles
    assert log.exists()
    assert (points(run, "loss"), run.metrics["loss"].count) == (EXPECTED, 20)
    assert run.params == {"alpha": 0.1, "epochs": 20}
