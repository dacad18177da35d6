"""How runs end: exceptions, exit codes, signals, the end of the interpreter, a fork."""

from __future__ import annotations

import builtins
import contextlib
import opcode
import os
import sys
import threading
import traceback
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from runlog.capture.process import this_process
from runlog.capture.secrets import redacted
from runlog.store.format import process_object
from runlog.tracking import afterwards
from runlog.tracking.signals import Signals

if TYPE_CHECKING:
    from runlog.tracking.run import Run

_LONGEST_TRACE = 20_000
_LONGEST_MESSAGE = 2000


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
    """What `sys.exit(code)` means: nothing and 0 are success, a text is printed and counts as 1. The system keeps eight bits."""
    number = 0 if code is None else int(code) & 0xFF if isinstance(code, int) else 1
    return Ended("finished" if number == 0 else "failed", exit_code=number)


def describe(error: BaseException) -> dict[str, str]:
    """An exception as a reader of the run wants it."""
    trace = redacted(_text(lambda: "".join(traceback.format_exception(error))))[0]
    return {
        "type": type(error).__qualname__,
        "message": redacted(_text(lambda: str(error)))[0][:_LONGEST_MESSAGE],
        "traceback": trace if len(trace) <= _LONGEST_TRACE else f"...{trace[-_LONGEST_TRACE:]}",
    }


def _text(tell: Callable[[], str]) -> str:
    """What an exception says of itself, as Python prints it. Code of the user's runs here and may fail again."""
    try:
        return tell().encode("utf-8", "backslashreplace").decode()
    except Exception:
        return "<exception str() failed>"


def opening(role: str) -> dict[str, Any]:
    """The first words of a log: who speaks."""
    return {"role": role, "process": process_object(this_process())}


class _Watch:
    """The open runs of this process, and the hooks that see how the process ends. The hooks are set with the first run."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.left: Ended = Ended("finished")
        self.trunk: FrameType | None = None  # the outermost frame of the program
        self.hooked = False
        self.signals = Signals(self.killed)

    def hook(self) -> None:
        if not self.hooked:
            self.hooked = True
            self.trunk = _outermost(sys._current_frames().get(threading.main_thread().ident or 0))
            os.register_at_fork(
                before=self.signals.before_fork, after_in_parent=self.signals.after_fork, after_in_child=self.in_child
            )
            self._watch_exit()
        if threading.current_thread() is threading.main_thread():
            self.signals.listen()

    def _watch_exit(self) -> None:
        """Python tells nobody with which code a program leaves, so the functions that programs call are asked: `sys.exit`, and
        `exit` and `quit`, which are for the prompt, but scripts call them too."""
        before = sys.exit

        def leave(code: Any = None, /) -> Any:
            self._leaves(code, sys._getframe(1))
            before(code)

        sys.exit = leave
        prompt = type(getattr(builtins, "exit", None))
        if prompt.__module__ == "_sitebuiltins":
            call = prompt.__call__

            def quit_(quitter: Any, code: Any = None) -> Any:
                self._leaves(code, sys._getframe(1))
                call(quitter, code)

            setattr(prompt, "__call__", quit_)  # noqa: B010, mypy wants it so

    def _leaves(self, code: object, frame: FrameType) -> None:
        # In another thread it ends no more than that.
        if threading.current_thread() is threading.main_thread():
            self.left = of_exit_code(code)
            self.trunk = _outermost(frame)

    def outcome(self) -> Ended:
        """How the program is ending. Asked when Python is done with it."""
        if self.trunk is not None and _has_returned(self.trunk):
            return Ended("finished")  # so an exit that was called before was caught
        error = getattr(sys, "last_value", None)
        if isinstance(error, BaseException) and error.__traceback__ and error.__traceback__.tb_frame is self.trunk:
            return of_exception(error)
        return self.left

    def at_exit(self) -> None:
        how = self.outcome()
        for run in reversed(self.runs.copy()):
            if how.state == "killed":
                # Python is about to kill itself by the signal. It forgets to when modules are imported now, as for Parquet.
                run.say_last({"state": how.state, "signal": how.signal})
            else:
                run.finish(how.state, exit_code=how.exit_code, signal=how.signal, error=how.error)
        afterwards.drain()

    def killed(self, name: str) -> None:
        """Say by which signal. There is no time for more."""
        for run in reversed(self.runs.copy()):
            with contextlib.suppress(Exception):
                run.say_last({"state": "killed", "signal": name})

    def in_child(self) -> None:
        self.left = Ended("finished")
        self.signals.forget()  # first, for until then the child is deaf to signals, whatever goes wrong
        afterwards.forget()
        for run in self.runs:
            run.forked()


def _outermost(frame: FrameType | None) -> FrameType | None:
    while frame is not None and frame.f_back is not None:
        frame = frame.f_back
    return frame


def _has_returned(frame: FrameType) -> bool:
    """Whether a frame came to its own end, or an exception ended it."""
    return frame.f_lasti >= 0 and opcode.opname[frame.f_code.co_code[frame.f_lasti]].startswith("RETURN")


_watch = _Watch()


def opened(run: Run) -> None:
    """Look after a run until it is closed."""
    _watch.hook()
    _watch.runs.append(run)


def at_exit() -> None:
    """The program is over: so are its runs."""
    _watch.at_exit()


def closed(run: Run) -> None:
    """The run needs no looking after any more."""
    if run in _watch.runs:
        _watch.runs.remove(run)
    from runlog.tracking.active import publish

    publish()


def open_runs() -> list[Run]:
    """The runs of this process that have not ended, oldest first."""
    return _watch.runs.copy()
