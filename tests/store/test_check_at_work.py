"""A store is checked and cleaned while others work in it: what comes and goes meanwhile is no damage, and stops nobody."""

from __future__ import annotations

import json
from pathlib import Path

import runlog
from runlog.store.check import check_folder
from tests.scene import begin_python, runlog_cli

BUILD = """
import itertools, os, runlog
with runlog.start_run(store="store", name="at rest") as run:
    run.log_metric("loss", 0.5)
folders = [run.path, run.path.parent, run.store.root, run.store.root / "live"]
print("ready", flush=True)
for number in itertools.count():
    staged = [folder / f".staging-{number % 16:016x}" for folder in folders]
    for path in staged:
        path.write_bytes(b"half a file")
    for path in staged:
        path.unlink()
"""
WORK = """
import itertools, time, runlog
print("ready", flush=True)
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


def test_files_that_are_being_built(tmp_path: Path) -> None:
    with begin_python(BUILD, cwd=tmp_path) as child:
        assert child.stdout
        child.stdout.readline()
        for _ in range(100):
            report = check_folder(tmp_path / "store")
            assert (report.findings, report.runs) == ((), 1)
        for _ in range(3):
            done = runlog_cli("--store", "store", "gc", "--dry-run", "--json", cwd=tmp_path)
            assert (done.returncode, done.stderr) == (0, "")
            assert isinstance(json.loads(done.stdout), dict)
        assert child.poll() is None


def test_an_artifact_that_is_logged_again_and_again(tmp_path: Path) -> None:
    with begin_python(AGAIN, cwd=tmp_path) as child:
        assert child.stdout
        assert child.stdout.readline() == "begun\n"
        for repair in [False, True] * 20:
            report = check_folder(tmp_path / "store", repair=repair)
            assert [found for found in report.findings if found.severity != "note"] == []
        assert child.poll() is None
    assert [run.problems for run in runlog.open_store(tmp_path / "store").runs()] == [()]


def test_a_run_that_goes_on_again_and_again(tmp_path: Path) -> None:
    with begin_python(WRITERS, cwd=tmp_path) as child:
        assert child.stdout
        assert child.stdout.readline() == "begun\n"
        for repair in [False, True] * 20:
            report = check_folder(tmp_path / "store", repair=repair)
            assert [found for found in report.findings if found.severity != "note"] == []
        assert child.poll() is None
    assert [run.problems for run in runlog.open_store(tmp_path / "store").runs()] == [()]


def test_runs_that_come_and_end(tmp_path: Path) -> None:
    with begin_python(WORK, cwd=tmp_path) as child:
        assert child.stdout
        assert [child.stdout.readline(), child.stdout.readline()] == ["ready\n", "begun\n"]
        for repair in [False, True] * 10:
            report = check_folder(tmp_path / "store", repair=repair)
            # A file that was logged a moment ago, of which the run is about to speak, belongs to nobody yet.
            assert [found for found in report.findings if found.severity != "note"] == []
        assert child.poll() is None
    assert check_folder(tmp_path / "store", repair=True).clean
