"""What `import runlog` costs, and what it must not import."""

from __future__ import annotations

import subprocess
import sys
import time

from benchmarks.bench import Bench
from benchmarks.measure import interleave
from benchmarks.table import Row, digits, render_ratio
from benchmarks.workers import clean_environment

FORBIDDEN = ("typer", "rich", "pyarrow", "numpy", "git")
IMPORT = "import runlog"
USE = "import runlog; runlog.start_run, runlog.log_metric, runlog.open_store"


def measure(bench: Bench) -> list[Row]:
    found = {code: find_forbidden(code) for code in (IMPORT, USE)}
    sides = {code: lambda code=code: time_interpreter(code) for code in ("pass", IMPORT, USE)}
    rounds = interleave(sides, bench.rounds(30))
    return [
        Row(
            "`import runlog`" if code == IMPORT else "the same, and `start_run`, `log_metric`, `open_store` looked up",
            "no typer, rich, pyarrow, numpy, git" if code == IMPORT else "-",
            f"{digits(rounds.spread(code).median * 1000)} ms; imports {', '.join(found[code]) or 'none of them'}",
            f"{digits(rounds.spread('pass').median * 1000)} ms for `python -c pass`",
            render_ratio(rounds.ratio(code, "pass")),
            met=not found[code] if code == IMPORT else None,
        )
        for code in (IMPORT, USE)
    ]


def find_forbidden(code: str) -> list[str]:
    listing = f"{code}; import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True, env=clean_environment())
    loaded = done.stdout.split()
    return [name for name in FORBIDDEN if name in loaded]


def time_interpreter(code: str) -> float:
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, env=clean_environment())
    return time.perf_counter() - begin
