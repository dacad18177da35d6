"""Programs under `runlog run`, on pipes and on a real terminal, and what their runs say behind the store's back."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.scene import BareRun, bare_runs, environment

PATIENCE_S = 60.0


def wait_for(true: Callable[[], object], what: str = "it", seen: Callable[[], object] = str) -> None:
    """Until something holds, however slow the machine is."""
    until = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < until, f"waited too long for {what} {seen()}"
        time.sleep(0.01)


def runlog_run(*words: str | Path) -> list[str]:
    """`runlog run` with these words, as a command."""
    return [sys.executable, "-m", "runlog", "run", *map(str, words)]


def script(folder: Path, code: str, name: str = "program.py") -> list[str]:
    """A Python program in a file, as a command."""
    (folder / name).write_text(code)
    return [sys.executable, name]


def start(folder: Path, command: Sequence[str], **settings: Any) -> subprocess.Popen[bytes]:
    """A process without a terminal, in a session of its own, so that it never shares ours."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    variables = environment(**settings.pop("variables", {}))
    return subprocess.Popen(command, cwd=folder, env=variables, start_new_session=True, **{**pipes, **settings})


def run(folder: Path, *words: str | Path, **settings: Any) -> subprocess.CompletedProcess[bytes]:
    """`runlog run` to its end: status, and every byte it wrote."""
    process = start(folder, runlog_run(*words), **settings)
    out, err = process.communicate(timeout=PATIENCE_S)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def ended(process: subprocess.Popen[bytes]) -> int:
    """The status of a process, once it has ended, with nothing of it left open here."""
    status = process.wait(PATIENCE_S)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    return status


def only_run(folder: Path) -> BareRun:
    """The one run of the store in a folder, read without runlog."""
    (found,) = bare_runs(folder / ".runlog").values()
    return found


def kept(found: BareRun) -> dict[str, bytes]:
    """What is kept of a program's output, by file."""
    folder = found.folder / "output"
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def end(found: BareRun) -> dict[str, Any]:
    """How the process that answers for the run said that it ended."""
    (value,) = [entry["end"] for entry in found.entries if "end" in entry and entry["end"]["role"] == "main"]
    return dict(value)


def how(found: BareRun) -> tuple[str, int | None, str | None]:
    """(state, exit code, signal) of a run."""
    value = end(found)
    return value["state"], value.get("exit_code"), value.get("signal")


def problems(found: BareRun) -> list[str]:
    return [entry["problem"] for entry in found.entries if "problem" in entry]


def process_state(pid: int) -> str:
    """The letter by which the kernel says what a process does; nothing for one that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


class Screen:
    """A terminal with a program on it: what it shows, and keys to type."""

    def __init__(self, folder: Path, command: Sequence[str], size: tuple[int, int] = (30, 100)) -> None:
        self.shown = b""
        self.status: int | None = None
        variables = {**environment(), "PS1": "ready> ", "TERM": "dumb"}
        variables.pop("COLUMNS")
        reading, writing = os.pipe()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                os.read(reading, 1)  # the window has its size by then
                os.chdir(folder)
                os.execvpe(command[0], list(command), variables)
            finally:
                os._exit(99)
        self.resize(*size)
        os.close(reading)
        os.write(writing, b"x")
        os.close(writing)

    def __enter__(self) -> Screen:
        return self

    def __exit__(self, *_: object) -> None:
        if self.status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, 9)
            os.waitpid(self.pid, 0)
        os.close(self.fd)

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys: bytes) -> None:
        os.write(self.fd, keys)

    def settings(self) -> list[Any]:
        """What `stty` would say of the terminal."""
        return termios.tcgetattr(self.fd)

    def _look(self) -> bool:
        if not select.select([self.fd], [], [], 0.05)[0]:
            return True
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            data = b""
        self.shown += data
        return bool(data)

    def until(self, text: bytes, after: int = 0) -> int:
        """Wait for a text to be shown; where it ends."""
        wait_for(lambda: text in self.shown[after:] or not self._look(), f"{text!r}", lambda: self.shown)
        assert text in self.shown[after:], self.shown
        return self.shown.index(text, after) + len(text)

    def end(self) -> int:
        """Wait for the program to end; its status as a shell says it."""
        until = time.monotonic() + PATIENCE_S
        while self.status is None:
            open_still = self._look()
            pid, status = os.waitpid(self.pid, os.WNOHANG if open_still else 0)
            if pid:
                code = os.waitstatus_to_exitcode(status)
                self.status = 128 - code if code < 0 else code
            assert time.monotonic() < until, f"waited too long for the end of {self.shown!r}"
        while select.select([self.fd], [], [], 0)[0] and self._look():
            pass
        return self.status
