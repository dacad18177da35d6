"""Programs that end alike with a run and without one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import runlog
from tests.scene import only_run, points, python

# The same text runs with and without a run, so that line numbers in tracebacks agree.
PREAMBLE = """\
import contextlib, os, signal, sys, threading
if os.environ.get("TRACKED"):
    from runlog import start_run, log_metric
else:
    start_run, log_metric = contextlib.nullcontext, lambda *_: None
def body():
    log_metric("loss", 0.5)
    {body}
"""
IN_WITH = "with start_run() as run:\n    body()\n"
PLAIN = "run = start_run()\nbody()\n"
SHAPES = pytest.mark.parametrize("shape", [IN_WITH, PLAIN], ids=["with", "plain"])


def end_both(tmp_path: Path, body: str, shape: str) -> tuple[subprocess.CompletedProcess[str], runlog.StoredRun]:
    """Run a program bare, then tracked; both must end in the same way and say the same."""
    script = PREAMBLE.replace("{body}", body) + shape
    bare = python(script, cwd=tmp_path)
    tracked = python(script, cwd=tmp_path, TRACKED="1")
    assert (tracked.returncode, tracked.stdout, tracked.stderr) == (bare.returncode, bare.stdout, bare.stderr)
    run = only_run(tmp_path / ".runlog")
    assert points(run, "loss") == [(0, 0.5)]
    assert run.problems == ()
    return tracked, run
