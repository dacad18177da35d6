"""`runlog logs`: what a program printed, as it looked; and as it comes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import runlog
from tests.cli.conftest import Answer, Cli
from tests.scene import begin_runlog, environment, on_a_terminal, runlog_cli, shell, until

OUT = "begin\n" + "".join(f"\r{done:3}%|{'#' * (done // 10):<10}|" for done in range(0, 101, 10)) + "\n\x1b[32mend\x1b[0m äöü\n"
SHOWN = "begin\n100%|##########|\nend äöü\n"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a run that has ended and whose output the test writes itself."""
    monkeypatch.chdir(tmp_path)
    with runlog.start_run(store=tmp_path / ".runlog") as made:
        pass
    (made.path / "output").mkdir()
    return made.path


def write(run: Path, **streams: str | bytes) -> None:
    for name, text in streams.items():
        (run / "output" / f"{name}.log").write_bytes(text.encode() if isinstance(text, str) else text)


def test_a_bar_is_shown_as_it_was_in_the_end(cli: Cli, run: Path) -> None:
    write(run, stdout=OUT, stderr="a warning\n")
    assert cli("logs") == Answer(0, SHOWN + "a warning\n", "")
    assert cli("logs", run.name, "--stdout") == Answer(0, SHOWN, "")
    assert cli("logs", "@last", "--stderr") == Answer(0, "a warning\n", "")
    assert cli("logs", "--stdout", "--stderr").out == SHOWN + "a warning\n"
    assert cli("logs", "-f") == Answer(0, SHOWN + "a warning\n", "")


def test_raw_is_every_byte(run: Path) -> None:
    data = OUT.encode() + b"\xff\xfe\x00 no newline"
    write(run, terminal=data)
    command = [sys.executable, "-m", "runlog", "logs", "--raw"]
    for more in ([], ["-f"]):
        done = subprocess.run([*command, *more], env=environment(), capture_output=True, check=True, timeout=60)
        assert done.stdout == data
    done = subprocess.run([*command, "-n", "1"], env=environment(), capture_output=True, check=True, timeout=60)
    assert done.stdout == b"\xff\xfe\x00 no newline"


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 100])
@pytest.mark.parametrize("ending", ["\n", ""])
def test_the_last_lines(cli: Cli, run: Path, count: int, ending: str) -> None:
    write(run, stdout=f"{OUT}last{ending}")
    lines = [*SHOWN.splitlines(keepends=True), f"last{ending}"]
    assert cli("logs", "-n", str(count)) == Answer(0, "".join(lines[-count:] if count else []), "")
    assert cli("logs", "-n", str(count), "-f") == Answer(0, "".join(lines[-count:] if count else []), "")


def test_the_last_lines_of_much(cli: Cli, run: Path) -> None:
    bars = "".join(f"a {step}\nb {step}\x1b[A\r" for step in range(20_000))
    write(run, terminal="first\n" * 50_000 + "one\ntwo\n" + bars + "\n\nend\n", stderr=f"{'x' * 600_000}\n1\n2\n")
    assert cli("logs", "-n", "3").out == "a 19999\nb 19999\nend\n" + f"{'x' * 600_000}\n1\n2\n"
    assert cli("logs", "-n", "5", "--stdout").out == "one\ntwo\na 19999\nb 19999\nend\n"
    assert cli("logs", "--stdout").out == "first\n" * 50_000 + "one\ntwo\na 19999\nb 19999\nend\n"


def test_on_a_terminal(run: Path, tmp_path: Path) -> None:
    write(run, stdout=OUT, stderr="a warning\n")
    assert on_a_terminal("logs", cwd=tmp_path) == f"==> stdout <==\n{SHOWN}==> stderr <==\na warning\n"
    assert on_a_terminal("logs", "-f", cwd=tmp_path) == f"{SHOWN}a warning\n"
    coloured = on_a_terminal("logs", "--stdout", cwd=tmp_path, NO_COLOR="")
    assert coloured == SHOWN.replace("end", "\x1b[32mend\x1b[0m")


def test_one_stream_of_a_terminal(cli: Cli, run: Path) -> None:
    write(run, terminal="both\n")
    assert cli("logs", "--stdout") == Answer(0, "both\n", "")
    one = f"error: run {run.name} wrote to a terminal, where both streams are one\nhint: runlog logs {run.name}\n"
    assert cli("logs", "--stderr") == Answer(3, "", one)
    write(run, stderr="but this went elsewhere\n")
    assert cli("logs", "--stderr") == Answer(0, "but this went elsewhere\n", "")


def test_a_run_without_output(cli: Cli, run: Path) -> None:
    nothing = f"run {run.name} has no output: runlog run keeps what a program prints\n"
    assert cli("logs") == Answer(0, "", nothing)
    os.rmdir(run / "output")
    assert cli("logs", "-n", "3", "--raw") == Answer(0, "", nothing)
    assert cli("logs", "-f") == Answer(0, "", "")
    assert cli("logs", "nobody") == Answer(3, "", "error: no run matches 'nobody'\nhint: runlog ls\n")


def test_a_link_is_not_followed(cli: Cli, run: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (run / "output/stdout.log").symlink_to(tmp_path / "secret")
    assert cli("logs") == Answer(6, "", "error: stdout.log is a symbolic link, and stores have none\n")
    os.rename(run / "output", tmp_path / "elsewhere")
    (tmp_path / "elsewhere/stdout.log").unlink()
    (tmp_path / "elsewhere/stdout.log").write_text("secret")
    (run / "output").symlink_to(tmp_path / "elsewhere")
    assert cli("logs") == Answer(6, "", "error: output is a symbolic link, and stores have none\nhint: runlog check\n")


# Prints what comes on its standard input.
ECHO = "import sys\nfor line in sys.stdin: print(line.rstrip('\\n').replace('R', '\\r'), end='', flush=True)\n"


def say(program: subprocess.Popen[str], text: str) -> None:
    assert program.stdin is not None
    program.stdin.write(f"{text}\n")
    program.stdin.flush()


def heard(logs: subprocess.Popen[str]) -> str:
    assert logs.stdout is not None
    return logs.stdout.readline()


def test_it_follows_until_the_run_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "echo.py").write_text(ECHO.replace("end=''", r"end='\n' if line[0] != 'R' else ''"))
    with begin_runlog("run", "--", sys.executable, "echo.py", cwd=tmp_path) as program:
        until(lambda: runlog_cli("ls", "-q", cwd=tmp_path).stdout, "the run to begin")
        with begin_runlog("logs", "-f", cwd=tmp_path) as logs:
            for line in ("one", "two"):
                say(program, line)
                assert heard(logs) == f"{line}\n"
            for bar in ("R10%", "R50%", "R99%"):
                say(program, bar)
            say(program, "R100%")
            say(program, " done")
            assert heard(logs) == "100% done\n"
            assert program.stdin is not None
            program.stdin.close()
            assert logs.communicate(timeout=60)[0] == ""
            assert logs.returncode == 0
        assert program.wait(60) == 0


def test_who_stops_listening_ends_it_quietly(run: Path, tmp_path: Path) -> None:
    write(run, stdout="line\n" * 500_000)
    command = f"{sys.executable} -m runlog logs | head -n 2; echo done"
    done = shell(command, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "line\nline\ndone\n", "")
