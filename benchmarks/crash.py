"""kill -9 at random moments: what was acknowledged must be read back, as a prefix, and the store must check clean."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

import runlog
from benchmarks.bench import Bench
from benchmarks.table import Row, digits
from benchmarks.workers import ROOT, clean_environment

ROUNDS = 30
LONGEST_S = 1.0
STATES = {"logging": {"killed", "lost"}, "finishing": {"finished", "killed", "lost"}, "end": {"finished"}}
"""What the state of a run may be, by the last word of its process about it."""


@dataclass
class Tally:
    """What the killed processes had acknowledged, what was found afterwards, and every complaint about it."""

    acknowledged: int = 0
    read_back: int = 0
    runs: int = 0
    unfinished: int = 0
    complaints: list[str] = field(default_factory=list)


def measure(bench: Bench) -> list[Row]:
    rounds = bench.rounds(ROUNDS)
    seed = random.SystemRandom().randrange(1 << 32)
    source = random.Random(seed)
    tally = Tally()
    for number in range(rounds):
        folder = bench.folder("crash")
        told = kill_at_random(folder, source, f"{seed}-{number}")
        verify(folder / "store", told, tally)
    lost = (
        f"; complaints: {'; '.join(tally.complaints[:3])} ({len(tally.complaints)} in all, seed {seed})"
        if tally.complaints
        else ""
    )
    return [
        Row(
            f"random kill -9, {rounds} rounds",
            "every acknowledged point read back, always a prefix, `check` clean",
            f"{digits(tally.acknowledged)} points acknowledged in {tally.runs} runs, {tally.unfinished} cut short; "
            f"{digits(tally.read_back)} read back; {len(tally.complaints) or 'no'} complaints{lost}",
            met=not tally.complaints,
        )
    ]


def kill_at_random(folder: Path, source: random.Random, seed: str) -> list[str]:
    """Start the child, kill it some time after its first word, and return the whole lines it had told by then."""
    env = clean_environment() | {"PYTHONPATH": str(ROOT), "BENCH_STORE": str(folder / "store"), "BENCH_SEED": seed}
    child = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.children.acknowledged"],
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    first = child.stdout.readline()
    killer = threading.Timer(source.uniform(0, LONGEST_S), os.kill, (child.pid, signal.SIGKILL))
    killer.start()
    rest = child.stdout.read()
    killer.join()
    child.wait()
    return [line[:-1] for line in (first + rest).splitlines(keepends=True) if line.endswith("\n")]


def verify(path: Path, told: list[str], tally: Tally) -> None:
    """Every run the child spoke of, point for point; then the store's own check, and a word appended to the last."""
    store = runlog.open_store(path)
    last_id = ""
    for run_id, acknowledged, stage in split_runs(told):
        run = store.run(run_id)
        a, b = ([int(value) for value in _values(run, name)] for name in ("a", "b"))
        tally.runs += 1
        tally.unfinished += stage != "end"
        tally.acknowledged += acknowledged + (acknowledged + 4) // 5
        tally.read_back += len(a) + len(b)
        if a != list(range(len(a))) or b != list(range(0, len(b) * 5, 5)):
            tally.complaints.append(f"{run_id}: not a prefix")
        if len(a) < acknowledged or len(b) < (acknowledged + 4) // 5:
            tally.complaints.append(f"{run_id}: {acknowledged} acknowledged, {len(a)} and {len(b)} read back")
        if run.state not in STATES[stage]:
            tally.complaints.append(f"{run_id}: state {run.state} after a kill at {stage!r}")
        last_id = run_id
    check = subprocess.run(
        [sys.executable, "-m", "runlog", "--store", str(path), "check"], capture_output=True, text=True, check=False
    )
    if check.returncode != 0:
        tally.complaints.append(f"check exits {check.returncode}: {(check.stdout + check.stderr).strip()[:200]}")
    with runlog.start_run(run_id=last_id, store=path) as resumed:
        resumed.log_metric("after", 1.0)
    if list(_values(store.run(last_id), "after")) != [1.0]:
        tally.complaints.append(f"{last_id}: what was logged after the kill is not there")


def split_runs(told: list[str]) -> list[tuple[str, int, str]]:
    """Id, number of acknowledged steps, and how far it had come, of each run."""
    runs: list[tuple[str, int, str]] = []
    for line in told:
        if line.startswith("begin "):
            runs.append((line.removeprefix("begin "), 0, "logging"))
        elif line in STATES:
            runs[-1] = (*runs[-1][:2], line)
        else:
            runs[-1] = (runs[-1][0], int(line) + 1, "logging")
    return runs


def _values(run: runlog.StoredRun, name: str) -> list[float]:
    """None when the kill came before the first point."""
    values: list[float] = run.history(name).column("value").to_pylist() if name in run.metrics else []
    return values
