"""Runlog's side of creation: runs of 10 params, 5 tags and 5 metrics, started and finished."""

from __future__ import annotations

import os
import time

import runlog
from benchmarks.protocol import Answer, serve
from benchmarks.workload import small_runs

STORE = os.environ["BENCH_STORE"]


def create(question: Answer) -> Answer:
    """Errors are counted and not raised: how many of the runs came to be is what one row asks."""
    errors: list[str] = []
    began_at = time.monotonic()
    for name, params, tags, metrics in small_runs(question["runs"]):
        try:
            with runlog.start_run(experiment="small", name=name, params=params, tags=tags, store=STORE) as run:
                run.log_metrics(metrics)
        except Exception as error:
            errors.append(f"{type(error).__name__}: {error}")
    return {"began_at": began_at, "looped_s": time.monotonic() - began_at, "errors": errors}


if __name__ == "__main__":
    serve(create)
