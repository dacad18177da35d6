"""The thread beside the training: what it mends, what it hands over while a run goes on, and that it keeps a run alive."""

from __future__ import annotations

import json
import os
import shutil
import signal
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import runlog
from runlog.errors import RunlogError
from tests.scene import begin_python, ended, only_run, points, python, until

QUICK = """\
import os, runlog, runlog.tracking.beating, shutil, sys, time
runlog.tracking.beating.FLUSH_S = {beat}
"""


def lasting(beat: float) -> str:
    return QUICK.format(beat=beat)


REPLACE = """\
def older_copy(log):
    # What rsync does with an older state of the store: a copy beside it, renamed over it.
    shutil.copyfile(log, log.parent / ".log.x7Gh")
    return lambda: os.rename(log.parent / ".log.x7Gh", log)
run = runlog.start_run()
for step in range(10): run.log_metric("loss", float(step), step=step)
run.log_param("before", 1)
[log] = (run.path / "live").glob("*.log")
lay_over = older_copy(log)
for step in range(10, 20): run.log_metric("loss", float(step), step=step)
run.log_param("between", 2)
{do}
for step in range(20, 30): run.log_metric("loss", float(step), step=step)
run.log_metrics({{"a": 1.0, "loss": 30.0}}, step=30)
run.log_param("after", 3)
{wait}
for step in range(31, 40): run.log_metric("loss", float(step), step=step)
run.set_tag("late", "yes")
{end}
"""
SEEN = 'while run.read().params.get("after") != 3: time.sleep(0.02)'


@pytest.mark.parametrize(
    ("do", "wait", "end", "state"),
    [
        ("lay_over()", SEEN, "os._exit(0)", "lost"),
        ("log.unlink()", SEEN, "os._exit(0)", "lost"),
        ("shutil.rmtree(log.parent)", SEEN, "os._exit(0)", "lost"),
        ("lay_over()", SEEN, "run.finish()", "finished"),
        # Before the thread could see it.
        ("lay_over()", "", "run.finish()", "finished"),
        ("log.unlink()", "", "", "finished"),
        ("lay_over()", "", "os.kill(os.getpid(), 15); time.sleep(60)", "killed"),
    ],
)
def test_a_log_that_is_replaced_while_it_is_written_loses_nothing(
    tmp_path: Path, do: str, wait: str, end: str, state: str
) -> None:
    script = lasting(0.05 if wait else 600) + REPLACE.format(do=do, wait=wait, end=end)
    done = python(script, cwd=tmp_path)
    assert done.stderr == ""
    run = only_run(tmp_path / ".runlog")
    assert (run.state, run.problems) == (state, ())
    assert points(run, "loss") == [(step, float(step)) for step in range(40)]
    assert points(run, "a") == [(30, 1.0)]
    assert (dict(run.params), dict(run.tags)) == ({"before": 1, "between": 2, "after": 3}, {"late": "yes"})
    assert runlog.open_store(tmp_path / ".runlog").check().clean


