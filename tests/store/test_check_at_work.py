"""A store is checked and cleaned while others work in it: what comes and goes meanwhile is no damage, and stops nobody."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import runlog
from runlog.store.check import check_folder
from tests.scene import begin_python, runlog_cli

BUILD = """
import itertools, os, runlog
with runlog.start_run(store="store", name="at rest") as run:
    run.log_metric("loss", 0.5)
folders = [run.path, run.path.parent, run.store.root, run.store.root / "live"]
print("begun", flush=True)
for number in itertools.count():
    staged = [folder / f".staging-{number % 16:016x}" for folder in folders]
    for path in staged:
        path.write_bytes(b"half a file")
    for path in staged:
        path.unlink()
"""
WORK = """
import itertools, time, runlog
for number in itertools.count():
    time.sleep(0.01)  # a check must come to the end of the store some day
    with runlog.start_run(store="store") as run:
        run.log_metric("loss", float(number))
        run.log_text("first", "a.txt")
        run.log_text("second", "a.txt")
    if number == 0:
        print("begun", flush=True)
"""
AGAIN = """
import itertools, time, runlog
with runlog.start_run(store="store") as run:
    for number in itertools.count():
        time.sleep(0.002)
        run.log_text(f"version {number}", "a.txt")
        if number == 0:
            print("begun", flush=True)
"""
WRITERS = """
import itertools, time, runlog
run = runlog.start_run(store="store")
run.finish()
print("begun", flush=True)
for number in itertools.count():
    time.sleep(0.005)
    with runlog.start_run(run_id=run.id, store="store") as again:
        again.log_metric("loss", float(number))
"""


def require_nothing_found(store: Path, times: int) -> None:
    """Check a store again and again, and repair it every other time. A file of which nobody speaks yet belongs to nobody."""
    for repair in [False, True] * (times // 2):
        report = check_folder(store, repair=repair)
        assert [found for found in report.findings if found.severity != "note"] == []


@contextlib.contextmanager
def working(program: str, folder: Path) -> Iterator[None]:
    """While a program works in the store, which it does from its word to the end of what is done here."""
    with begin_python(program, cwd=folder) as child:
        assert child.stdout
        assert child.stdout.readline() == "begun\n"
        yield
        assert child.poll() is None


def test_files_that_are_being_built(tmp_path: Path) -> None:
    with working(BUILD, tmp_path):
        for _ in range(100):
            report = check_folder(tmp_path / "store")
            assert (report.findings, report.runs) == ((), 1)
        for _ in range(3):
            done = runlog_cli("--store", "store", "gc", "--dry-run", "--json", cwd=tmp_path)
            assert (done.returncode, done.stderr) == (0, "")
            assert isinstance(json.loads(done.stdout), dict)


def test_an_artifact_that_is_logged_again_and_again(tmp_path: Path) -> None:
    with working(AGAIN, tmp_path):
        require_nothing_found(tmp_path / "store", times=40)
    assert [run.problems for run in runlog.open_store(tmp_path / "store").runs()] == [()]


def test_a_run_that_goes_on_again_and_again(tmp_path: Path) -> None:
    with working(WRITERS, tmp_path):
        require_nothing_found(tmp_path / "store", times=40)
    assert [run.problems for run in runlog.open_store(tmp_path / "store").runs()] == [()]


def test_runs_that_come_and_end(tmp_path: Path) -> None:
    with working(WORK, tmp_path):
        require_nothing_found(tmp_path / "store", times=20)
    assert check_folder(tmp_path / "store", repair=True).clean
