"""Which runs a word on the command line of a gate means: a run, several of one name, or the one behind a model."""

from __future__ import annotations

from collections.abc import Sequence

from runlog.errors import Conflict, NotFound
from runlog.models.card import read_card
from runlog.models.find import all_models, find_model, find_version, model_of, must_be_whole, of_version, run_of
from runlog.models.gate.verdict import Meant
from runlog.models.inrun import folder_of
from runlog.records import RunRecord
from runlog.runs.find import find_one
from runlog.store import layout
from runlog.store.catalog import ask
from runlog.store.store import Store
from runlog.store.stored import StoredRun


def meant(store: Store, selector: str) -> Meant:
    """The runs of a selector. Runs that share a name are one group: they differ by their seeds."""
    if selector.startswith("models:/"):
        return _behind(store, selector)
    if selector.startswith("@"):
        return Meant(selector, (find_one(store, selector).record,))
    if selector.startswith(("./", "../", "/", "~")):
        return Meant(selector, (_of_folder(store, selector),))
    namesakes = _namesakes(store, selector)
    model, mark, _ = selector.rpartition("@")
    is_model = any(known.name == (model or selector) for known in all_models(store))
    if namesakes and is_model:
        latest = selector if mark else f"{selector}@latest"
        raise Conflict(f"{selector!r} is a model, and the name of a run", hint=f"write models:/{latest}, or the id of the run")
    if is_model or (mark and not namesakes):
        return _behind(store, selector)
    return Meant(selector, namesakes or (_run(store, selector),))


def _behind(store: Store, selector: str) -> Meant:
    """The run that a version of a model came from, where the model still is what was registered."""
    version = find_version(store, selector)
    of_version(store, version)
    return Meant(selector, (run_of(store, version).record,), version.label)


def _run(store: Store, selector: str) -> RunRecord:
    """A run, also by the place of a model in it."""
    name, slash, path = selector.partition("/")
    run = find_one(store, name if slash else selector)
    if slash:
        model = model_of(run, path, "runlog gate {run}/{path}")
        must_be_whole(f"{run.id}/{model.path}", folder_of(run, model), model)
    return run.record


def _of_folder(store: Store, selector: str) -> RunRecord:
    """The run that the MLmodel file of a folder on disk names."""
    run_id = read_card(find_model(store, selector).folder).run_id or ""
    place = next(store.named(run_id), None) if layout.is_id(run_id) else None
    if place is None:
        raise NotFound(f"the model in {selector!r} comes from no run of this store", hint="runlog model ls")
    return StoredRun(place).record


def _namesakes(store: Store, name: str) -> tuple[RunRecord, ...]:
    from runlog.query import Compare, Field
    from runlog.query.expr import Text

    test = Compare(Field("attribute", "name"), "=", Text(name))
    return ask(store, lambda catalog: tuple(run for run in catalog.runs(None, False, test) if run.name == name), of_all=True)


def candidates(store: Store, selectors: Sequence[str]) -> tuple[RunRecord, ...]:
    """The runs of all selectors, each once: several are one candidate, whose runs differ by chance."""
    found = {run.id: run for selector in selectors for run in meant(store, selector).runs}
    return tuple(found.values())


def baseline(store: Store, selector: str) -> Meant | NotFound:
    """The runs of a baseline, or why there is none."""
    try:
        return meant(store, selector)
    except NotFound as error:
        return error
