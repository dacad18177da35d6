"""Run any program as a run: the only place that starts the user's program."""

from __future__ import annotations

import errno
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

from runlog.errors import UsageError
from runlog.tracking.run import Run

NOT_FOUND = 127
NOT_EXECUTABLE = 126


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the program ended, as a shell would say it."""

    status: int
    took_s: float
    signal: str | None = None
    problem: str | None = None


def fill(command: Sequence[str], params: Mapping[str, Any]) -> list[str]:
    """The command with `{alpha}` replaced by the value of param `alpha`. Braces that name no param stay as they are."""
    filled = []
    for given in command:
        word = given
        for key, value in params.items():
            word = word.replace(f"{{{key}}}", value if isinstance(value, str) else _as_word(value))
        filled.append(word)
    return filled


def _as_word(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)


def run_program(run: Run, command: Sequence[str]) -> Outcome:
    """Run a program to its end in the caller's folder, pass signals on, and end the run as the program ended."""
    if not command:
        raise UsageError("there is no command to run", hint="runlog run -- python train.py")
    outcome = _run(list(command), {**os.environ, **run.environment})
    if outcome.problem:
        run.log_text(f"{outcome.problem}\n", "error.txt")
    state = "killed" if outcome.signal else "finished" if outcome.status == 0 else "failed"
    run.finish(state, exit_code=outcome.status, signal=outcome.signal)  # type: ignore[arg-type]
    return outcome


def _run(command: list[str], environment: dict[str, str]) -> Outcome:
    started = time.monotonic()
    forward = _Forward()
    forward.begin()
    try:
        try:
            child = subprocess.Popen(command, env=environment)
        except OSError as error:
            return _not_started(command, error)
        forward.child = child
        forward.catch_up()
        status = child.wait()
    finally:
        forward.end()
    took = time.monotonic() - started
    if status < 0:
        return Outcome(128 - status, took, signal=_signal_name(-status))
    # A shell in between reports the signal that ended its own child by this number.
    return Outcome(status, took)


def _not_started(command: list[str], error: OSError) -> Outcome:
    missing = error.errno in {errno.ENOENT, errno.ENOTDIR}
    reason = "command not found" if missing else (error.strerror or "").lower()
    problem = f"cannot run {shlex.quote(command[0])}: {reason}"
    return Outcome(NOT_FOUND if missing else NOT_EXECUTABLE, 0.0, problem=problem)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIG{number}"


class _Forward:
    """Signals meant for the program reach it, and only it decides what they do."""

    _PASSED = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)

    def __init__(self) -> None:
        self.child: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []
        self._before: dict[int, Any] = {}

    def begin(self) -> None:
        for number in self._PASSED:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._pass_on)

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        # Ctrl-C at a terminal reaches the whole foreground group already; a second one would be one too many.
        if number in {signal.SIGINT, signal.SIGQUIT} and _in_foreground():
            return
        if self.child is None:
            self._early.append(number)
        else:
            self.child.send_signal(number)

    def catch_up(self) -> None:
        """Signals that came while the program was being started."""
        for number in self._early:
            if self.child is not None:
                self.child.send_signal(number)

    def end(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


def _in_foreground() -> bool:
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False
