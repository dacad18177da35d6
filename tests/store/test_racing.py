"""A writer, settlers and a reader at once: a reader never sees less than what was acknowledged before it looked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from runlog.store.rundir import RunDir
from tests.scene import environment
from tests.store.behind import NOW, WRITERS, log_of, memory_folder, new_run, put_log, table_points

DOOR = "20261120-213012-dddddd"
SEGMENT = 150
TURNS = 8

# The writers go on until each settler has been there so often. What they acknowledge is a number in a file.
COMMON = """
import os, sys, time
from pathlib import Path

shared, settlers, turns_wanted = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])

def number(name):
    path = shared / name
    return int.from_bytes(path.read_bytes(), "little") if path.exists() else 0

def say(name, value):
    fd = os.open(shared / name, os.O_WRONLY | os.O_CREAT)
    os.pwrite(fd, value.to_bytes(8, "little"), 0)
    os.close(fd)

def enough():
    return all(number(f"turns-{n}") >= turns_wanted for n in range(settlers))
"""

LOG_WRITER = (
    COMMON
    + """
from runlog.capture.process import this_process
from runlog.store.format import process_object
from runlog.store.metrics.log import Log

log = Log(Path(sys.argv[4]), lambda: {"role": "side", "process": process_object(this_process())})
left = os.open(shared / "left", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
step = 0
while True:
    if step % 3 == 2:
        log.points({"a": float(step), "b": 0.5}, step)
    else:
        log.point("a", float(step), step)
    step += 1
    say("acknowledged", step)
    if step % SEGMENT == 0:
        os.write(left, (log.rotate() + "\\n").encode())
        if enough():
            break
        time.sleep(0.03)
log.entry("end", "", {"role": "side", "state": "finished"})
os.write(left, (log.close()[-1] + "\\n").encode())
""".replace("SEGMENT", str(SEGMENT))
)

DOOR_WRITER = (
    COMMON
    + """
fd = os.open(sys.argv[4], os.O_WRONLY | os.O_APPEND)
step = 0
while not enough():
    os.write(fd, b'{"a": %d, "step": %d}\\n' % (step, step))
    step += 1
    say("acknowledged", step)
    time.sleep(0.0005)
"""
)

SETTLER = (
    COMMON
    + """
from runlog.store.rundir import RunDir

store, folder, me = Path(sys.argv[4]), sys.argv[5], sys.argv[6]
turns = 0
while not (shared / "over").exists():
    left = (shared / "left").read_text().split("\\n")[:-1] if (shared / "left").exists() else []
    run = RunDir(store, folder)
    if turns % 2:
        run.settle(closed=left)
    else:
        run.settle(closed=left, drop=False)
        run.drop_covered()
    turns += 1
    say(f"turns-{me}", turns)
"""
)


class Race:
    """The processes of one race, and the folder they share."""

    def __init__(self, run: RunDir, shared: Path, settlers: int) -> None:
        self.shared = shared
        self.known = [str(shared), str(settlers), str(TURNS)]
        shared.mkdir()
        self.settlers = [self._start(SETTLER, run.store, run.folder, str(number)) for number in range(settlers)]

    def _start(self, script: str, *arguments: str | Path) -> subprocess.Popen[str]:
        return subprocess.Popen([sys.executable, "-c", script, *self.known, *map(str, arguments)], env=environment(), text=True)

    def write(self, script: str, place: Path) -> subprocess.Popen[str]:
        return self._start(script, place)

    def acknowledged(self) -> int:
        """What the writer has acknowledged so far; it waits for settlers, so they must not have failed."""
        assert [settler.poll() for settler in self.settlers] == [None] * len(self.settlers) or (self.shared / "over").exists()
        path = self.shared / "acknowledged"
        return int.from_bytes(path.read_bytes(), "little") if path.exists() else 0

    def end(self) -> None:
        (self.shared / "over").touch()
        assert [settler.wait(100) for settler in self.settlers] == [0] * len(self.settlers)


def test_a_reader_that_races_a_writer_and_two_settlers_misses_nothing() -> None:
    with memory_folder() as place:
        run = new_run(place / "store")
        race = Race(run, place / "shared", settlers=2)
        writer = race.write(LOG_WRITER, run.live)
        documents = looks = 0
        while writer.poll() is None:
            known = race.acknowledged()
            reader = RunDir(run.store, run.folder)
            if looks % 2:
                steps = reader.history("a")["step"].to_pylist()
                assert steps == list(range(len(steps)))
                assert len(steps) >= known
            else:
                metrics = reader.record().metrics
                assert (metrics["a"].count if "a" in metrics else 0) >= known
            documents = max(documents, len(list(run.path.glob("entries-*"))))
            looks += 1
        assert writer.returncode == 0
        race.end()
        assert documents or list(run.path.glob("entries-*"))
        assert looks > 1
        run.settle(closed=(race.shared / "left").read_text().split())
        assert not run.live.exists()
        points = race.acknowledged()
        assert [row[1] for row in table_points(run.history("a"))] == list(range(points))
        assert run.record().metrics["b"].count == points // 3
        assert len(list(run.path.glob("entries-*"))) == points // SEGMENT + 1


def test_a_door_that_goes_on_while_it_is_settled_is_read_whole() -> None:
    """Each settling replaces the words of the one before; a reader in between must find one or the other."""
    with memory_folder() as place:
        run = new_run(place / "store")
        put_log(run, WRITERS[0], log_of([("m", 0, NOW, 1.0)]))
        door = put_log(run, DOOR, b"", "jsonl")
        race = Race(run, place / "shared", settlers=1)
        writer = race.write(DOOR_WRITER, door)
        while writer.poll() is None:
            known = race.acknowledged()
            table = RunDir(run.store, run.folder).history("a")
            assert table["step"].to_pylist() == list(range(table.num_rows))
            assert table.num_rows >= known
        assert writer.returncode == 0
        race.end()
        run.settle()
        points = race.acknowledged()
        assert run.record().metrics["a"].count == run.history("a").num_rows == points > TURNS
        assert sorted(path.name for path in run.path.glob("entries-*")) == [
            f"entries-{WRITERS[0]}.4.json",
            f"entries-{DOOR}.{points}.json",
        ]
