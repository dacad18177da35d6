"""How a model stands after all that was said of it, wherever and in whatever order it arrived."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from runlog.store.registry.clashes import clashes
from runlog.store.registry.documents import STAGES, Birth
from runlog.store.registry.folder import Book
from runlog.store.registry.said import Registers
from runlog.store.registry.version import Version


class Model(NamedTuple):
    """A model as it stands, with its versions by number."""

    name: str
    versions: tuple[Version, ...]
    description: str | None
    tags: dict[str, str]
    conflicts: tuple[str, ...]
    holders: dict[str, str]  # stage or alias -> id of the version it means

    @property
    def living(self) -> tuple[Version, ...]:
        """The versions that are not in the trash."""
        return tuple(version for version in self.versions if not version.removed)

    def holder(self, word: str) -> Version | None:
        """The version that a stage or an alias means."""
        wanted = self.holders.get(word)
        return next((version for version in self.versions if version.id == wanted), None)


def stand(book: Book) -> Model:
    """The model as its book tells it. The same book gives the same answer on every machine."""
    said = Registers(book.acts)
    versions = sorted((_version(birth, said) for birth in book.births), key=lambda version: (version.number, version.id))
    targets = _targets(versions, said)
    holders = _holders(versions, targets, said)
    found = clashes(versions, holders, said)
    living = Counter(
        number for version in versions if not version.removed for number in {version.number, *version.disputed_numbers}
    )
    whole = [
        version._replace(
            aliases=tuple(alias for alias, held in targets.items() if held == version.id),
            conflicts=tuple(clash.text for clash in found if version.id in clash.versions),
            shares_number=living[version.number] > (0 if version.removed else 1),
        )
        for version in versions
    ]
    texts = tuple(clash.text for clash in found)
    return Model(book.name, tuple(whole), said.value("note", None), said.tags(None, {}), texts, holders)


def _targets(versions: Iterable[Version], said: Registers) -> dict[str, str]:
    """Which version each alias was given to last, in the trash or not."""
    known = {version.id for version in versions}
    aliases = {of: heads[-1].word.version for (matter, of), heads in said.heads.items() if matter == "alias"}
    return {alias: version for alias, version in sorted(aliases.items()) if version in known and version}


def _holders(versions: Sequence[Version], targets: Mapping[str, str], said: Registers) -> dict[str, str]:
    """Which version each stage and each alias means. One in the trash keeps its words, and none of them means it."""
    living = {version.id for version in versions if not version.removed}
    holders = {alias: version for alias, version in targets.items() if version in living}
    return holders | {stage: found for stage in STAGES if (found := _holder(stage, versions, said))}


def _version(birth: Birth, said: Registers) -> Version:
    return Version(
        model=birth.model,
        number=said.value("number", birth.id, birth.number),
        id=birth.id,
        run=birth.run,
        path=birth.path,
        digest=birth.digest,
        registered_at=birth.at,
        by=speaker(birth.process.user, birth.process.host),
        stage=said.value("stage", birth.id),
        aliases=(),
        tags=said.tags(birth.id, birth.tags),
        description=said.value("note", birth.id, birth.note),
        removed=said.value("removed", birth.id, False),
        conflicts=(),
        first_number=birth.number,
        shares_number=False,
        disputed=said.disputed(birth.id),
        disputed_numbers=said.disputed_numbers(birth.id),
        former_numbers=said.numbers(birth.id, birth.number),
    )


def speaker(user: str, host: str) -> str:
    """Who said something, as people write it."""
    return "@".join(filter(None, [user, host]))


def _holder(stage: str, versions: Iterable[Version], said: Registers) -> str | None:
    """Of the versions in a stage the one that was promoted last; of those that came together, the newest."""
    inside = [version for version in versions if version.stage == stage and not version.removed]
    return max(inside, key=lambda version: (said.promoted(version.id), version.registered_at, version.id)).id if inside else None
