"""Signals: passed on, and the end they bring recorded."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tracking.programs import ended, how, kept, only_run, process_state, run, runlog_run, script, start, wait_for

READY = "import os, signal, sys, time\ndef ready(): open('ready', 'w').close()\n"
WAITING = f"{READY}ready()\ntime.sleep(1000)"


def ready_program(folder: Path, code: str) -> subprocess.Popen[bytes]:
    """`runlog run` of a program that has told that it is ready."""
    process = start(folder, runlog_run("--quiet", "--", *script(folder, code)))
    wait_for((folder / "ready").exists, "the program to be ready")
    return process


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2"])
def test_a_signal_ends_the_program_and_the_status_says_so(tmp_path: Path, name: str) -> None:
    number = signal.Signals[name]
    process = ready_program(tmp_path, f"{READY}signal.signal(signal.SIGINT, signal.SIG_DFL)\nready()\ntime.sleep(1000)")
    process.send_signal(number)
    assert ended(process) == 128 + number
    assert how(only_run(tmp_path)) == ("killed", 128 + number, name)


def test_a_program_may_do_with_a_signal_what_it_wants(tmp_path: Path) -> None:
    code = f"{READY}signal.signal(signal.SIGUSR1, lambda *_: sys.exit(0))\nready()\ntime.sleep(1000)"
    process = ready_program(tmp_path, code)
    process.send_signal(signal.SIGUSR1)
    assert ended(process) == 0
    assert how(only_run(tmp_path)) == ("finished", 0, None)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_program_that_cleans_up_was_interrupted_all_the_same(tmp_path: Path, name: str) -> None:
    code = f"{READY}signal.signal(signal.{name}, lambda *_: sys.exit(3))\nready()\ntime.sleep(1000)"
    process = ready_program(tmp_path, code)
    process.send_signal(signal.Signals[name])
    assert ended(process) == 3
    assert how(only_run(tmp_path)) == ("killed", 3, name)


def test_an_interrupted_python_program_is_killed_by_sigint(tmp_path: Path) -> None:
    process = ready_program(tmp_path, WAITING)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.count(b"KeyboardInterrupt") == 1  # one signal, not two
    assert how(only_run(tmp_path)) == ("killed", 130, "SIGINT")


def test_a_shell_between_reports_the_signal_of_its_child(tmp_path: Path) -> None:
    process = start(tmp_path, runlog_run("--", "sh", "-c", "trap 'exit 143' TERM; echo up; while :; do sleep 0.05; done"))
    assert process.stdout and process.stdout.readline() == b"up\n"
    process.terminate()
    assert ended(process) == 143
    assert how(only_run(tmp_path)) == ("killed", 143, "SIGTERM")


def test_a_status_that_looks_like_a_signal_is_a_status(tmp_path: Path) -> None:
    assert run(tmp_path, "--", "sh", "-c", "exit 143").returncode == 143
    assert how(only_run(tmp_path)) == ("failed", 143, None)


def test_the_whole_group_gets_it(tmp_path: Path) -> None:
    process = start(tmp_path, runlog_run("--quiet", "--", "sh", "-c", "sleep 1000 & echo $!; wait"))
    assert process.stdout
    sleeper = int(process.stdout.readline())
    process.terminate()
    assert ended(process) == 143
    wait_for(lambda: process_state(sleeper) in {"", "Z"}, "the grandchild to end")


def test_a_program_that_dies_of_its_own_signal(tmp_path: Path) -> None:
    assert run(tmp_path, "--", "sh", "-c", "kill -SEGV $$").returncode == 139
    assert how(only_run(tmp_path)) == ("killed", 139, "SIGSEGV")


def masks(text: bytes) -> set[signal.Signals]:
    """The signals that a program ignores or blocks, by what the kernel says of it."""
    value = 0
    for line in text.decode().splitlines():
        if line.startswith(("SigIgn:", "SigBlk:")):
            value |= int(line.split()[1], 16)
    return {number for number in signal.Signals if value >> (number - 1) & 1}


STATUS = ["grep", "^Sig", "/proc/self/status"]


def test_the_program_starts_with_signals_as_they_are_by_default(tmp_path: Path) -> None:
    """A shell starts background jobs with SIGINT and SIGQUIT ignored, Python ignores SIGPIPE."""
    line = " ".join(runlog_run("--quiet", "--", "grep", "'^Sig'", "/proc/self/status"))
    process = start(tmp_path, ["sh", "-c", f"trap '' INT QUIT TERM PIPE; exec {line}"])
    out, _ = process.communicate(timeout=60)
    assert masks(out) == set()


def test_nohup_keeps_its_meaning(tmp_path: Path) -> None:
    process = start(tmp_path, ["nohup", *runlog_run("--quiet", "--", *STATUS)])
    out, _ = process.communicate(timeout=60)
    assert masks(out) == {signal.SIGHUP}


def test_ctrl_c_reaches_a_program_that_was_started_in_the_background(tmp_path: Path) -> None:
    line = " ".join(runlog_run("--quiet", "--", *script(tmp_path, WAITING)))
    process = start(tmp_path, ["sh", "-c", f"{line} & echo $!; wait $!; echo status $?"])
    assert process.stdout
    tracker = int(process.stdout.readline())
    wait_for((tmp_path / "ready").exists)
    os.kill(tracker, signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert out == b"status 130\n"
    assert how(only_run(tmp_path)) == ("killed", 130, "SIGINT")


def test_a_program_stops_and_goes_on_with_runlog(tmp_path: Path) -> None:
    code = f"{READY}ready()\nwhile not os.path.exists('go'): time.sleep(0.01)\nprint('went on')"
    process = ready_program(tmp_path, code)
    child = next(child for child in children(process.pid))
    process.send_signal(signal.SIGTSTP)
    wait_for(lambda: process_state(child) == "T", "the program to stop")
    # Nobody could wake up a process that leads its session, so the system lets it go on.
    process.send_signal(signal.SIGCONT)
    wait_for(lambda: process_state(child) != "T", "the program to go on")
    (tmp_path / "go").touch()
    assert ended(process) == 0


def children(pid: int) -> list[int]:
    return [int(word) for path in Path(f"/proc/{pid}/task").iterdir() for word in (path / "children").read_text().split()]


def test_signals_that_come_early_are_not_lost(tmp_path: Path) -> None:
    """Whatever the moment: the run says that it was killed, and nothing hangs."""
    for delay in (0.02, 0.05, 0.1, 0.2, 0.3):
        process = start(tmp_path, runlog_run("--quiet", "--", "sleep", "1000"))
        try:
            process.wait(delay)
        except subprocess.TimeoutExpired:
            process.terminate()
        assert ended(process) in {143, -15}


def test_python_is_found_on_the_callers_path(tmp_path: Path) -> None:
    process = start(tmp_path, runlog_run("--quiet", "--", "mytool"), variables={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (127, b"error: cannot run mytool: command not found\n")
    (tmp_path / "mytool").write_text(f"#!{sys.executable}\nprint('found')\n")
    (tmp_path / "mytool").chmod(0o755)
    process = start(tmp_path, runlog_run("--quiet", "--", "mytool"), variables={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, b"found\n")


def test_what_was_printed_before_the_signal_is_kept(tmp_path: Path) -> None:
    process = start(tmp_path, runlog_run("--quiet", "--", "sh", "-c", "echo before; sleep 1000"))
    assert process.stdout and process.stdout.readline() == b"before\n"
    process.terminate()
    process.communicate(timeout=60)
    assert kept(only_run(tmp_path)) == {"stdout.log": b"before\n"}
