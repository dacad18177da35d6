"""A failing log call never kills the training job: it is told once, recorded in the run, and the job goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import runlog
from tests.scene import WITHOUT_POWERS, begin_python, ended, environment, only_run, points, python

FAILING = """\
import runlog
run = runlog.start_run()
for step in range(3):
    run.log_metric("loss", f"no number {step}")
    run.log_metric("loss", [step])
    run.log_metrics({"acc": None, "fine": 1.0})
    run.log_metric("loss", 1.0, step=step + 0.5)
    run.log_metric("", 1.0)
    run.log_metric("good", float(step))
    run.log_param("p", "x" * (70_000 + step))
    run.set_tag("a\\nb", "x")
    run.set_tag("good", "yes")
    run.log_artifact("nowhere.bin")
    run.log_text("text", "../outside.txt")
    run.log_table(5, "t.csv")
    run.log_figure("no figure", "f.png")
    run.log_image("no image", "i.png")
    run.use_data("nowhere.csv")
    run.log_text("text", "good.txt")
print("trained")
"""
TOLD = [
    "metric 'loss' must be a number, got 'no number 0'",
    "metric 'loss' must be one number, got list [0]",
    "metric 'acc' must be a number, got None",
    "a step must be a whole number, got 0.5",
    "metric name is empty",
    "param 'p' may have 65536 characters, got 70000 (hint: log it with log_text() or log_json() instead)",
    "tag name 'a\\nb' holds a control character",
    "there is no file 'nowhere.bin'",
    "artifact path '../outside.txt' leaves the run (hint: give a relative path without '..')",
    "this int is no table",
    "cannot draw a str: it is no figure of matplotlib or plotly",
    "an image has height x width (x 1, 3 or 4 channels), got one value",
    "there is no file 'nowhere.csv'",
]


def test_each_kind_of_failure_is_told_once_and_recorded_and_the_job_goes_on(tmp_path: Path) -> None:
    done = python(FAILING, cwd=tmp_path)
    run = only_run(tmp_path / ".runlog")
    assert (done.returncode, done.stdout) == (0, "trained\n")
    assert done.stderr == "".join(f"runlog: run {run.id}: {message}\n" for message in TOLD)
    assert run.problems == tuple(TOLD)
    assert run.state == "finished"
    assert points(run, "good") == [(0, 0.0), (1, 1.0), (2, 2.0)]
    assert (list(run.metrics), dict(run.params), dict(run.tags), list(run.artifacts)) == (
        ["good"],
        {},
        {"good": "yes"},
        ["good.txt"],
    )


@pytest.mark.parametrize("how", ["argument", "variable"])
def test_strict_raises(tmp_path: Path, how: str) -> None:
    script = "import runlog\nwith runlog.start_run({}) as run:\n    run.log_metric('loss', 'no number')\n"
    if how == "argument":
        done = python(script.format("strict=True"), cwd=tmp_path)
    else:
        done = python(script.format(""), cwd=tmp_path, RUNLOG_STRICT="1")
    assert done.returncode == 1
    assert done.stderr.endswith("runlog.errors.BadValue: metric 'loss' must be a number, got 'no number'\n")
    assert only_run(tmp_path / ".runlog").state == "failed"


def test_an_argument_outweighs_the_variable(tmp_path: Path) -> None:
    script = "import runlog\nwith runlog.start_run(strict=False) as run:\n    run.log_metric('loss', 'no number')\n"
    assert python(script, cwd=tmp_path, RUNLOG_STRICT="1").returncode == 0


def test_warnings_go_through_logging_and_can_be_silenced(tmp_path: Path) -> None:
    script = """\
import logging, runlog
logging.getLogger("runlog").setLevel(logging.ERROR)
runlog.log_metric("loss", "x")
"""
    done = python(script, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert only_run(tmp_path / ".runlog").problems == ("metric 'loss' must be a number, got 'x'",)


def test_a_program_without_stderr_goes_on(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text("import runlog\nrunlog.log_metric('loss', 'x')\nrunlog.log_metric('loss', 1.0)\n")
    shell = f'exec "{sys.executable}" "{script}" 2>&-'
    assert subprocess.run(["sh", "-c", shell], cwd=tmp_path, env=environment(), check=False, timeout=100).returncode == 0
    assert points(only_run(tmp_path / ".runlog"), "loss") == [(0, 1.0)]


@pytest.mark.parametrize("what", ["run", "store"])
@pytest.mark.parametrize("when", ["beaten", "finished"])
def test_a_run_that_is_deleted_while_it_runs_is_told_and_the_job_goes_on(tmp_path: Path, what: str, when: str) -> None:
    script = f"""\
