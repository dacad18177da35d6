"""What the commands cost, each as the process that people start, in CPU time over that of `python -c pass` in the same round."""

from __future__ import annotations

import json
import os
import pty
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import runlog
from benchmarks.bench import Bench
from benchmarks.many import make_store
from benchmarks.measure import Rounds, interleave
from benchmarks.table import Row, digits, render_ratio
from benchmarks.workers import clean_environment

BARE = (sys.executable, "-c", "pass")
RUNLOG = Path(sys.executable).with_name("runlog")
_PROGRAM = """
import sys
block = (b"epoch 1: loss 0.123456 and so on, as programs print it all day\\n" * 1024)[: 1 << 16]
for _ in range({blocks}): sys.stdout.buffer.write(block)
"""
_IDLE_S = 20.0
_BARE_S = 0.009


def measure(bench: Bench) -> list[Row]:
    rows = [
        _row(bench, "`runlog --help`", 8, ["--help"], bench.scratch),
        _row(bench, "`runlog --version`", 8, ["--version"], bench.scratch),
    ]
    ten = bench.once("ten", lambda folder: _fill(folder, 10, 3))
    many = bench.once("many", lambda folder: _fill(folder, bench.size(10_000), 20))
    rows.append(_row(bench, "`runlog ls` on 10 runs", 12, ["ls"], ten))
    rows.append(_row(bench, f"`runlog ls` on {bench.size(10_000):,} runs, on a terminal", 15, ["ls"], many, terminal=True))
    rows.append(_row(bench, f"`runlog ls | cat` on {bench.size(10_000):,} runs: all of them", None, ["ls"], many))
    rows += _hundred_thousand(bench)
    rows.append(_output(bench))
    rows.append(_compare(bench))
    rows += _idle(bench)
    return rows


def _row(bench: Bench, what: str, bar: int | None, words: Sequence[str], folder: Path, terminal: bool = False) -> Row:
    command = Command(words, folder, bench.scratch / "cache", terminal)
    rounds = interleave({"bare": lambda: cpu(BARE, folder), "runlog": command}, bench.rounds(15), discard=2)
    ratio = rounds.ratio("runlog", "bare")
    met = None if bar is None else ratio.median <= bar
    limit = "-" if bar is None else f"at most {bar}x the CPU of `python -c pass`"
    return Row(what, limit, _ms(rounds, "runlog"), _ms(rounds, "bare"), render_ratio(ratio), met=met)


def _ms(rounds: Rounds, side: str) -> str:
    return f"{digits(rounds.spread(side).median * 1000)} ms CPU"


@dataclass(frozen=True)
class Command:
    """`runlog` with some words, in a folder; measures the CPU seconds of one call."""

    words: Sequence[str]
    folder: Path
    cache: Path
    terminal: bool = False

    def __call__(self) -> float:
        return cpu([str(RUNLOG), *self.words], self.folder, self.cache, self.terminal)


