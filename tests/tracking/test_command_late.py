"""What a program leaves in the background may go on writing when `runlog run` has ended, as it may without runlog."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tracking.programs import Screen, ended, how, kept, only_run, process_state, run, runlog_run, script, start, wait_for

# By then the wrapper has left.
WAITS = "while [ ! -e go ]; do sleep 0.02; done"


def left_behind(folder: Path) -> list[int]:
    """The processes that pass on what programs of a folder still write: they have its address in their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words, variables = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"passing.py" in words and f"PWD={folder}".encode() in variables:
            found.append(int(entry.name))
    return found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where programs run, and where nothing may stay when a test is over."""
    monkeypatch.setenv("PWD", str(tmp_path))
    yield tmp_path
    wait_for(lambda: not left_behind(tmp_path), "what was left behind to end", lambda: left_behind(tmp_path))


def test_both_streams_come_through_after_the_end_and_are_not_kept(folder: Path) -> None:
    process = start(folder, runlog_run("--", "sh", "-c", f"({WAITS}; echo late; echo loss >&2; echo >alive) & echo hi; exit 3"))
    assert process.stdout and process.stderr
    assert process.wait(60) == 3
    found = only_run(folder)
    assert (how(found), kept(found)) == (("failed", 3, None), {"stdout.log": b"hi\n"})
    (folder / "go").touch()
    assert process.stdout.read() == b"hi\nlate\n"
    line, late = process.stderr.read().splitlines()
    assert line.startswith(b"run 2") and late == b"loss"
    assert (folder / "alive").exists()
    assert kept(only_run(folder)) == {"stdout.log": b"hi\n"}
    assert ended(process) == 3


def test_a_pipeline_ends_with_the_last_writer(folder: Path) -> None:
    line = " ".join(runlog_run("--quiet", "--", "sh", "-c", "'(sleep 1.2; echo late1; echo late2; echo >alive) & echo hi'"))
    done = start(folder, ["sh", "-c", f"{line} | cat; cat alive"])
    assert done.communicate(timeout=60) == (b"hi\nlate1\nlate2\n\n", b"")


def test_one_stream_that_ends_does_not_wait_for_the_other(folder: Path) -> None:
    process = start(folder, runlog_run("--quiet", "--", "sh", "-c", f"(exec >&-; {WAITS}; echo late >&2) & echo hi"))
    assert process.stdout and process.stderr
    assert process.stdout.read() == b"hi\n"
    (folder / "go").touch()
    assert process.stderr.read() == b"late\n"
    assert ended(process) == 0


def test_much_comes_through_whole(folder: Path) -> None:
    process = start(folder, runlog_run("--quiet", "--", "sh", "-c", f"({WAITS}; seq 300000) & echo hi"))
    assert process.stdout
    assert process.wait(60) == 0
    (folder / "go").touch()
    assert process.stdout.read() == b"hi\n" + b"".join(b"%d\n" % number for number in range(1, 300_001))
    ended(process)


def test_a_daemon_does_not_delay_the_end(folder: Path) -> None:
    process = start(folder, runlog_run("--quiet", "--", "sh", "-c", "sleep 1000 & echo $!"))
    assert process.stdout
    daemon = int(process.stdout.readline())
    began = time.monotonic()
    assert process.wait(60) == 0
    assert time.monotonic() - began < 10
    wait_for(lambda: len(left_behind(folder)) == 1, "somebody to pass on what it writes")
    (other,) = left_behind(folder)
    assert (os.getsid(other), os.readlink(f"/proc/{other}/cwd")) == (other, "/")
    wait_for(lambda: len(os.listdir(f"/proc/{other}/fd")) == 4, "it to hold two sources and two sinks")
    os.kill(daemon, 9)
    assert process.stdout.read() == b""
    ended(process)


def test_a_late_writer_learns_that_its_reader_has_left(folder: Path) -> None:
    late = f"{WAITS}; trap '' HUP; sh -c 'echo late; echo survived >survived'; echo $? >status; :"
    process = start(folder, runlog_run("--quiet", "--", "sh", "-c", f"({late}) & echo hi"))
    assert process.stdout and process.stderr
    assert process.wait(60) == 0
    process.stdout.close()
    time.sleep(0.2)
    (folder / "go").touch()
    assert process.stderr.read() == b""
    assert (folder / "status").read_text() == "141\n"
    assert not (folder / "survived").exists()
    ended(process)


def test_nothing_is_left_behind_where_nobody_writes(folder: Path) -> None:
    done = run(folder, "--quiet", "--", "sh", "-c", "sleep 1000 >log 2>&1 & echo $!")
    assert left_behind(folder) == []
    os.kill(int(done.stdout), 9)


def test_an_output_that_is_full_does_not_stop_a_late_writer(folder: Path) -> None:
    with open("/dev/full", "wb") as full:
        process = start(
            folder,
            runlog_run("--quiet", "--", "sh", "-c", f"({WAITS}; /bin/echo late; /bin/echo late; echo >alive) & echo hi"),
            stdout=full,
        )
    assert process.wait(60) == 0
    (folder / "go").touch()
    assert process.stderr and process.stderr.read().count(b"\n") == 1
    assert (folder / "alive").exists()
    ended(process)


def test_reproducing_leaves_it_behind_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNLOG_CAPTURE", "on")
    command = script(folder, "import subprocess\nprint('hi', flush=True)\nsubprocess.Popen(['sh', '-c', 'sleep 2; echo late'])")
    for words in (["git", "init", "-q"], ["git", "add", "program.py"]):
        subprocess.run(words, cwd=folder, check=True)
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run(["git", *identity, "commit", "-q", "-m", "x"], cwd=folder, check=True)
    assert run(folder, "--quiet", "--", *command).stdout == b"hi\nlate\n"
    again = [*runlog_run()[:-1], "reproduce", only_run(folder).birth["id"]]
    out, err = start(folder, again).communicate(timeout=60)
    assert out.count(b"hi\n") == out.count(b"late\n") == 1, err


def test_a_terminal_shows_what_comes_late(folder: Path) -> None:
    command = ["sh", "-c", f"trap '' HUP; ({WAITS}; echo late1; stty size <&1; echo late2; echo >alive) & echo hi"]
    shell = [
        "sh",
        "-c",
        f"{' '.join(runlog_run('--quiet', '--'))} \"$@\"; stty -a | grep -o '.icanon'; touch go; sleep 1000",
        "sh",
    ]
    with Screen(folder, [*shell, *command]) as screen:
        screen.until(b"icanon\r\n")
        screen.until(b"late2\r\n")
        assert screen.shown == b"hi\r\n icanon\r\nlate1\r\n30 100\r\nlate2\r\n"
        wait_for((folder / "alive").exists)
        wait_for(lambda: not left_behind(folder))
    assert kept(only_run(folder)) == {"terminal.log": b"hi\n"}


def test_a_daemon_keeps_its_terminal_and_leaves_ours_alone(folder: Path) -> None:
    command = ["sh", "-c", "trap '' HUP; python3 -c 'import signal; signal.pause()' & echo $!"]
    shell = ["sh", "-c", f'{" ".join(runlog_run("--quiet", "--"))} "$@"; read word; echo got $word; sleep 1000', "sh"]
    with Screen(folder, [*shell, *command]) as screen:
        screen.until(b"\r\n")
        daemon = int(screen.shown)
        wait_for(lambda: left_behind(folder))
        screen.type(b"mine\r")
        screen.until(b"got mine\r\n")
        assert process_state(daemon) == "S"
        os.kill(daemon, 9)
        wait_for(lambda: not left_behind(folder))


def test_messages_on_a_terminal_come_late_too(folder: Path) -> None:
    """With its output led elsewhere the program stays in the caller's session, and nothing hangs it up."""
    line = " ".join(runlog_run("--quiet", "--", "sh", "-c"))
    shell = f"{line} '({WAITS}; echo late >&2; echo >alive) & echo hi >&2' >out; touch go; sleep 1000"
    with Screen(folder, ["sh", "-c", shell]) as screen:
        screen.until(b"late\r\n")
        assert screen.shown == b"hi\r\nlate\r\n"
        wait_for((folder / "alive").exists)
        wait_for(lambda: not left_behind(folder))


def test_what_is_left_behind_goes_with_the_terminal(folder: Path) -> None:
    command = ["sh", "-c", "trap '' HUP; sleep 1000 & echo $!"]
    with Screen(folder, runlog_run("--quiet", "--", *command)) as screen:
        screen.until(b"\r\n")
        daemon = int(screen.shown)
        assert screen.end() == 0
        wait_for(lambda: left_behind(folder))
    wait_for(lambda: not left_behind(folder), "it to see that the terminal is gone")
    os.kill(daemon, 9)
