"""Two stores copied onto each other, in both orders, twice: four trees that must be one, with nothing lost."""

from __future__ import annotations

import hashlib
import random
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import runlog
from benchmarks.bench import Bench
from benchmarks.crash import kill_at_random
from benchmarks.table import Row
from benchmarks.workers import Worker

RUNS = 20
STEPS = 2_000

Facts = dict[str, tuple[object, ...]]


@dataclass(frozen=True)
class Merged:
    """One store after the copying: its tree as a digest, and what runlog reads in it."""

    tree: str
    facts: Facts


def measure(bench: Bench) -> list[Row]:
    runs = bench.size(RUNS)
    folder = bench.folder("merge")
    left, right = make_two_stores(folder, bench, runs)
    before = read_facts(left) | read_facts(right)
    merged = [
        merge(folder / f"order-{number}", left, right, onto_left_first) for number, onto_left_first in enumerate((True, False))
    ]
    results = [result for pair in merged for result in pair]
    trees = {result.tree for result in results}
    lost = [run_id for run_id in before if any(run_id not in result.facts for result in results)]
    differing = [run_id for run_id in before if len({repr(result.facts.get(run_id)) for result in results}) > 1]
    wrong = [run_id for run_id, facts in results[0].facts.items() if not is_whole(facts)]
    return [
        Row(
            "merge: two stores copied onto each other in both orders, twice",
            "identical trees, nothing lost",
            f"{len(trees)} tree{'s' if len(trees) > 1 else ''} in {len(results)} copies of {len(before)} runs "
            f"(one edited, one crashed and settled on both sides); {len(lost) or 'no'} runs lost, "
            f"{len(differing) or 'none'} read differently, "
            f"{len(wrong) or 'none'} with something missing",
            met=len(trees) == 1 and not lost and not differing and not wrong,
        )
    ]


def make_two_stores(folder: Path, bench: Bench, runs: int) -> tuple[Path, Path]:
    """A store whose process was killed, and a copy of it before anybody has settled that; then other runs in each of
    them, and other words about the run that both have."""
    left, right = folder / "left", folder / "right"
    kill_at_random(crashed := bench.folder("merge-crashed"), random.Random(5), "merge")
    for store in (left, right):
        shutil.copytree(crashed / "store", store, symlinks=True)
    with _writer(left) as writer:
        (shared,) = writer.ask(do="log", names=["shared"], steps=STEPS)["runs"]
    subprocess.run(["cp", "-r", f"{left}/experiments/merge", f"{right}/experiments/"], check=True)
    for store in (left, right):
        with _writer(store) as writer:
            writer.ask(do="log", names=[f"{store.name}-{number}" for number in range(runs)], steps=STEPS)
            writer.ask(do="edit", run=shared)
    return left, right


def _writer(store: Path) -> Worker:
    return Worker("benchmarks.children.merged", store.parent, env={"BENCH_STORE": str(store)})


def merge(folder: Path, left: Path, right: Path, onto_left_first: bool) -> list[Merged]:
    """Both copied onto each other, in one order, and the same once more."""
    folder.mkdir()
    stores = [folder / "left", folder / "right"]
    for source, target in zip((left, right), stores, strict=True):
        shutil.copytree(source, target, symlinks=True)
    first, second = stores if onto_left_first else reversed(stores)
    for _ in range(2):
        copy_onto(second, first)
        copy_onto(first, second)
    for store in stores:
        list(runlog.open_store(store).runs())
    return [Merged(digest_tree(store), read_facts(store)) for store in stores]


def copy_onto(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-r", f"{source}/.", str(target)], check=True)


def digest_tree(store: Path) -> str:
    """Names and bytes of everything in the store; times and modes are the copier's and not the store's."""
    digest = hashlib.sha256()
    for path in sorted(store.rglob("*")):
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        digest.update(f"{path.relative_to(store)}\0{content}\n".encode())
    return digest.hexdigest()


def read_facts(store: Path) -> Facts:
    """What a reader sees of each run, the points of each metric and the names of artifacts among it."""
    facts: Facts = {}
    for run in runlog.open_store(store).runs():
        counts = {name: run.metrics[name].count for name in sorted(run.metrics)}
        files = sorted(path.name for path in (run.path / "artifacts").rglob("*") if path.is_file())
        facts[run.id] = (run.experiment, run.name, run.state, dict(run.params), dict(run.tags), counts, tuple(files))
    return facts


def is_whole(facts: tuple[object, ...]) -> bool:
    """All that was logged is there; of the shared run, what both sides said."""
    experiment, name, state, _, tags, counts, files = facts
    assert isinstance(tags, dict) and isinstance(counts, dict)
    if experiment == "crash":
        return state != "running" and (not counts or counts["a"] > 0)
    said = {"said-left", "said-right"}
    both = name != "shared" or (said <= set(tags) and said <= set(counts))
    return state == "finished" and counts.get("rmse") == STEPS and files == ("artifact.bin",) and both
