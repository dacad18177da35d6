"""Which run a module-level verb speaks to."""

from __future__ import annotations

import os
import sys
import threading
import weakref
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

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


def run_around() -> tuple[Run | None, bool]:
    """The run in which a new one would begin here, and whether it was opened right here: by this process, thread and task."""
    for run in reversed(_own.get()):
        if run.state == "running":
            return run, not run.inherited and run.thread == threading.get_ident()
    in_main = threading.current_thread() is threading.main_thread()
    for run in reversed(_main):
        if run.state == "running" and not (in_main and _is_elsewhere(run)):
            return run, in_main and not run.inherited
    return None, False


def _is_elsewhere(run: Run) -> bool:
    """Whether an asyncio task that still runs, and not this one, opened the run. A notebook's cells are tasks that have ended."""
    task = run.task() if run.task else None
    return task is not None and task is not _task() and not task.done()


def _task() -> Any:
    asyncio = sys.modules.get("asyncio")
    if asyncio is not None:
        try:
            return asyncio.current_task()
        except RuntimeError:
            pass  # no loop runs in this thread
    return None


def enter(run: Run) -> None:
    """Make a run the active one here, and the one that processes started from now on log into."""
    run.thread = threading.get_ident()
    task = _task()
    run.task = None if task is None else weakref.ref(task)
    _own.set((*(known for known in _own.get() if known.state == "running"), run))
    if threading.current_thread() is threading.main_thread():
        _main[:] = [*(known for known in _main if known.state == "running"), run]
    ending.opened(run)
    publish()


def publish() -> None:
    """Let the environment name the innermost open run; give it back as it was when there is none."""
    open_here = [run for run in ending.open_runs() if run.state == "running"]
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
    run_id, store, door = (
        _before[key] if key in _before else os.environ.get(key) for key in ("RUNLOG_RUN_ID", "RUNLOG_STORE", "RUNLOG_METRICS")
    )
    return {"run": run_id, "store": store, "door": door or ""} if run_id and store else None
