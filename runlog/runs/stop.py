"""Ending a run whose process is on this machine, and saying of one whose process is gone that it has ended."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass
from typing import Any

from runlog.capture import signals
from runlog.capture.process import is_alive, this_process
from runlog.errors import Conflict, OutsideError
from runlog.records import Kind, Process, State
from runlog.store.stored import StoredRun

_POLL_S = 0.05
# A wrapper whose program was killed says so, puts the run in order and ends; it is given this long.
_LAST_WORDS_S = 10.0
# For a process to be gone that cannot refuse.
_DEATH_S = 2.0
# The words of a process that has ended are on the disk when it is gone, or never.
_SETTLING_S = 0.5


@dataclass(frozen=True, slots=True)
class Stopped:
    """How a run that was stopped has ended."""

    id: str
    state: State
    signal: str | None


def stop(run: StoredRun, kill: bool = False, wait_s: float = 10.0) -> Stopped:
    """Ask the process of a run to end (SIGTERM) and wait for it; with `kill`, end it when it has not."""
    process = _process_here(run)
    signals.send(process, signal.SIGTERM)
    used = signal.SIGTERM
    if not _is_gone(process, wait_s):
        if not kill:
            raise OutsideError(
                f"run {run.id} still runs {wait_s:g} s after SIGTERM, as process {process.pid}",
                hint=f"runlog stop --kill {run.id}",
            )
        used = signal.SIGKILL
        _kill(process)
    return _ended(run, used)


def _kill(process: Process) -> None:
    """First what the process has started: `runlog run` then still says how its program ended."""
    if not (signals.kill_below(process) and _is_gone(process, _LAST_WORDS_S)):
        signals.send(process, signal.SIGKILL)
        if not _is_gone(process, _DEATH_S):
            raise OutsideError(f"process {process.pid} does not die: it waits for a disk or a device")


def _ended(run: StoredRun, used: signal.Signals) -> Stopped:
    """What the run says of its end. A process that ended without a word is spoken for."""
    give_up = time.monotonic() + _SETTLING_S
    while (record := run.reload().record).state in {"running", "lost"} and time.monotonic() < give_up:
        time.sleep(_POLL_S)
    if record.state in {"running", "lost"}:
        run.say(_killed(used.name))
        return Stopped(run.id, "killed", used.name)
    return Stopped(run.id, record.state, record.end.signal if record.end else None)


def check_stoppable(run: StoredRun, lost: bool) -> None:
    """Refuse what `stop` would, or with `lost` what `mark_killed` would."""
    if lost:
        _check_lost(run)
    else:
        _process_here(run)


def _check_lost(run: StoredRun) -> None:
    if run.state not in {"running", "lost"}:
        raise _is_over(run)
    process = run.answering()
    if process.pid and is_alive(process):
        raise Conflict(f"run {run.id} is not lost: it runs here as process {process.pid}", hint=f"runlog stop {run.id}")


def mark_killed(run: StoredRun) -> Stopped:
    """Say that a run has ended whose process is gone, unknown, or on a machine that is."""
    _check_lost(run)
    # One whose process is gone ended when it was last heard of, whenever that is noticed.
    run.say(_killed(None), at=run.record.ended_at)
    return Stopped(run.id, "killed", None)


def _killed(name: str | None) -> tuple[Kind, str, Any]:
    value = {"role": "main", "state": "killed"}
    return "end", "", {**value, "signal": name} if name else value


def _process_here(run: StoredRun) -> Process:
    """The process of a running run, if it can be reached from here."""
    lost = f"runlog stop --lost {run.id}"
    if run.state == "lost":
        raise Conflict(f"the process of run {run.id} is gone", hint=lost)
    if run.state != "running":
        raise _is_over(run)
    process = run.answering()
    if not process.pid:
        raise Conflict(f"no process stands for run {run.id}: it runs until somebody ends it", hint=f"runlog finish {run.id}")
    alive = is_alive(process)
    if alive is None:
        raise Conflict(f"run {run.id} runs as process {process.pid} {_elsewhere(process)}", hint=lost)
    return process


def _elsewhere(process: Process) -> str:
    here = this_process()
    if process.host != here.host:
        return f"on {process.host}, not here"
    return "in another container" if process.boot == here.boot else "of this machine, which has been started anew since"


def _is_over(run: StoredRun) -> Conflict:
    return Conflict(f"run {run.id} is not running: it is {run.state}", hint=f"runlog show {run.id}")


def _is_gone(process: Process, wait_s: float) -> bool:
    give_up = time.monotonic() + wait_s
    while is_alive(process):
        if time.monotonic() >= give_up:
            return False
        time.sleep(_POLL_S)
    return True
