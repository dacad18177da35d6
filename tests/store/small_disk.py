"""`python -m tests.store.small_disk SCENE FOLDER`: what happens when a disk is full, on one that is made for it.

Runs in a mount namespace of its own, so that the disk goes with the process.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

from runlog.errors import RunlogError
from runlog.records import Process
from runlog.store.metrics.log import Log
from runlog.store.rundir import RunDir
from runlog.store.store import Store
from tests.store.behind import NOW, RUN, WRITERS, a_birth, log_of, new_run, parse_log, process_object, put_log, table_points

PAGE = 4096
ELSEWHERE = Process(0, 0, "elsewhere", "", "", "ada")


class Disk:
    """A small filesystem in memory, and a file that fills it."""

    def __init__(self, place: Path, pages: int) -> None:
        self.place = place
        self.filler = place / "filler"
        place.mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={pages * PAGE}", "tmpfs", str(place)], check=True)

    def fill(self, leave: int = 0) -> None:
        """Use the disk up, but for some pages."""
        with self.filler.open("ab", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * PAGE)
            except OSError:
                pass
            file.truncate(max(0, file.tell() - leave * PAGE))

    def free(self) -> None:
        self.filler.unlink()

    def clear(self) -> None:
        for path in self.place.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def refused(work: object) -> RunlogError | OSError | None:
    """What a piece of work fails with, which must be one of these."""
    assert callable(work)
    try:
        work()
    except (RunlogError, OSError) as error:
        return error
    return None


def is_clean(root: Path) -> bool:
    store = Store.open(root)
    store.recover()
    report = store.check()
    assert report.clean, report
    return not list(root.rglob(".staging-*"))


def a_log(disk: Disk) -> None:
    """What was refused is not there, what was acknowledged is; and it goes on when there is room."""
    run = new_run(disk.place / "store")
    log = Log(run.live, lambda: {"role": "main", "process": process_object()})
    log.begin()
    disk.fill()
    kept: list[int] = []
    failed: list[int] = []

    def speak(steps: range) -> None:
        for step in steps:
            many = {f"m{column}": float(step) for column in range(4)}
            said = refused(
                lambda step=step, many=many: log.points(many, step) if step % 2 else log.point("m0", float(step), step)
            )
            (failed if said else kept).append(step)
            assert said is None or (isinstance(said, OSError) and said.strerror == "No space left on device")

    speak(range(400))
    assert failed
    before = len(kept)
    disk.free()
    speak(range(400, 800))
    assert kept[before:] == list(range(400, 800))
    log.close()
    files = [parse_log(path.read_bytes()) for path in sorted(run.live.iterdir())]
    assert any(file.rest for file in files)  # a record was cut short, and nothing came after it
    found = Counter((name, step) for file in files for name, step, _, _ in file.points)
    assert found == Counter((f"m{column}", step) for step in kept for column in range(4 if step % 2 else 1))
    assert run.record().metrics["m0"].count == run.history("m0").num_rows == len(kept)


PROGRAM = """
import sys, warnings, runlog
from pathlib import Path
from tests.store.small_disk import Disk
warnings.simplefilter("always")
disk = object.__new__(Disk)
disk.place = Path(sys.argv[1])
disk.filler = disk.place / "filler"
run = runlog.start_run(store=disk.place / "store", params={"alpha": 0.1})
for step in range(500):
    run.log_metric("loss", step / 7, step)
disk.fill()
for step in range(500, 1000):
    run.log_metric("loss", step / 7, step)
if sys.argv[2] == "room again":
    disk.free()
