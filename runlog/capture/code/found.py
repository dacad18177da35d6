"""What a capture comes to, and what it has to say about what it left out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

MOST_NAMED = 1000  # changed paths in a document
MOST_TOLD = 100  # of files left out


class File(NamedTuple):
    """One file of a snapshot, as git names it: mode and id of its bytes."""

    mode: str
    id: str


class LeftOut(NamedTuple):
    path: str
    bytes: int
    why: str


@dataclass(slots=True)
class Remarks:
    """What there is to say about a capture, collected on the way."""

    left_out: list[LeftOut] = field(default_factory=list)
    withheld: list[str] = field(default_factory=list)
    pointers: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, other: Remarks, folder: str = "") -> None:
        """Take over what is to say about a folder, perhaps one inside."""
        below = f"{folder}/" if folder else ""
        self.left_out += [LeftOut(below + left.path, left.bytes, left.why) for left in other.left_out]
        self.withheld += [below + path for path in other.withheld]
        self.pointers += [below + path for path in other.pointers]
        self.notes += [f"{folder}: {note}" if folder else note for note in other.notes]

    def document(self) -> dict[str, Any]:
        left = [{"path": plain(left.path), "bytes": left.bytes, "why": left.why} for left in self.left_out[:MOST_TOLD]]
        more = len(self.left_out) - MOST_TOLD
        notes = [*self.notes, f"{more} more files were left out"] if more > 0 else self.notes
        parts = {
            "left_out": left,
            "withheld": [plain(path) for path in self.withheld[:MOST_NAMED]],
            "pointers": [plain(path) for path in self.pointers[:MOST_NAMED]],
            "notes": notes,
        }
        return {key: part for key, part in parts.items() if part}


class Found(NamedTuple):
    """The code of a run: what its document says, and on demand all of its files."""

    about: Mapping[str, Any]
    tree: str | None = None
    commit: str | None = None
    files: Callable[[], dict[str, File]] = dict
    sizes: Callable[[Iterable[str]], list[int]] = lambda _: []  # of some of the files, in that order
    contents: Callable[[Iterable[str]], Iterator[bytes]] = lambda _: iter(())  # of some of the files, in that order
    # What differs from the commit, for code that is too large to be kept whole and can be had elsewhere.
    files_of_commit: Callable[[], dict[str, File]] | None = None


def plain(path: str) -> str:
    """A path as a document can hold it."""
    return os.fsencode(path).decode("utf-8", "replace")
