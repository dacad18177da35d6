"""Processes that measure: started, asked, watched until the last of their descendants has ended."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FAMILY = "BENCH_FAMILY"
POLL_S = 0.002


class WorkerFailed(Exception):
    """A worker ended or answered nonsense; the message is the end of what it wrote to standard error."""


class Worker:
    """One process speaking `protocol`. Every descendant, however detached, carries its family mark."""

    def __init__(self, module: str, scratch: Path, python: Path | None = None, env: dict[str, str] | None = None) -> None:
        self.family = secrets.token_hex(8)
        self.complaints = scratch / f"{module.rpartition('.')[2]}-{self.family}.err"
        with self.complaints.open("wb") as stderr:
            self.process = subprocess.Popen(
                [str(python or sys.executable), "-m", module],
                cwd=scratch,
                env=clean_environment() | {"PYTHONPATH": str(ROOT), FAMILY: self.family} | (env or {}),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )

    def __enter__(self) -> Worker:
        self._hear()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is not None:
            self.process.kill()
        self.end()

    def ask(self, **question: Any) -> dict[str, Any]:
        self.tell(**question)
        return self._hear()

    def tell(self, **question: Any) -> None:
        """Ask without waiting; `hear` gives the answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        return self._hear()

    def end(self) -> float:
        """Close the input, wait for the process and all its descendants; returns the time when the last was gone."""
        if self.process.stdin is not None and not self.process.stdin.closed:
            self.process.stdin.close()
        self.process.wait()
        while find_family(self.family):
            time.sleep(POLL_S)
        return time.monotonic()

    def _hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            raise WorkerFailed(self.complaints.read_text(errors="replace")[-2000:].strip() or "ended without a word")
        answer: dict[str, Any] = json.loads(line)
        return answer


def clean_environment() -> dict[str, str]:
    """The environment without what would lead a tracker elsewhere, and with the peers kept off the network."""
    leads = ("RUNLOG_", "MLFLOW_", "TRACKIO_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(leads)}
    return kept | {
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "1",
    }


def find_family(family: str) -> list[int]:
    """Process ids of a worker's family that still run."""
    mark = f"{FAMILY}={family}".encode()
    return [pid for pid in _pids() if mark in _read(pid, "environ")]


def read_status_kib(pid: int, key: str) -> int:
    """A `VmHWM`-like figure of /proc/<pid>/status; 0 when the process is gone or a kernel thread."""
    for line in _read(pid, "status").splitlines():
        name, _, value = line.partition(b":")
        if name == key.encode():
            return int(value.split()[0])
    return 0


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""
