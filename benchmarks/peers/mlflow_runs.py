"""MLflow, file store or SQLite, whichever MLFLOW_TRACKING_URI names: runs started and finished, and counted."""

from __future__ import annotations

import time
from importlib import import_module

from benchmarks.protocol import Answer, serve
from benchmarks.workload import small_runs

mlflow = import_module("mlflow")


def handle(question: Answer) -> Answer:
    return count() if question.get("count") else create(question["runs"])


def create(runs: int) -> Answer:
    """Errors are counted and not raised: how many of the runs came to be is what one row asks."""
    errors: list[str] = []
    began_at = time.monotonic()
    for name, params, tags, metrics in small_runs(runs):
        try:
            with mlflow.start_run(run_name=name, tags=tags):
                mlflow.log_params(params)
                mlflow.log_metrics(metrics)
        except Exception as error:
            errors.append(f"{type(error).__name__}: {error}")
    return {"began_at": began_at, "looped_s": time.monotonic() - began_at, "errors": errors}


def count() -> Answer:
    found = mlflow.search_runs(search_all_experiments=True, output_format="list", filter_string="status = 'FINISHED'")
    return {"runs": len(found)}


if __name__ == "__main__":
    serve(handle)
