"""From stage to stage. A promotion is one document, with what it does to the version that held the stage."""

from __future__ import annotations

from typing import NamedTuple

from runlog.errors import BadInput, Conflict, UsageError
from runlog.models.find import find_named, must_have_its_run, of_version, quoted
from runlog.store.registry import folder
from runlog.store.registry.documents import STAGES, Word
from runlog.store.registry.standing import stand
from runlog.store.registry.version import Version
from runlog.store.store import Store

_HELD = {"staging", "production"}


class Move(NamedTuple):
    """One version on its way from a stage to another; none is no stage."""

    version: Version
    before: str | None
    after: str | None


class Promotion(NamedTuple):
    """What a promotion did: the version it was about, and those that left the stage for it."""

    version: Version
    before: str | None
    after: str | None
    left: tuple[Move, ...]
    changed: bool  # false when all was so before


def read_stage(text: str) -> str | None:
    """A stage as it is typed; none for `none`."""
    word = text.lower()
    if word in {"none", ""}:
        return None
    if word not in STAGES:
        raise BadInput(f"{text!r} is no stage: it is one of {', '.join(STAGES)}, none", hint="runlog model promote --help")
    return word


def promote(
    store: Store,
    version: Version,
    to: str | None,
    *,
    keep: bool = False,
    move_to: str | None = "archived",
    why: str | None = None,
) -> Promotion:
    """Put a version into a stage. What held the stage moves on to `move_to`, or with `keep` stays there beside it.

    Durable, whole, when this returns: a crash leaves the old state or the new one.
    """
    if to in _HELD and move_to == to and not keep:
        raise UsageError(f"what was in {to} cannot leave it for {to}", hint="say --keep to leave it there")
    if to in _HELD:
        must_have_its_run(store, version)
        of_version(store, version)
    # Read once: what is not in it, this promotion cannot claim to have seen.
    book = folder.read_book(store.root, version.model)
    model = stand(book)
    version = next(each for each in model.versions if each.id == version.id)
    if version.removed:
        hint = f"runlog model restore {quoted(version.model)} {version.word}"
        raise Conflict(f"{version.label} is in the trash", hint=hint)
    leaving = [each for each in model.living if to in _HELD and not keep and each.stage == to and each.id != version.id]
    # Whoever promotes again settles which of several it was; those that lost stay where they are.
    lost = [each for each in model.versions if to in each.disputed and each.stage != to and each.id != version.id]
    before = version.stage
    held = model.holder(to) if to else None
    holds = to not in _HELD or held is None or held.id == version.id
    if before == to and holds and not (leaving or lost or version.conflicts):
        return Promotion(version, before, to, (), False)
    words = [Word("stage", version.id, "", to), *(Word("stage", each.id, "", move_to) for each in leaving)]
    words += [Word("stage", each.id, "", each.stage) for each in lost]
    folder.say(store.root, book, words, why)
    now = {each.id: each for each in find_named(store, version.model).versions}
    return Promotion(now[version.id], before, to, tuple(Move(now[each.id], to, move_to) for each in leaving), True)
