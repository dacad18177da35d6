"""Which model is meant: a version by number, stage or alias, the model of a run, or a folder on disk."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from runlog.errors import BadInput, Conflict, Damaged, NotFound, RunlogError, UsageError
from runlog.models.card import is_model
from runlog.models.inrun import RunModel, folder_of, model_at, models_in
from runlog.query.syntax import did_you_mean, nearest, suggestion
from runlog.runs.find import find_one
from runlog.store import layout
from runlog.store.artifacts import hash_file
from runlog.store.registry.documents import STAGES, check_model
from runlog.store.registry.folder import read_book, read_books
from runlog.store.registry.standing import Model, stand
from runlog.store.registry.version import Version, keeper
from runlog.store.store import Store
from runlog.store.stored import StoredRun

quoted = shlex.quote

_SCHEME = "models:/"
_EXACT = re.compile(r"([0-9]+)\.([0-9a-z-]+)")


class Found(NamedTuple):
    """A model that was named: its folder, and where it comes from as far as that is known."""

    folder: Path
    run: StoredRun | None
    path: str  # of the folder in its run; as it was typed for one that is in none
    version: Version | None

    @property
    def label(self) -> str:
        """What it is called in messages: `duration@3`, `RUN/model`, or the folder."""
        if self.version is not None:
            return self.version.label
        return f"{self.run.id}/{self.path}" if self.run is not None else self.path


def all_models(store: Store, *, removed: bool = False) -> list[Model]:
    """The models that have versions, by name; with `removed` those that have some in the trash instead."""
    return [
        model for model in store.models() if (any(version.removed for version in model.versions) if removed else model.living)
    ]


def find_named(store: Store, name: str) -> Model:
    """The model of this name; with those of its versions that are in the trash."""
    model = _registered(store, name)
    if model is not None:
        return model
    known = [book.name for book in read_books(store.root)]
    raise NotFound(f"no model is registered as {name!r}", hint=suggestion(name, known) or "runlog model ls")


def _registered(store: Store, name: str) -> Model | None:
    try:
        book = read_book(store.root, check_model(name))
    except RunlogError:
        return None
    return stand(book) if book.births else None


def split(text: str) -> tuple[str, str | None]:
    """(model, what is said of its version) of a selector as runlog or MLflow writes it."""
    if text.startswith(_SCHEME):
        rest = text.removeprefix(_SCHEME)
        name, mark, word = rest.rpartition("@") if "@" in rest else rest.partition("/")
    else:
        name, mark, word = text.rpartition("@")
        name, word = (name, word) if mark else (text, "")
    if not name or (mark and not word):
        raise UsageError(f"{text!r} names no version of a model", hint="write NAME@3 or NAME@production")
    return name, word or None


def find_version(store: Store, text: str, *, removed: bool = False) -> Version:
    """The version that a selector means: `duration`, `duration@3`, `duration@production`, `models:/duration/3`. With `removed`,
    one in the trash may be named by its number."""
    name, word = split(text)
    return pick(find_named(store, name), word, removed=removed)


def pick(model: Model, word: str | None, *, removed: bool = False) -> Version:
    """The version of a model that a word means: a number, a number with a piece of the id, a stage, an alias, `latest`."""
    if word is None or word == "latest":
        return _newest(model)
    if word.isdecimal():
        return _numbered(model, int(word), removed)
    if exact := _EXACT.fullmatch(word):
        return _exact(model, int(exact[1]), exact[2], removed)
    return _held(model, word.lower() if word.lower() in STAGES else word)


def _newest(model: Model) -> Version:
    if not model.living:
        raise NotFound(f"every version of {model.name!r} is in the trash", hint=f"runlog model restore {quoted(model.name)}")
    number = model.living[-1].number
    return _only(model, [version for version in model.living if version.answers_to(number)], number)


def _numbered(model: Model, number: int, removed: bool) -> Version:
    same = [version for version in model.versions if version.answers_to(number)]
    living = [version for version in same if not version.removed]
    if living or (same and removed):
        return _only(model, living or same, number)
    name = quoted(model.name)
    if same:
        raise NotFound(f"version {number} of {model.name!r} is in the trash", hint=f"runlog model restore {name} {number}")
    moved = [version for version in model.versions if version.once_had(number)]
    if len(moved) == 1:
        hint = f"runlog model show {quoted(moved[0].label)}"
        raise NotFound(f"version {number} of {model.name!r} was given another number: it is {moved[0].label}", hint=hint)
    if moved:
        names = " or ".join(version.label for version in moved)
        raise NotFound(f"number {number} of {model.name!r} is given up: it meant {names}", hint=f"runlog model show {name}")
    raise NotFound(f"{model.name!r} has no version {number}", hint=f"runlog model show {name}")


def _only(model: Model, same: Sequence[Version], number: int) -> Version:
    """The one, or why nobody knows which."""
    if len(same) == 1:
        return same[0]
    names = [f"{number}.{version.id[-6:]}" for version in same]
    shown = " and ".join(f"{model.name}@{name}" for name in names)
    hint = f"runlog model settle {quoted(model.name)} {number}.{keeper(same, number).id[-6:]}"
    raise Conflict(f"number {number} of {model.name!r} was given twice, on two machines: {shown}", hint=hint)


def _exact(model: Model, number: int, piece: str, removed: bool) -> Version:
    """By a number that it has or had, and a piece of its id: this finds the same version for ever."""
    fitting = [
        version
        for version in model.versions
        if version.once_had(number)
        and (version.id == piece or version.id[-6:].startswith(piece))
        and (removed or not version.removed)
    ]
    if not fitting:
        raise NotFound(f"{model.name!r} has no version {number}.{piece}", hint=f"runlog model show {quoted(model.name)}")
    if len(fitting) > 1:
        raise Conflict(f"{number}.{piece} fits {len(fitting)} versions of {model.name!r}", hint="give more of the id")
    return fitting[0]


def _held(model: Model, word: str) -> Version:
    found = model.holder(word)
    if found is not None:
        return found
    clash = next((text for text in model.conflicts if repr(word) in text), None)
    if clash:
        problem, _, command = clash.rpartition(": ")
        raise Conflict(f"{model.name}@{word}: {problem}", hint=command)
    name = quoted(model.name)
    if word in STAGES:
        raise NotFound(f"no version of {model.name!r} is in {word}", hint=f"runlog model promote {name} VERSION --to {word}")
    gone = next((version for version in model.versions if word in version.aliases), None)
    if gone is not None:
        raise NotFound(
            f"{model.name}@{word} is in the trash: it is {gone.label}", hint=f"runlog model restore {name} {gone.word}"
        )
    hint = did_you_mean([f"{model.name}@{near}" for near in nearest(word, model.holders)]) or f"runlog model show {name}"
    raise NotFound(f"{model.name!r} has no version {word!r}", hint=hint)


def find_model(store: Store | None, text: str) -> Found:
    """The model that is meant, whole: a version, the model of a run (`RUN` or `RUN/path`), or a folder on disk."""
    if is_path(text):
        return _on_disk(text)
    if store is None:
        if is_model(Path(text)):
            return _on_disk(text)
        raise NotFound(f"there is no store here to find {text!r} in", hint="runlog --store DIR ...")
    if text.startswith(_SCHEME) or (not text.startswith("@") and _registered(store, text.rpartition("@")[0] or text)):
        return of_version(store, find_version(store, text))
    if is_model(Path(text)):
        return _on_disk(text)
    return _of_run(store, text)


def is_path(text: str) -> bool:
    """Whether a folder on disk is meant, for which no store is needed."""
    return text.startswith(("./", "../", "/", "~")) or text in {".", ".."}


def _on_disk(text: str) -> Found:
    folder = Path(os.path.expanduser(text))
    if not (folder / layout.MLMODEL).is_file():
        raise NotFound(f"{text!r} is no folder of a model: it has no {layout.MLMODEL}")
    return Found(folder, None, text, None)


def _of_run(store: Store, text: str) -> Found:
    run, path = run_and_path(store, text)
    model = model_of(run, path, "runlog model path {run}/{path}")
    return Found(folder_of(run, model), run, model.path, None)


def run_and_path(store: Store, text: str) -> tuple[StoredRun, str | None]:
    """A run, and what is said of its models. Names of runs and of metrics may hold a `/` themselves."""
    slashes = [place for place, letter in enumerate(text) if letter == "/"]
    refusals: list[RunlogError] = []
    for end in (len(text), *slashes):
        try:
            return find_one(store, text[:end]), text[end + 1 :] if end < len(text) else None
        except (NotFound, BadInput, UsageError) as error:
            refusals.append(error)
    if text.startswith("@") or not isinstance(refusals[0], NotFound):
        raise refusals[0]
    names = [model.name for model in all_models(store)]
    near = suggestion(text.rpartition("@")[0] or text, names)
    raise NotFound(f"no model and no run matches {text!r}", hint=near or refusals[0].hint or "runlog model ls")


def model_of(run: StoredRun, path: str | None, command: str) -> RunModel:
    """The model of a run that lies at a path, or its only one. `command` says how one of several is named."""
    models = models_in(run.record)
    if path is not None:
        path = path.rstrip("/")
        found = next((model for model in models if model.path == path), None)
        if found is None:
            hint = suggestion(path, [model.path for model in models]) or f"runlog artifacts ls {run.id}"
            raise NotFound(f"run {run.id} has no model {path!r}", hint=hint)
        return found
    if not models:
        raise NotFound(f"run {run.id} has no model: its program did not call log_model", hint=f"runlog artifacts ls {run.id}")
    if len(models) > 1:
        shown = ", ".join(model.path for model in models[:6]) + (f" and {len(models) - 6} more" if len(models) > 6 else "")
        hint = command.format(run=run.id, path=models[:6][-1].path)
        raise Conflict(f"run {run.id} has {len(models)} models: {shown}", hint=hint)
    return models[0]


def of_version(store: Store, version: Version) -> Found:
    """The folder of a version, when its bytes are those that were registered."""
    run = run_of(store, version)
    model = model_at(run.record, version.path)
    if model is None:
        raise Damaged(f"run {run.id} has no model {version.path!r} any more, which {version.label} is", hint="runlog check")
    if model.digest != version.digest:
        raise Damaged(f"{version.label} is not what was registered: the model in run {run.id} is another", hint="runlog check")
    folder = folder_of(run, model)
    must_be_whole(version.label, folder, model)
    return Found(folder, run, model.path, version)


def run_of(store: Store, version: Version) -> StoredRun:
    """The run that a version came from."""
    place = next(store.named(version.run), None)
    if place is None:
        raise NotFound(
            f"run {version.run}, in which {version.label} lies, is not in this store",
            hint=f"copy it here from where {version.label} was registered",
        )
    return StoredRun(place)


def must_have_its_run(store: Store, version: Version) -> None:
    """Refuse to bring a version forward whose run is in the trash, or gone."""
    run = run_of(store, version).record
    if run.emptied and not os.path.isdir(run_of(store, version).path / layout.ARTIFACTS):
        settles = f"runlog model rm {quoted(version.label)}" if version.removed and version.conflicts else "runlog check"
        raise NotFound(f"the files of {version.label} are gone: gc dropped those of run {run.id}", hint=settles)
    if run.removed:
        raise Conflict(f"run {run.id}, in which {version.label} lies, is in the trash", hint=f"runlog restore {run.id}")


def must_be_whole(label: str, folder: Path, model: RunModel) -> None:
    """Refuse a model of which a file is not what was logged."""
    for below, artifact in model.files.items():
        try:
            found = hash_file(folder / below)[1]
        except OSError as error:
            raise Damaged(f"{label} is damaged: {artifact.path!r} cannot be read", hint="runlog check") from error
        if found != artifact.sha256:
            raise Damaged(f"{label} is damaged: {artifact.path!r} is not what was logged", hint="runlog check")
