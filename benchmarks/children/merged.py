"""Writes into one of two stores that will be merged. It has to end before they are: a run is at rest when its process is gone."""

from __future__ import annotations

import os
from pathlib import Path

import runlog
from benchmarks.protocol import Answer, serve
from benchmarks.workload import random_values

STORE = Path(os.environ["BENCH_STORE"])


def handle(question: Answer) -> Answer:
    if question["do"] == "edit":
        return edit(question["run"])
    return {"runs": [log_run(name, question["steps"]) for name in question["names"]]}


def log_run(name: str, steps: int) -> str:
    """Params, points and a file."""
    artifact = Path("artifact.bin")
    artifact.write_bytes(name.encode() * 1000)
    with runlog.start_run(experiment="merge", name=name, params={"name": name}, store=STORE) as run:
        for step, value in enumerate(random_values(steps)):
            run.log_metric("rmse", value, step=step)
        run.log_artifact(artifact)
    return str(run.id)


def edit(run_id: str) -> Answer:
    """Say something about a run that has ended, which the other store's copy of it does not know."""
    with runlog.start_run(run_id=run_id, store=STORE) as run:
        run.set_tag(f"said-{STORE.name}", "yes")
        run.log_metric(f"said-{STORE.name}", 1.0, step=0)
    return {}


if __name__ == "__main__":
    serve(handle)
