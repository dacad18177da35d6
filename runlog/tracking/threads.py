"""Threads beside the program. It can do without them: points are safe from a kill all the same."""

from __future__ import annotations

import threading

from runlog.tracking.warning import warn

_told: list[str] = []


def start(thread: threading.Thread) -> bool:
    """Start a thread, unless the system has none left or the program is at its end; whether it runs. Told once."""
    try:
        thread.start()
    except RuntimeError as error:
        if "shutdown" not in str(error) and not _told:
            _told.append(str(error))
            warn(f"{error}, so nothing says that the program lives, and the system decides when points reach the disk")
        return False
    return True
