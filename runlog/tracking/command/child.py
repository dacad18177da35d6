"""The program as a process: started in the caller's folder with the streams it shall have, and waited for."""

from __future__ import annotations

import errno
import os
import shlex
import shutil
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from resource import struct_rusage

from runlog.errors import OutsideError, reason_of
from runlog.tracking.command.late import Late
from runlog.tracking.command.output import Channel, Kept, Pump, pipe
from runlog.tracking.command.signals import RESET, Signals
from runlog.tracking.command.terminal import Cursor, Keyboard, Pty, foreground_job, is_terminal
from runlog.tracking.run import Final

_INTERPRETERS = {".py": "python", ".sh": "sh", ".R": "Rscript", ".jl": "julia"}
NOT_FOUND = 127
NOT_EXECUTABLE = 126
_STDIN, _STDOUT, _STDERR = 0, 1, 2

Trouble = Callable[[Exception], None]
Hear = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the program ended, as a shell would say it."""

    status: int
    state: Final
    took_s: float
    signal: str | None = None
    resources: dict[str, float] = field(default_factory=dict)
    error: OutsideError | None = None  # it could not be started
    hint: str | None = None  # what could be
    inside_line: bool = False  # the last line on the terminal is not ended
    late: Sequence[Late] = ()  # what it left in the background may still write


class Stage:
    """What a program gets for its three standard files, and how its output comes back.

    On a terminal the program gets a terminal: of its own, with a session of its own, so that keys, sizes and job control work
    as without runlog. Where output leads elsewhere it gets a pipe, and stays in the caller's session.
    """

    def __init__(self, folder: Path | None, terminal: bool, hear: Callable[[], Hear | None], trouble: Trouble) -> None:
        self._folder = folder
        self._hear = hear
        self._trouble = trouble
        self.channels: list[Channel] = []
        self.ptys: list[Pty] = []
        self.keyboard: Keyboard | None = None
        self.cursor = Cursor()
        self.session = False
        self.actions: list[tuple[int, ...] | tuple[int, int, str, int, int]] = []
        self._theirs: list[int] = []
        main = self._pty(_STDOUT, keys=is_terminal(_STDIN)) if terminal else None
        if main is not None:
            self._on_terminal(main)
        else:
            self._on_pipe(_STDOUT, "stdout.log")
        if main is not None and is_terminal(_STDERR):
            self.actions.append((os.POSIX_SPAWN_DUP2, _STDOUT, _STDERR))
        elif terminal and main is None and (aside := self._pty(_STDERR, keys=False)) is not None:
            # Only messages and bars go to the terminal: a terminal for them, and all else as it is.
            self.actions.append((os.POSIX_SPAWN_DUP2, aside.slave or 0, _STDERR))
            self._channel(aside.master, _STDERR, "stderr.log", aside)
        else:
            self._on_pipe(_STDERR, "stderr.log")

    def _pty(self, own: int, keys: bool) -> Pty | None:
        if not is_terminal(own):
            return None
        try:
            pty = Pty(own, adds_returns=keys)
        except OSError:
            return None  # none is left
        self.ptys.append(pty)
        return pty

    def _on_terminal(self, pty: Pty) -> None:
        """The first terminal that a new session opens is its own, so it is opened by name."""
        self.session = True
        if is_terminal(_STDIN):
            self.actions.append((os.POSIX_SPAWN_OPEN, _STDIN, pty.path, os.O_RDWR, 0))
            self.actions.append((os.POSIX_SPAWN_DUP2, _STDIN, _STDOUT))
            self.keyboard = Keyboard(_STDIN, pty)
        else:
            self.actions.append((os.POSIX_SPAWN_OPEN, _STDOUT, pty.path, os.O_RDWR, 0))
        self._channel(pty.master, _STDOUT, "terminal.log", pty)

    def _on_pipe(self, number: int, name: str) -> None:
        reading, writing = pipe()
        self.actions.append((os.POSIX_SPAWN_DUP2, writing, number))
        self._theirs.append(writing)
        self._channel(reading, number, name, None)

    def _channel(self, source: int, sink: int, name: str, pty: Pty | None) -> None:
        kept = Kept(None if self._folder is None else self._folder / name, self._trouble)
        cursor = self.cursor if is_terminal(sink) else None
        self.channels.append(Channel(source, sink, kept, self._hear(), self._trouble, pty, cursor))

    def started(self) -> None:
        """The program has its files; ours of them would keep us from seeing their end."""
        while self._theirs:
            os.close(self._theirs.pop())

    def close(self) -> None:
        """Give the terminal back, and let go of everything."""
        if self.keyboard is not None:
            self.keyboard.close()
        self.started()
        for channel in self.channels:
            channel.close()


def run_to_end(command: Sequence[str], environment: Mapping[str, str], stage: Stage) -> Outcome:
    """Run a program to its end. Its signals are passed on, its output too, whatever else happens."""
    signals = Signals(shared=not stage.session and foreground_job())
    signals.keyboard, signals.ptys = stage.keyboard, stage.ptys
    signals.begin()
    began = time.monotonic()
    try:
        if stage.keyboard is not None:
            stage.keyboard.take()
        try:
            pid = _start(command, environment, stage, signals)
        except OSError as error:
            return _not_started(command, error)
        stage.started()
        signals.started(pid)
        ended = _Ended(pid)
        late = Pump(stage.channels, signals.wake, stage.keyboard, signals.typed).run(ended)
    finally:
        stage.close()
        signals.end()
    outcome = _outcome(ended.status, ended.at - began, ended.usage, signals.seen)
    return replace(outcome, inside_line=stage.cursor.inside_line, late=late)


def _start(command: Sequence[str], environment: Mapping[str, str], stage: Stage, signals: Signals) -> int:
    reset = {*RESET, *(() if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (signal.SIGHUP,))}
    place: dict[str, object] = {"setsid": True} if stage.session else {} if signals.shared else {"setpgroup": 0}
    return os.posix_spawnp(
        command[0],
        list(command),
        dict(environment),
        file_actions=stage.actions,
        setsigdef=reset,
        **place,  # type: ignore[arg-type]
    )


class _Ended:
    """Asks whether the program has ended, and remembers how."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.status = 0
        self.at = 0.0
        self.usage: struct_rusage | None = None

    def __call__(self) -> bool:
        found, status, usage = os.wait4(self.pid, os.WNOHANG)
        if found == 0:
            return False
        self.status, self.usage, self.at = status, usage, time.monotonic()
        return True


