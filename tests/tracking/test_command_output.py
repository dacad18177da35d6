"""What a program prints comes through live, and is kept byte for byte."""

import hashlib
import os
import resource
import select
import subprocess
import time
from pathlib import Path

import pytest

from tests.scene import bare_runs
from tests.tracking.programs import end, ended, how, kept, only_run, problems, run, runlog_run, script, start, wait_for

NOISE = bytes(range(256)) * 300


def test_each_stream_comes_through_and_is_kept_as_it_is(tmp_path: Path) -> None:
    code = """
import sys
noise = bytes(range(256)) * 300
sys.stdout.buffer.write(noise)
sys.stderr.buffer.write(noise[::-1])
sys.stdout.buffer.write(b"no newline at the end")
"""
    done = run(tmp_path, "--quiet", "--", *script(tmp_path, code))
    assert done.returncode == 0
    assert done.stdout == NOISE + b"no newline at the end"
    assert done.stderr == NOISE[::-1]
    assert kept(only_run(tmp_path)) == {"stdout.log": done.stdout, "stderr.log": done.stderr}


def test_a_silent_program_leaves_no_files(tmp_path: Path) -> None:
    assert run(tmp_path, "--", "true").stdout == b""
    assert kept(only_run(tmp_path)) == {}


def test_much_output_comes_through_whole(tmp_path: Path) -> None:
    code = """
import sys, hashlib
digest = hashlib.sha256()
for number in range(300_000):
    line = b"%d " % number + b"x" * 60 + b"\\n"
    digest.update(line)
    sys.stdout.buffer.write(line)
sys.stderr.write(digest.hexdigest())
"""
    done = run(tmp_path, "--quiet", "--", *script(tmp_path, code))
    assert len(done.stdout) > 20_000_000
    assert hashlib.sha256(done.stdout).hexdigest().encode() == done.stderr
    assert kept(only_run(tmp_path))["stdout.log"] == done.stdout


def test_output_comes_through_while_the_program_runs(tmp_path: Path) -> None:
    code = "import sys\nprint('first', flush=True)\nsys.stdin.read(1)\nprint('second')"
    process = start(tmp_path, runlog_run("--quiet", "--", *script(tmp_path, code)), stdin=subprocess.PIPE)
    assert process.stdout and process.stdin
    assert process.stdout.readline() == b"first\n"
    (folder,) = (tmp_path / ".runlog").glob("experiments/*/2*")
    assert (folder / "output" / "stdout.log").read_bytes() == b"first\n"
    out, _ = process.communicate(b"x")
    assert out == b"second\n"


def test_standard_input_reaches_the_program(tmp_path: Path) -> None:
    process = start(tmp_path, runlog_run("--", "cat"), stdin=subprocess.PIPE)
    out, _ = process.communicate(NOISE)
    assert out == NOISE


@pytest.mark.parametrize(("number", "name"), [(1, "standard output"), (2, "standard error")])
def test_that_output_does_not_get_through_is_told_once(tmp_path: Path, number: int, name: str) -> None:
    code = f"import os\nfor _ in range(100):\n    os.write({number}, b'x' * 70_000)\nraise SystemExit(3)"
    with open("/dev/full", "wb") as full:
        sinks = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, ("stdout", "stderr")[number - 1]: full}
        process = start(tmp_path, runlog_run("--quiet", "--", *script(tmp_path, code)), **sinks)
        out, err = process.communicate(timeout=60)
    found = only_run(tmp_path)
    problem = f"the rest of {name} could not be passed on: no space left on device"
    told = f"runlog: run {found.folder.name}: {problem}\n".encode()
    assert (process.returncode, out, err) == (3, *((None, told) if number == 1 else (b"", None)))
    assert (problems(found), sum(map(len, kept(found).values()))) == ([problem], 7_000_000)