def test_threads_that_log_while_their_log_is_replaced_lose_nothing(tmp_path: Path) -> None:
    script = (
        lasting(0.02)
        + """
import threading
run = runlog.start_run(strict=True)
stop = threading.Event()
counts = {}
def train(name):
    step = 0
    while not stop.is_set():
        run.log_metric(name, float(step), step=step)
        step += 1
        counts[name] = step
        if step % 20 == 0: time.sleep(0.001)
threads = [threading.Thread(target=train, args=(f"m{n}",)) for n in range(3)]
[thread.start() for thread in threads]
for _ in range(5):
    [log] = (run.path / "live").glob("*.log")
    older = log.parent / ".older"
    shutil.copyfile(log, older)
    replaced = older.stat().st_ino
    os.rename(older, log)
    while log.stat().st_ino == replaced: time.sleep(0.01)
stop.set()
[thread.join() for thread in threads]
run.finish()
print(counts)
"""
    )
    done = python(script, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    run = only_run(tmp_path / ".runlog")
    for name, count in json.loads(done.stdout.replace("'", '"')).items():
        assert points(run, name) == [(step, float(step)) for step in range(count)]
    assert run.problems == ()


LONG = """\
run = runlog.start_run(params={"alpha": 0.1})
def parquets(): return len(list(run.path.glob("metrics/*.parquet")))
step = 0
for segment in (1, 2):
    for _ in range(300):
        run.log_metric("loss", float(step))
        run.log_metrics({"a": float(step), "b": -1.0}, step=step)
        step += 1
    run.log_param("step", step)
    while parquets() < segment: time.sleep(0.02)
"""


def test_a_long_run_becomes_parquet_in_segments_while_it_goes_on(tmp_path: Path) -> None:
    script = (
        lasting(0.05)
        + LONG
        + """
print(step, flush=True)
sys.stdin.readline()
run.log_metric("loss", float(step))
run.finish()
"""
    )
    with begin_python(script, cwd=tmp_path, RUNLOG_SEGMENT_BYTES="16384") as child:
        assert child.stdout is not None
        steps = int(child.stdout.readline())
        run = only_run(tmp_path / ".runlog")
        assert run.state == "running"
        expected = [(step, float(step)) for step in range(steps)]
        assert points(run, "loss") == points(run, "a") == expected
        assert points(run, "b") == [(step, -1.0) for step in range(steps)]
        assert (run.metrics["loss"].count, run.params["step"]) == (steps, steps)
        assert os.path.isdir(run.path / "live")
        segments = [pq.ParquetFile(path).read(use_threads=False) for path in run.path.glob("metrics/*.parquet")]
        assert sum(table.num_rows for table in segments) > 0
        assert child.communicate("\n", timeout=100) == ("", "")
    run = only_run(tmp_path / ".runlog")
    assert (run.state, dict(run.params), run.problems) == ("finished", {"alpha": 0.1, "step": steps}, ())
    assert points(run, "loss") == [*expected, (steps, float(steps))]
    assert not (run.path / "live").exists()
    assert runlog.open_store(tmp_path / ".runlog").check().clean


def test_a_long_run_that_is_killed_keeps_its_segments_and_the_rest(tmp_path: Path) -> None:
    script = lasting(0.05) + LONG + "print(step, flush=True)\nos.kill(os.getpid(), 9)\n"
    done = python(script, cwd=tmp_path, RUNLOG_SEGMENT_BYTES="16384")
    assert done.returncode == -signal.SIGKILL
    steps = int(done.stdout)
    run = only_run(tmp_path / ".runlog")
    assert (run.state, points(run, "loss")) == ("lost", [(step, float(step)) for step in range(steps)])
    assert points(run, "a") == points(run, "loss")


def test_a_shell_can_go_on_after_a_segment_with_nothing_logged_in_between(tmp_path: Path) -> None:
    """The folder of logs must not vanish with the log that was settled."""
    script = (
        lasting(0.05)
        + """
import subprocess
run = runlog.start_run()
for step in range(2000): run.log_metric("loss", float(step))
while not list(run.path.glob("metrics/*.parquet")) or len(list(run.path.glob("live/*.log"))) > 1: time.sleep(0.02)
subprocess.run(["sh", "-c", "echo '{\\"from shell\\": 1}' >> $RUNLOG_METRICS"], check=True)
"""
    )
    done = python(script, cwd=tmp_path, RUNLOG_SEGMENT_BYTES="4096")
    assert (done.returncode, done.stderr) == (0, "")
    run = only_run(tmp_path / ".runlog")
    assert (run.state, run.metrics["loss"].count, points(run, "from shell")) == ("finished", 2000, [(0, 1.0)])


def test_beats_say_that_a_silent_process_lives(tmp_path: Path) -> None:
    script = lasting(0.05) + "runlog.start_run()\nprint('up', flush=True)\nsys.stdin.readline()\n"
    with begin_python(script, cwd=tmp_path) as child:
        assert child.stdout is not None
        child.stdout.readline()
        store = tmp_path / ".runlog"
        first = only_run(store).record.last_sign
        until(lambda: only_run(store).record.last_sign > first + 200_000_000, "a later sign of life")
        assert only_run(store).state == "running"
        # A process that is stopped gives none, and is not lost for that while it can be seen to live.
        child.send_signal(signal.SIGSTOP)
        assert only_run(store).state == "running"
        child.send_signal(signal.SIGCONT)
        child.communicate("\n", timeout=100)
    run = only_run(store)
    assert (run.state, run.metrics, run.problems) == ("finished", {}, ())


@pytest.mark.parametrize(("silent_s", "state"), [(60, "running"), (3600, "lost")])
def test_a_run_of_another_machine_is_judged_by_its_last_sign(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, silent_s: int, state: str
) -> None:
    script = "import os, runlog, time\nreal, was = time.time_ns, os.uname()\n"
    script += f"time.time_ns = lambda: real() - {silent_s} * 10**9\n"
    script += "os.uname = lambda: type(was)((was[0], 'elsewhere', *was[2:]))\nrunlog.log_metric('loss', 1.0)\nos._exit(0)\n"
    assert python(script, cwd=tmp_path).returncode == 0
    run = only_run(tmp_path / ".runlog")
    assert (run.state, points(run, "loss")) == (state, [(0, 1.0)])
    # Nobody here can know whether that process comes back, so its log is left to it.
    assert [path.suffix for path in (run.path / "live").iterdir()] == [".log"]


def test_lines_of_the_door_are_dated_by_the_thread(tmp_path: Path) -> None:
    script = (
        lasting(0.05)
        + """
run = runlog.start_run()
door = os.environ["RUNLOG_METRICS"]
def say(text):
    with open(door, "a") as file: file.write(text + "\\n")
say('{"loss": 1}')
while '"time"' not in open(door).read(): time.sleep(0.02)
between = time.time()
time.sleep(0.1)
say('{"loss": 2}')
print(between)
"""
    )
    done = python(script, cwd=tmp_path)
    assert done.stderr == ""
    between = datetime.fromtimestamp(float(done.stdout), UTC)
    run = only_run(tmp_path / ".runlog")
    first, second = run.history("loss")["time"].to_pylist()
    assert run.created_at.timestamp() - 0.001 <= first.timestamp() <= between.timestamp() <= second.timestamp()


def test_nothing_of_the_thread_is_left_when_no_run_is_open(tmp_path: Path) -> None:
    """A process of many short runs has one thread and no open files of theirs."""
    script = (
        lasting(0.02)
        + """
import threading
before = len(os.listdir("/proc/self/fd"))
for n in range(20):
    with runlog.start_run() as run: run.log_metric("a", 1.0)
assert len(os.listdir("/proc/self/fd")) < before + 20, os.listdir("/proc/self/fd")  # one more each would be a leak
assert sorted(thread.name for thread in threading.enumerate()) == ["MainThread", "runlog-beat", "runlog-signals"]
while os.listdir(".runlog/live"): time.sleep(0.02)
assert not list(run.path.parent.glob("*/live"))
"""
    )
    done = python(script, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_program_ends_at_once_although_a_thread_beats(tmp_path: Path) -> None:
    with begin_python(lasting(600) + "runlog.log_metric('a', 1.0)\n", cwd=tmp_path) as child:
        assert ended(child) == 0


def test_a_store_that_is_copied_from_while_it_is_written_is_a_store(tmp_path: Path) -> None:
    script = (
        lasting(0.05)
        + """
run = runlog.start_run()
print("up", flush=True)
for step in range(10**9):
    run.log_metric("loss", float(step))
    if step % 100 == 0: time.sleep(0.001)
"""
    )
    with begin_python(script, cwd=tmp_path) as child:
        assert child.stdout is not None
        child.stdout.readline()
        for number in range(5):
            copy = tmp_path / f"copy {number}"
            shutil.copytree(tmp_path / ".runlog", copy, ignore=shutil.ignore_patterns(".staging-*"))
            try:
                run = only_run(copy)
            except RunlogError as error:
                pytest.fail(str(error))
            found = points(run, "loss")
            assert found == [(step, float(step)) for step in range(len(found))]
