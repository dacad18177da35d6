"""A program of its own, which `runlog run` leaves behind when it goes: it passes on what still comes, until nothing can come.

It is started by its file with a bare Python, for it may stay for as long as a daemon does: nothing of runlog is loaded into it.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys

_BLOCK = 1 << 16
_GONE = select.POLLERR | select.POLLHUP | select.POLLNVAL


class Passing:
    """From a source to a sink. A terminal may have added returns that the sink adds by itself."""

    def __init__(self, source: int, sink: int, added_returns: bool) -> None:
        self.source = source
        self.sink = sink
        self._added_returns = added_returns
        self._held = b""  # a return that a newline may follow

    def move(self) -> bool:
        """Pass one block on. False when there is nothing more to come, or nobody listens any more."""
        try:
            data = os.read(self.source, _BLOCK)
        except BlockingIOError:
            return True
        except OSError:
            data = b""  # a pseudo-terminal ends with an error
        return self._write(self._plain(data)) and bool(data)

    def _plain(self, data: bytes) -> bytes:
        if not self._added_returns:
            return data
        if not data:
            return self._held
        plain, self._held = without_added_returns(self._held + data)
        return plain

    def _write(self, data: bytes) -> bool:
        while data:
            try:
                data = data[os.write(self.sink, data) :]
            except BlockingIOError:
                waiting = select.poll()
                waiting.register(self.sink, select.POLLOUT)
                waiting.poll()
            except OSError:
                return not gone(self.sink)  # a full disk may have room again
        return True


def without_added_returns(data: bytes) -> tuple[bytes, bytes]:
    """What a terminal gave as its program printed it; and a return at the end, which a newline may follow."""
    data = data.replace(b"\r\n", b"\n")
    held = b"\r" if data.endswith(b"\r") else b""
    return data[: len(data) - len(held)], held


def gone(sink: int) -> bool:
    """Whether nobody is there any more to listen."""
    asking = select.poll()
    asking.register(sink, 0)
    return any(found & _GONE for _, found in asking.poll(0))


def pass_on(left: list[Passing]) -> None:
    while left:
        waiting = select.poll()
        for passing in left:
            waiting.register(passing.source, select.POLLIN)
            waiting.register(passing.sink, 0)
        found = dict(waiting.poll())
        for passing in left[:]:
            over = passing.sink in found or (passing.source in found and not passing.move())
            if over:
                left.remove(passing)
                os.close(passing.source)
                if all(other.sink != passing.sink for other in left):
                    os.close(passing.sink)


def main(words: list[str]) -> None:
    """Each word is SOURCE:SINK:RETURNS."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    os.chdir("/")
    left = []
    for word in words:
        source, sink, returns = map(int, word.split(":"))
        left.append(Passing(source, sink, bool(returns)))
    _close_all_but({fd for passing in left for fd in (passing.source, passing.sink)})
    pass_on(left)


def _close_all_but(kept: set[int]) -> None:
    """Whoever started us may have got files from somewhere that somebody waits to see the end of."""
    for fd in set(map(int, os.listdir("/dev/fd"))) - kept:
        with contextlib.suppress(OSError):  # the folder's own, which is closed by now
            os.close(fd)


if __name__ == "__main__":
    main(sys.argv[1:])
