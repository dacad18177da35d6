"""What a program prints: passed on as it comes, kept in the run, and heard by whoever looks for metrics in it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from runlog.errors import OutsideError, RunlogError, StoreError, reason_of
from runlog.store import files
from runlog.tracking.command.late import Late
from runlog.tracking.command.passing import without_added_returns

if TYPE_CHECKING:
    from runlog.tracking.command.terminal import Cursor, Keyboard, Pty

_PIPE_BYTES = 1 << 20
_BLOCK = 1 << 16  # larger ones cost more: their memory is fetched from the system each time
# The program has ended, but something that it left in the background holds its output open: how long to go on listening.
_AFTERMATH_S = 0.5
_STREAMS = {1: "standard output", 2: "standard error"}


class Kept:
    """A file of the run, made with its first byte. When it cannot be written, that is told once and the program goes on."""

    def __init__(self, path: Path | None, trouble: Callable[[Exception], None]) -> None:
        self._path = path
        self._trouble = trouble
        self._fd: int | None = None

    def write(self, data: bytes) -> None:
        if self._path is None:
            return
        try:
            if self._fd is None:
                self._fd = files.open_log(self._path)
            files.write_all(self._fd, data)
        except (OSError, RunlogError) as error:
            path, self._path = self._path, None
            self.close()
            reason = reason_of(error) if isinstance(error, OSError) else error.message
            self._trouble(StoreError(f"the rest of {path.name} is not kept: {reason}"))

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
        self._fd = None


class Channel:
    """One stream of the program: where it comes from, where it goes, where it is kept."""

    def __init__(
        self,
        source: int,
        sink: int,
        kept: Kept,
        hear: Callable[[bytes], None] | None,
        trouble: Callable[[Exception], None],
        pty: Pty | None = None,
        cursor: Cursor | None = None,
    ) -> None:
        self.source = source
        self.open = True
        self.moved = 0
        self._sink: int | None = sink
        self._kept = kept
        self._hear = hear
        self._trouble = trouble
        self._pty = pty
        self._cursor = cursor  # of the terminal that is the sink
        self._held = b""  # a return that a newline may follow
        self._owed = b""  # the same one, if it was not shown either

    def move(self) -> bool:
        """Pass one block on. False when there is none now; when none will ever come, the channel is no longer open."""
        try:
            data = self._read()
        except BlockingIOError:
            return False
        except OSError:
            data = b""  # a pseudo-terminal ends with an error
        if not data:
            self.close()
            return False
        self.moved += len(data)
        # First, so that what was ever shown is kept, even if we are killed now.
        said = self._said(data)
        self._kept.write(said)
        if self._sink is not None and not self._pass_on(self._sink, self._to_show(data, said)):
            self.close()
        if self._hear is not None:
            self._hear(said)
        return True

    def _read(self) -> bytes:
        data = os.read(self.source, _BLOCK)
        if self._pty is None or not data:
            return data
        # A terminal gives a few hundred bytes at a time, however many wait.
        parts, size = [data], len(data)
        while data and size < _BLOCK:
            try:
                data = os.read(self.source, _BLOCK)
            except OSError:
                break  # nothing more now, or never: the next reading tells
            parts.append(data)
            size += len(data)
        return b"".join(parts)

    def _pass_on(self, sink: int, data: bytes) -> bool:
        """False when nobody listens any more, which the program shall learn as it would have without us."""
        try:
            write_patiently(sink, data)
            if self._cursor is not None:
                self._cursor.saw(data)
        except BrokenPipeError:
            return False
        except OSError as error:
            self._sink = None  # no reason to stop the program
            if self._cursor is None:  # that a terminal was closed nobody needs to be told
                self._trouble(OutsideError(f"the rest of {_STREAMS[sink]} could not be passed on: {reason_of(error)}"))
        return True

    def _said(self, data: bytes) -> bytes:
        """What the program printed, without the returns that its terminal has added."""
        if self._pty is None or not self._pty.adds_returns:
            return data
        said, self._held = without_added_returns(self._held + data)
        return said

    def _to_show(self, data: bytes, said: bytes) -> bytes:
        """A terminal that adds returns of its own gets what the program printed; any other file gets what came."""
        if self._pty is not None and self._pty.adds_returns and not self._pty.own_is_raw:
            self._owed = self._held
            return said
        data, self._owed = self._owed + data, b""
        return data

    def end_soon(self) -> None:
        """The program has ended. A pseudo-terminal ends when nobody has its other side open, and until now we had: were it to
        end before, its program would be told that the terminal is gone."""
        if self._pty is not None:
            self._pty.close_slave()

    def close(self) -> None:
        if self.open:
            self.open = False
            self._end()
            os.close(self.source)

    def let_go(self) -> Late | None:
        """End here what somebody may still write to. What comes from now on is not ours to keep."""
        if not self.open:
            return None
        self.open = False
        self._end()
        returns = self._pty is not None and self._pty.adds_returns
        return Late(self.source, self._sink, returns)

    def _end(self) -> None:
        self.end_soon()
        if self._held:
            self._kept.write(self._held)
        if self._owed and self._sink is not None:
            self._pass_on(self._sink, self._owed)
        self._kept.close()


def pipe() -> tuple[int, int]:
    """(read, write) ends of a pipe that takes much at once."""
    reading, writing = os.pipe()
    # Not everywhere, and not for users who have used up their share.
    with contextlib.suppress(OSError, AttributeError):
        fcntl.fcntl(reading, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    os.set_blocking(reading, False)
    return reading, writing


def write_patiently(fd: int, data: bytes) -> None:
    """Write all of it, also where another process has made the file one that does not wait."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(fd, view) :]
        except BlockingIOError:
            Waiting().wait([], [fd], None)


