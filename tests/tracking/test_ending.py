"""How runs end, through real processes: what the run says, and that the program ends exactly as it would without a run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import runlog
from runlog.errors import RunlogError
from tests.scene import begin_python, ended, environment, only_run, points, python

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


@pytest.mark.parametrize(
    ("body", "shape", "status", "state", "exit_code"),
    [
        ("return", PLAIN, 0, "finished", None),
        ("return", IN_WITH, 0, "finished", None),
        ("sys.exit(0)", PLAIN, 0, "finished", 0),
        ("sys.exit(3)", PLAIN, 3, "failed", 3),
        ("sys.exit('out of luck')", PLAIN, 1, "failed", 1),
        ("exit(5)", PLAIN, 5, "failed", 5),
        ("exit('out of luck')", PLAIN, 1, "failed", 1),
        ("quit()", PLAIN, 0, "finished", 0),
        ("sys.exit('out of luck')", IN_WITH, 1, "failed", 1),
    ],
)
def test_exit_codes(tmp_path: Path, body: str, shape: str, status: int, state: str, exit_code: int | None) -> None:
    done, run = end_both(tmp_path, body, shape)
    assert done.returncode == status
    assert run.end is not None
    assert (run.state, run.end.exit_code, run.end.signal, run.end.error) == (state, exit_code, None, None)


@pytest.mark.parametrize(
    ("code", "state", "exit_code"),
    [
        (None, "finished", 0),
        (0, "finished", 0),
        (3, "failed", 3),
        (-1, "failed", 255),
        (True, "failed", 1),
        (256, "finished", 0),
        ("out of luck", "failed", 1),
        ("", "failed", 1),
        ([], "failed", 1),
    ],
)
def test_exit_codes_that_leave_a_with_block(project: Path, code: object, state: str, exit_code: int) -> None:
    with pytest.raises(SystemExit) as leaving, runlog.start_run():
        sys.exit(code)  # type: ignore[arg-type]
    assert leaving.value.code == code
    run = only_run(project / ".runlog")
    assert run.end is not None
    assert (run.state, run.end.exit_code, run.end.signal, run.end.error) == (state, exit_code, None, None)


@SHAPES
def test_exception_is_recorded(tmp_path: Path, shape: str) -> None:
    done, run = end_both(tmp_path, "raise ValueError('no such luck: ü')", shape)
    assert done.returncode == 1
    assert run.end is not None
    assert (run.state, run.end.exit_code, run.end.signal) == ("failed", None, None)
    assert run.end.error is not None
    assert run.end.error["type"] == "ValueError"
    assert run.end.error["message"] == "no such luck: ü"
    # What is recorded is what Python printed.
    assert done.stderr.startswith("Traceback (most recent call last):\n")
    assert run.end.error["traceback"] == done.stderr


class OddError(Exception):
    """Cannot be pickled."""

    def __reduce__(self) -> str:
        raise TypeError("no pickling")


class MuteError(Exception):
    """Cannot even be shown."""

    def __str__(self) -> str:
        raise TypeError("no words")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OddError("odd"), "odd"),
        (MuteError(), "<exception str() failed>"),
        (OSError(2, "no such file", os.fsdecode(b"/data/\xff.csv")), "[Errno 2] no such file: '/data/\\udcff.csv'"),
        (RuntimeError("x" * 100_000), "x" * 2000),
        (KeyError("ключ"), "'ключ'"),
    ],
    ids=["unpicklable", "unprintable", "undecodable", "huge", "other letters"],
)
def test_odd_exceptions_are_recorded_too(project: Path, error: Exception, message: str) -> None:
    with pytest.raises(type(error)) as raised, runlog.start_run():
        runlog.log_metric("loss", 0.5)
        raise error
    assert raised.value is error
    run = only_run(project / ".runlog")
    assert (run.state, points(run, "loss"), run.problems) == ("failed", [(0, 0.5)], ())
    assert run.end is not None
    assert run.end.error is not None
    assert run.end.error["type"] == type(error).__qualname__
    assert run.end.error["message"] == message
    assert "raise error" in run.end.error["traceback"] or len(message) == 2000
    assert len(run.end.error["traceback"]) <= 20_003


def test_an_exception_that_cannot_be_shown_leaves_a_plain_run_as_it_would_without(tmp_path: Path) -> None:
    odd = "raise type('Odd', (Exception,), {'__str__': lambda self: 1 / 0})()"
    _, run = end_both(tmp_path, odd, PLAIN)
    assert run.end is not None
    assert run.end.error is not None
    assert (run.state, run.end.error["type"], run.end.error["message"]) == ("failed", "Odd", "<exception str() failed>")


def test_causes_are_recorded(project: Path) -> None:
    with pytest.raises(ValueError, match="outer"), runlog.start_run():
        raise ValueError("outer") from KeyError("inner")
    end = only_run(project / ".runlog").end
    assert end is not None
    assert end.error is not None
    assert "KeyError: 'inner'" in end.error["traceback"]
    assert end.error["traceback"].endswith("ValueError: outer\n")


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


def test_an_exit_that_was_caught_is_none(tmp_path: Path) -> None:
    done, run = end_both(tmp_path, "try: sys.exit(3)\n    except SystemExit: pass", PLAIN)
    assert (done.returncode, run.state) == (0, "finished")


def test_an_exit_through_a_finally_counts(tmp_path: Path) -> None:
    script = "import runlog, sys\nrunlog.start_run()\ntry:\n    sys.exit(3)\nfinally:\n    print('cleaned up')\n"
    assert python(script, cwd=tmp_path).returncode == 3
    run = only_run(tmp_path / ".runlog")
    assert run.end is not None
    assert (run.state, run.end.exit_code) == ("failed", 3)


def test_an_exit_of_a_thread_is_not_the_program_s(tmp_path: Path) -> None:
    body = "thread = threading.Thread(target=lambda: sys.exit(3)); thread.start(); thread.join()"
    done, run = end_both(tmp_path, body, PLAIN)
    assert (done.returncode, run.state) == (0, "finished")


def test_an_exception_of_a_thread_is_not_the_program_s(tmp_path: Path) -> None:
    script = """\
