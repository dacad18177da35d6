"""Runs per second: created with params, tags and metrics, and finished."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import runlog
from benchmarks.bench import Bench
from benchmarks.measure import Rounds, Side, interleave
from benchmarks.peers.environments import MLFLOW
from benchmarks.table import Row, digits, render_ratio
from benchmarks.workers import Worker, WorkerFailed

RUNS = 200
FILE, SQLITE = "MLflow file store", "MLflow SQLite"


@dataclass(frozen=True)
class Creator:
    """One tracker's way to create runs, in a process of its own and a store that is not there yet."""

    module: str
    python: Path | None
    env: Mapping[str, str]

    def start(self, scratch: Path) -> Worker:
        env = {name: value.format(folder=scratch) for name, value in self.env.items()}
        return Worker(self.module, scratch, self.python, env)


OURS = Creator("benchmarks.children.runs", None, {"BENCH_STORE": "{folder}/store"})
PEERS = {
    FILE: Creator(
        "benchmarks.peers.mlflow_runs",
        MLFLOW.python,
        {"MLFLOW_TRACKING_URI": "file://{folder}/mlruns", "MLFLOW_ALLOW_FILE_STORE": "true"},
    ),
    SQLITE: Creator("benchmarks.peers.mlflow_runs", MLFLOW.python, {"MLFLOW_TRACKING_URI": "sqlite:///{folder}/mlflow.db"}),
}


def measure(bench: Bench) -> list[Row]:
    runs = max(RUNS, bench.size(2 * RUNS))
    sides = _sides(bench, "runlog", OURS, runs)
    if MLFLOW.find_version() is not None:
        for name, creator in PEERS.items():
            sides |= _sides(bench, name, creator, RUNS)
    rounds = interleave(sides, bench.rounds(5), discard=0)
    return [_row(rounds)]


def _sides(bench: Bench, name: str, creator: Creator, runs: int) -> dict[str, Side]:
    """Two sides of one round: in the loop, and until the last process of the tracker has ended."""
    looped: list[float] = []

    def ended() -> float:
        folder = bench.folder("creation")
        with creator.start(folder) as worker:
            worker.ask(runs=1)
            answer = worker.ask(runs=runs)
            drained_s = worker.end() - answer["began_at"]
        if answer["errors"]:
            raise WorkerFailed(answer["errors"][0])
        if creator is OURS:
            _verify(folder / "store", runs + 1)
        looped.append(runs / answer["looped_s"])
        return float(runs / drained_s)

    return {name: ended, f"{name} in loop": lambda: looped[-1]}


def _verify(path: Path, runs: int) -> None:
    """A figure counts only if the runs are there, whole, and nothing is left for a later reader to do."""
    found = list(runlog.open_store(path).runs())
    whole = [
        run for run in found if run.state == "finished" and len(run.metrics) == 5 and len(run.params) == 10 and len(run.tags) == 5
    ]
    if len(whole) != runs:
        raise WorkerFailed(f"{runs} runs were created, {len(found)} are there, {len(whole)} of them whole")
    left = list((path / "live").glob("*"))
    if left:
        raise WorkerFailed(f"{len(left)} of {runs} runs were left for a later reader to settle")


def _row(rounds: Rounds) -> Row:
    ratios = {side: rounds.ratio(_ours(side), side) for side in rounds.figures if not side.startswith("runlog")}
    told = [f"{side}: {digits(rounds.spread(side).median)} runs/s, {render_ratio(ratio)}" for side, ratio in ratios.items()]
    judged = [ratio for side, ratio in ratios.items() if side.startswith(FILE)]
    return Row(
        "create and finish a run with 10 params, 5 tags, 5 final metrics, one process",
        "at least 4x MLflow's file store (some 500 runs/s)",
        f"{digits(rounds.spread('runlog').median)} runs/s until the process has ended, "
        f"{digits(rounds.spread('runlog in loop').median)} in loop",
        peers=told or [f"{MLFLOW.name}: absent"],
        met=all(ratio.median >= 4 for ratio in judged) if judged else None,
        absent="" if judged else MLFLOW.name,
    )


def _ours(side: str) -> str:
    return "runlog in loop" if side.endswith("in loop") else "runlog"
