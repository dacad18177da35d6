"""How a run says things: at once into its log, later what the system refused, and of trouble only once."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from runlog.capture.secrets import redacted, withheld_word
from runlog.errors import RunlogError, StoreError, store_error
from runlog.records import Kind
from runlog.store import layout
from runlog.store.line import append_line
from runlog.store.metrics.door import mark
from runlog.store.metrics.log import Log
from runlog.store.rundir import RunDir
from runlog.tracking.warning import warn

# Points that the system refused wait here for better times; a full disk must not fill the memory too.
_WAITING = 100_000
_MOST_TROUBLES = 100


class Voice:
    """What one process says about one run, and what it does when it is not heard."""

    def __init__(self, folder: RunDir, opening: Callable[[], dict[str, Any]], strict: bool, steps: dict[str, int] | None) -> None:
        self.log = Log(folder.live, opening, steps)
        self.door = folder.live / f"{layout.new_id()}.jsonl"
        self.is_mute = False  # nothing is recorded any more, or ever was
        self.is_gone = False  # somebody has deleted the run; what is said now would fill the disk where nobody sees it
        self._run_id = folder.id
        self._path = folder.path
        self._opening = opening
        self._strict = strict
        self._door_size = 0
        self._late: deque[Callable[[], None]] = deque(maxlen=_WAITING)
        self._retrying = threading.RLock()
        self._told: set[str] = set()

    @property
    def has_spoken(self) -> bool:
        """Whether there is a log."""
        return bool(self.log.written)

    def say(self, kind: Kind, key: str, value: Any) -> bool:
        """Append a word. Whether it is in the log; what is not is said again later."""
        at = time.time_ns()
        kept = withheld_word(kind, key, value)
        if kept is not value:
            value = kept
            what = f"{kind} {key!r}" if key else f"the {kind}"
            self.note_problem(f"secret:{what}", f"{what} looks like a secret, so its value is not stored")
        try:
            self.log.entry(kind, key, value, at)
        except OSError as error:
            self.failed(error, lambda: self.log.entry(kind, key, value, at))
            return False
        return True

    def failed(self, error: Exception, again: Callable[[], None] | None = None) -> None:
        """A verb failed. Strict runs raise; others warn once for each kind of failure, record it, and try points again later."""
        known = _as_runlog_error(error)
        if self._strict:
            raise known from error
        if again is not None:
            self._late.append(again)
        self.note_problem(_kind(known), str(known))

    def trouble(self, error: Exception) -> None:
        """Something beside the verbs went wrong: told once and recorded, never raised."""
        known = _as_runlog_error(error)
        self.note_problem(_kind(known), known.message)

    def note_problem(self, key: str, message: str) -> None:
        """Tell the user and the run, once for each key."""
        if key in self._told or len(self._told) > _MOST_TROUBLES:
            return
        self._told.add(key)
        message = redacted(message)[0]
        warn(f"run {self._run_id}: {message}")
        if not self.is_mute:
            at = time.time_ns()
            try:
                self.log.entry("problem", "", message, at)
            except OSError:
                self._late.append(lambda: self.log.entry("problem", "", message, at))

    def beat(self) -> str | None:
        """Bring everything to the disk and say that the process lives; the writer of a log that has grown long enough."""
        self._retry()
        if self.has_spoken:
            self._rescue()
            self.log.sync()
            self.log.entry("beat", "", None)
        self._mark_door()
        grown = self.log.outgrown()
        if grown is not None:
            # At once, for the folder of logs goes with the last of them, and other processes write into it too.
            with contextlib.suppress(OSError):
                self.log.begin()
        return grown

    def end(self, value: dict[str, Any]) -> list[str]:
        """Say all that still waits and how it ended, and close the log; the writers of its files."""
        self._retry()
        self._rescue()
        self._mark_door()
        self.log.entry("end", "", value)
        return self.log.close()

    def say_last(self, value: dict[str, Any]) -> None:
        """How it ended, in one line, when there is no time for more."""
        with contextlib.suppress(OSError, RunlogError):
            self._rescue()
        self.log.entry("end", "", value)

    def forked(self) -> None:
        """In the child of a fork: a log of its own, and none of the parent's cares."""
        self._late.clear()
        self._retrying = threading.RLock()
        self.log.begin_anew()

    def _rescue(self) -> None:
        """See that the log is still the file under its name: a copy that was laid over it must not cost what was said since."""
        try:
            self.log.rescue()
        except FileNotFoundError:
            self.is_gone = True
            raise StoreError(f"the folder of the run is gone: {self._path}") from None

    def _mark_door(self) -> None:
        """Date the lines that came through the door since the last time."""
        try:
            size = os.stat(self.door).st_size
        except FileNotFoundError:
            return
        if size != self._door_size and self._opening()["role"] == "main":
            line = mark(time.time_ns())
            append_line(self.door, line)
            self._door_size = size + len(line)

    def _retry(self) -> None:
        """Say again what the system refused; stop at the first that it still refuses."""
        with self._retrying:  # what another thread is just saying again must be in the log before that is closed
            while self._late:
                again = self._late.popleft()
                try:
                    again()
                except OSError:
                    self._late.appendleft(again)
                    return


def _kind(error: RunlogError) -> str:
    """What is told only once: the same trouble again, whatever the value was this time."""
    return f"{error.code}:{error.message.partition(', got ')[0][:80]}"


def _as_runlog_error(error: Exception) -> RunlogError:
    if isinstance(error, RunlogError):
        return error
    if isinstance(error, OSError) and error.errno is not None:
        return store_error("log", error)
    return StoreError(f"logging failed: {type(error).__name__}: {error}")
