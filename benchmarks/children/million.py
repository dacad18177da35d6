"""A training loop that logs ten metrics one call at a time, and watches what that does to its own memory."""

from __future__ import annotations

import os
import time
from pathlib import Path

import runlog
from benchmarks.protocol import Answer, serve
from benchmarks.workers import read_status_kib
from benchmarks.workload import TEN, random_values

run = runlog.start_run(experiment="long", name="ten-metrics", store=os.environ["BENCH_STORE"])
values = random_values(1009)


def handle(question: Answer) -> Answer:
    """What was asked for, and the peak of resident memory while it was done, by the kernel's own count."""
    before = read_status_kib(os.getpid(), "VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    begin = time.perf_counter()
    if question["do"] == "log":
        log(question["first"], question["steps"])
    else:
        run.finish()
    return {
        "seconds": time.perf_counter() - begin,
        "before_kib": before,
        "peak_kib": read_status_kib(os.getpid(), "VmHWM"),
        "after_kib": read_status_kib(os.getpid(), "VmRSS"),
        "run": run.id,
    }


def log(first: int, steps: int) -> None:
    log_metric = run.log_metric
    for step in range(first, first + steps):
        value = values[step % 1009]
        for name in TEN:
            log_metric(name, value + step, step=step)


if __name__ == "__main__":
    serve(handle)