import runlog, threading
runlog.start_run()
thread = threading.Thread(target=lambda: 1 / 0)
thread.start()
thread.join()
"""
    done = python(script, cwd=tmp_path)
    assert done.returncode == 0
    assert "ZeroDivisionError" in done.stderr
    assert only_run(tmp_path / ".runlog").state == "finished"


def test_an_exception_counts_when_the_program_shows_it_in_its_own_way(tmp_path: Path) -> None:
    """As rich.traceback.install() does, after the run began."""
    done, run = end_both(tmp_path, "sys.excepthook = lambda *_: print('oh no')\n    raise OSError(5, 'bad disk')", PLAIN)
    assert (done.returncode, done.stdout, done.stderr) == (1, "oh no\n", "")
    assert run.end is not None
    assert run.end.error is not None
    assert (run.state, run.end.error["type"]) == ("failed", "OSError")


def test_an_exception_that_was_caught_is_none(tmp_path: Path) -> None:
    body = "try: raise ValueError\n    except ValueError: pass"
    done, run = end_both(tmp_path, body, PLAIN)
    assert (done.returncode, run.state) == (0, "finished")


def test_an_exception_in_a_nested_run_only(project: Path) -> None:
    with runlog.start_run(name="outer"):
        with pytest.raises(ValueError, match="inner trouble"), runlog.start_run(name="inner"):
            raise ValueError("inner trouble")
        runlog.log_metric("after", 1.0)
    runs = {run.name: run for run in runlog.open_store().runs()}
    assert {name: run.state for name, run in runs.items()} == {"outer": "finished", "inner": "failed"}
    assert runs["inner"].parent == runs["outer"].id
    assert points(runs["outer"], "after") == [(0, 1.0)]
    assert runs["outer"].end is not None
    assert runs["outer"].end.error is None


def test_several_open_runs_all_end_with_the_program(tmp_path: Path) -> None:
    script = """\
