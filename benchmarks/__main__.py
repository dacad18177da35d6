"""`python -m benchmarks`: measure everything, write the table."""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.machine import describe_machine
from benchmarks.table import Row, render_table
from benchmarks.workers import ROOT

SUBJECTS = (
    "throughput",
    "size",
    "reading",
    "creation",
    "memory",
    "concurrency",
    "crash",
    "merge",
    "startup",
    "commands",
    "capture",
    "reproduce",
)
RESULTS = ROOT / "benchmarks" / "RESULTS.md"
NOTES = """\
Rounds of runlog, the bare operation and the peers alternate; a ratio is taken within each round, and the table gives
the median of the rounds (least to greatest). A peer that writes in the background is counted until it has written; its
in-loop figure stands beside that. `make bench` writes this page, `make bench-peers` installs the peers."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only",
        metavar="NAME",
        action="append",
        choices=SUBJECTS,
        help=f"one of {', '.join(SUBJECTS)}; may be repeated",
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds and points: shows that it works, not how fast")
    asked = parser.parse_args()
    subjects = [name for name in SUBJECTS if not asked.only or name in asked.only]
    with scratch_folder() as scratch:
        machine = describe_machine(scratch)
        rows = [row for name in subjects for row in measure_subject(name, Bench(scratch, asked.quick))]
    page = f"# What runlog costs\n\n{machine}\n\n{render_table(rows)}\n\n{NOTES}\n"
    print(page)
    if subjects == list(SUBJECTS) and not asked.quick:
        RESULTS.write_text(page)
    return 1 if any(row.met is False for row in rows) else 0


def measure_subject(name: str, bench: Bench) -> list[Row]:
    """A subject that breaks costs its own rows only: they say so, and the others are still measured."""
    begin = time.monotonic()
    measure: Callable[[Bench], list[Row]] = import_module(f"benchmarks.{name}").measure
    try:
        rows = measure(bench)
    except Exception as error:
        traceback.print_exc()
        words = " ".join(re.sub(r"(/[\w.+-]+){2,}", "<path>", str(error)).split())
        rows = [Row(name, "-", f"could not be measured: {type(error).__name__}: {words[-300:]}", met=False)]
    print(f"{name}: {time.monotonic() - begin:.0f} s", file=sys.stderr, flush=True)
    return rows


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Inside the repository: on its filesystem, and in a git work tree, where users start their runs."""
    home = ROOT / ".bench-scratch"
    home.mkdir(exist_ok=True)
    (home / ".gitignore").write_text("*\n")
    scratch = Path(tempfile.mkdtemp(dir=home))
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        if [path.name for path in home.iterdir()] == [".gitignore"]:
            shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
