"""What it costs a run to keep its code and its surroundings, beside `git status` and beside a bare interpreter."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.measure import Rounds, interleave
from benchmarks.table import Row, digits, render_ratio
from benchmarks.workers import ROOT, clean_environment
from runlog.store.store import Store
from runlog.tracking import coding
from runlog.tracking.capturing import capture

FILES, CHANGED, SMALL = 10_000, 50, 1_000
TIMES, GRACE_S = 3, 0.15
MOST_OF_A_RUN = 28
_WHO = ("-c", "user.name=bench", "-c", "user.email=bench@example.org")


def measure(bench: Bench) -> list[Row]:
    folder = bench.folder("capture")
    make_repository(folder / "large", FILES)
    make_repository(folder / "small", SMALL)
    return [*_of_capture(bench, folder / "large"), _of_run(bench, folder / "small")]


def make_repository(folder: Path, files: int) -> None:
    """Files of some 700 bytes in a hundred folders, committed."""
    for number in range(files):
        path = folder / f"package_{number % 100}" / f"module_{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# module {number}\n" + f"def f(x):\n    return x + {number}\n" * 20)
    for words in (("init", "-q"), ("add", "-A"), (*_WHO, "-c", "gc.auto=0", "commit", "-q", "-m", "all"), ("gc", "-q")):
        subprocess.run(["git", *words], cwd=folder, check=True)
    # A file as young as the index is read again by every `git status`, which is not what a work day is like.
    subprocess.run(["git", "update-index", "-q", "--refresh"], cwd=folder, check=True)


def _of_capture(bench: Bench, folder: Path) -> list[Row]:
    store = Store.create(folder / ".runlog")
    first = _cpu(lambda: _capture(store, folder))
    clean = interleave(
        {"status": lambda: _status(folder), "capture": lambda: _cpu(lambda: _capture(store, folder))}, bench.rounds(15)
    )
    edits = iter(range(1_000_000))

    def edited() -> float:
        edit(folder, next(edits))
        return _cpu(lambda: _capture(store, folder))

    dirty = interleave({"status": lambda: _status(folder), "capture": edited}, bench.rounds(15))
    return [
        _row(f"capture, clean repository of {FILES:,} files", clean),
        _row(f"capture, {CHANGED} files of {FILES:,} changed since the last run", dirty),
        Row(f"the first capture of a repository of {FILES:,} files, all of which the store gets", "-", f"{digits(first)} s CPU"),
    ]


def edit(folder: Path, number: int) -> None:
    for place in range(0, FILES, FILES // CHANGED):
        path = folder / f"package_{place % 100}" / f"module_{place}.py"
        path.write_text(f"# edit {number}\n" + f"def f(x):\n    return x - {place}\n" * 20)


def _capture(store: Store, folder: Path) -> None:
    coding.forget()
    with chdir(folder):
        captured = capture(store, ["python", "train.py"])
    if captured.problems or not captured.code.get("snapshot"):
        raise RuntimeError(f"nothing was captured: {captured.problems or captured.code}")


def _status(folder: Path) -> float:
    return _cpu(lambda: subprocess.run(["git", "status", "--porcelain"], cwd=folder, check=True, capture_output=True))


def _cpu(work: Callable[[], object]) -> float:
    """CPU seconds that something took, with the programs it started."""
    before = _used()
    work()
    return _used() - before


def _used() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _row(what: str, rounds: Rounds) -> Row:
    ours, bare = rounds.spread("capture"), rounds.spread("status")
    return Row(
        what,
        f"CPU at most {TIMES}x `git status` plus {GRACE_S} s",
        f"{digits(ours.median * 1000)} ms",
        f"{digits(bare.median * 1000)} ms for `git status`",
        render_ratio(rounds.ratio("capture", "status")),
        met=ours.median <= TIMES * bare.median + GRACE_S,
    )


def _of_run(bench: Bench, folder: Path) -> Row:
    env = {**clean_environment(), "PYTHONPATH": str(ROOT), "RUNLOG_CACHE": str(folder.parent / "cache")}
    env.pop("PYTHONDONTWRITEBYTECODE", None)

    def program(*words: str, **more: str) -> float:
        command = [sys.executable, *words]
        return _cpu(lambda: subprocess.run(command, cwd=folder, env={**env, **more}, check=True, capture_output=True))

    run = ("-m", "runlog", "run", "--", "true")
    sides = {
        "pass": lambda: program("-c", "pass"),
        "run": lambda: program(*run),
        "run without capture": lambda: program(*run, RUNLOG_CAPTURE="off"),
    }
    rounds = interleave(sides, bench.rounds(20), discard=2)
    ratio = rounds.ratio("run", "pass")
    return Row(
        f"`runlog run -- true` in a repository of {SMALL:,} files",
        f"CPU at most {MOST_OF_A_RUN}x `python -c pass`",
        f"{digits(rounds.spread('run').median * 1000)} ms; without capture "
        f"{digits(rounds.spread('run without capture').median * 1000)} ms",
        f"{digits(rounds.spread('pass').median * 1000)} ms for `python -c pass`",
        render_ratio(ratio),
        met=ratio.median <= MOST_OF_A_RUN,
    )
