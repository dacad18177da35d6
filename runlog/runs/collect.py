"""Garbage collection: what would go, told before anything does, and then the doing of exactly that."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from runlog.errors import Conflict, RunlogError, StoreError
from runlog.records import RunRecord
from runlog.runs.remove import remove
from runlog.runs.retain import Directions, Rules, check_tags, unkept
from runlog.store import files, trash
from runlog.store.registry.need import Needs, must_not_be_needed, surely_needed
from runlog.store.rundir import RunDir
from runlog.store.settle import quiet_at
from runlog.store.store import Store
from runlog.store.stored import StoredRun

Fate = Literal["trash", "empty", "forget", "keep"]
_DAY = 86400 * 1_000_000_000


@dataclass(frozen=True, slots=True)
class Policy:
    """What may go: runs so long in the trash, and those that no rule keeps. `forget`: their documents too."""

    older_than: int = 30 * _DAY
    rules: Rules = field(default_factory=Rules)
    experiment: str | None = None  # nothing goes of the others
    forget: bool = False


@dataclass(frozen=True, slots=True)
class Going:
    """One run, what becomes of it, and how many bytes of it would go. It is kept while somebody may still write to its logs."""

    run: RunRecord
    fate: Fate
    bytes: int
    until: int | None = None  # when it is kept no longer; none while a process lives that logs into it


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a collection would do. `freed_bytes` counts a file under several names once, and only with the last of them."""

    runs: tuple[Going, ...]
    litter: tuple[Path, ...]
    covered: tuple[Path, ...]
    freed_bytes: int

    @property
    def is_empty(self) -> bool:
        return not (self.litter or self.covered) and all(going.fate == "keep" for going in self.runs)


@dataclass(frozen=True, slots=True)
class Collected:
    """What a collection did, and what it could not do and why."""

    runs: tuple[Going, ...]
    freed_bytes: int
    failed: tuple[RunlogError, ...]


def plan(store: Store, policy: Policy, directions: Directions) -> Plan:
    """What a collection would do now. Changes nothing."""
    now = time.time_ns()
    going: list[Going] = []
    weights: list[trash.Weight] = []
    needed = surely_needed(store.root)
    for run in _retired(store, policy, directions, needed):
        if policy.older_than > 0:
            going.append(Going(run, "trash", 0))
        else:
            _weigh(store, run, policy, now, going, weights)
    for run in (stored.record for stored in store.runs(removed=True)):
        if run.id not in needed and _is_due(run, policy, now):
            _weigh(store, run, policy, now, going, weights)
    gone = {item.run.id for item in going if item.fate in {"empty", "forget"}}
    covered = [path for place in store.run_dirs() if place.id not in gone for path in _covered(place)]
    litter = [*trash.litter(store.root), *_unused(store)]
    weights.append(trash.Weight(*covered, *litter))
    return Plan(tuple(going), tuple(litter), tuple(covered), _freed(weights))


def _retired(store: Store, policy: Policy, directions: Directions, needed: Collection[str]) -> list[RunRecord]:
    if not policy.rules:
        return []
    runs = [run.record for run in store.runs()]
    check_tags([run for run in runs if policy.experiment in {None, run.experiment}], policy.rules.tags)
    return unkept(runs, policy.rules, policy.experiment, directions, needed)


def _is_due(run: RunRecord, policy: Policy, now: int) -> bool:
    if run.state == "running" or run.removed_at is None or policy.experiment not in {None, run.experiment}:
        return False
    return now - run.removed_at >= policy.older_than


def _weigh(store: Store, run: RunRecord, policy: Policy, now: int, going: list[Going], weights: list[trash.Weight]) -> None:
    """Note a run that goes, unless nothing is left of it that could."""
    fate: Fate = "forget" if policy.forget else "empty"
    parts = _parts(store, run, fate)
    until = quiet_at(RunDir(store.root, run.folder))
    if until is None or until > now:
        if parts or not run.removed:
            going.append(Going(run, "keep" if run.removed else "trash", 0, until))
    elif parts or not run.removed:
        weight = trash.Weight(*parts)
        going.append(Going(run, fate, weight.bytes))
        weights.append(weight)


def _parts(store: Store, run: RunRecord, fate: Fate) -> list[Path]:
    place = RunDir(store.root, run.folder)
    return [place.path] if fate == "forget" else trash.bulk(place) if fate == "empty" else []


def _freed(weights: Sequence[trash.Weight]) -> int:
    total = trash.Weight()
    for weight in weights:
        total.add(weight)
    return total.freed


def _covered(run: RunDir) -> list[Path]:
    try:
        return trash.covered(run)
    except StoreError:
        return []  # what is damaged is left for `check`


def _unused(store: Store) -> list[Path]:
    """Snapshots of code, and environments, that no run has. While a run cannot be read, nobody knows."""
    from runlog.store import environments
    from runlog.store.code.unused import unused

    try:
        births = [run.birth() for run in store.run_dirs()]
        code = unused(store.root, {str(birth.code.get("snapshot")) for birth in births})
        return code + environments.unused(store.root, {str(birth.environment.get("name")) for birth in births})
    except StoreError:
        return []


def collect(store: Store, planned: Plan) -> Collected:
    """Do what was planned. A run that cannot go is named, and the others go on."""
    done: list[Going] = []
    failed: list[RunlogError] = []
    # Weighed before anything goes, for a file that lost one of its names looks as if it had had fewer.
    weights = {item.run.id: trash.Weight(*_parts(store, item.run, item.fate)) for item in planned.runs}
    rest = trash.Weight(*planned.covered, *planned.litter)
    needed = surely_needed(store.root)
    for item in planned.runs:
        if item.fate == "keep":
            done.append(item)
            continue
        try:
            must_not_be_needed(item.run.id, needed)
            _let_go(store, item, needed)
            done.append(item)
        except RunlogError as error:
            failed.append(error)
    for path in (*planned.covered, *planned.litter):
        files.remove_tree(path)
    return Collected(tuple(done), _freed([*(weights[item.run.id] for item in done), rest]), tuple(failed))


def _let_go(store: Store, item: Going, needed: Needs) -> None:
    """Things may have changed since it was planned: somebody may have taken the run out of the trash, or gone on with it."""
    place = RunDir(store.root, item.run.folder)
    run = StoredRun(place)
    if not item.run.removed:
        remove(run, needed=needed)
    elif not run.removed or run.state == "running":
        raise Conflict(f"run {run.id} is in use again and was kept")
    if item.fate == "trash":
        return
    if not trash.is_settled(place):
        raise Conflict(f"run {run.id} has a log that may still be written to and was kept", hint="runlog check")
    if item.fate == "forget":
        trash.forget(place)
        store.unmark_live(run.id)
    else:
        trash.empty(place)
