"""Out of the trash: a version comes back with the stage and the aliases it had, where no other has them by now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from runlog.errors import Conflict
from runlog.models.find import find_named, must_have_its_run
from runlog.store.registry import folder
from runlog.store.registry.documents import Word
from runlog.store.registry.folder import Book
from runlog.store.registry.said import Registers
from runlog.store.registry.standing import Model, stand
from runlog.store.registry.version import Version
from runlog.store.store import Store

_HELD = {"staging", "production"}


class Lost(NamedTuple):
    """A stage or an alias that a version had, and the version that it means now."""

    version: Version
    word: str
    holder: Version


class Restored(NamedTuple):
    """What came back, and what it had to leave to others."""

    versions: tuple[Version, ...]
    lost: tuple[Lost, ...]


def restore(store: Store, what: Model | Version) -> Restored:
    """Take a version out of the trash, or of a model those that went there together last."""
    name = what.name if isinstance(what, Model) else what.model
    book = folder.read_book(store.root, name)
    model = stand(book)
    wanted = {what.id} if isinstance(what, Version) else _last_removed(book, model)
    coming = [version for version in model.versions if version.removed and version.id in wanted]
    if not coming:
        label = what.name if isinstance(what, Model) else what.label
        raise Conflict(f"{label} is not in the trash", hint="runlog model ls --removed")
    for version in coming:
        must_have_its_run(store, version)
    words = [Word("removed", version.id, "", False) for version in coming]
    words += _stages(coming, model, Registers(book.acts))
    words += _aliases(coming, model, _had(book))
    folder.say(store.root, book, words)
    now = find_named(store, name)
    back = tuple(version for version in now.versions if version.id in {each.id for each in coming})
    return Restored(back, tuple(_lost(coming, now, _had(book))))


def _last_removed(book: Book, model: Model) -> set[str]:
    gone = {version.id for version in model.versions if version.removed}
    for act in reversed(book.acts):
        together = {word.version for word in act.words if word.matter == "removed" and word.value} & gone
        if together:
            return {version for version in together if version}
    return set()


def _had(book: Book) -> dict[str, list[str]]:
    """The aliases of each version when it was last removed."""
    meant: dict[str, str | None] = {}
    had: dict[str, list[str]] = {}
    for word in (word for act in book.acts for word in act.words):
        if word.matter == "alias":
            meant[word.key] = word.version
        elif word.matter == "removed" and word.value and word.version:
            had[word.version] = [alias for alias, version in meant.items() if version == word.version]
    return had


def _stages(coming: Sequence[Version], model: Model, said: Registers) -> Iterator[Word]:
    """The stages, said anew: whoever was promoted meanwhile by somebody who does not know of this is seen beside it."""
    for stage in _HELD:
        inside = [version for version in coming if version.stage == stage]
        if inside and model.holder(stage):
            yield from (Word("stage", version.id, "", "archived") for version in inside)
        elif inside:
            yield Word("stage", max(inside, key=lambda version: (said.promoted(version.id), version.registered_at)).id, "", stage)
    for version in coming:
        if version.disputed and version.stage not in _HELD:
            yield Word("stage", version.id, "", version.stage)


def _aliases(coming: Sequence[Version], model: Model, had: Mapping[str, Sequence[str]]) -> Iterator[Word]:
    """The aliases whose last version lies in the trash itself; one that somebody took off stays off."""
    elsewhere = {alias for version in model.versions if version.removed for alias in version.aliases}
    for version in coming:
        mine = {*version.aliases, *(alias for alias in had.get(version.id, ()) if alias in elsewhere)}
        others = {alias for other in coming if other.id != version.id for alias in other.aliases}
        yield from (Word("alias", version.id, alias, None) for alias in sorted(mine - others))


def _lost(coming: Sequence[Version], now: Model, had: Mapping[str, Sequence[str]]) -> Iterator[Lost]:
    for version in coming:
        for word in [*([version.stage] if version.stage in _HELD else []), *had.get(version.id, ())]:
            holder = now.holder(word)
            if holder and holder.id not in {each.id for each in coming}:
                yield Lost(version, word, holder)
