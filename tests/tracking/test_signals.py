"""Programs that die of a signal die of it as they would without a run, and the run says so."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

import runlog
from tests.scene import begin_python, ended, only_run, points, python
from tests.tracking.endings import IN_WITH, PLAIN, PREAMBLE, SHAPES, end_both


@SHAPES
@pytest.mark.parametrize("body", ["os.kill(os.getpid(), signal.SIGINT)"])
def test_interrupt(tmp_path: Path, body: str, shape: str) -> None:
    done, run = end_both(tmp_path, body, shape)
    assert done.returncode == -signal.SIGINT
    assert run.end is not None
    assert (run.state, run.end.signal, run.end.error) == ("killed", "SIGINT", None)


@pytest.mark.parametrize(("name", "shape"), [("SIGTERM", IN_WITH), ("SIGTERM", PLAIN), ("SIGHUP", PLAIN)])
def test_signals_kill_the_program_and_are_named(tmp_path: Path, name: str, shape: str) -> None:
    done, run = end_both(tmp_path, f"os.kill(os.getpid(), signal.{name}); signal.pause()", shape)
    assert done.returncode == -signal.Signals[name]
    assert run.end is not None
    assert (run.state, run.end.signal, run.end.exit_code, run.end.error) == ("killed", name, None, None)


@pytest.mark.parametrize(
    ("body", "shape", "status"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", IN_WITH, -signal.SIGKILL),
        ("os._exit(7)", PLAIN, 7),
        ("os.abort()", PLAIN, -signal.SIGABRT),
    ],
    ids=["SIGKILL", "os._exit", "abort"],
)
def test_no_last_word_is_lost_and_settled_by_the_next_who_opens_the_store(
    tmp_path: Path, body: str, shape: str, status: int
) -> None:
    script = PREAMBLE.replace("{body}", body) + shape
    done = python(script, cwd=tmp_path, TRACKED="1")
    assert done.returncode == status
    store = tmp_path / ".runlog"
    [folder] = (store / "experiments" / "default").glob("2*")
    assert [path.suffix for path in (folder / "live").iterdir()] == [".log"]
    assert [path.name for path in (store / "live").iterdir()] == [folder.name]

    run = only_run(store)
    assert (run.state, points(run, "loss")) == ("lost", [(0, 0.5)])
    assert sorted(path.name.split("-")[0] for path in folder.iterdir()) == ["entries", "metrics", "run.json"]
    assert not list((store / "live").iterdir())
    assert only_run(store).state == "lost"


def test_a_run_is_running_while_it_runs_and_lost_right_after_a_kill(tmp_path: Path) -> None:
    script = "import runlog, time\nrunlog.log_metric('loss', 1.0)\nprint('up', flush=True)\ntime.sleep(600)\n"
    with begin_python(script, cwd=tmp_path) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "up\n"
        run = only_run(tmp_path / ".runlog")
        assert (run.state, run.end, points(run, "loss")) == ("running", None, [(0, 1.0)])
        child.kill()
        child.wait()
    assert only_run(tmp_path / ".runlog").state == "lost"


def test_a_signal_from_outside_while_threads_log(tmp_path: Path) -> None:
    script = """\
import runlog, threading
run = runlog.start_run()
def log(name):
    for step in range(10**9):
        run.log_metric(name, float(step))
threads = [threading.Thread(target=log, args=(f"m{n}",), daemon=True) for n in range(4)]
[thread.start() for thread in threads]
print("up", flush=True)
[thread.join() for thread in threads]
"""
    with begin_python(script, cwd=tmp_path) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "up\n"
        child.terminate()
        assert ended(child) == -signal.SIGTERM
    run = only_run(tmp_path / ".runlog")
    assert run.end is not None
    assert (run.state, run.end.signal, run.problems) == ("killed", "SIGTERM", ())
    for name in run.metrics:
        found = points(run, name)
        assert found == [(step, float(step)) for step in range(len(found))]


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_program_that_is_deep_in_c_dies_of_a_signal_too(tmp_path: Path, name: str) -> None:
    """Python's own handlers wait until the call returns, which may be when the model is fitted."""
    script = """\
import hashlib, runlog
runlog.log_metric("loss", 1.0)
print("up", flush=True)
hashlib.pbkdf2_hmac("sha256", b"x", b"y", 2**31 - 1)
"""
    with begin_python(script, cwd=tmp_path) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "up\n"
        child.send_signal(signal.Signals[name])
        assert ended(child) == -signal.Signals[name]
    run = only_run(tmp_path / ".runlog")
    assert run.end is not None
    assert (run.state, run.end.signal, points(run, "loss"), run.problems) == ("killed", name, [(0, 1.0)], ())


def test_a_signal_to_a_forked_child_is_the_child_s_alone(tmp_path: Path) -> None:
    """Also in the moment it is born, and deep in C: as a pool ends its workers."""
    script = """\
import hashlib, os, runlog, signal, sys, time, warnings
warnings.simplefilter("ignore")
with runlog.start_run() as run:
    for number in range(40):
        child = os.fork()
        if child == 0:
            if number % 2: hashlib.pbkdf2_hmac("sha256", b"x", b"y", 2**31 - 1)
            time.sleep(600)
        os.kill(child, signal.SIGTERM)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGTERM
    time.sleep(1.5)
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()
    run.log_metric("loss", 1.0)
"""
    done = python(script, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    run = only_run(tmp_path / ".runlog")
    assert (run.state, points(run, "loss"), run.problems) == ("finished", [(0, 1.0)], ())


def test_an_event_loop_s_own_handler_decides(tmp_path: Path) -> None:
    script = """\
import asyncio, os, runlog, signal, sys
async def main():
    told = asyncio.Event()
    if "before" in sys.argv: asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    run = runlog.start_run()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(told.wait(), 60)
    await asyncio.sleep(1.5)
    run.log_metric("loss", 1.0)
asyncio.run(main())
"""
    for arguments in [], ["before"]:
        done = python(script, *arguments, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
    for run in runlog.open_store(tmp_path / ".runlog").runs():
        assert (run.state, points(run, "loss")) == ("finished", [(0, 1.0)])


def test_the_program_s_own_handler_decides(tmp_path: Path) -> None:
    body = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(9)); os.kill(os.getpid(), signal.SIGTERM)"
    done, run = end_both(tmp_path, body, PLAIN)
    assert done.returncode == 9
    assert run.end is not None
    assert (run.state, run.end.exit_code, run.end.signal) == ("failed", 9, None)


def test_handlers_set_before_the_run_stay(tmp_path: Path) -> None:
    script = """\
import signal
mine = lambda *_: None
signal.signal(signal.SIGTERM, mine)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
import runlog
with runlog.start_run():
    print(signal.getsignal(signal.SIGTERM) is mine, signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)
"""
    assert python(script, cwd=tmp_path).stdout == "True True\n"


def test_sigterm_counts_when_the_first_run_began_in_a_thread(tmp_path: Path) -> None:
    script = """\
import os, runlog, signal, threading
thread = threading.Thread(target=lambda: runlog.start_run().finish())
thread.start()
thread.join()
runlog.start_run(name="second")
os.kill(os.getpid(), signal.SIGTERM)
signal.pause()
"""
    assert python(script, cwd=tmp_path).returncode == -signal.SIGTERM
    second = next(run for run in runlog.open_store(tmp_path / ".runlog").runs() if run.name == "second")
    assert second.end is not None
    assert (second.state, second.end.signal) == ("killed", "SIGTERM")
