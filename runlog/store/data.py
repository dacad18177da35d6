"""Data that runs use: what it holds as a hash, read once. What is known of a file lies in the user's cache and counts for as
long as its size, its times and its inode stay the same."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from runlog.capture.memory import recall, remember
from runlog.store.artifacts import hash_file
from runlog.store.folders import files_in, tree_hash

Progress = Callable[[int, int], None]  # bytes read, bytes there are

# A smaller file is read in less time than its note.
_WORTH = 1 << 20
# A file that changed so shortly before it was read may change again without a new time: some filesystems count in seconds.
_SETTLED_NS = 3_000_000_000
# What a note says of a file: size, times of change, inode, device, hash.
_Note = tuple[int, int, int, int, int, str]


@dataclass(frozen=True, slots=True)
class Measured:
    """What a file or folder holds."""

    bytes: int
    sha256: str
    files: int


@dataclass(slots=True)
class _Book:
    """The notes about one file or about all files of a folder."""

    place: tuple[str, str]
    notes: dict[str, _Note] = field(default_factory=dict)
    new: dict[str, _Note] = field(default_factory=dict)
    learned: bool = False

    @classmethod
    def of(cls, path: Path) -> _Book:
        digest = hashlib.sha256(os.fsencode(os.path.realpath(path))).hexdigest()
        book = cls(("data", f"{digest[:32]}.json"))
        with contextlib.suppress(ValueError, TypeError, AttributeError):
            for name, (size, changed, moved, inode, device, sha) in json.loads(recall(*book.place) or "{}").items():
                book.notes[name] = (size, changed, moved, inode, device, sha)
        return book

    def hash(self, path: Path, below: str, heard: Callable[[int], None]) -> tuple[int, str]:
        """(size, hash) of a file, read only when nothing is known of it as it is now. `heard` is told of what was read."""
        before = _signs(path)
        known = self.notes.get(below)
        if before is not None and known is not None and known[:5] == before:
            self.new[below] = known
            heard(known[0])
            return known[0], known[5]
        begin = time.time_ns()
        size, digest = hash_file(path, heard)
        if before is not None and size >= _WORTH and before == _signs(path) and max(before[1:3]) < begin - _SETTLED_NS:
            self.new[below] = (*before, digest)
            self.learned = True
        return size, digest

    def close(self) -> None:
        if self.learned or self.notes.keys() - self.new.keys():
            remember(json.dumps(self.new), *self.place)


def _signs(path: Path) -> tuple[int, int, int, int, int] | None:
    """What changes when a file does."""
    try:
        info = os.stat(path)
    except OSError:
        return None
    return info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino, info.st_dev


def measure(path: Path, store: Path, progress: Progress | None = None) -> Measured:
    """What a file or folder holds; of a folder, without the store that lies in it."""
    book = _Book.of(path)
    try:
        if not os.path.isdir(path):
            size, digest = book.hash(path, "", _counter(progress, [path]))
            return Measured(size, digest, 1)
        return _measure_folder(path, store, book, progress)
    finally:
        book.close()


def _measure_folder(folder: Path, store: Path, book: _Book, progress: Progress | None) -> Measured:
    there = list(files_in(folder, store))
    heard = _counter(progress, [file for file, _ in there])
    found = {below: book.hash(file, below, heard) for file, below in there}
    return Measured(sum(size for size, _ in found.values()), tree_hash(found), len(found))


def _counter(progress: Progress | None, files: list[Path]) -> Callable[[int], None]:
    """What adds up the blocks that were read, and tells."""
    there = sum(signs[0] for file in files if (signs := _signs(file))) if progress else 0
    done = 0

    def heard(size: int) -> None:
        nonlocal done
        done += size
        if progress:
            progress(done, there)

    return heard
