"""Runs without end, each point told on standard output once its call has returned. Somebody will kill this process."""

from __future__ import annotations

import os
import random
import sys

import runlog


def main() -> None:
    """One run after another, so that the kill also meets a run being created, finished and settled."""
    source = random.Random(os.environ["BENCH_SEED"])
    while True:
        with runlog.start_run(experiment="crash", params={"alpha": 0.1}, store=os.environ["BENCH_STORE"]) as run:
            tell(f"begin {run.id}")
            for step in range(source.randrange(1, 100_000)):
                if step % 5:
                    run.log_metric("a", float(step), step=step)
                else:
                    run.log_metrics({"a": float(step), "b": float(step)}, step=step)
                tell(str(step))
            tell("finishing")
        tell("end")


def tell(line: str) -> None:
    os.write(sys.stdout.fileno(), line.encode() + b"\n")


if __name__ == "__main__":
    main()
