"""Signals that end the program: the run hears of them first, and then the program dies as it would have."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

from runlog.tracking import threads

_ENDING = (signal.SIGTERM, signal.SIGHUP)
# So long the main thread is waited for. Python's handlers run there alone, and not before a call into C returns: a model that is
# fitted for an hour, or a lock. Without us the program would have died at once.
_PATIENCE_S = 1.0


class Signals:
    """Listens for the signals that nobody else handles. Only the main thread may begin to listen."""

    def __init__(self, last_words: Callable[[str], None]) -> None:
        self._last_words = last_words  # given the name of the signal
        self._listening = False
        self._wakes = False
        self._masks: dict[int, set[signal.Signals | int]] = {}

    def listen(self) -> None:
        if self._listening:
            return
        self._listening = True
        ours = [number for number in _ENDING if signal.getsignal(number) is signal.SIG_DFL]
        for number in ours:
            signal.signal(number, self._heard)
        if ours:
            self._wake_a_thread()

    def _heard(self, number: int, frame: FrameType | None) -> None:
        self._last_words(signal.Signals(number).name)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def _wake_a_thread(self) -> None:
        """Have the numbers of signals written to a pipe as they come, unless somebody else, like an event loop, has them."""
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        watch = threading.Thread(target=self._watch, args=(reading,), name="runlog-signals", daemon=True)
        self._wakes = before == -1 and threads.start(watch)
        if not self._wakes:
            signal.set_wakeup_fd(before)
            os.close(reading)
            os.close(writing)

    def _watch(self, reading: int) -> None:
        while True:
            for number in os.read(reading, 64):
                if self._is_ours(number):
                    time.sleep(_PATIENCE_S)
                    if self._is_ours(number):
                        self._die(number)

    def _is_ours(self, number: int) -> bool:
        return number in _ENDING and signal.getsignal(number) == self._heard

    def _die(self, number: int) -> None:
        import ctypes

        self._last_words(signal.Signals(number).name)
        # Python lets only the main thread do this, and that does not answer.
        ctypes.CDLL(None).signal(number, None)
        os.kill(os.getpid(), number)

    def before_fork(self) -> None:
        """A signal to the newborn child must not be written to the pipe of its parent."""
        self._masks[threading.get_ident()] = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)

    def after_fork(self) -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, self._masks.pop(threading.get_ident(), set()))

    def forget(self) -> None:
        """In the child, which only helps: it dies of signals as if we were not there."""
        if self._wakes:
            signal.set_wakeup_fd(-1)
        for number in _ENDING:
            if self._is_ours(number):
                signal.signal(number, signal.SIG_DFL)
        self._listening = self._wakes = False
        self.after_fork()
        self._masks.clear()
