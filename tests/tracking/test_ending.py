"""How runs end, through real processes: what the run says, and that the program ends exactly as it would without a run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import runlog
from runlog.errors import RunlogError
from tests.scene import environment, only_run, points, python
from tests.tracking.endings import IN_WITH, PLAIN, SHAPES, end_both


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