import runlog
runlog.start_run(name="outer")
runlog.start_run(name="inner", nested=True)
raise SystemError("x")
"""
    assert python(script, cwd=tmp_path).returncode == 1
    runs = {run.name: run for run in runlog.open_store(tmp_path / ".runlog").runs()}
    assert {name: run.state for name, run in runs.items()} == {"outer": "failed", "inner": "failed"}


@pytest.mark.parametrize("state", ["finished", "failed", "killed"])
def test_finish_by_hand(project: Path, state: str) -> None:
    run = runlog.start_run()
    run.finish(state)  # type: ignore[arg-type]
    run.finish("failed")  # the first word counts
    assert (only_run(project / ".runlog").state, run.state) == (state, state)


def test_finish_with_words_of_other_trackers(project: Path, caplog: pytest.LogCaptureFixture) -> None:
    with runlog.start_run() as run:
        run.finish("FAILED")  # type: ignore[arg-type]
    assert (only_run(project / ".runlog").state, caplog.messages) == ("failed", [])
    with runlog.start_run() as run:
        run.finish("done")  # type: ignore[arg-type]
    newest = runlog.open_store().run(run.id)
    assert newest.state == "finished"
    assert [message.partition(": ")[2].partition(": ")[2] for message in caplog.messages] == [
        "a run ends as finished, failed or killed, not as 'done'"
    ]
    assert newest.problems == ("a run ends as finished, failed or killed, not as 'done'",)
    with pytest.raises(RunlogError, match="not as 'done'"), runlog.start_run(strict=True) as run:
        run.finish("done")  # type: ignore[arg-type]


def test_the_interpreter_s_prompt_goes_on_after_an_exception(tmp_path: Path) -> None:
    lines = "import runlog\nrun = runlog.start_run()\n1 / 0\nrunlog.log_metric('loss', 0.5)\n"
    command = [sys.executable, "-i", "-q"]
    done = subprocess.run(
        command, input=lines, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False, timeout=100
    )
    assert "ZeroDivisionError" in done.stderr
    run = only_run(tmp_path / ".runlog")
    assert (done.returncode, run.state, points(run, "loss")) == (0, "finished", [(0, 0.5)])


def test_what_the_program_logs_at_its_very_end_counts(tmp_path: Path) -> None:
    """In handlers that it registered before the run began, or after, or that begin the only run there is."""
    script = """\
import atexit, runlog
@atexit.register
def last():
    runlog.log_metric("total", 1.0)
if BEGIN:
    runlog.start_run(name="begun")
    atexit.register(lambda: runlog.log_metric("total", 0.0))
"""
    for name, begin in (("begun", "True"), (None, "False")):
        (tmp_path / str(name)).mkdir()
        done = python(script.replace("BEGIN", begin), cwd=tmp_path / str(name))
        assert (done.returncode, done.stderr) == (0, "")
        run = only_run(tmp_path / str(name) / ".runlog")
        assert (run.name, run.state, run.metrics["total"].last) == (name, "finished", 1.0)


def test_a_program_that_may_start_no_thread_logs_and_ends_all_the_same(tmp_path: Path) -> None:
    script = """\
import _thread, threading, runlog
def refused(*_, **__):
    raise RuntimeError("can't start new thread")
threading._start_new_thread = threading._start_joinable_thread = _thread.start_new_thread = refused
with runlog.start_run(system=True) as run:
    run.log_metric("loss", 0.5)
"""
    done = python(script, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = [line for line in done.stderr.splitlines() if "thread" in line]
    consequences = "so nothing says that the program lives, and the system decides when points reach the disk"
    assert told == [f"runlog: can't start new thread, {consequences}"]
    run = only_run(tmp_path / ".runlog")
    assert (run.state, run.metrics["loss"].last) == ("finished", 0.5)