run.log_param("epochs", 3)
run.log_metric("loss", 1000 / 7, 1000)
run.finish()
"""


def program(disk: Disk, how: str) -> str:
    done = subprocess.run([sys.executable, "-c", PROGRAM, disk.place, how], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


def a_run(disk: Disk) -> None:
    """A program goes on over a full disk, is warned, and what was refused meanwhile is said again."""
    warned = program(disk, "room again")
    assert warned.count("no space left on device") == 1, warned
    [run] = Store.open(disk.place / "store").runs()
    assert run.state == "finished"
    assert run.history("loss")["step"].to_pylist() == list(range(1001))
    assert run.params == {"alpha": 0.1, "epochs": 3}
    assert any("no space left on device" in problem for problem in run.problems)
    assert is_clean(disk.place / "store")


def an_end(disk: Disk) -> None:
    """A program ends on a full disk: its log stays, everything acknowledged is read, and a later settling gives the rest."""
    warned = program(disk, "full to the end")
    assert "no space left on device" in warned
    store = Store.open(disk.place / "store")
    [run] = store.runs()
    before = run.history("loss")["step"].to_pylist()
    assert before[:500] == list(range(500))
    assert len(before) < 1001
    assert list((run.path / "live").glob("*.log"))
    assert store.recover() == []
    assert run.reload().history("loss")["step"].to_pylist() == before
    disk.free()
    assert store.recover() == [run.id]
    after = run.reload()
    assert after.history("loss")["step"].to_pylist() == before
    assert after.state in {"finished", "lost"}
    assert not (run.path / "live").exists()
    assert is_clean(disk.place / "store")


def creation(disk: Disk) -> None:
    """With any room left, a run is created whole or not at all."""
    root = disk.place / "store"
    failures = 0
    for leave in range(12):
        disk.fill(leave)
        problem = refused(lambda: Store.create(root).create_run(a_birth(ELSEWHERE)))
        if problem:
            failures += 1
            assert isinstance(problem, RunlogError), repr(problem)
            assert problem.message.endswith(": no space left on device"), problem.message
            assert not list(root.glob("experiments/*/2*"))
            assert not list(root.rglob(".staging-*"))
        disk.free()
        run = Store.create(root).create_run(a_birth(ELSEWHERE)) if problem else RunDir(root, f"experiments/default/{RUN}")
        assert run.record().params == {"alpha": 0.1}
        assert is_clean(root)
        disk.clear()
    assert 5 < failures < 12


def settling(disk: Disk) -> None:
    """With any room left, the log stays until its documents are whole."""
    root = disk.place / "store"
    failures = 0
    data = log_of([(f"m{step % 40}", step, NOW + step * 997, 1 / (step + 1)) for step in range(3000)])
    for leave in range(24):
        run = new_run(root)
        put_log(run, WRITERS[0], data)
        before = (repr(run.record()), table_points(run.history()))
        disk.fill(leave)
        problem = refused(lambda run=run: run.settle(closed=[WRITERS[0]]))
        assert (repr(run.record()), table_points(run.history())) == before
        if problem:
            failures += 1
            assert "no space left on device" in str(problem).lower(), repr(problem)
            assert (run.live / f"{WRITERS[0]}.log").read_bytes() == data
            assert not list(root.rglob(".staging-*"))
        disk.free()
        assert run.settle(closed=[WRITERS[0]])
        assert not run.live.exists()
        assert (repr(run.record()), table_points(run.history())) == before
        assert is_clean(root)
        disk.clear()
    assert 5 < failures < 24


def artifacts(disk: Disk) -> None:
    """With any room left, an artifact is kept whole or not at all, and the next try works."""
    import runlog

    root = disk.place / "store"
    source = disk.place.parent / "model.bin"
    source.write_bytes(os.urandom(10 * PAGE))
    failures = 0
    for leave in range(16):
        with runlog.start_run(store=root, strict=True) as run:
            run.log_metric("loss", 1.0)
            disk.fill(leave)
            problem = refused(lambda run=run: run.log_artifact(source, to="models/model.bin"))
            if problem:
                failures += 1
                assert isinstance(problem, RunlogError)
                assert problem.message.endswith(": no space left on device"), problem.message
                assert not [path for path in run.path.rglob("*") if path.name.startswith(".staging-")]
                # The file may be there whole when it was the word about it that was refused.
                assert all(path.read_bytes() == source.read_bytes() for path in run.path.rglob("model.bin"))
                assert "models/model.bin" not in run.read().artifacts
            disk.free()
            run.log_artifact(source, to="models/model.bin")
            assert run.read().artifact("models/model.bin").read_bytes() == source.read_bytes()
        assert is_clean(root)
        disk.clear()
    assert 5 < failures < 16


SCENES = {
    "a_log": (a_log, 40),
    "a_run": (a_run, 64),
    "an_end": (an_end, 64),
    "creation": (creation, 40),
    "settling": (settling, 90),
    "artifacts": (artifacts, 64),
}

if __name__ == "__main__":
    scene, pages = SCENES[sys.argv[1]]
    scene(Disk(Path(sys.argv[2]) / "disk", pages))
    print(json.dumps("done"))
