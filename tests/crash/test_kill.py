"""kill -9 at random moments: what was acknowledged is there, nothing is glued or torn, and the run can go on."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import runlog
from tests.crash.workload import content
from tests.scene import BareRun, bare_runs, environment, files_below

KILLS = 30
MANY_KILLS = 1000


@dataclass(frozen=True)
class Kill:
    """When to kill: some time after the child told so many lines."""

    lines: int
    delay_s: float


class Victim:
    """The process that forks the children, and what they told."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("workload.py"))],
            cwd=folder,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Victim:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate(timeout=60)

    def ask(self, command: str, argument: str, store: Path, kill: Kill | None = None) -> list[list[str]]:
        """Fork a child, perhaps kill it, and hear it out."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(f"{command} {argument} {store}\n")
        self.process.stdin.flush()
        pid = int(self.process.stdout.readline().removeprefix("pid "))
        killer = None if kill is None else threading.Timer(kill.delay_s, os.kill, (pid, signal.SIGKILL))
        told: list[list[str]] = []
        while True:
            if killer and kill and len(told) == kill.lines:
                killer.start()
            words = self.process.stdout.readline().split()
            if words[0] == "gone":
                assert int(words[1]) == (signal.SIGKILL if kill else 0), told[-3:]
                return told
            told.append(words)


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Victim]:
    with Victim(tmp_path) as process:
        yield process


@dataclass
class Told:
    """What a run had acknowledged: for each kind of call and thread, how many."""

    ended: bool = False
    counts: Counter[tuple[str, int]] = field(default_factory=Counter)


def sort_out(lines: list[list[str]]) -> dict[str, Told]:
    """By run. The child has one open at a time."""
    runs: dict[str, Told] = {}
    present = Told()
    for words in lines:
        if words[0] == "begin":
            present = runs[words[1]] = Told()
        elif words[0] == "end":
            present.ended = True
        else:
            kind, thread, number = words[0], int(words[1]), int(words[2])
            assert number == present.counts[kind, thread]
            present.counts[kind, thread] += 1
    return runs


def require(run: BareRun, told: Told) -> None:
    """All that was acknowledged, in order, and beyond it at most the one call of each thread that was in flight."""
    assert run.params["alpha"] == [0.1]
    for thread in range(3):
        found = {
            "m": counted(run.points.get(f"m{thread}", []), 1.0),
            "g": counted(run.points.get(f"g{thread}", []), 1.0),
            "p": counted_values(run.params.get(f"p{thread}", [])),
            "t": counted_tags(run, thread),
            "a": counted_artifacts(run, thread),
            "o": counted_versions(run, thread),
        }
        # The metrics of one call are kept together or not at all.
        assert counted(run.points.get(f"h{thread}", []), 0.5) == found["g"]
        in_flight = {kind: count - told.counts[kind, thread] for kind, count in found.items()}
        assert all(extra >= 0 for extra in in_flight.values()), f"lost: {in_flight}"
        assert sum(in_flight.values()) <= (0 if told.ended else 1), f"never said: {in_flight}"


def counted(points: list[tuple[int, float]], factor: float) -> int:
    assert points == [(step, step * factor) for step in range(len(points))], "not a prefix"
    return len(points)


def counted_values(values: list[object]) -> int:
    assert values == list(range(len(values))), "not a prefix"
    return len(values)


def counted_tags(run: BareRun, thread: int) -> int:
    tags = {key: value for key, value in run.tags.items() if key.startswith(f"t{thread}.")}
    assert tags == {f"t{thread}.{number}": str(number) for number in range(len(tags))}
    return len(tags)


def counted_artifacts(run: BareRun, thread: int) -> int:
    names = [name for name in run.artifacts if name.startswith(f"f{thread}/")]
    assert names == [f"f{thread}/{number}.bin" for number in range(len(names))]
    for number, name in enumerate(names):
        assert (run.folder / "artifacts" / name).read_bytes() == content(thread, number)
    return len(names)


def counted_versions(run: BareRun, thread: int) -> int:
    """A file that is logged again and again under one name: what the run says of it is what lies there."""
    said = [entry["value"] for entry in run.entries if entry.get("artifact") == f"o{thread}.bin"]
    if said:
        lies_in = run.folder / "artifacts" / said[-1].get("file", f"o{thread}.bin")
        assert lies_in.read_bytes() == content(thread, len(said) - 1)
    return len(said)


def one_kill(victim: Victim, folder: Path, source: random.Random, seed: str) -> int:
    """One child, killed; how many runs it had begun."""
    folder.mkdir()
    path = folder / "store"
    # Short runs, so that the kill meets their beginning or end, or long ones that threads are busy with.
    longest, most = source.choice([(3, 50), (60, 300), (5000, 3000)])
    kill = Kill(source.choice([0, 1, source.randrange(most)]), source.choice([0.0, 0.001, 0.01]) * source.random())
    told = sort_out(victim.ask("go", f"{seed}/{longest}", path, kill))
    if not (path / "store.json").exists():
        assert not told
        return 0

    store = runlog.open_store(path)
    last = list(told)[-1:]
    assert [run.state for run in store.runs() if run.id in told and run.id not in last] == ["finished"] * (len(told) - len(last))
    for run_id in last:
        assert store.run(run_id).state in (["finished"] if told[run_id].ended else ["lost", "finished"])
        assert store.run(run_id).problems == ()
    # A log that was made and not yet begun may belong to a process that is about to: it stays for a minute.
    assert not [file for file in files_below(path) if file.suffix == ".log" and file.stat().st_size], "a log was left"
    report = store.check()
    # A file may be in place and its name not yet said.
    assert all(found.kind == "stranger" and "/artifacts/" in found.path for found in report.findings), report.findings
    found = bare_runs(path)
    # A run that was being created may be there, but then whole.
    assert len(set(found) - set(told)) <= 1
    assert report.runs == len(found)
    for run_id, acknowledged in told.items():
        require(found[run_id], acknowledged)

    for run_id in last:
        before = found[run_id]
        assert victim.ask("resume", run_id, path) == [["resumed", run_id]]
        assert runlog.open_store(path).run(run_id).state == "finished"
        after = bare_runs(path)[run_id]
        grown = before.points.get("m0", [])
        assert after.points == {**before.points, "m0": [*grown, (len(grown), -1.0)], "after": [(0, 1.0)]}
        assert after.params == {**before.params, "after": ["the kill"]}
        assert (after.tags, after.artifacts) == (before.tags, before.artifacts)
        assert runlog.open_store(path).check().findings == report.findings
    return len(told)


def kill_often(victim: Victim, tmp_path: Path, kills: int) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    source = random.Random(seed)
    begun = [one_kill(victim, tmp_path / str(number), source, f"{seed}-{number}") for number in range(kills)]
    assert sum(begun) >= kills / 3, "the children were killed before they did anything"


def test_acknowledged_words_survive_any_kill(victim: Victim, tmp_path: Path) -> None:
    kill_often(victim, tmp_path, KILLS)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_acknowledged_words_survive_a_thousand_kills(victim: Victim, tmp_path: Path) -> None:
    kill_often(victim, tmp_path, MANY_KILLS)
