"""The thread beside the training: flushes, says that the process lives, and hands long logs over to become Parquet."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

from runlog.tracking import afterwards, ending, threads

FLUSH_S = 5.0


class _Beat:
    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._pid = 0
        self._grown: list[tuple[str, str, str]] = []  # store, run and writer of logs that wait to become Parquet
        self._settling: subprocess.Popen[bytes] | None = None

    def ensure(self) -> None:
        """Start the thread, once in each process. It is a daemon: it never holds up the end of the program."""
        if self._thread is None or self._pid != os.getpid() or not self._thread.is_alive():
            self._pid = os.getpid()
            self._grown, self._settling = [], None
            self._thread = threading.Thread(target=self._beat_on, name="runlog-beat", daemon=True)
            if not threads.start(self._thread):
                self._thread = None

    def _beat_on(self) -> None:
        wait = threading.Event()
        pause = FLUSH_S / 16
        while not wait.wait(pause):
            grown = False
            for run in ending.open_runs():
                try:
                    writer = run.beat()
                    if writer is not None:
                        self._grown.append((str(run.store.root), run.id, writer))
                        grown = True
                except Exception as error:
                    # One that was ending meanwhile has closed its log, which is no trouble.
                    if run in ending.open_runs():
                        run.trouble(error)
            # Where a log fills up between two beats they come quicker, so that none grows much beyond its length.
            pause = max(FLUSH_S / 16, pause / 2) if grown else min(FLUSH_S, pause * 2)
            afterwards.drain()
            self._settle_next()

    def _settle_next(self) -> None:
        """One log at a time, in a process of its own, so that the memory and time of making Parquet are not the training's."""
        if self._settling is not None and self._settling.poll() is None:
            return
        self._settling = None
        if self._grown and sys.executable:
            command = [sys.executable, "-m", "runlog.tracking.settling", *self._grown.pop(0)]
            quiet = subprocess.DEVNULL
            self._settling = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)


_beat = _Beat()


def ensure() -> None:
    """See that the thread runs in this process."""
    _beat.ensure()
