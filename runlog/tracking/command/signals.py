"""Signals meant for the program reach it, and it alone decides what they do."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any

from runlog.tracking.command.terminal import foreground_job, stops_by_default

if TYPE_CHECKING:
    from runlog.tracking.command.terminal import Keyboard, Pty

_PASSED = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
_FROM_KEYS = {signal.SIGINT, signal.SIGQUIT}
# What the program gets as if nobody stood before it: a shell starts background jobs with some of them ignored, Python ignores
# others itself. SIGHUP is not among them, for `nohup` means it.
RESET = (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGPIPE, signal.SIGCHLD, signal.SIGXFSZ, signal.SIGTTOU)
_STOPPING_S = 0.1


class Signals:
    """Between `begin` and `end`, signals are passed on. `wake` can be read whenever one has come."""

    def __init__(self, shared: bool) -> None:
        self.shared = shared  # the program is in our own process group, which the keyboard's signals reach by themselves
        self.wake = -1
        self.seen: list[int] = []
        self.ptys: list[Pty] = []
        self.keyboard: Keyboard | None = None
        self._pid = 0
        self._early: list[int] = []
        self._before: dict[int, Any] = {}
        self._wake_before = -1
        self._waking = -1

    def begin(self) -> None:
        self.wake, self._waking = os.pipe()
        os.set_blocking(self.wake, False)
        os.set_blocking(self._waking, False)
        self._wake_before = signal.set_wakeup_fd(self._waking, warn_on_full_buffer=False)
        for number in _PASSED:
            self._handle(number, self._pass_on)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            self._handle(signal.SIGHUP, self._pass_on)
        # This one stays: word of a child's end may come late to another thread, and Python complains where nobody takes it.
        signal.signal(signal.SIGCHLD, _nothing)
        self._handle(signal.SIGWINCH, self._resize)
        if not self.shared:
            self._handle(signal.SIGTSTP, self._stop)
            self._handle(signal.SIGCONT, self._go_on)

    def _handle(self, number: int, handler: Any) -> None:
        self._before[number] = signal.signal(number, handler)

    def end(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wake_before)
        os.close(self.wake)
        os.close(self._waking)

    def started(self, pid: int) -> None:
        """The program is there; what came while it was being started reaches it now."""
        self._pid = pid
        for number in self._early:
            self._deliver(number)

    def typed(self, pty: Pty, data: bytes) -> None:
        """Keys that are signals were turned into them by the program's terminal. Only stopping needs help: a program whose
        parent is in another session has nobody to wake it up again, so the system does not let the keyboard stop it."""
        found = pty.signals_in(data)
        self.seen += found & _FROM_KEYS
        if signal.SIGTSTP in found and stops_by_default(self._pid):
            self._stop_with(lambda: os.killpg(os.getpgrp(), signal.SIGTSTP))

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        self.seen.append(number)
        if self.shared and number in _FROM_KEYS and foreground_job():
            return  # Ctrl-C has reached the whole job already, and a second one would be one too many
        if self._pid:
            self._deliver(number)
        else:
            self._early.append(number)

    def _deliver(self, number: int) -> None:
        # It may have ended, or run as somebody else.
        with contextlib.suppress(OSError):
            if self.shared:
                os.kill(self._pid, number)
            else:
                os.killpg(self._pid, number)

    def _resize(self, number: int, frame: FrameType | None) -> None:
        for pty in self.ptys:
            pty.resize()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stop_with(lambda: os.kill(os.getpid(), number))

    def _stop_with(self, stop: Callable[[], None]) -> None:
        """Stop as one: the program, then we, with the terminal as it was. Then go on as one."""
        if self.keyboard is not None:
            self.keyboard.give_back()
        self._deliver(signal.SIGSTOP)
        handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        stop()
        # The system stops us soon, if there is anybody who could wake us up again; else this is over in a moment.
        time.sleep(_STOPPING_S)
        signal.signal(signal.SIGTSTP, handler)
        if self.keyboard is not None:
            self.keyboard.take()
        self._deliver(signal.SIGCONT)

    def _go_on(self, number: int, frame: FrameType | None) -> None:
        if self.keyboard is not None:
            self.keyboard.take_again()
        self._deliver(signal.SIGCONT)


def _nothing(number: int, frame: FrameType | None) -> None:
    """A handler there must be, else the system wakes nobody up."""
