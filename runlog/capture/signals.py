"""Signals to processes that are known by more than their pid, so that none reaches a stranger that was given the same one."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from runlog.capture.process import is_alive, started_at
from runlog.errors import OutsideError, reason_of
from runlog.records import Process


def send(process: Process, number: signal.Signals) -> bool:
    """Send a signal to a process of this machine; whether it was still there."""
    return _send(process.pid, process.started, number) if is_alive(process) else False


def kill_below(process: Process) -> bool:
    """Kill what a process has started, and what that has, the youngest generation first; whether there was anything."""
    below = _below(process.pid) if is_alive(process) else []
    return sum(_send(pid, started, signal.SIGKILL) for pid, started in reversed(below)) > 0


def _send(pid: int, started: int, number: signal.Signals) -> bool:
    try:
        if not hasattr(os, "pidfd_open"):
            os.kill(pid, number)
            return True
        handle = os.pidfd_open(pid)
        try:
            # The handle holds on to one process, so it can be asked who it is before it is sent anything.
            if started and started_at(pid) != started:
                return False
            signal.pidfd_send_signal(handle, number)
        finally:
            os.close(handle)
    except ProcessLookupError:
        return False
    except OSError as error:
        raise OutsideError(f"cannot send {number.name} to process {pid}: {reason_of(error)}") from error
    return True


def _below(pid: int) -> list[tuple[int, int]]:
    """(pid, start) of all that descend from a process, parents first. Nothing where the system has no /proc."""
    children: dict[int, list[tuple[int, int]]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_bytes().rpartition(b")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append((int(entry.parent.name), int(fields[19])))
    found: list[tuple[int, int]] = []
    waiting = [pid]
    for parent in waiting:
        below = children.get(parent, [])
        found += below
        waiting += [child for child, _ in below]
    return found