def _outcome(status: int, took_s: float, usage: struct_rusage | None, seen: Sequence[int]) -> Outcome:
    resources = {"wall_s": round(took_s, 6)}
    if usage is not None:
        resources |= {"user_s": usage.ru_utime, "system_s": usage.ru_stime, "peak_memory_bytes": usage.ru_maxrss * 1024}
    code = os.waitstatus_to_exitcode(status)
    killer = -code if code < 0 else _interruption(code, seen)
    return Outcome(
        status=128 - code if code < 0 else code,
        state="killed" if killer else "failed" if code else "finished",
        took_s=took_s,
        signal=_signal_name(killer) if killer else None,
        resources=resources,
    )


def _interruption(code: int, seen: Sequence[int]) -> int:
    """The signal that made a program leave with an error: a shell says which one ended its child, and a program that is
    interrupted may clean up and leave with a status of its own. What it was not sent, no program was ended by."""
    if code == 0 or not seen:
        return 0
    if code - 128 in seen:
        return code - 128
    return next((number for number in reversed(seen) if number in {signal.SIGINT, signal.SIGTERM}), 0)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIG{number}"


def _not_started(command: Sequence[str], error: OSError) -> Outcome:
    name = command[0]
    missing = error.errno in {errno.ENOENT, errno.ENOTDIR}
    reason = reason_of(error)
    if missing:
        # A script may be there when the interpreter that it names is not.
        there = os.path.isfile(name) if "/" in name else shutil.which(name) is not None
        reason = "the interpreter that its first line names was not found" if there else "command not found"
    problem = OutsideError(f"cannot run {shlex.quote(name)}: {reason}")
    return Outcome(NOT_FOUND if missing else NOT_EXECUTABLE, "failed", 0.0, error=problem, hint=_hint(command, error))


def _hint(command: Sequence[str], error: OSError) -> str | None:
    """How to run what is plainly a file: by its interpreter, or as a program of this folder."""
    name = command[0]
    unknown = error.errno == errno.ENOEXEC
    if unknown and "/" not in name:
        name = shutil.which(name) or name
    if not os.path.isfile(name):
        return None
    # A shell runs text that names no interpreter by itself, so people do not know that it lacks one.
    by = _INTERPRETERS.get(os.path.splitext(name)[1], "sh" if unknown and _is_text(name) else None)
    if by is None and ("/" in name or not os.access(name, os.X_OK)):
        return None
    return shlex.join(["runlog", "run", "--", *([by, name] if by else [f"./{name}"]), *command[1:]])


def _is_text(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return b"\0" not in file.read(4096)
    except OSError:
        return False
