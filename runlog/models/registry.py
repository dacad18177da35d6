"""The registry of models: what is registered, and what is said of it. Each word is durable when the verb returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from runlog.capture.process import this_process
from runlog.errors import BadInput, Conflict, NotFound, UsageError
from runlog.models.find import find_named, model_of, must_be_whole, quoted
from runlog.models.inrun import folder_of
from runlog.store import layout
from runlog.store.registry import folder
from runlog.store.registry.documents import STAGES, Birth, Word, check_alias, check_model
from runlog.store.registry.standing import Model
from runlog.store.registry.version import Version
from runlog.store.store import Store
from runlog.store.stored import StoredRun

__all__ = ["STAGES", "Model", "Settled", "Version", "register"]

_PLAIN_NAMES = {"model", "default"}


def register(
    store: Store,
    run: StoredRun,
    name: str | None = None,
    *,
    path: str | None = None,
    aliases: Sequence[str] = (),
    tags: Mapping[str, str] | None = None,
    note: str | None = None,
) -> Version:
    """Give a model of a run the next number under a name. Any number of processes and machines may do this at once."""
    if run.removed:
        raise Conflict(f"run {run.id} is in the trash", hint=f"runlog restore {run.id}")
    model = model_of(run, path, "runlog model register {run} --path {path}")
    words = [Word("alias", None, check_alias(alias), None) for alias in aliases]
    must_be_whole(f"{run.id}/{model.path}", folder_of(run, model), model)
    checked = check_model(default_name(run, model.name) if name is None else name)
    said = {layout.check_key("tag", key): value for key, value in (tags or {}).items()}
    book = folder.read_book(store.root, checked)
    number = folder.claim_number(store.root, book)
    birth = Birth(
        layout.new_id(), checked, number, run.id, model.path, model.digest, folder.moment(book), this_process(), said, note
    )
    folder.add_version(store.root, birth)
    if words:
        book = folder.read_book(store.root, checked)
        folder.say(store.root, book, [word._replace(version=birth.id) for word in words])
    return version_now(store, checked, birth.id)


def default_name(run: StoredRun, model: str) -> str:
    """What a model is registered as when nobody says: the name it was logged under, unless that says nothing; then that of the
    experiment."""
    name = next((name for name in (model, run.experiment) if name not in _PLAIN_NAMES), None)
    if name is None:
        raise UsageError("the model needs a name to be registered under", hint=f"runlog model register {run.id} --name NAME")
    return name


def version_now(store: Store, model: str, version: str) -> Version:
    """A version, by its id, as it stands now."""
    return next(each for each in find_named(store, model).versions if each.id == version)


def alias(store: Store, version: Version, name: str) -> Version | None:
    """Let an alias mean this version from now on; the one that it meant until now."""
    before = find_named(store, version.model).holder(check_alias(name))
    _say(store, version.model, [Word("alias", version.id, name, None)])
    return before


def drop_alias(store: Store, model: Model, name: str) -> None:
    """Let an alias mean nothing any more."""
    if name not in model.holders or name in STAGES:
        raise NotFound(f"{model.name!r} has no alias {name!r}", hint=f"runlog model show {quoted(model.name)}")
    _say(store, model.name, [Word("alias", None, name, None)])


def tag(store: Store, what: Model | Version, tags: Mapping[str, str], taken_off: Sequence[str] = ()) -> None:
    """Set tags of a version or of a whole model and take others off, in one word: both or neither."""
    name, version = _who(what)
    for key in taken_off:
        if key not in what.tags:
            raise NotFound(f"{_label(what)} has no tag {key!r}", hint=f"runlog model show {quoted(_label(what))}")
    words = [Word("tag", version, key, None) for key in taken_off]
    words += [Word("tag", version, layout.check_key("tag", key), value) for key, value in tags.items()]
    if words:
        _say(store, name, words)


def describe(store: Store, what: Model | Version, text: str | None) -> None:
    """Say in words what a version or a model is about; nothing takes it back."""
    name, version = _who(what)
    if text is not None and not text.strip():
        raise BadInput("the description is empty", hint=f"runlog model describe {quoted(_label(what))} --clear")
    _say(store, name, [Word("note", version, "", text)])


def _who(what: Model | Version) -> tuple[str, str | None]:
    return (what.name, None) if isinstance(what, Model) else (what.model, what.id)


def _label(what: Model | Version) -> str:
    return what.name if isinstance(what, Model) else what.label


def remove(store: Store, what: Model | Version, force: bool = False, why: str | None = None) -> list[Version]:
    """Put a version, or all versions of a model, into the trash. Their numbers are given to no other; the runs stay. They keep
    their words, which nobody is meant by until they come back."""
    going = list(what.living) if isinstance(what, Model) else [what]
    # One that somebody else gave a task meanwhile may be removed again, by one who knows of that.
    if not going or (going[0].removed and not going[0].conflicts):
        name, _ = _who(what)
        raise Conflict(f"{_label(what)} is in the trash already", hint=f"runlog model restore {quoted(name)}")
    if not force:
        for version in going:
            if not version.removed:
                _must_be_idle(version)
    words: list[Word] = []
    for version in going:
        words += _said_again(version) if version.conflicts else []
        words.append(Word("removed", version.id, "", True))
    _say(store, _who(what)[0], words, why)
    return going


def _said_again(version: Version) -> list[Word]:
    """What others see differently, so that it is settled."""
    words = [Word("stage", version.id, "", version.stage)] if version.disputed else []
    return words + [Word("alias", version.id, alias, None) for alias in version.aliases]


def _must_be_idle(version: Version) -> None:
    """Refuse to remove what somebody may load under another word."""
    name = quoted(version.model)
    if version.stage in {"staging", "production"}:
        hint = f"runlog model promote {name} {version.word} --to archived"
        raise Conflict(f"{version.label} is in {version.stage}", hint=hint)
    if version.aliases:
        hint = f"runlog model alias {name} {quoted(version.aliases[0])} --rm"
        raise Conflict(f"{version.label} has the alias {version.aliases[0]!r}", hint=hint)


class Settled(NamedTuple):
    """The version that kept its number, and the others with their new ones."""

    kept: Version
    moved: tuple[Version, ...]


def settle(store: Store, version: Version, number: int | None = None) -> Settled:
    """Let a version have a number that others have too, or that people disagree about, and give those new ones."""
    number = version.number if number is None else number
    model = find_named(store, version.model)
    others = [each for each in model.living if each.answers_to(number) and each.id != version.id]
    if not others and not version.disputed_numbers:
        problem = f"no other version of {model.name!r} has number {number}"
        raise Conflict(problem, hint=f"runlog model show {quoted(model.name)}")
    words = [Word("number", version.id, "", number)]
    for each in others:
        # Never one that it has for some already: the others may have been told that it is another's.
        words.append(Word("number", each.id, "", _new_number(store, model.name)))
    _say(store, model.name, words)
    now = {each.id: each for each in find_named(store, model.name).versions}
    return Settled(now[version.id], tuple(now[each.id] for each in others))


def _new_number(store: Store, name: str) -> int:
    return folder.claim_number(store.root, folder.read_book(store.root, name))


def _say(store: Store, name: str, words: Sequence[Word], why: str | None = None) -> None:
    folder.say(store.root, folder.read_book(store.root, name), words, why)
