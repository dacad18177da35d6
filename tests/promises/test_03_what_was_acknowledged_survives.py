"""Promise 3: an acknowledged point survives a killed process, and what survives of a log is a prefix of what was written."""

from __future__ import annotations

import struct
from pathlib import Path

from tests.scene import begin_python
from tests.store.behind import parse_log

WORK = """
import runlog, sys
run = runlog.start_run(store="store")
for number in range(10**9):
    if number % 2:
        run.log_metric("loss", float(number), step=number)
    else:
        run.log_metrics({"loss": float(number), "acc": -float(number)}, step=number)
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
"""


def test_a_killed_process_took_no_point_with_it(tmp_path: Path) -> None:
    with begin_python(WORK, cwd=tmp_path) as child:
        assert child.stdout
        for _ in range(700):
            child.stdout.readline()
        child.kill()
        child.wait()
        acknowledged = 700 + child.stdout.read().count("\n")
    [log] = tmp_path.glob("store/experiments/*/*/live/*.log")
    parsed = parse_log(log.read_bytes())
    found = [(name, step, struct.unpack("<d", value)[0]) for record in parsed.records for name, step, _, value in record.points]
    everything = (
        point
        for number in range(len(found))
        for point in [("loss", number, float(number)), ("acc", number, -float(number))][: 1 if number % 2 else 2]
    )
    assert found == [point for point, _ in zip(everything, found, strict=False)]
    assert sum(name == "loss" for name, _, _ in found) >= acknowledged
    assert sum(name == "acc" for name, _, _ in found) >= acknowledged // 2
