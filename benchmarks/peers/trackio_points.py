"""Trackio: 20 metrics a call. It writes in the background, so the drained figure counts until `finish` has returned."""

from __future__ import annotations

import itertools
import os
import time
from importlib import import_module
from pathlib import Path

from benchmarks.protocol import Answer, serve
from benchmarks.workload import BATCH, random_batches

os.environ["TRACKIO_DIR"] = str(Path.cwd() / "trackio")
trackio = import_module("trackio")
batches = random_batches(1000)
runs = itertools.count()


def log(question: Answer) -> Answer:
    calls = question["points"] // BATCH
    trackio.init(project="bench", name=f"run-{next(runs)}")
    begin = time.perf_counter()
    for i in range(calls):
        trackio.log(batches[i % 1000], step=i)
    looped = time.perf_counter() - begin
    trackio.finish()
    drained = time.perf_counter() - begin
    return {"points": calls * BATCH, "looped_s": looped, "drained_s": drained}


if __name__ == "__main__":
    serve(log)
