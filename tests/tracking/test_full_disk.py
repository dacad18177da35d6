"""Where the disk is full a run waits for room, and loses nothing that was written before."""

from __future__ import annotations

import contextlib
import errno
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import runlog
from tests.scene import environment, only_run, points, python

# A limit on the size of files: what lies beyond it is refused, and a record across it is cut short, as on a full disk.
FULL = """\
import os, resource, runlog, sys, time
import runlog.tracking.beating
runlog.tracking.beating.FLUSH_S = 0.05
def room(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
run = runlog.start_run()
run.log_metric("loss", 0.0, step=0)
[log] = (run.path / "live").iterdir()
"""


@pytest.mark.parametrize("room", [0, 8, 20])
def test_a_full_disk_costs_nothing_once_there_is_room_again(tmp_path: Path, room: int) -> None:
    script = (
        FULL
        + f"""
before = time.time()
room(log.stat().st_size + {room} if {room} else 0)
for step in range(1, 6):
    run.log_metric("loss", float(step), step=step)
    run.log_metrics({{"a": 1.0, "b": 2.0}}, step=step)
run.log_metric("loss", 6.0, step=6, at=1_700_000_000)
run.log_param("alpha", 0.1)
run.set_tag("model", "ridge")
run.log_text("too much" * 1000, "lost.txt")
after = time.time()
time.sleep(0.2)
print(before, after, flush=True)
room(resource.RLIM_INFINITY)
if len(sys.argv) > 1:
    run.finish()
else:
    time.sleep(1)
    run.log_metric("loss", 7.0, step=7)
    os._exit(0)
"""
    )
    for arguments, state in ([], "lost"), (["finish"], "finished"):
        folder = tmp_path / state
        folder.mkdir()
        done = python(script, *arguments, cwd=folder)
        assert done.returncode == 0, done.stderr
        run = only_run(folder / ".runlog")
        assert [line.partition(f"{run.id}: ")[2] for line in done.stderr.splitlines()] == list(run.problems)
        assert {problem for problem in run.problems if "keep" not in problem} <= {
            "cannot log: file too large",
            "cannot log: no space left on device",
        }
        assert len(run.problems) == len(set(run.problems)) <= 3
        loss = [(step, float(step)) for step in range(8 if state == "lost" else 7)]
        assert (run.state, points(run, "loss")) == (state, loss)
        assert (points(run, "a"), points(run, "b")) == ([(s, 1.0) for s in range(1, 6)], [(s, 2.0) for s in range(1, 6)])
        assert (dict(run.params), dict(run.tags), list(run.artifacts)) == ({"alpha": 0.1}, {"model": "ridge"}, [])
        # Each at the time it was logged, not when there was room for it.
        before, after = map(float, done.stdout.split())
        times = [at.timestamp() for at in run.history("loss")["time"].to_pylist()]
        assert all(before - 0.001 <= at <= after for at in times[1:6])
        assert times[6] == 1_700_000_000
        assert runlog.open_store(folder / ".runlog").check().clean


def test_a_run_that_ends_waits_for_what_is_just_being_said_again(tmp_path: Path) -> None:
    run = runlog.start_run(store=tmp_path / ".runlog")
    began, there_is_room = threading.Event(), threading.Event()

    def again() -> None:
        began.set()
        there_is_room.wait(30)
        run._voice.log.point("late", 1.0, 5)

    def beat_once() -> None:
        with contextlib.suppress(OSError):  # its own word comes too late
            run.beat()

    run._voice.failed(OSError(errno.ENOSPC, "No space left on device"), again)
    beat, end = threading.Thread(target=beat_once), threading.Thread(target=run.finish)
    beat.start()
    assert began.wait(30)
    end.start()
    end.join(0.3)
    assert end.is_alive()
    there_is_room.set()
    beat.join()
    end.join()
    assert points(only_run(tmp_path / ".runlog"), "late") == [(5, 1.0)]


def test_a_disk_that_stays_full_costs_what_came_since_and_nothing_before(tmp_path: Path) -> None:
    script = (
        FULL
        + "room(0)\nfor step in range(1, 1000): run.log_metric('loss', float(step), step=step)\nrun.finish()\nprint('trained')\n"
    )
    done = python(script, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "trained\n")
    assert "cannot log: file too large\n" in done.stderr
    assert len(done.stderr.splitlines()) <= 2
    run = only_run(tmp_path / ".runlog")
    assert (run.state, points(run, "loss")) == ("lost", [(0, 0.0)])


def test_what_waits_for_a_full_disk_does_not_fill_the_memory(tmp_path: Path) -> None:
    script = (
        FULL
        + """
room(0)
for step in range(1000): run.log_metric("loss", float(step), step=step)
room(resource.RLIM_INFINITY)
"""
    )
    script = script.replace("FLUSH_S = 0.05", "FLUSH_S = 600").replace(
        "run = ", "import runlog.tracking.voice as v; v._WAITING = 100\nrun = ", 1
    )
    assert python(script, cwd=tmp_path).returncode == 0
    # The latest are kept.
    assert points(only_run(tmp_path / ".runlog"), "loss") == [(0, 0.0), *((step, float(step)) for step in range(900, 1000))]


def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    """In a small filesystem of its own, where the system lets a user mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    private = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    mount = f"mount -t tmpfs -o size=256k none '{disk}'"
    if shutil.which("unshare") is None or subprocess.run([*private, mount], capture_output=True, check=False).returncode != 0:
        pytest.skip("this user may not mount a small filesystem")
    script = tmp_path / "train.py"
    script.write_text("""\
import os, runlog
os.chdir("disk")
with runlog.start_run(params={"alpha": 0.1}) as run:
    run.log_metric("loss", 1.0)
    with open("filler", "wb", buffering=0) as filler:
        try:
            while True:
                filler.write(b"x" * 512)
        except OSError:
            pass
    for step in range(1, 500):
        run.log_metric("loss", 1.0, step=step)
    run.log_text("y" * 100_000, "notes.txt")
    os.remove("filler")
stored = runlog.open_store().run(run.id)
steps = stored.history("loss")["step"].to_pylist()
assert steps == list(range(500)), steps
assert (stored.state, dict(stored.params), dict(stored.artifacts)) == ("finished", {"alpha": 0.1}, {}), stored
print("\\n".join(stored.problems))
""")
    command = [*private, f"{mount} && exec '{sys.executable}' '{script}'"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.splitlines()) == {
        "cannot log: no space left on device",
        "cannot keep notes.txt: no space left on device",
    }
