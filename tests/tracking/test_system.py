"""What the machine does beside a run."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

import runlog
from runlog.tracking import system
from tests.scene import only_run, points, python, until

NAMES = {
    "system/cpu_percent",
    "system/memory_percent",
    "system/memory_mb",
    "system/process_cpu_percent",
    "system/process_memory_mb",
    "system/disk_read_mb",
    "system/disk_write_mb",
    "system/net_received_mb",
    "system/net_sent_mb",
}


def test_system_metrics_are_sampled_at_the_start_and_the_end(project: Path) -> None:
    before = threading.active_count()
    with runlog.start_run(system=True) as run:
        run.log_metric("loss", 1.0)
        until(lambda: "system/cpu_percent" in run.read().metrics, "the first sample")
    assert threading.active_count() <= before + 1  # the beat stays, the sampler does not
    stored = only_run(project / ".runlog")
    assert stored.problems == ()
    assert {"system/cpu_percent", "system/memory_percent", "system/process_memory_mb"} <= set(stored.metrics) - {"loss"} <= NAMES
    for name in set(stored.metrics) - {"loss"}:
        metric = stored.metrics[name]
        assert (metric.first_step, metric.last_step) == (0, metric.count - 1)
        assert metric.count >= 2
        assert metric.min is not None
        assert metric.min >= 0.0
    assert 1 < stored.metrics["system/process_memory_mb"].last < stored.metrics["system/memory_mb"].last
    assert points(stored, "loss") == [(0, 1.0)]


def test_the_training_thread_is_left_alone(project: Path) -> None:
    with runlog.start_run() as run:
        system.sample(run, every_s=0.02)
        begun = time.thread_time()
        until(lambda: run.read().metrics.get("system/cpu_percent", None) is not None, "a sample")
        names = [thread.name for thread in threading.enumerate()]
        assert names.count("runlog-system") == 1
        assert all(thread.daemon for thread in threading.enumerate() if thread.name.startswith("runlog-"))
        until(lambda: run.read().metrics["system/cpu_percent"].count > 5, "more samples")
        assert time.thread_time() >= begun
    assert "runlog-system" not in [thread.name for thread in threading.enumerate()]


def test_work_and_memory_show(tmp_path: Path) -> None:
    script = """\
import runlog, time
from runlog.tracking import system
with runlog.start_run() as run:
    system.sample(run, every_s=0.05)
    time.sleep(0.2)
    memory = bytearray(60_000_000)
    memory[::4096] = b"x" * len(memory[::4096])
    end = time.process_time() + 0.2
    while time.process_time() < end: pass
    time.sleep(0.1)
"""
    assert python(script, cwd=tmp_path).stderr == ""
    metrics = only_run(tmp_path / ".runlog").metrics
    memory = metrics["system/process_memory_mb"]
    assert memory.max is not None
    assert memory.max - memory.first > 40
    assert (metrics["system/process_cpu_percent"].max or 0) > 0


def test_without_psutil_a_warning_and_nothing_else(tmp_path: Path) -> None:
    script = """\
import sys
sys.modules["psutil"] = None
import runlog
with runlog.start_run(system=True) as run:
    run.log_metric("loss", 1.0)
"""
    done = python(script, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "runlog: system metrics need psutil: pip install 'runlog[system]'\n")
    assert list(only_run(tmp_path / ".runlog").metrics) == ["loss"]


NVIDIA = """\
from types import SimpleNamespace
asked = []
def nvmlInit(): asked.append("init")
def nvmlDeviceGetCount(): return 2
def nvmlDeviceGetHandleByIndex(index): return index
def nvmlDeviceGetMemoryInfo(handle): return SimpleNamespace(used=(handle + 1) * 10**9)
def nvmlDeviceGetUtilizationRates(handle): return SimpleNamespace(gpu=50 + handle)
def nvmlDeviceGetPowerUsage(handle):
    if handle == 1: raise RuntimeError("Not Supported")
    return 75_000
"""


@pytest.mark.parametrize("driver", [True, False])
def test_gpus_where_nvidia_s_library_is_there(tmp_path: Path, driver: bool) -> None:
    """A library of the same shape, one of whose cards, like some real ones, does not tell its power."""
    (tmp_path / "pynvml.py").write_text(NVIDIA if driver else "def nvmlInit(): raise OSError('no driver')\n")
    done = python("import runlog\nwith runlog.start_run(system=True, strict=True): pass\n", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    run = only_run(tmp_path / ".runlog")
    assert {name: metric.last for name, metric in run.metrics.items() if "gpu" in name} == (
        {
            "system/gpu0_percent": 50.0,
            "system/gpu0_memory_mb": 1000.0,
            "system/gpu0_power_w": 75.0,
            "system/gpu1_percent": 51.0,
            "system/gpu1_memory_mb": 2000.0,
        }
        if driver
        else {}
    )
    assert "system/cpu_percent" in run.metrics
    assert run.problems == ()


def test_a_forked_child_does_not_sample(tmp_path: Path) -> None:
    script = """\
import os, runlog, sys, warnings
warnings.simplefilter("ignore")
from runlog.tracking import system
with runlog.start_run() as run:
    system.sample(run, every_s=600)
    while "system/cpu_percent" not in run.read().metrics: pass
    child = os.fork()
    if child:
        os.waitpid(child, 0)
    else:
        run.log_metric("child", 1.0)
"""
    assert python(script, cwd=tmp_path).stderr == ""
    run = only_run(tmp_path / ".runlog")
    assert (run.metrics["system/cpu_percent"].count, points(run, "child")) == (2, [(0, 1.0)])


def test_trouble_of_the_sampler_is_told_once_and_ends_nothing(tmp_path: Path) -> None:
    script = """\
import runlog, psutil, time
from runlog.tracking import system
def virtual_memory(): raise PermissionError(13, "Permission denied")
psutil.virtual_memory = virtual_memory
for strict in (False, True):
    with runlog.start_run(strict=strict) as run:
        system.sample(run, every_s=0.02)
        run.log_metric("loss", 1.0)
        time.sleep(0.2)
"""
    done = python(script, cwd=tmp_path)
    assert done.returncode == 0
    runs = list(runlog.open_store(tmp_path / ".runlog").runs())
    assert [run.problems for run in runs] == [("cannot log: permission denied",)] * 2
    assert len(done.stderr.splitlines()) == 2
    assert {run.state for run in runs} == {"finished"}
