"""TensorBoard's writer: one scalar a call. A round ends when its queue has been written out."""

from __future__ import annotations

import itertools
import time
from importlib import import_module
from pathlib import Path

from benchmarks.protocol import Answer, serve
from benchmarks.workload import random_values

writer = import_module("tensorboardX").SummaryWriter(str(Path.cwd() / "tensorboardx"))
values = random_values(1000)
steps = itertools.count()


def log(question: Answer) -> Answer:
    points = question["points"]
    begin = time.perf_counter()
    for i in range(points):
        writer.add_scalar("rmse", values[i % 1000], next(steps))
    looped = time.perf_counter() - begin
    writer.flush()
    drained = time.perf_counter() - begin
    return {"points": points, "looped_s": looped, "drained_s": drained}


if __name__ == "__main__":
    serve(log)
