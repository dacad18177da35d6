"""Two stores merge by copying one onto the other: in any order, any number of times, with the same result and nothing lost."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import runlog
from runlog.capture.process import this_process
from runlog.records import Entry, Kind
from runlog.store.rundir import edit
from runlog.tracking import afterwards
from tests.scene import BareRun, bare_runs, begin_python, tree, until

SCENES = 16
MANY_SCENES = 400

# Does what it is told, line by line, and says when it is done.
MACHINE = """
import json, os, signal, sys, runlog
runs = {}
for line in sys.stdin:
    verb, name, *rest = json.loads(line)
    if verb == "start":
        runs[name] = runlog.start_run(name=name, nested=True, store=rest[0], experiment=rest[1], params={"alpha": 0.1})
        print(runs[name].id, flush=True)
        continue
    if verb == "log":
        for _ in range(rest[0]):
            runs[name].log_metric("loss", 0.5)
            runs[name].log_metrics({"a": 1.0, "b": 2.0})
    elif verb == "door":
        with open(runs[name].environment["RUNLOG_METRICS"], "a") as door:
            door.write('{"door": 1}\\n' * rest[0] + "not json\\n")
    elif verb == "say":
        runs[name].set_tag(f"tag {rest[0]}", rest[0])
        runs[name].log_param("epoch", rest[0])
    elif verb == "artifact":
        runs[name].log_text(rest[1], rest[0])
    elif verb == "finish":
        runs.pop(name).finish(rest[0])
    elif verb == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    print("done", flush=True)
