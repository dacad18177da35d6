"""Promise 4: a log is never opened again, so no record is glued to a torn one; what is torn is passed over, the rest is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

import runlog
from tests.scene import begin_python, points, python

LIVING = """
import runlog, sys
run = runlog.start_run(store="store")
for number in range(5):
    run.log_metric("loss", float(number), step=number)
print(run.id, flush=True)
sys.stdin.readline()
"""
AGAIN = """
import os, runlog, sys, warnings
warnings.simplefilter("ignore")
with runlog.start_run(store="store", run_id=sys.argv[1], strict=True) as run:
    run.log_metric("loss", 10.0, step=10)
    if os.fork() == 0:
        run.log_metric("loss", 11.0, step=11)
        os._exit(0)
    os.wait()
    for path in run.path.glob("live/*.log"):
        print(path.name, path.read_bytes().hex())
"""


@pytest.mark.parametrize("torn", [1, 8, 31])
def test_a_torn_log_is_left_as_it_is(tmp_path: Path, torn: int) -> None:
    with begin_python(LIVING, cwd=tmp_path) as child:
        assert child.stdout
        run_id = child.stdout.readline().strip()
        child.kill()
        child.wait()
    [log] = tmp_path.glob("store/experiments/*/*/live/*.log")
    left = log.read_bytes()[:-torn]
    log.write_bytes(left)
    done = python(AGAIN, run_id, cwd=tmp_path)
    logs = {name: bytes.fromhex(data) for name, data in map(str.split, done.stdout.splitlines())}
    assert done.stderr == ""
    assert logs.pop(log.name) == left
    assert len(logs) == 2  # of the process that goes on, and of the one it forked
    run = runlog.open_store(tmp_path / "store").run(run_id)
    assert points(run, "loss") == [(0, 0.0), (1, 1.0), (2, 2.0), (3, 3.0), (10, 10.0), (11, 11.0)]
    assert runlog.open_store(tmp_path / "store").check().clean
