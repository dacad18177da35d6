"""The last word on each matter, and who had not heard the one before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from runlog.store.registry.documents import Act, Word


class Said(NamedTuple):
    """One word, and the place in the order of time of the act it belongs to."""

    place: int
    word: Word


class Registers:
    """For each thing that can be said, the last word, and the words beside it that it has not seen."""

    def __init__(self, acts: Iterable[Act]) -> None:
        self.before: list[int] = []  # for each act, as bits, the acts that it has seen
        self.heads: dict[tuple[str, str], list[Said]] = {}
        self._numbers: dict[str | None, set[int]] = {}
        self._tags: dict[str | None, dict[str, str | None]] = {}  # of each version, and of the model
        places: dict[str, int] = {}
        for place, act in enumerate(acts):
            seen = [places[each] for each in act.saw if each in places]
            mask = 0
            for each in seen:
                mask |= self.before[each] | 1 << each
            self.before.append(mask)
            places[act.id] = place
            for word in act.words:
                self._add(Said(place, word))

    def _add(self, said: Said) -> None:
        key = (said.word.matter, said.word.key if said.word.matter == "alias" else f"{said.word.version or ''} {said.word.key}")
        unseen = [head for head in self.heads.get(key, ()) if not self.has_seen(said.place, head.place)]
        self.heads[key] = [*unseen, said]
        if said.word.matter == "number":
            self._numbers.setdefault(said.word.version, set()).add(int(said.word.value))
        if said.word.matter == "tag":
            self._tags.setdefault(said.word.version, {})[said.word.key] = said.word.value

    def has_seen(self, later: int, earlier: int) -> bool:
        return later == earlier or bool(self.before[later] >> earlier & 1)

    def last(self, matter: str, of: str) -> Said | None:
        heads = self.heads.get((matter, of))
        return heads[-1] if heads else None

    def value(self, matter: str, version: str | None, default: Any = None) -> Any:
        said = self.last(matter, f"{version or ''} ")
        return said.word.value if said else default

    def tags(self, version: str | None, born: Mapping[str, str]) -> dict[str, str]:
        """The tags of a version that was born with some, or of the model."""
        return {key: value for key, value in sorted({**born, **self._tags.get(version, {})}.items()) if value is not None}

    def disputed(self, version: str) -> tuple[str, ...]:
        """The stages that a version was put into by people who had not seen each other; none when they agree."""
        told = {str(head.word.value or "none") for head in self.heads.get(("stage", f"{version} "), ())}
        return tuple(sorted(told)) if len(told) > 1 else ()

    def disputed_numbers(self, version: str) -> tuple[int, ...]:
        """The numbers that a version was given by people who had not seen each other; none when they agree."""
        told = {int(head.word.value) for head in self.heads.get(("number", f"{version} "), ())}
        return tuple(sorted(told)) if len(told) > 1 else ()

    def numbers(self, version: str, born: int) -> tuple[int, ...]:
        """All the numbers that a version ever had."""
        return tuple(sorted({born, *self._numbers.get(version, ())}))

    def removed_knowing(self, version: str, matter: str, of: str) -> bool:
        """Whether somebody who removed a version had heard the last word on another matter."""
        last = self.last(matter, of)
        removals = [head for head in self.heads.get(("removed", f"{version} "), ()) if head.word.value]
        return last is None or any(self.has_seen(removal.place, last.place) for removal in removals)

    def promoted(self, version: str) -> int:
        """When a version came to its stage, as a place in the order of time."""
        last = self.last("stage", f"{version} ")
        return last.place if last else -1
