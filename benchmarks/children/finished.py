"""One finished run of many random points, logged as a training loop would: some metrics, one call a step."""

from __future__ import annotations

import os

import runlog
from benchmarks.protocol import Answer, serve
from benchmarks.workload import random_values


def log(question: Answer) -> Answer:
    metrics, steps = question["metrics"], question["steps"]
    values = iter(random_values(metrics * steps))
    with runlog.start_run(experiment="size", store=os.environ["BENCH_STORE"]) as run:
        for step in range(steps):
            if metrics == 1:
                run.log_metric("rmse", next(values), step=step)
            else:
                run.log_metrics({f"metric_{j:02}": next(values) for j in range(metrics)}, step=step)
    return {"path": str(run.path), "id": run.id}


if __name__ == "__main__":
    serve(log)