import runlog, runlog.tracking.beating, shutil, sys, time
if {when == "beaten"}:
    runlog.tracking.beating.FLUSH_S = 0.05
run = runlog.start_run()
run.log_metric("loss", 1.0)
shutil.rmtree(run.path if {what == "run"} else run.store.root)
run.log_metric("loss", 2.0)
if {when == "beaten"}:
    time.sleep(1)
run.log_metric("loss", 3.0)
run.log_param("p", 1)
run.finish()
print(run.path)
import os, pathlib
if {when == "finished"}:
    assert not [fd for fd in pathlib.Path("/proc/self/fd").iterdir() if fd.is_symlink() and ".log" in os.readlink(fd)]
"""
    done = python(script, cwd=tmp_path)
    assert done.returncode == 0
    run_id = Path(done.stdout.strip()).name
    assert done.stderr == f"runlog: run {run_id}: the folder of the run is gone: {done.stdout}"
    if what == "run":
        store = runlog.open_store(tmp_path / ".runlog")
        assert list(store.runs()) == []
        assert store.recover() == []
    else:
        assert not (tmp_path / ".runlog").exists()


def test_a_folder_that_becomes_read_only_costs_no_point(tmp_path: Path) -> None:
    script = (
        WITHOUT_POWERS
        + """
import os, runlog
run = runlog.start_run()
run.log_metric("loss", 1.0)
for folder in (run.path, run.path / "live"):
    os.chmod(folder, 0o555)
run.log_metric("loss", 2.0)
run.log_text("text", "notes.txt")
run.log_text("text", "more.txt")
run.finish()
print("trained")
"""
    )
    done = python(script, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "trained\n")
    assert [line.split(": ", 2)[2] for line in done.stderr.splitlines()] == [
        "cannot keep notes.txt: permission denied",
        "cannot keep more.txt: permission denied",
        f"cannot create {next((tmp_path / '.runlog/experiments/default').glob('2*'))}/metrics: permission denied",
    ]
    [folder] = (tmp_path / ".runlog" / "experiments" / "default").glob("2*")
    for path in (folder, folder / "live"):
        path.chmod(0o755)
    run = only_run(tmp_path / ".runlog")
    assert (run.state, points(run, "loss"), list(run.artifacts)) == ("finished", [(0, 1.0), (1, 2.0)], [])


def test_a_run_that_ends_while_threads_log_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    script = """\
import runlog, threading
run = runlog.start_run(strict=True)
begun = threading.Barrier(5)
counts = {}
def train(name):
    begun.wait()
    try:
        for step in range(10**9):
            run.log_metric(name, float(step), step)
            counts[name] = step + 1
    except runlog.RunlogError:
        pass
threads = [threading.Thread(target=train, args=(f"m{n}",)) for n in range(4)]
[thread.start() for thread in threads]
begun.wait()
run.finish()
[thread.join() for thread in threads]
print(counts)
"""
    done = python(script, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    counts = eval(done.stdout)
    run = only_run(tmp_path / ".runlog")
    assert run.state == "finished"
    for name, count in counts.items():
        # The call that was under way may have come through as well.
        assert points(run, name)[:count] == [(step, float(step)) for step in range(count)]
        assert len(points(run, name)) <= count + 1
    assert runlog.open_store(tmp_path / ".runlog").check().clean


def test_a_job_is_not_held_up_by_its_end(tmp_path: Path) -> None:
    """Closing stdin of a program that waits for it: the helper thread must not keep the process."""
    with begin_python("import runlog, sys\nrunlog.log_metric('a', 1.0)\nsys.stdin.read()\n", cwd=tmp_path) as child:
        assert child.stdin is not None
        child.stdin.close()
        assert ended(child) == 0
    assert only_run(tmp_path / ".runlog").state == "finished"
    assert os.listdir(tmp_path / ".runlog" / "live") == []
