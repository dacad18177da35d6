"""Runlog's side and the bare operation of the throughput rows, in one process so that both alternate closely."""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Callable
from pathlib import Path

import runlog
from benchmarks.protocol import Answer, serve
from benchmarks.workload import BATCH, random_batches, random_values

STORE = Path.cwd() / "store"
PACK = struct.Struct("<qqdq").pack
values = random_values(1000)
batches = random_batches(1000)
run = runlog.start_run(experiment="throughput", store=STORE)
bare = os.open("bare.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
steps = {"single": 0, "batch": 0}


def log_single(points: int) -> float:
    first = steps["single"]
    steps["single"] += points
    log_metric = run.log_metric
    begin = time.perf_counter()
    for i in range(points):
        log_metric("rmse", values[i % 1000], step=first + i)
    return time.perf_counter() - begin


def log_batch(points: int) -> float:
    first = steps["batch"]
    calls = points // BATCH
    steps["batch"] += calls
    begin = time.perf_counter()
    for i in range(calls):
        run.log_metrics(batches[i % 1000], step=first + i)
    return time.perf_counter() - begin


def write_bare(points: int) -> float:
    """The least that a point which survives kill -9 can cost in this language: the time, 32 bytes, one write."""
    write, now = os.write, time.time_ns
    begin = time.perf_counter()
    for i in range(points):
        write(bare, PACK(i, now(), values[i % 1000], 0))
    return time.perf_counter() - begin


def log_batch_and_finish(points: int) -> float:
    """A run of its own, counted until it is finished, as a tracker that writes in the background is counted."""
    with runlog.start_run(experiment="closed", store=STORE, nested=True) as other:
        begin = time.perf_counter()
        for i in range(points // BATCH):
            other.log_metrics(batches[i % 1000], step=i)
    return time.perf_counter() - begin


CASES: dict[str, Callable[[int], float]] = {
    "single": log_single,
    "batch": log_batch,
    "bare": write_bare,
    "closed": log_batch_and_finish,
}


def count_kept() -> Answer:
    """Finish, and compare what was asked for with what is there: a call that failed would look fast."""
    run.finish()
    metrics = runlog.open_store(STORE).run(run.id).metrics
    kept = {"single": metrics["rmse"].count, "batch": metrics["metric_00"].count}
    return {"asked": steps, "kept": kept, "problems": list(runlog.open_store(STORE).run(run.id).problems)}


def handle(question: Answer) -> Answer:
    if question["case"] == "count":
        return count_kept()
    return {"points": question["points"], "looped_s": CASES[question["case"]](question["points"])}


if __name__ == "__main__":
    serve(handle)
