"""Which run a module-level verb speaks to."""

from __future__ import annotations

import os
import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING

from runlog.tracking import ending

if TYPE_CHECKING:
    from runlog.tracking.run import Run

# What a thread or an asyncio task opened itself. A thread that opened nothing sees what the main thread has open.
_own: ContextVar[tuple[Run, ...]] = ContextVar("runlog_active", default=())
_main: list[Run] = []
_before: dict[str, str | None] = {}


def active_run() -> Run | None:
    """The innermost open run of this task or thread, else of the main thread."""
    for run in reversed(_own.get()):
        if run.state == "running":
            return run
    for run in reversed(_main):
        if run.state == "running":
            return run
    return None


def enter(run: Run) -> None:
    """Make a run the active one here, and the one that processes started from now on log into."""
    _own.set((*(known for known in _own.get() if known.state == "running"), run))
    if threading.current_thread() is threading.main_thread():
        _main[:] = [*(known for known in _main if known.state == "running"), run]
    ending.opened(run)
    publish()


def publish() -> None:
    """Let the environment name the innermost open run; give it back as it was when there is none."""
    open_here = [run for run in ending.open_runs() if run.state == "running" and not run.untracked]
    wanted = open_here[-1].environment if open_here else {}
    for key, value in wanted.items():
        _before.setdefault(key, os.environ.get(key))
        os.environ[key] = value
    if not wanted:
        for key, old in _before.items():
            if old is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = old
        _before.clear()


def given_run() -> dict[str, str] | None:
    """The run that the surrounding process asked this one to log into; none when this process opened it itself."""
    run_id = _before["RUNLOG_RUN_ID"] if "RUNLOG_RUN_ID" in _before else os.environ.get("RUNLOG_RUN_ID")
    store = _before["RUNLOG_STORE"] if "RUNLOG_STORE" in _before else os.environ.get("RUNLOG_STORE")
    return {"run": run_id, "store": store} if run_id and store else None