def test_a_reader_that_leaves_is_the_programs_business(tmp_path: Path) -> None:
    process = start(tmp_path, ["sh", "-c", f"{' '.join(runlog_run('--', 'yes'))} | head -n 1"])
    out, err = process.communicate(timeout=60)
    assert out == b"y\n"
    assert err.startswith(b"run 2") and b" killed (SIGPIPE) in " in err and err.count(b"\n") == 1
    assert how(only_run(tmp_path)) == ("killed", 141, "SIGPIPE")


def test_the_status_of_a_broken_pipe_is_the_shells(tmp_path: Path) -> None:
    process = start(tmp_path, runlog_run("--quiet", "--", "yes"))
    assert process.stdout
    assert os.read(process.stdout.fileno(), 2) == b"y\n"
    process.stdout.close()
    assert process.stderr and process.stderr.read() == b""
    assert ended(process) == 141


def test_a_program_that_survives_a_broken_pipe_goes_on(tmp_path: Path) -> None:
    code = """
import os, signal, sys
signal.signal(signal.SIGPIPE, signal.SIG_IGN)
try:
    while True:
        os.write(1, b"y" * 4096)
except BrokenPipeError:
    os.write(2, b"went on")
    os._exit(5)
"""
    process = start(tmp_path, runlog_run("--quiet", "--", *script(tmp_path, code)))
    assert process.stdout and process.stderr
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr.read() == b"went on"
    assert ended(process) == 5


