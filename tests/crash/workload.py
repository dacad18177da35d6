"""A process that somebody will kill. `python workload.py` answers each line on standard input, so that one start of the
interpreter serves many kills:

    go <seed>/<longest> <store>    fork a child that logs runs without end, and tells every call that returned
    resume <run-id> <store>        fork a child that lets a run go on, and ends it
"""

from __future__ import annotations

import os
import random
import sys
import threading
from collections.abc import Callable
from pathlib import Path

# Imported here once, for each child would pay for it.
import pyarrow.parquet  # noqa: F401

import runlog
import runlog.tracking.verbs
from runlog.tracking import beating

THREADS = 3


def tell(*words: object) -> None:
    """One write, so that the lines of threads stay whole and a line that arrived was told after its call returned."""
    os.write(1, f"{' '.join(map(str, words))}\n".encode())


def content(thread: int, count: int) -> bytes:
    """What an artifact must hold; every third is large enough to be shared between runs."""
    return f"{thread} {count}\n".encode() * (1 if count % 3 else 2000)


def log(run: runlog.Run, thread: int, source: random.Random, calls: int, scratch: Path) -> None:
    """So many calls, each counting its own successes."""
    counts = dict.fromkeys("mgptao", 0)
    verbs: dict[str, Callable[[int], None]] = {
        "m": lambda n: run.log_metric(f"m{thread}", float(n), step=n),
        "g": lambda n: run.log_metrics({f"g{thread}": float(n), f"h{thread}": n / 2}, step=n),
        "p": lambda n: run.log_param(f"p{thread}", n),
        "t": lambda n: run.set_tag(f"t{thread}.{n}", n),
        "a": lambda n: artifact(run, thread, n, scratch),
        "o": lambda n: run.log_text(content(thread, n).decode(), f"o{thread}.bin"),
    }
    for _ in range(calls):
        [kind] = source.choices("mgptao", (60, 24, 5, 5, 3, 3))
        verbs[kind](counts[kind])
        tell(kind, thread, counts[kind])
        counts[kind] += 1


def artifact(run: runlog.Run, thread: int, count: int, scratch: Path) -> None:
    if count % 2:
        run.log_text(content(thread, count).decode(), f"f{thread}/{count}.bin")
    else:
        path = scratch / f"{thread}.bin"
        path.write_bytes(content(thread, count))
        run.log_artifact(path, to=f"f{thread}/{count}.bin")


def one_run(source: random.Random, store: str, scratch: Path, longest: int) -> None:
    with runlog.start_run(experiment=source.choice(["crash", "Crash 2"]), params={"alpha": 0.1}, store=store) as run:
        tell("begin", run.id)
        seeds = [source.random() for _ in range(source.choice([1, 1, THREADS]))]
        calls = source.randrange(1, longest)
        threads = [
            threading.Thread(target=log, args=(run, number, random.Random(seed), calls, scratch), daemon=True)
            for number, seed in enumerate(seeds)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    tell("end", run.id)


def go(seed: str, store: str) -> None:
    source = random.Random(seed)
    # What happens beside the calls every few seconds is what a kill must be able to meet, too.
    beating.FLUSH_S = source.choice([0.002, 0.02, 5.0])
    while True:
        one_run(source, store, Path(store).parent, int(seed.rpartition("/")[2]))


def resume(run_id: str, store: str) -> None:
    with runlog.start_run(run_id=run_id, store=store) as run:
        run.log_metric("m0", -1.0)
        run.log_metric("after", 1.0)
        run.log_param("after", "the kill")
    tell("resumed", run.id)


def main() -> None:
    for line in sys.stdin:
        command, first, store = line.rstrip("\n").split(" ", 2)
        pid = os.fork()
        if not pid:
            tell("pid", os.getpid())
            {"go": go, "resume": resume}[command](first, store)
            return
        _, status = os.waitpid(pid, 0)
        tell("gone", status)


if __name__ == "__main__":
    main()
