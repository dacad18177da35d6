"""Where people said different things without having heard each other: what holds now, and the command that settles it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from runlog.store.registry.said import Registers, Said
from runlog.store.registry.version import Version, keeper

# In one of these there is one version at a time, unless somebody wants more.
_HELD = ("staging", "production")


class Clash(NamedTuple):
    """The versions that it is about, and what there is to say: the command that settles it stands behind the last `: `."""

    versions: frozenset[str]
    text: str


def clashes(versions: Sequence[Version], holders: Mapping[str, str], said: Registers) -> list[Clash]:
    """All that is to be settled in a model."""
    talk = _Talk(versions)
    return [
        *_numbers(talk),
        *(clash for version in versions for clash in _stages_of(version, talk)),
        *(clash for stage in _HELD for clash in _rivals(stage, talk, holders, said)),
        *_aliases(talk, said),
        *_removed(talk, said),
    ]


class _Talk:
    """How to speak of versions: by number, and by more where that is not enough."""

    def __init__(self, versions: Sequence[Version]) -> None:
        self.versions = versions
        self.known = {version.id: version for version in versions}
        self.living: dict[int, list[Version]] = {}
        for version in versions:
            if not version.removed:
                for number in {version.number, *version.disputed_numbers}:
                    self.living.setdefault(number, []).append(version)

    def word(self, version: Version | None) -> str:
        if version is None:
            return "none"
        others = [each for each in self.living.get(version.number, ()) if each.id != version.id]
        return version.exact if others else str(version.number)

    def command(self, verb: str, version: Version, rest: str = "") -> str:
        return f"runlog model {verb} {shlex.quote(version.model)} {self.word(version)} {rest}".rstrip()


def _numbers(talk: _Talk) -> Iterator[Clash]:
    for number, same in talk.living.items():
        if len(same) > 1:
            names = [f"{number}.{version.id[-6:]}" for version in same]
            keeps = keeper(same, number)
            command = f"runlog model settle {shlex.quote(keeps.model)} {number}.{keeps.id[-6:]}"
            text = f"number {number} was given to {_both(names)} at once: {command}"
            yield Clash(frozenset(version.id for version in same), text)


def _stages_of(version: Version, talk: _Talk) -> Iterator[Clash]:
    if version.disputed and not version.removed:
        stage = version.stage or "none"
        text = f"version {talk.word(version)} was promoted to {_both(version.disputed)} at once, {stage} holds"
        yield Clash(frozenset({version.id}), f"{text}: {talk.command('promote', version, f'--to {stage}')}")


def _rivals(stage: str, talk: _Talk, holders: Mapping[str, str], said: Registers) -> Iterator[Clash]:
    holder = talk.known.get(holders.get(stage) or "")
    if holder is None:
        return
    inside = [version for version in talk.versions if version.stage == stage and not version.removed and version.id != holder.id]
    rivals = [version for version in inside if not said.has_seen(said.promoted(holder.id), said.promoted(version.id))]
    if rivals:
        who = _both(talk.word(version) for version in [*rivals, holder])
        text = f"versions {who} were promoted to {stage!r} at once, {talk.word(holder)} holds"
        ids = frozenset(version.id for version in [*rivals, holder])
        yield Clash(ids, f"{text}: {talk.command('promote', holder, f'--to {stage}')}")


def _aliases(talk: _Talk, said: Registers) -> Iterator[Clash]:
    for (matter, alias), heads in said.heads.items():
        targets = {head.word.version for head in heads}
        if matter == "alias" and len(targets) > 1:
            yield from _alias(alias, targets, heads, talk)


def _alias(alias: str, targets: Iterable[str | None], heads: Sequence[Said], talk: _Talk) -> Iterator[Clash]:
    found = [talk.known.get(head.word.version or "") for head in reversed(heads)]
    living = [version for version in found if version and not version.removed]
    if not living and any(found):
        return  # what lies in the trash is settled when it comes back
    meant = found[0] if found[0] and not found[0].removed else None
    who = _both(talk.word(talk.known.get(target or "")) for target in targets)
    model = shlex.quote(talk.versions[0].model) if talk.versions else ""
    off = f"runlog model alias {model} {shlex.quote(alias)} --rm"
    choice = living[0] if found[0] and living else None
    settle = talk.command("alias", choice, shlex.quote(alias)) if choice else off
    text = f"alias {alias!r} was given to {who} at once, {talk.word(meant)} holds: {settle}"
    yield Clash(frozenset(filter(None, targets)), text)


def _removed(talk: _Talk, said: Registers) -> Iterator[Clash]:
    """What was put into the trash while somebody else gave it a task."""
    for version in talk.versions:
        words = list(_unheard(version, said)) if version.removed else []
        if words:
            text = f"version {talk.word(version)} was made {words[0]!r} and removed at once, it is in the trash"
            yield Clash(frozenset({version.id}), f"{text}: {talk.command('restore', version)}")


def _unheard(version: Version, said: Registers) -> Iterator[str]:
    """The tasks of a version that nobody who removed it had heard of."""
    aliases = [of for (matter, of), heads in said.heads.items() if matter == "alias" and heads[-1].word.version == version.id]
    yield from (alias for alias in sorted(aliases) if not said.removed_knowing(version.id, "alias", alias))
    if version.stage in _HELD and not said.removed_knowing(version.id, "stage", f"{version.id} "):
        yield version.stage


def _both(words: Iterable[str]) -> str:
    *most, last = sorted(words, key=lambda word: (len(word), word))
    return f"{', '.join(most)} and {last}" if most else last
