"""How runs end: exceptions, exit codes, signals, the end of the interpreter, a fork."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
import traceback
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from runlog.capture.process import this_process
from runlog.store.format import process_object
from runlog.tracking import afterwards

if TYPE_CHECKING:
    from runlog.tracking.run import Run

_LONGEST_TRACE = 20_000


class Ended(NamedTuple):
    """How a block or a program ended."""

    state: Literal["finished", "failed", "killed"]
    exit_code: int | None = None
    signal: str | None = None
    error: BaseException | None = None


def of_exception(error: BaseException | None) -> Ended:
    """What an exception that leaves a `with` block, or the program, means for the run."""
    if error is None:
        return Ended("finished")
    if isinstance(error, SystemExit):
        return of_exit_code(error.code)
    if isinstance(error, KeyboardInterrupt):
        return Ended("killed", signal="SIGINT")
    if isinstance(error, GeneratorExit):
        return Ended("finished")
    return Ended("failed", error=error)


def of_exit_code(code: object) -> Ended:
    """What `sys.exit(code)` means: nothing and 0 are success, a text is printed and counts as 1."""
    number = 0 if code is None else code if isinstance(code, int) else 1
    return Ended("finished" if number == 0 else "failed", exit_code=number)


def describe(error: BaseException) -> dict[str, str]:
    """An exception as a reader of the run wants it."""
    trace = "".join(traceback.format_exception(error))
    return {
        "type": type(error).__qualname__,
        "message": str(error)[:2000],
        "traceback": trace if len(trace) <= _LONGEST_TRACE else f"...{trace[-_LONGEST_TRACE:]}",
    }


def opening(role: str) -> dict[str, Any]:
    """The first words of a log: who speaks."""
    return {"role": role, "process": process_object(this_process())}


class _Watch:
    """The open runs of this process, and the hooks that see how the process ends. The hooks are set with the first run."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.seen: Ended = Ended("finished")
        self.hooked = False

    def hook(self) -> None:
        if self.hooked:
            return
        self.hooked = True
        atexit.register(self.at_exit)
        os.register_at_fork(after_in_child=self.in_child)
        self._watch_exceptions()
        self._watch_exit()
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGHUP):
                if signal.getsignal(number) is signal.SIG_DFL:
                    signal.signal(number, self.on_signal)

    def _watch_exceptions(self) -> None:
        before = sys.excepthook

        def seen(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
            self.seen = of_exception(error)
            before(kind, error, trace)

        sys.excepthook = seen

    def _watch_exit(self) -> None:
        """Python tells nobody with which code a program leaves, so the function that programs call is asked."""
        before = sys.exit

        def leave(code: Any = None, /) -> Any:
            self.seen = of_exit_code(code)
            before(code)

        sys.exit = leave

    def at_exit(self) -> None:
        for run in reversed(self.runs.copy()):
            how = self.seen
            run.finish(how.state, exit_code=how.exit_code, signal=how.signal, error=how.error)
        afterwards.drain()

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """Say which signal it was, then die of it as the program would have."""
        for run in reversed(self.runs.copy()):
            try:
                run.say_last({"state": "killed", "signal": signal.Signals(number).name})
            except Exception:
                continue
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def in_child(self) -> None:
        self.seen = Ended("finished")
        afterwards.forget()
        for run in self.runs:
            run.forked()


_watch = _Watch()


def opened(run: Run) -> None:
    """Look after a run until it is closed."""
    _watch.hook()
    _watch.runs.append(run)


def closed(run: Run) -> None:
    """The run needs no looking after any more."""
    if run in _watch.runs:
        _watch.runs.remove(run)
    from runlog.tracking.active import publish

    publish()


def open_runs() -> list[Run]:
    """The runs of this process that have not ended, oldest first."""
    return _watch.runs.copy()
