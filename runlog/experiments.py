"""Experiments: what they are called, how their runs stand, which way their metrics should go."""

from __future__ import annotations

import difflib
import shlex
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from runlog.errors import BadInput, Conflict, NotFound
from runlog.records import Direction, Experiment, Kind, State
from runlog.store import experiments as words
from runlog.store import layout
from runlog.store.registry.need import must_not_be_needed, needed_runs
from runlog.store.store import Store
from runlog.store.stored import StoredRun

quoted = shlex.quote

# Runs that are asked for the name that was meant.
_NEWEST = 1000


@dataclass(frozen=True, slots=True)
class Summary:
    """An experiment and its runs in numbers. Its last run is the newest."""

    experiment: Experiment
    runs: int
    states: Mapping[State, int]
    last: str | None
    last_at: int | None


def listed(store: Store, removed: bool = False) -> list[Summary]:
    """Every experiment, the one with the newest run first, those without runs at the end. With `removed` those that lie in the
    trash or have runs there instead, and the numbers of those runs."""
    runs: dict[str, list[StoredRun]] = {}
    for run in store.runs(removed=removed):
        runs.setdefault(run.experiment, []).append(run)
    known = {experiment.name: experiment for experiment in store.experiments()}
    # A run may count itself to an experiment that nobody has made.
    unmade = {name: Experiment(name, (name,), None, {}, None) for name in runs if name not in known}
    found = [
        _summary(experiment, runs.get(experiment.name, []))
        for experiment in (*known.values(), *unmade.values())
        if experiment.name in runs or (experiment.removed_at is not None) == removed
    ]
    return sorted(found, key=lambda summary: (-(summary.last_at or 0), summary.experiment.name))


def _summary(experiment: Experiment, runs: list[StoredRun]) -> Summary:
    last = runs[0].record if runs else None
    states = Counter(run.state for run in runs)
    return Summary(experiment, len(runs), states, last.id if last else None, last.created_at if last else None)


def find(store: Store, name: str) -> Experiment:
    """The experiment that is called so, or was."""
    present = words.Names(store.root).now(name)
    known = {experiment.name: experiment for experiment in store.experiments()}
    if present in known:
        return known[present]
    if any(True for _ in store.runs(present)):
        return Experiment(present, (present,), None, {}, None)
    newest = islice(store.runs(), _NEWEST)
    near = difflib.get_close_matches(name, {*known, *(run.experiment for run in newest)}, 1)
    nearest = f"; the nearest is {near[0]!r}" if near else ""
    raise NotFound(f"there is no experiment {name!r}{nearest}", hint="runlog experiments ls")


def directions(store: Store, experiment: str) -> dict[str, Direction]:
    """Which way the metrics of an experiment should go, as far as somebody said so."""
    present = words.Names(store.root).now(experiment)
    return next((dict(found.directions) for found in store.experiments() if found.name == present), {})


def create(store: Store, name: str, note: str | None = None) -> None:
    """Make an experiment that has no runs yet."""
    checked = layout.check_experiment(name)
    _must_be_free(store, checked)
    words.make(store.root, checked)
    if note:
        annotate(store, checked, note)


def _must_be_free(store: Store, name: str, but: str | None = None) -> None:
    """Refuse a name that an experiment has or had; `but` may have had it."""
    present = words.Names(store.root).now(name)
    for experiment in store.experiments():
        if experiment.name == present and present != but:
            if present != name:
                raise Conflict(
                    f"{name!r} is what {present!r} was called before",
                    hint=f"runlog experiments rename {quoted(present)} {quoted(name)}",
                )
            if experiment.removed_at is not None:
                raise Conflict(f"there is an experiment {name!r} in the trash", hint=f"runlog experiments restore {quoted(name)}")
            hint = f"runlog ls -q -e {quoted(but)} | runlog move - {quoted(name)}" if but else "runlog experiments ls"
            raise Conflict(f"there is an experiment {name!r} already", hint=hint)


def rename(store: Store, old: str, new: str) -> str:
    """Call an experiment something else; its present name until now. The old name goes on leading to it, so that whatever
    still says it finds the same experiment. No folder is moved."""
    experiment, name = find(store, old), layout.check_experiment(new)
    if experiment.name == name:
        raise Conflict(f"the experiment is called {name!r} already")
    _must_be_free(store, name, but=experiment.name)
    folders = [layout.experiment_folder(each) for each in (name, experiment.name)]
    at = words.after(entry for folder in folders for entry in words.read_words(store.root, folder))
    said: list[tuple[Kind, str, str]] = [("name", "", name)]
    # The new name first: what the old one leads to is then the end of the way, even if it once led back.
    words.say(store.root, name, said, at)
    words.say(store.root, experiment.name, said, at)
    return experiment.name


def annotate(store: Store, name: str, text: str | None) -> None:
    """Say in words what an experiment is about; nothing takes it back."""
    if text is not None and not text.strip():
        raise BadInput("the note is empty", hint=f"runlog experiments note {quoted(name)} --clear")
    words.say(store.root, find(store, name).name, [("note", "", text)])


def set_directions(store: Store, name: str, ways: Mapping[str, Direction | None]) -> dict[str, Direction]:
    """Say whether more or less of some metrics is better, or that nothing is said of it any more; all that is said then."""
    experiment = find(store, name)
    for metric, way in ways.items():
        if way is None and metric not in experiment.directions:
            raise NotFound(
                f"nothing is said about {metric!r} in {experiment.name!r}",
                hint=f"runlog experiments set {quoted(experiment.name)}",
            )
    if ways:
        words.say(store.root, experiment.name, [("direction", layout.check_key("metric", key), way) for key, way in ways.items()])
    return directions(store, experiment.name)


def remove(store: Store, name: str, force: bool = False) -> list[str]:
    """Put an experiment and all its runs into the trash; their ids. Nothing goes while one of them runs, unless forced."""
    experiment = find(store, name)
    runs = list(store.runs(experiment.name))
    running = [run.id for run in runs if run.state == "running"]
    if running and not force:
        many = f"run {running[0]}" if len(running) == 1 else f"{len(running)} runs"
        hint = f"runlog ls -q -e {quoted(experiment.name)} --status running | runlog stop -"
        raise Conflict(f"{many} of {experiment.name!r} {'is' if len(running) == 1 else 'are'} running", hint=hint)
    if not runs and experiment.removed_at is not None:
        raise Conflict(
            f"experiment {experiment.name!r} is in the trash already", hint=f"runlog experiments restore {quoted(name)}"
        )
    needed = needed_runs(store.root)
    for run in runs:
        must_not_be_needed(run.id, needed)
    # One moment for all of them: that is how they are told from runs that were in the trash before.
    at = max(
        [words.after(words.read_words(store.root, layout.experiment_folder(experiment.name)))] + [run.after_all() for run in runs]
    )
    for run in runs:
        run.say(("removed", "", True), at=at)
    words.say(store.root, experiment.name, [("removed", "", True)], at)
    return [run.id for run in runs]


def restore(store: Store, name: str) -> list[str]:
    """Take an experiment out of the trash, with the runs that went there together with it; their ids."""
    experiment = find(store, name)
    if experiment.removed_at is None:
        hint = f"runlog ls -q --removed -e {quoted(experiment.name)} | runlog restore -"
        raise Conflict(f"experiment {experiment.name!r} is not in the trash", hint=hint)
    runs = [run for run in store.runs(experiment.name, removed=True) if run.record.removed_at == experiment.removed_at]
    for run in runs:
        run.say(("removed", "", False))
    words.say(store.root, experiment.name, [("removed", "", False)])
    return [run.id for run in runs]