def test_no_reader_of_messages_changes_the_status(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = run(tmp_path, "--", "sh", "-c", "exit 3", stderr=writing)
    os.close(writing)
    assert done.returncode == 3
    assert how(only_run(tmp_path)) == ("failed", 3, None)


def test_what_stays_in_the_background_does_not_hold_up_the_end(tmp_path: Path) -> None:
    process = start(tmp_path, runlog_run("--quiet", "--", "sh", "-c", "sleep 1000 & echo $!; echo done"))
    assert process.stdout
    sleeper = int(process.stdout.readline())
    try:
        assert (process.wait(60), process.stdout.readline()) == (0, b"done\n")
        os.kill(sleeper, 0)  # it still holds the pipe
        assert kept(only_run(tmp_path))["stdout.log"] == b"%d\ndone\n" % sleeper
    finally:
        os.kill(sleeper, 9)
    assert ended(process) == 0


def test_what_chatters_in_the_background_does_not_hold_up_the_end(tmp_path: Path) -> None:
    process = start(tmp_path, runlog_run("--quiet", "--", "sh", "-c", "echo first; yes & exit 4"))
    assert process.stdout
    out = b""
    while process.poll() is None:
        out += os.read(process.stdout.fileno(), 1 << 16)
    assert ended(process) == 4
    assert out.startswith(b"first\n")
    assert len(out) < 100_000_000


def test_the_last_words_of_a_background_process_are_kept(tmp_path: Path) -> None:
    done = run(tmp_path, "--quiet", "--", "sh", "-c", "(sleep 0.1; echo late) & echo early")
    assert done.stdout == b"early\nlate\n"


def test_a_program_that_closes_its_output_is_waited_for(tmp_path: Path) -> None:
    code = "import os, sys, time\nos.close(1)\nos.close(2)\ntime.sleep(0.5)\nopen('reached', 'w').close()\nsys.exit(6)"
    done = run(tmp_path, "--quiet", "--", *script(tmp_path, code))
    assert done.returncode == 6
    assert (tmp_path / "reached").exists()


def test_an_output_that_does_not_wait_gets_everything(tmp_path: Path) -> None:
    """Another program that shares the pipe may have made it one that does not wait."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    process = start(tmp_path, runlog_run("--quiet", "--", "sh", "-c", "yes | head -c 3000000"), stdout=writing)
    os.close(writing)
    time.sleep(0.3)
    with open(reading, "rb") as file:
        assert file.read() == b"y\n" * 1_500_000
    assert ended(process) == 0


def test_without_standard_files_it_runs_as_well(tmp_path: Path) -> None:
    line = " ".join(runlog_run("--", *script(tmp_path, "print('kept')")))
    done = subprocess.run(["sh", "-c", f"exec {line} <&- >&- 2>&-"], cwd=tmp_path, check=False, timeout=60)
    assert done.returncode == 0
    assert kept(only_run(tmp_path)) == {"stdout.log": b"kept\n"}


def test_output_that_cannot_be_kept_costs_only_that(tmp_path: Path) -> None:
    limit = 20_000
    process = start(
        tmp_path,
        runlog_run("--", "sh", "-c", "yes | head -c 100000; exit 3"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    out, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert out == b"y\n" * 50_000
    found = only_run(tmp_path)
    assert len(kept(found)["stdout.log"]) == limit
    assert how(found) == ("failed", 3, None)
    assert problems(found) == ["the rest of stdout.log is not kept: file too large"]
    assert err.count(b"the rest of stdout.log is not kept") == 1


def test_resources_are_those_of_the_program_and_its_children(tmp_path: Path) -> None:
    code = """
import subprocess, sys
block = bytearray(150_000_000)
subprocess.run([sys.executable, "-c", "import time\\nend = time.process_time() + 0.5\\nwhile time.process_time() < end: pass"])
"""
    run(tmp_path, "--", *script(tmp_path, code))
    used = end(only_run(tmp_path))["resources"]
    assert used.keys() == {"wall_s", "user_s", "system_s", "peak_memory_bytes"}
    assert used["peak_memory_bytes"] > 150_000_000
    assert used["user_s"] + used["system_s"] > 0.5
    assert used["wall_s"] > 0.4


def test_programs_are_heard_live_by_whoever_waits(tmp_path: Path) -> None:
    """Nothing is held back, not even half a line."""
    process = start(tmp_path, runlog_run("--quiet", "--", "sh", "-c", "printf half; sleep 1000"))
    assert process.stdout
    assert select.select([process.stdout], [], [], 60)[0]
    assert os.read(process.stdout.fileno(), 100) == b"half"
    process.terminate()
    assert ended(process) == 143


def test_metrics_are_read_from_both_streams(tmp_path: Path) -> None:
    code = """
import sys
for epoch in range(1, 4):
    print(f"epoch={epoch} loss={1 / epoch}")
    print(f"Epoch {epoch}/3  val loss: {2 / epoch}", file=sys.stderr)
print("final acc: 93.1%", end="")
"""
    run(tmp_path, "--metrics-from-output", "--", *script(tmp_path, code))
    assert only_run(tmp_path).points == {
        "loss": [(1, 1.0), (2, 0.5), (3, 1 / 3)],
        "val_loss": [(1, 2.0), (2, 1.0), (3, 2 / 3)],
        "acc": [(3, 93.1)],
    }


def test_metrics_are_read_only_when_asked_for(tmp_path: Path) -> None:
    run(tmp_path, "--", "echo", "loss=0.5")
    assert only_run(tmp_path).points == {}


def test_metrics_are_read_by_regular_expressions(tmp_path: Path) -> None:
    run(tmp_path, "--metric-regex", r"e(?P<epoch>\d+)\s+(?P<loss>\S+)", "--", "printf", "e1 0.5\ne2 0.25\nloss=9\n")
    assert only_run(tmp_path).points == {"loss": [(1, 0.5), (2, 0.25)]}


def test_the_log_can_be_followed(tmp_path: Path) -> None:
    """It grows while the program runs, in the run's folder, as an ordinary file."""
    process = start(tmp_path, runlog_run("--", "sh", "-c", "echo one; while [ ! -e go ]; do sleep 0.05; done; echo two"))
    wait_for(lambda: list(tmp_path.glob(".runlog/experiments/*/2*/output/stdout.log")))
    (log,) = tmp_path.glob(".runlog/experiments/*/2*/output/stdout.log")
    wait_for(lambda: log.read_bytes() == b"one\n")
    (tmp_path / "go").touch()
    process.communicate(timeout=60)
    assert log.read_bytes() == b"one\ntwo\n"
    assert len(bare_runs(tmp_path / ".runlog")) == 1
