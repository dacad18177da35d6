"""Eight processes that start fifty runs each, at once, in a store that does not exist yet."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import runlog
from benchmarks.bench import Bench
from benchmarks.creation import OURS, PEERS, Creator
from benchmarks.peers.environments import MLFLOW
from benchmarks.table import Row
from benchmarks.workers import WorkerFailed

PROCESSES, RUNS = 8, 50


def measure(bench: Bench) -> list[Row]:
    wanted = PROCESSES * RUNS
    told, met = [], True
    for _ in range(bench.rounds(5)):
        folder = bench.folder("concurrency")
        errors = start_at_once(folder, OURS)
        finished = [
            run for run in runlog.open_store(folder / "store").runs() if run.state == "finished" and len(run.metrics) == 5
        ]
        met = met and len(finished) == wanted and not errors
        told.append(_tell(len(finished), wanted, errors))
    return [
        Row(
            f"{PROCESSES} processes starting {RUNS} runs each in a store that does not exist yet",
            f"{wanted} of {wanted}, no error",
            f"{len(told)} new stores: " + (told[0] + " in each" if len(set(told)) == 1 else ", ".join(told)),
            peers=_measure_peers(bench, wanted),
            met=met,
        )
    ]


def start_at_once(folder: Path, creator: Creator) -> list[str]:
    """All processes have imported their tracker before the first is let go; returns what went wrong in them."""
    errors: list[str] = []
    with ExitStack() as stack:
        workers = [stack.enter_context(creator.start(folder)) for _ in range(PROCESSES)]
        for worker in workers:
            worker.tell(runs=RUNS)
        for worker in workers:
            try:
                errors += worker.hear()["errors"]
            except WorkerFailed as error:
                errors.append(str(error))
    return errors


def _measure_peers(bench: Bench, wanted: int) -> list[str]:
    if MLFLOW.find_version() is None:
        return [f"{MLFLOW.name}: absent"]
    told = []
    for name, creator in PEERS.items():
        folder = bench.folder("concurrency")
        errors = start_at_once(folder, creator)
        told.append(f"{name}: {_tell(_count(creator, folder), wanted, errors)}")
    return told


def _count(creator: Creator, folder: Path) -> int:
    """Runs that the peer itself finds afterwards; none if it can't open its store any more."""
    try:
        with creator.start(folder) as worker:
            return int(worker.ask(count=True)["runs"])
    except WorkerFailed:
        return 0


def _tell(found: int, wanted: int, errors: list[str]) -> str:
    return f"{found} of {wanted}, {len(errors) or 'no'} error{'s' if len(errors) > 1 else ''}"
