"""The registry of models, from a program: register, promote, alias, find."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from runlog.config import promotion_hooks
from runlog.errors import OutsideError, RunlogError
from runlog.models import promote as promoting
from runlog.models import registry
from runlog.models.find import Found, find_version, of_version
from runlog.models.find import find_model as find_in
from runlog.models.promote import Promotion
from runlog.store.registry.version import Version
from runlog.store.store import Store
from runlog.store.stored import StoredRun
from runlog.tracking.hooks import Failure, check_stages, run_hooks
from runlog.tracking.run import Run

if TYPE_CHECKING:
    from pathlib import Path


class Promoted(NamedTuple):
    """What a promotion did, and the hooks that failed after it."""

    promotion: Promotion
    failed: list[Failure]


def register_model(
    run: Run | StoredRun | str,
    name: str | None = None,
    *,
    path: str | None = None,
    stage: str | None = None,
    aliases: Sequence[str] = (),
    tags: Mapping[str, str] | None = None,
    note: str | None = None,
    store: str | os.PathLike[str] | None = None,
) -> Version:
    """Give the model of a run the next number under a name; without one, that of the model or else of the experiment."""
    opened, stored = _stored(run, store)
    to = None if stage is None else promoting.read_stage(stage)
    version = registry.register(opened, stored, name, path=path, aliases=aliases, tags=tags, note=note)
    return promote(opened, version, to).promotion.version if to else version


def _stored(run: Run | StoredRun | str, store: str | os.PathLike[str] | None) -> tuple[Store, StoredRun]:
    from runlog.runs.find import find_one

    if isinstance(run, StoredRun):
        return Store.open(run.store_path), run.reload()
    if isinstance(run, Run):
        return run.store, run.read()
    opened = _open(store)
    return opened, find_one(opened, run)


def _open(store: str | os.PathLike[str] | None) -> Store:
    import runlog

    return runlog.open_store(store)


def promote(
    store: Store,
    version: Version,
    to: str | None,
    *,
    keep: bool = False,
    move_to: str | None = "archived",
    why: str | None = None,
) -> Promoted:
    """Put a version into a stage, then run the hooks that want to hear of it. What they do does not undo the promotion."""
    hooks = promotion_hooks()  # settings that cannot be read are told before anything is done
    check_stages(hooks)
    done = promoting.promote(store, version, to, keep=keep, move_to=move_to, why=why)
    if not done.changed or not hooks:
        return Promoted(done, [])
    return Promoted(done, run_hooks(hooks, done, _folder(store, done.version), store.root))


def _folder(store: Store, version: Version) -> Path | None:
    try:
        return of_version(store, version).folder
    except RunlogError:
        return None  # what is archived may be gone


def promote_model(
    model: str,
    to: str,
    *,
    keep: bool = False,
    why: str | None = None,
    store: str | os.PathLike[str] | None = None,
) -> Version:
    """Put a version, as `duration@3`, into a stage; what held the stage is archived, or with `keep` stays beside it."""
    opened = _open(store)
    done = promote(opened, find_version(opened, model), promoting.read_stage(to), keep=keep, why=why)
    for failure in done.failed:
        raise OutsideError(f"{done.promotion.version.label} is in {to}, but hook {failure.command!r} {failure.problem}")
    return done.promotion.version


def alias_model(model: str, alias: str, *, store: str | os.PathLike[str] | None = None) -> Version:
    """Let an alias mean a version, as `duration@3`, from now on."""
    opened = _open(store)
    version = find_version(opened, model)
    registry.alias(opened, version, alias)
    return registry.version_now(opened, version.model, version.id)


def find_model(model: str, *, store: str | os.PathLike[str] | None = None) -> Found:
    """The folder of a model, as `duration@production`, and where it comes from. Its bytes are verified."""
    return find_in(_open(store), model)