def cpu(command: Sequence[str], folder: Path, cache: Path | None = None, terminal: bool = False) -> float:
    """User and system seconds of a process and what it waited for."""
    variables = {**clean_environment(), **({} if cache is None else {"RUNLOG_CACHE": str(cache)})}
    if terminal:
        return _cpu_on_terminal(command, folder, variables)
    child = subprocess.Popen(command, cwd=folder, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, command
    return usage.ru_utime + usage.ru_stime


def _cpu_on_terminal(command: Sequence[str], folder: Path, variables: dict[str, str]) -> float:
    pid, screen = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execvpe(command[0], list(command), variables)
    reader = threading.Thread(target=_read_all, args=(screen,))
    reader.start()
    _, status, usage = os.wait4(pid, 0)
    reader.join()
    os.close(screen)
    assert status == 0, command
    return usage.ru_utime + usage.ru_stime


def _read_all(screen: int) -> None:
    try:
        while os.read(screen, 1 << 16):
            pass
    except OSError:
        pass


def _fill(folder: Path, runs: int, experiments: int) -> None:
    make_store(folder / ".runlog", runs, experiments)


_ASKED = ("ls", "--where", "rmse < 5 and params.alpha > 0.5", "-n", "20")
_OF_ALL = ("ls", "--sort", "rmse", "-n", "20")


def _hundred_thousand(bench: Bench) -> list[Row]:
    """The first question about the newest, the same filter again, and again when others have changed the store meanwhile."""
    runs = bench.size(100_000)
    folder = bench.once("very-many", lambda folder: _fill(folder, runs, 200))
    first, warm, changed = [], [], []
    for _ in range(bench.rounds(5)):
        first.append(_beside_bare(Command(_ASKED, folder, bench.folder("new-cache"))))
    memory = _memory()
    built = _built(bench, folder, memory or bench.scratch)
    command = Command(_ASKED, folder, bench.scratch / "whole-cache")
    from_disk = _beside_bare(Command(_OF_ALL, folder, command.cache))
    for _ in range(bench.rounds(10)):
        warm.append(_beside_bare(command))
    for turn in range(bench.rounds(5)):
        _change(bench, folder, runs, turn)
        changed.append(_beside_bare(command))
    asked = f"`runlog ls` on {runs:,} runs, filter on a param and a metric, top 20"
    of_all = f"`runlog ls --sort rmse` on {runs:,} runs, which builds the index of all"
    return [
        _seconds(f"the first {asked}", 15, first),
        _seconds(f"the first {of_all}, {'in memory' if memory else 'copied a moment ago'}", 15, built),
        _seconds(f"the first {of_all}, on a disk", None, [from_disk]),
        _seconds(asked, 0.5, warm),
        _seconds(f"{asked}, right after {bench.size(1000):,} runs were copied in and ten edited by hand", 0.5, changed),
    ]


def _memory() -> Path | None:
    """A filesystem in memory with room for a large store. Elsewhere a system may take a store out of the page cache while it is
    being read, and what is measured is how often it did."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > 4 << 30 else None


def _built(bench: Bench, folder: Path, into: Path) -> list[tuple[float, float]]:
    """What the index of all runs takes, each time anew."""
    with tempfile.TemporaryDirectory(dir=into) as place:
        copy = Path(place) / "copy"
        shutil.copytree(folder, copy)
        return [_beside_bare(Command(_OF_ALL, copy, bench.folder("new-cache"))) for _ in range(bench.rounds(3))]


def _beside_bare(command: Command) -> tuple[float, float]:
    """What a command takes, and the interpreter alone at that time."""
    return command(), sorted(cpu(BARE, command.folder) for _ in range(5))[2]


def _seconds(what: str, bar: float | None, figures: list[tuple[float, float]]) -> Row:
    """A bar in seconds is that of a machine whose bare interpreter takes 9 ms; a slower one is allowed as much more."""
    seconds = sorted(taken for taken, _ in figures)
    bare = sorted(alone for _, alone in figures)[len(figures) // 2]
    middle = seconds[len(seconds) // 2]
    there = middle * _BARE_S / bare
    return Row(
        what,
        "-" if bar is None else f"under {bar:g} s CPU where `python -c pass` takes {_BARE_S * 1000:g} ms",
        f"{digits(middle)} s CPU ({digits(seconds[0])} to {digits(seconds[-1])})",
        f"{digits(bare * 1000)} ms CPU",
        f"{digits(middle / bare)}x, which there is {digits(there)} s",
        met=None if bar is None else there < bar,
    )


def _change(bench: Bench, folder: Path, runs: int, turn: int) -> None:
    """As rsync and an editor would: new runs under their own times, and births that are written anew in place."""
    more = bench.size(1000)
    source = bench.folder("more")
    make_store(source / ".runlog", more, 200, first=runs + turn * more)
    shutil.copytree(source / ".runlog", folder / ".runlog", dirs_exist_ok=True)
    births = sorted((folder / ".runlog" / "experiments").glob("exp-00*/*/run.json"))
    for path in random.Random(turn).sample(births, 10):
        document = json.loads(path.read_text())
        document["params"]["alpha"] = 0.75 + turn / 1000
        path.write_text(json.dumps(document))
    time.sleep(0.5)


def _output(bench: Bench) -> Row:
    """A program that prints a lot, into a pipe that is kept on the way: by runlog, and by `tee`."""
    size = bench.size(100)
    folder = bench.folder("output")
    (folder / "program.py").write_text(_PROGRAM.format(blocks=size * 16))
    program = [sys.executable, "program.py"]
    piped = f"{sys.executable} program.py | tee kept.log > /dev/null"
    sides = {
        "bare": lambda: _wall(["sh", "-c", piped], folder),
        "runlog": lambda: _wall([str(RUNLOG), "run", "--quiet", "--", *program], folder, bench.scratch / "cache"),
    }
    rounds = interleave(sides, bench.rounds(7))
    ratio = rounds.ratio("runlog", "bare")
    return Row(
        f"{size} MB of a program's output through `runlog run`",
        "at most 2x of a pipe through tee",
        f"{digits(rounds.spread('runlog').median)} s",
        f"{digits(rounds.spread('bare').median)} s",
        render_ratio(ratio),
        met=ratio.median <= 2,
    )


def _wall(command: Sequence[str], folder: Path, cache: Path | None = None) -> float:
    variables = {**clean_environment(), **({} if cache is None else {"RUNLOG_CACHE": str(cache)})}
    begin = time.perf_counter()
    subprocess.run(command, cwd=folder, env=variables, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def _compare(bench: Bench) -> Row:
    folder = bench.folder("compare")
    chance = random.Random(1)
    for number in range(100):
        with runlog.start_run("sweep", f"run-{number}", {"alpha": number / 100}, store=folder / ".runlog") as run:
            run.log_metrics({f"metric-{place}": chance.random() for place in range(200)})
    ids = [run.id for run in runlog.open_store(folder / ".runlog").runs()]
    figures = [Command(["compare", *ids], folder, bench.scratch / "cache")() for _ in range(bench.rounds(7))]
    middle = sorted(figures)[len(figures) // 2]
    return Row("`runlog compare` of 100 runs with 200 metrics", "under 1 s CPU", f"{digits(middle)} s CPU", met=middle < 1)


def _idle(bench: Bench) -> list[Row]:
    """Commands that wait for a run in which nothing happens."""
    folder = bench.folder("idle")
    cache = bench.scratch / "cache"
    words = [str(RUNLOG), "run", "--quiet", "--", "sh", "-c", "echo begun; exec sleep 600"]
    variables = {**clean_environment(), "RUNLOG_CACHE": str(cache)}
    with subprocess.Popen(words, cwd=folder, env=variables, stdout=subprocess.PIPE) as program:
        try:
            assert program.stdout is not None
            program.stdout.readline()
            follow, watch = _share(["logs", "@last", "-f"], folder, cache), _share(["watch"], folder, cache)
        finally:
            program.terminate()
    return [
        Row(f"`runlog {name}` of a run in which nothing happens", "under 2 % CPU", f"{share:.2%} CPU", met=share < 0.02)
        for name, share in (("logs -f", follow), ("watch", watch))
    ]


def _share(words: Sequence[str], folder: Path, cache: Path) -> float:
    """The share of one core that a waiting command takes once it has begun."""
    pid, screen = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execvpe(str(RUNLOG), [str(RUNLOG), *words], {**clean_environment(), "RUNLOG_CACHE": str(cache), "TERM": "xterm"})
    reader = threading.Thread(target=_read_all, args=(screen,))
    reader.start()
    time.sleep(2)
    before = _ticks(pid)
    time.sleep(_IDLE_S)
    used = _ticks(pid) - before
    os.kill(pid, signal.SIGTERM)  # an interrupt is ignored by what was begun in the background
    os.waitpid(pid, 0)
    reader.join()
    os.close(screen)
    return used / os.sysconf("SC_CLK_TCK") / _IDLE_S


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
