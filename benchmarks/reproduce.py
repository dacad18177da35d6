"""What it costs to run a run again, beside running it for the first time."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.capture import SMALL, make_repository
from benchmarks.measure import interleave
from benchmarks.table import Row, digits, render_ratio
from benchmarks.workers import ROOT, clean_environment

_PROGRAM = ("-c", "print('loss: 0.5')")


def measure(bench: Bench) -> list[Row]:
    folder = bench.folder("reproduce")
    make_repository(folder / "project", SMALL)
    _runlog(folder, "run", "-q", "-n", "first", "--metrics-from-output", "--", sys.executable, *_PROGRAM)
    rounds = interleave(
        {
            "run": lambda: _runlog(folder, "run", "-q", "--metrics-from-output", "--", sys.executable, *_PROGRAM),
            "reproduce": lambda: _runlog(folder, "reproduce", "first"),
        },
        bench.rounds(15),
    )
    ours, first = rounds.spread("reproduce"), rounds.spread("run")
    return [
        Row(
            f"`runlog reproduce` of a program that does nothing, {SMALL:,} files put into a fresh folder",
            "-",
            f"{digits(ours.median * 1000)} ms CPU",
            f"{digits(first.median * 1000)} ms for the first run",
            render_ratio(rounds.ratio("reproduce", "run")),
        )
    ]


def _runlog(folder: Path, *words: str) -> float:
    """CPU seconds that a command took, with the programs it started."""
    # A store above this folder, as one of the repository, knows other runs of this name.
    places = {"RUNLOG_CACHE": str(folder / "cache"), "RUNLOG_STORE": str(folder / "project" / ".runlog")}
    env = {**clean_environment(), **places, "PYTHONPATH": str(ROOT)}
    before = _used()
    command = [sys.executable, "-m", "runlog", *words]
    subprocess.run(command, cwd=folder / "project", env=env, check=True, capture_output=True)
    return _used() - before


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
