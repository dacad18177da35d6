"""A version of a model as it stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Version(NamedTuple):
    """A version as it stands."""

    model: str
    number: int
    id: str
    run: str
    path: str
    digest: str
    registered_at: int
    by: str
    stage: str | None
    aliases: tuple[str, ...]
    tags: dict[str, str]
    description: str | None
    removed: bool
    conflicts: tuple[str, ...]
    first_number: int  # the one it was registered with
    shares_number: bool  # with another version that is not in the trash
    disputed: tuple[str, ...] = ()  # the stages that people put it into at once, when they differ
    disputed_numbers: tuple[int, ...] = ()  # and the numbers
    former_numbers: tuple[int, ...] = ()  # all that it was ever given

    def answers_to(self, number: int) -> bool:
        """Whether somebody says that this is its number."""
        return number == self.number or number in self.disputed_numbers

    def once_had(self, number: int) -> bool:
        """Whether somebody may have written this number down for it."""
        return number in self.former_numbers

    @property
    def exact(self) -> str:
        """The number with a piece of the id, which no other version has."""
        return f"{self.number}.{self.id[-6:]}"

    @property
    def word(self) -> str:
        """What this version is called behind the model's name."""
        return self.exact if self.shares_number else str(self.number)

    @property
    def label(self) -> str:
        """How to name this version, and no other."""
        return f"{self.model}@{self.word}"


def keeper(same: Sequence[Version], number: int) -> Version:
    """Of several versions that answer to a number, the one that is proposed to keep it."""
    return next((version for version in same if version.number == number), same[0])
