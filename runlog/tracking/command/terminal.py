"""The user's terminal, and pseudo-terminals that stand in for it before the program."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import signal
import termios
from typing import Any

_IFLAG, _OFLAG, _CFLAG, _LFLAG, _CC = 0, 1, 2, 3, 6
_RAW_IFLAG = (
    termios.IGNBRK
    | termios.BRKINT
    | termios.PARMRK
    | termios.INPCK
    | termios.ISTRIP
    | termios.INLCR
    | termios.IGNCR
    | termios.ICRNL
    | termios.IXON
)
_RAW_LFLAG = termios.ECHO | termios.ECHONL | termios.ICANON | termios.ISIG | termios.IEXTEN

_TAIL = 256  # of what was shown: where it ends, and the codes behind
_CODES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
_ERASED = re.compile(rb"\r(?:\x1b\[[0-9;?]*[A-Za-z])*\x1b\[2?K(?:\x1b\[[0-9;?]*[A-Za-z])*$")


def is_terminal(fd: int) -> bool:
    try:
        return os.isatty(fd)
    except OSError:
        return False


def in_foreground(fd: int) -> bool:
    """Whether the terminal listens to this process: it is ours, and no other job is in front of it."""
    try:
        return os.tcgetpgrp(fd) == os.getpgrp()
    except OSError:
        return False


def foreground_job() -> bool:
    """Whether this process belongs to the job in front of its controlling terminal, wherever its files lead."""
    try:
        fd = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return in_foreground(fd)
    finally:
        os.close(fd)


class Pty:
    """A pseudo-terminal that looks to the program as the user's own terminal does.

    Somebody has to make CR LF of each newline. Where keys are passed on this one always does, and the user's own shows what
    comes while it is raw. Settings of two terminals cannot change at one moment, with output on its way between them, so
    while the user's own adds returns too, those of this one are taken out. Where no keys are passed on, this one adds none.
    """

    def __init__(self, own: int, adds_returns: bool) -> None:
        self.own = own
        self.adds_returns = adds_returns
        self.own_is_raw = False
        self.master, slave = os.openpty()
        self.slave: int | None = slave
        self.path = os.ttyname(slave)
        with contextlib.suppress(termios.error):
            # Behind another job, the user's terminal is set up for that one.
            settings = termios.tcgetattr(own if in_foreground(own) else slave)
            settings[_OFLAG] = settings[_OFLAG] | termios.ONLCR if adds_returns else settings[_OFLAG] & ~termios.ONLCR
            termios.tcsetattr(slave, termios.TCSANOW, settings)
        self.resize()
        os.set_blocking(self.master, False)

    def resize(self) -> None:
        """Take over the size of the user's window. The system tells the program when that changes it."""
        with contextlib.suppress(OSError):
            size = fcntl.ioctl(self.own, termios.TIOCGWINSZ, bytes(8))
            fcntl.ioctl(self.master, termios.TIOCSWINSZ, size)

    def close_slave(self) -> None:
        """Only the program and what it started have the other side open now."""
        if self.slave is not None:
            os.close(self.slave)
            self.slave = None

    def signals_in(self, data: bytes) -> set[int]:
        """The signals that typed bytes stand for, as the program's own settings say."""
        try:
            settings: list[Any] = termios.tcgetattr(self.master)
        except termios.error:
            return set()
        if not settings[_LFLAG] & termios.ISIG:
            return set()
        keys = {termios.VINTR: signal.SIGINT, termios.VQUIT: signal.SIGQUIT, termios.VSUSP: signal.SIGTSTP}
        return {number for key, number in keys.items() if settings[_CC][key] != b"\0" and settings[_CC][key] in data}


class Keyboard:
    """The user's terminal as a source of keys: raw while the program has it, and given back as it was."""

    def __init__(self, fd: int, pty: Pty) -> None:
        self.fd = fd
        self.pty = pty
        self.feed = os.dup(pty.master)  # where keys go: a file of its own, to be waited for on its own
        self.taken = False
        self._before: list[Any] | None = None

    def take(self) -> None:
        """Take the keys, unless another job is in front of the terminal."""
        if self.taken or not in_foreground(self.fd):
            return
        try:
            before = termios.tcgetattr(self.fd)
            # Noted first, so that a signal between the lines cannot keep it from being given back.
            self._before, self.taken = before, True
            termios.tcsetattr(self.fd, termios.TCSADRAIN, _raw(before))
            self.pty.own_is_raw = True
        except termios.error:
            self.give_back()

    def take_again(self) -> None:
        """After a stop from outside: whoever had the terminal meanwhile has set it up for itself."""
        if self.taken and self._before is not None and in_foreground(self.fd):
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self.fd, termios.TCSADRAIN, _raw(self._before))

    def give_back(self) -> None:
        """The terminal as it was. Behind another job the system would stop us for that, so that is not listened to."""
        if not self.taken or self._before is None:
            return
        self.taken = False
        handler = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        try:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self.fd, termios.TCSADRAIN, self._before)
            self.pty.own_is_raw = False
        finally:
            signal.signal(signal.SIGTTOU, handler)

    def close(self) -> None:
        self.give_back()
        os.close(self.feed)


def _raw(settings: list[Any]) -> list[Any]:
    """Every key comes through as it is typed, and every byte is shown as it is."""
    raw = [*settings[:_CC], list(settings[_CC])]
    raw[_IFLAG] &= ~_RAW_IFLAG
    raw[_OFLAG] &= ~termios.OPOST
    raw[_CFLAG] = raw[_CFLAG] & ~(termios.CSIZE | termios.PARENB) | termios.CS8
    raw[_LFLAG] &= ~_RAW_LFLAG
    raw[_CC][termios.VMIN], raw[_CC][termios.VTIME] = 1, 0
    return raw


class Cursor:
    """Whether what was last shown on the user's terminal has left its cursor inside a line."""

    def __init__(self) -> None:
        self.inside_line = False

    def saw(self, data: bytes) -> None:
        tail = data[-_TAIL:]
        text = _CODES.sub(b"", tail)
        if text:
            emptied = text.endswith(b"\r") and _ERASED.search(tail) is not None
            self.inside_line = not (text.endswith(b"\n") or emptied)


def stops_by_default(pid: int) -> bool:
    """Whether a stop signal from the keyboard would stop a process: it neither ignores nor handles it."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
            text = file.read()
    except OSError:
        return False
    masks = re.findall(r"^Sig(?:Ign|Cgt):\s*([0-9a-f]+)", text, re.MULTILINE)
    return not any(int(mask, 16) >> (signal.SIGTSTP - 1) & 1 for mask in masks)
