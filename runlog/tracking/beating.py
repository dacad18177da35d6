"""The thread beside the training: flushes, says that the process lives, and hands long logs over to become Parquet."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

from runlog.tracking import afterwards, ending

FLUSH_S = 5.0


class _Beat:
    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._pid = 0
        self._settling: list[subprocess.Popen[bytes]] = []

    def ensure(self) -> None:
        """Start the thread, once in each process. It is a daemon: it never holds up the end of the program."""
        if self._thread is None or self._pid != os.getpid() or not self._thread.is_alive():
            self._pid = os.getpid()
            self._settling = []
            self._thread = threading.Thread(target=self._beat_on, name="runlog-beat", daemon=True)
            self._thread.start()

    def _beat_on(self) -> None:
        wait = threading.Event()
        while not wait.wait(FLUSH_S):
            for run in ending.open_runs():
                try:
                    grown = run.beat()
                    if grown is not None:
                        self._settle(str(run.store.root), run.id, grown)
                except Exception as error:
                    run.trouble(error)
            afterwards.drain()
            self._settling = [process for process in self._settling if process.poll() is None]

    def _settle(self, store: str, run_id: str, writer: str) -> None:
        """In a process of its own, so that the memory and time of making Parquet are not the training's."""
        if sys.executable:
            command = [sys.executable, "-m", "runlog.tracking.settling", store, run_id, writer]
            quiet = subprocess.DEVNULL
            self._settling.append(subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True))


_beat = _Beat()


def ensure() -> None:
    """See that the thread runs in this process."""
    _beat.ensure()