"""


class Machine:
    """A process that logs, so that a store can be copied at any moment of its life."""

    def __init__(self, stdin: object, stdout: object, store: Path) -> None:
        self._in, self._out, self._store = stdin, stdout, store
        self.open: list[str] = []
        self.ids: dict[str, str] = {}

    def tell(self, *words: object) -> str:
        self._in.write(json.dumps(words) + "\n")  # type: ignore[attr-defined]
        self._in.flush()  # type: ignore[attr-defined]
        return str(self._out.readline()).strip()  # type: ignore[attr-defined]

    def act(self, source: random.Random) -> None:
        """Do one thing that a program may do."""
        kinds = ["start", "log", "log", "log", "door", "say", "artifact", "artifact", "finish"]
        kind = source.choice(kinds) if self.open else "start"
        name = source.choice(self.open) if self.open else ""
        if kind == "start":
            name = f"run {len(self.ids)}"
            self.ids[name] = self.tell("start", name, str(self._store), source.choice(["shared", "Shared"]))
            self.open.append(name)
        elif kind in {"log", "door"}:
            self.tell(kind, name, source.randrange(1, 40))
        elif kind == "say":
            self.tell("say", name, source.randrange(10))
        elif kind == "artifact":
            self.tell(
                "artifact", name, source.choice(["model.pt", "out/log.txt"]), f"{source.random()}" * source.choice([1, 400])
            )
        else:
            self.tell("finish", name, source.choice(["finished", "failed", "killed"]))
            self.open.remove(name)


def copy_onto(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-r", f"{source}/.", str(target)], check=True)


def rsync_onto(source: Path, target: Path) -> None:
    subprocess.run(["rsync", "-a", f"{source}/", f"{target}/"], check=True)


COPIES: list[Callable[[Path, Path], None]] = [copy_onto]
if shutil.which("rsync"):
    COPIES.append(rsync_onto)


def settled(store: Path) -> Path:
    """Open a store once, as anybody would, so that what dead processes left is finished."""
    afterwards.drain()
    for door in store.glob("experiments/*/*/live/*.jsonl"):
        # It stays for an hour, for somebody may still write to it.
        os.utime(door, (0, 0))
    runlog.open_store(store)
    return store


def continue_alone(store: Path, source: random.Random, who: str) -> None:
    """What happens on one machine after the stores went apart: new runs, old ones that go on, words from outside."""
    written = []
    for _ in range(source.randrange(3)):
        with runlog.start_run(store=store, experiment=source.choice(["shared", who]), name=f"of {who}", nested=False) as run:
            run.log_metric("loss", source.random())
            run.log_text(f"{who} {source.random()}" * 300, "model.pt")
        written.append(run.path)
    ended = [run for run in runlog.open_store(store).runs() if run.state != "running"]
    for known in source.sample(ended, min(len(ended), source.randrange(3))):
        with runlog.start_run(store=store, run_id=known.id, nested=False) as run:
            run.log_metric("loss", source.random())
            run.log_metric(f"only {who}", 1.0)
            run.log_param("resumed on", who)
            run.log_text(f"{who} {source.random()}", "model.pt")
        written.append(run.path)
    for known in source.sample(ended, min(len(ended), source.randrange(4))):
        words: list[tuple[Kind, str, object]] = [
            ("tag", "said by", who),
            ("note", "", f"noted by {who}"),
            ("untag", "tag 1", None),
        ]
        entries = [Entry(time.time_ns(), *word) for word in source.sample(words, source.randrange(1, 4))]
        edit(runlog.open_store(store).run_dir(known.id), entries, this_process())
    afterwards.drain()
    # The thread beside this one may be at it already.
    until(lambda: not [log for path in written for log in path.glob("live/*.log")], "the logs to be dropped")


def two_stores(folder: Path, source: random.Random) -> tuple[Path, Path]:
    """A store, and a copy of it that was taken while some of its runs lived, and what became of both."""
    here, there = folder / "here", folder / "there"
    with begin_python(MACHINE, cwd=folder) as child:
        machine = Machine(child.stdin, child.stdout, here)
        for _ in range(source.randrange(1, 15)):
            machine.act(source)
        shutil.copytree(here, there, symlinks=True)
        for _ in range(source.randrange(15)):
            machine.act(source)
        if source.random() < 0.2:
            # Whoever looks at a copy finds the runs alive, and what it says of them does not disturb them.
            list(runlog.open_store(there).runs())
        machine.tell("die", "")
        child.wait()
    settled(here)
    if source.random() < 0.8:
        settled(there)
    continue_alone(there, source, "there")
    continue_alone(here, source, "here")
    return here, there


def merged(
    folder: Path, stores: tuple[Path, Path], copy: Callable[[Path, Path], None], order: tuple[int, ...]
) -> list[dict[str, str]]:
    """Copies of both, laid onto each other in some order; what then lies in each."""
    copies = [folder / f"merged-{copy.__name__}-{''.join(map(str, order))}-{number}" for number in (0, 1)]
    for store, target in zip(stores, copies, strict=True):
        shutil.copytree(store, target, symlinks=True)
    for number in order:
        copy(copies[number], copies[1 - number])
    return [tree(target) for target in copies]


def require_law(folder: Path, here: Path, there: Path) -> Path:
    """Union, and nothing else; returns one of the merged stores."""
    one, other = tree(here), tree(there)
    differing = {path for path in one.keys() & other.keys() if one[path] != other[path]}
    assert differing == set(), "two files of one name are not equal"
    union = {**one, **other}
    for copy in COPIES:
        for order in ((0, 1), (1, 0), (0, 1, 0, 1), (1, 0, 1, 0), (0, 0, 1)):
            assert merged(folder, (here, there), copy, order) == [union, union], f"{copy.__name__} {order}"
    # Opening them changes both in the same way, and takes nothing away.
    results = [folder / f"merged-copy_onto-{order}-0" for order in ("01", "10")]
    said = said_in(folder, here, "h")
    for run_id, words in said_in(folder, there, "t").items():
        said[run_id] = union_of(said[run_id], words) if run_id in said else words
    for store in results:
        settled(store)
        assert said_in(folder, store, f"m{store.name}") == said
        report = runlog.open_store(store).check()
        assert report.clean, report.findings
    assert tree(results[0]) == tree(results[1])
    return results[0]


Said = dict[str, tuple[int, list[str], list[tuple[str, int, float]]]]  # writer: records, entries, points


def said_in(folder: Path, store: Path, name: str) -> dict[str, Said]:
    """What each writer said in each run, read from a settled copy without runlog."""
    copy = folder / f"read-{name}"
    shutil.copytree(store, copy, symlinks=True)
    settled(copy)
    assert not list(copy.glob("experiments/*/*/live/*.log"))
    return {run_id: words_of(run) for run_id, run in bare_runs(copy).items()}


def words_of(run: BareRun) -> Said:
    found: Said = {}
    for path in run.folder.glob("entries-*.json"):
        document = json.loads(path.read_bytes())
        known = found.get(document["writer"])
        if known is None or known[0] < document["records"]:
            alone = bare_points(run.folder, document)
            found[document["writer"]] = (document["records"], [json.dumps(entry) for entry in document["entries"]], alone)
    for artifact in run.artifacts.items():
        assert (run.folder / "artifacts" / artifact[1].get("file", artifact[0])).is_file()
    return found


def bare_points(folder: Path, document: dict[str, object]) -> list[tuple[str, int, float]]:
    import pyarrow.parquet as pq

    if not document["points"]:
        return []
    with pq.ParquetFile(folder / "metrics" / f"{document['writer']}.{document['records']}.parquet") as file:
        return [(row["metric"], row["step"], row["value"]) for row in file.read(use_threads=False).to_pylist()]


def union_of(one: Said, other: Said) -> Said:
    """Of one writer the longer word holds the shorter."""
    both = dict(one)
    for writer, words in other.items():
        known = both.get(writer, words)
        shorter, longer = sorted((known, words), key=lambda said: said[0])
        assert longer[1][: len(shorter[1])] == shorter[1]
        assert set(shorter[2]) <= set(longer[2])
        both[writer] = longer
    return both


def play(folder: Path, seed: int) -> None:
    folder.mkdir()
    require_law(folder, *two_stores(folder, random.Random(seed)))


@pytest.mark.parametrize("seed", range(SCENES))
def test_any_two_stores_come_to_one(tmp_path: Path, seed: int) -> None:
    play(tmp_path / "scene", seed)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_many_stores_come_to_one(tmp_path: Path) -> None:
    for seed in range(1000, 1000 + MANY_SCENES):
        play(tmp_path / "scene", seed)
        shutil.rmtree(tmp_path / "scene")
