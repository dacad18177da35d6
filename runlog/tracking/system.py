"""What the machine does while a run runs, sampled by a thread beside the training: `start_run(system=True)`."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from runlog.tracking import threads
from runlog.tracking.warning import warn

if TYPE_CHECKING:
    from runlog.tracking.run import Run

EVERY_S = 10.0
_MEGA = 1_000_000


def sample(run: Run, every_s: float = EVERY_S) -> None:
    """Log `system/...` metrics until the run ends. Without the libraries of the extra, a warning and nothing else."""
    try:
        import psutil
    except ImportError:
        warn("system metrics need psutil: pip install 'runlog[system]'")
        return
    stop = threading.Event()
    process = psutil.Process()
    gpus = _gpus()
    start = _counters(psutil)
    process.cpu_percent()
    psutil.cpu_percent()

    def once() -> None:
        try:
            run.log_metrics({**_machine(psutil, process), **_since(start, _counters(psutil)), **gpus()})
        except Exception as error:
            run.trouble(error)

    def loop() -> None:
        once()
        while not stop.wait(every_s):
            once()

    thread = threading.Thread(target=loop, name="runlog-system", daemon=True)
    runs = threads.start(thread)

    def end() -> None:
        stop.set()
        if runs:
            thread.join(1.0)
        once()

    run.at_end(end)


def _machine(psutil: Any, process: Any) -> dict[str, float]:
    memory = psutil.virtual_memory()
    with process.oneshot():
        return {
            "system/cpu_percent": float(psutil.cpu_percent()),
            "system/memory_percent": float(memory.percent),
            "system/memory_mb": memory.used / _MEGA,
            "system/process_cpu_percent": float(process.cpu_percent()),
            "system/process_memory_mb": process.memory_info().rss / _MEGA,
        }


def _counters(psutil: Any) -> dict[str, float]:
    """Counts since boot, which say something only as a difference. A machine may lack either."""
    found: dict[str, float] = {}
    if disk := psutil.disk_io_counters():
        found |= {"system/disk_read_mb": disk.read_bytes / _MEGA, "system/disk_write_mb": disk.write_bytes / _MEGA}
    if net := psutil.net_io_counters():
        found |= {"system/net_received_mb": net.bytes_recv / _MEGA, "system/net_sent_mb": net.bytes_sent / _MEGA}
    return found


def _since(start: dict[str, float], now: dict[str, float]) -> dict[str, float]:
    return {name: value - start.get(name, 0.0) for name, value in now.items()}


def _gpus() -> Callable[[], dict[str, float]]:
    """A sampler of all NVIDIA GPUs, which samples nothing where there is no driver."""
    try:
        import pynvml

        pynvml.nvmlInit()
        handles = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
    except Exception:
        return dict

    readings: dict[str, Callable[[Any], float]] = {
        "percent": lambda handle: float(pynvml.nvmlDeviceGetUtilizationRates(handle).gpu),
        "memory_mb": lambda handle: pynvml.nvmlDeviceGetMemoryInfo(handle).used / _MEGA,
        "power_w": lambda handle: pynvml.nvmlDeviceGetPowerUsage(handle) / 1000,
    }

    def read() -> dict[str, float]:
        found: dict[str, float] = {}
        for index, handle in enumerate(handles):
            for name, ask in readings.items():
                with contextlib.suppress(Exception):  # a card need not tell everything
                    found[f"system/gpu{index}_{name}"] = ask(handle)
        return found

    return read