class Waiting:
    """Waits for files that have something to say or to take, or are at their end. `select` knows only the first 1024."""

    def __init__(self) -> None:
        self._known: tuple[Sequence[int], Sequence[int]] = ((), ())
        self._poll = select.poll()

    def wait(self, reading: Sequence[int], writing: Sequence[int], timeout_s: float | None) -> set[int]:
        """The files that are ready, perhaps none when the time is over. No file is in both."""
        if (reading, writing) != self._known:
            self._poll = select.poll()
            for fd in reading:
                self._poll.register(fd, select.POLLIN)
            for fd in writing:
                self._poll.register(fd, select.POLLOUT)
            self._known = (reading, writing)
        return {fd for fd, _ in self._poll.poll(None if timeout_s is None else timeout_s * 1000)}


class Pump:
    """Moves what comes until the program has ended and all it printed has come through."""

    def __init__(
        self, channels: Sequence[Channel], wake: int, keyboard: Keyboard | None, typed: Callable[[Pty, bytes], None]
    ) -> None:
        self._channels = channels
        self._wake = wake
        self._keyboard = keyboard
        self._typed = typed
        self._keys = b""  # typed, and not yet taken by the program
        self._waiting = Waiting()

    def run(self, ended: Callable[[], bool]) -> list[Late]:
        """`ended` is asked after every turn, and a signal ends a turn, also the one that tells of the program's end.
        Gives what others still have open then."""
        while not ended():
            self._turn()
        self._drain()
        return [late for channel in self._channels if (late := channel.let_go())]

    def _turn(self) -> None:
        """Wait for something, and do it."""
        keyboard = self._keyboard
        reading = [self._wake, *(channel.source for channel in self._channels if channel.open)]
        if keyboard is not None:
            keyboard.take()
            if keyboard.taken and not self._keys:
                reading.append(keyboard.fd)
        found = self._waiting.wait(reading, [keyboard.feed] if keyboard and self._keys else [], None)
        if self._wake in found:
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake, 4096)
        self._move(found)
        if keyboard is not None:
            if self._keys:
                self._pass_keys(keyboard)
            elif keyboard.taken and keyboard.fd in found:
                self._read_keys(keyboard)

    def _move(self, found: set[int]) -> bool:
        moved = [channel.move() for channel in self._channels if channel.open and channel.source in found]
        return any(moved)

    def _drain(self) -> None:
        """All that the program printed is in the pipes. What it left in the background may add to that, for a moment."""
        for channel in self._channels:
            channel.end_soon()
        until = time.monotonic() + _AFTERMATH_S
        most = {channel: channel.moved + _PIPE_BYTES for channel in self._channels}
        while sources := [channel.source for channel in self._channels if channel.open and channel.moved < most[channel]]:
            left = until - time.monotonic()
            if not self._move(self._waiting.wait(sources, [], max(0.0, left))) and left <= 0:
                break

    def _read_keys(self, keyboard: Keyboard) -> None:
        try:
            self._keys = os.read(keyboard.fd, 4096)
        except OSError:
            self._keys = b""
        if not self._keys:
            keyboard.give_back()  # the terminal is gone
            self._keyboard = None
            return
        typed = self._keys
        self._pass_keys(keyboard)
        self._typed(keyboard.pty, typed)

    def _pass_keys(self, keyboard: Keyboard) -> None:
        """Without waiting: a program that does not read its keys must not hold up what it prints."""
        try:
            self._keys = self._keys[os.write(keyboard.feed, self._keys) :]
        except BlockingIOError:
            return
        except OSError:
            self._keys = b""
