"""Memory that logging adds to the training process, while it logs and while it finishes."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from benchmarks.bench import Bench
from benchmarks.table import Row, digits
from benchmarks.workers import Worker, find_family, read_status_kib
from benchmarks.workload import TEN

POINTS = 10_000_000
PARTS = 10
FLAT_MB = 5
"""How much more the last tenth may hold than the first and still be called flat: an allocator's slack."""
FOLDER = "ten-metrics"


def measure(bench: Bench) -> list[Row]:
    folder = bench.once(FOLDER, lambda path: log_ten_metrics(bench, path))
    told = json.loads((folder / "memory.json").read_text())
    parts, finish = told["parts"], told["finish"]
    start = parts[0]["before_kib"]
    growth = [_mb(part["peak_kib"] - start) for part in parts]
    points = bench.size(POINTS)
    peak = max(growth)
    seconds = sum(part["seconds"] for part in parts)
    logging = Row(
        f"memory added by logging {points // 1_000_000} M points",
        "at most 20 MB, flat",
        f"the logging process: {digits(peak)} MB at most; "
        f"{digits(growth[0])} MB in the first tenth, {digits(growth[-1])} MB in the last "
        f"({digits(points / seconds)} points/s over all; started at {digits(_mb(start))} MB; "
        f"not in the bar: its child processes meanwhile {digits(_mb(told['children_logging_kib']))} MB)",
        met=peak <= 20 and growth[-1] - growth[0] <= FLAT_MB,
    )
    finishing = Row(
        "memory while that run finishes",
        "-",
        f"{digits(_mb(finish['peak_kib'] - start))} MB added at the peak, in {digits(finish['seconds'])} s; "
        f"child processes {digits(_mb(told['children_finishing_kib']))} MB",
    )
    return [logging, finishing]


def log_ten_metrics(bench: Bench, folder: Path) -> None:
    """Ten metrics of a tenth of the points each, finished; what it cost is left beside the store."""
    steps = bench.size(POINTS) // PARTS // len(TEN)
    with (
        Worker("benchmarks.children.million", folder, env={"BENCH_STORE": str(folder / "store")}) as worker,
        Watch(worker) as watch,
    ):
        parts = [worker.ask(do="log", first=number * steps, steps=steps) for number in range(PARTS)]
        logging_kib = watch.take()
        finish = worker.ask(do="finish")
        worker.end()
        finishing_kib = watch.take()
    told: dict[str, Any] = {"parts": parts, "finish": finish, "run": finish["run"]}
    told |= {"children_logging_kib": logging_kib, "children_finishing_kib": finishing_kib}
    (folder / "memory.json").write_text(json.dumps(told))


class Watch:
    """Looks at a worker's descendants now and then; keeps the greatest sum of the peaks of those alive at once."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._peak = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def take(self) -> int:
        peak, self._peak = self._peak, 0
        return peak

    def _look(self) -> None:
        while not self._ended.wait(0.1):
            family = [pid for pid in find_family(self._worker.family) if pid != self._worker.process.pid]
            self._peak = max(self._peak, sum(read_status_kib(pid, "VmHWM") for pid in family))


def _mb(kib: float) -> float:
    return kib * 1024 / 1e6
