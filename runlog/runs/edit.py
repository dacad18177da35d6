"""Words about a run, said from outside: tags, notes, names, another experiment. Each is durable when the verb returns."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from runlog.errors import BadInput, Conflict, NotFound, UsageError
from runlog.records import Kind
from runlog.store import experiments, layout
from runlog.store.store import Store
from runlog.store.stored import StoredRun


def tag(run: StoredRun, tags: Mapping[str, str], taken_off: Sequence[str] = ()) -> list[str]:
    """Set tags and take others off, in one word. What was not there needs no taking off: those keys are the answer, and an
    error where nothing else was asked."""
    absent = [key for key in taken_off if key not in run.tags]
    if absent and not tags and len(absent) == len(taken_off):
        raise NotFound(f"run {run.id} has no tag {absent[0]!r}", hint=f"runlog tag {run.id}")
    words: list[tuple[Kind, str, object]] = [("untag", key, None) for key in taken_off if key not in absent]
    words += [("tag", layout.check_key("tag", key), value) for key, value in tags.items()]
    if words:
        run.say(*words)
    return absent


def note(run: StoredRun, text: str | None) -> None:
    """Say in words what a run is about, instead of what was said before; nothing takes it back."""
    if text is not None and not text.strip():
        raise BadInput("the note is empty", hint=f"runlog note {run.id} --clear")
    run.say(("note", "", text))


def rename(store: Store, run: StoredRun, name: str | None) -> None:
    """Name a run for people, or take its name back. What ends the id of another run would always mean that one."""
    other = next((run_id for run_id, _ in store.run_folders() if run_id[-6:] == name and run_id != run.id), None)
    if other:
        raise Conflict(f"{name!r} means run {other}, so no command would find a run by that name", hint=f"runlog show {other}")
    run.say(("name", "", None if name is None else layout.check_run_name(name)))


def destination(store: Store, word: str) -> str:
    """The experiment that a word names: one that exists, or one to be made. A word that is plainly a run is refused."""
    name = experiments.Names(store.root).now(layout.check_experiment(word))
    if os.path.exists(store.root / layout.EXPERIMENTS / layout.experiment_folder(name) / layout.EXPERIMENT_FILE):
        return name
    if word == "-" or word.startswith("@") or any(word in {run.id, run.id[-6:]} for run in store.run_dirs()):
        raise UsageError(f"{word!r} is a run, in the place of an experiment", hint="runlog move RUN... EXPERIMENT")
    return name


def move(store: Store, run: StoredRun, experiment: str) -> None:
    """Count a run to another experiment, which is made if there is none. The run's folder stays where it is."""
    experiments.make(store.root, experiment)
    if run.experiment != experiment:
        run.say(("experiment", "", experiment))
