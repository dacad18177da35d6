"""Into the trash and out of it. Nothing on disk is moved: a run in the trash is one of which that was said last."""

from __future__ import annotations

import os
from contextlib import suppress

from runlog.errors import Conflict, NotFound
from runlog.runs.find import find_one
from runlog.store import layout
from runlog.store.registry.need import Needs, must_not_be_needed, needed_runs
from runlog.store.store import Store
from runlog.store.stored import StoredRun


def remove(run: StoredRun, force: bool = False, needed: Needs | None = None) -> None:
    """Put a run into the trash. One that runs must be stopped first, or its process would fill the trash; one that a version of
    a model needs stays. `needed` saves asking the registry again."""
    check_removable(run, force, needed)
    run.say(("removed", "", True))


def check_removable(run: StoredRun, force: bool = False, needed: Needs | None = None) -> None:
    """Refuse what cannot go into the trash."""
    if run.removed:
        raise Conflict(f"run {run.id} is in the trash already", hint=f"runlog restore {run.id}")
    if run.state == "running" and not force:
        raise Conflict(f"run {run.id} is running", hint=f"runlog stop {run.id}")
    must_not_be_needed(run.id, needed_runs(run.store_path) if needed is None else needed)


def restore(run: StoredRun) -> None:
    """Take a run out of the trash, with all that is left of it."""
    if not run.removed:
        raise Conflict(f"run {run.id} is not in the trash", hint="runlog ls --removed")
    run.say(("removed", "", False))


def is_hollow(run: StoredRun) -> bool:
    """Whether nothing is left of a run but its words, because it was emptied in the trash."""
    return run.record.emptied and not any(os.path.lexists(run.path / name) for name in layout.BULK)


def find_elsewhere(store: Store, selector: str) -> StoredRun:
    """The run that is meant where none in the trash is, for whoever would restore it to be told that it is not there."""
    with suppress(NotFound):
        return find_one(store, selector)
    raise NotFound(f"no run in the trash matches {selector!r}", hint="runlog ls --removed")
