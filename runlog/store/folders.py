"""What lies in a folder, on disk or among what a run logged, and the hash that a folder is known by."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from runlog.errors import BadInput, reason_of
from runlog.records import Artifact
from runlog.store.artifacts import hash_file, named

# What a run logged into a folder, by its path below that.
Logged = Mapping[str, Artifact]
# The note of what is no file itself.
LINK = "a symbolic link"


def walk(folder: Path, store: Path) -> Iterator[tuple[Path, str, str | None]]:
    """(file, path below the folder, note) of all files in a folder, by name. Links to files count as the files they
    lead to. Links to folders are passed over, for they may lead in circles; so is what is no file, and a folder that
    cannot be read. Each is noted. The store is no part of what is kept in it."""
    try:
        entries = _entries(folder)
    except OSError as error:
        raise BadInput(f"cannot read {named(folder)}: {reason_of(error)}") from error
    yield from _walk(entries, "", _identity(store))


def _walk(entries: list[os.DirEntry[str]], above: str, store: tuple[int, int] | None) -> Iterator[tuple[Path, str, str | None]]:
    for entry in entries:
        path, below = Path(entry.path), f"{above}{entry.name}"
        if entry.is_symlink():
            yield path, below, LINK
        elif not entry.is_dir(follow_symlinks=False):
            yield path, below, None
        elif _identity(path) != store:
            try:
                inner = _entries(path)
            except OSError:
                yield path, below, None  # whoever opens it will say why that cannot be
                continue
            yield from _walk(inner, f"{below}/", store)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as found:
        return sorted(found, key=lambda entry: entry.name)


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        info = os.stat(folder)
    except OSError:
        return None
    return info.st_dev, info.st_ino


def files_in(folder: Path, store: Path) -> Iterator[tuple[Path, str]]:
    """(file, path below the folder) of all in a folder that has bytes."""
    return ((file, below) for file, below, _ in walk(folder, store) if not os.path.isdir(file))


def hash_tree(folder: Path, store: Path) -> tuple[int, str, int]:
    """(size, hash, number of files) of a folder on disk."""
    found = {below: hash_file(file) for file, below in files_in(folder, store)}
    return sum(size for size, _ in found.values()), tree_hash(found), len(found)


def tree_hash(found: Mapping[str, tuple[int, str]]) -> str:
    """The hash of a folder whose files have these sizes and hashes: folder by folder and by name, as `walk` meets them."""
    digest = hashlib.sha256()
    for below in sorted(found, key=lambda below: below.split("/")):
        size, sha = found[below]
        digest.update(f"{sha} {size} {below}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def logged_hash(logged: Logged) -> str:
    """The hash that a folder of these artifacts would have on disk."""
    return tree_hash({below: (artifact.bytes, artifact.sha256) for below, artifact in logged.items()})


def logged_in(artifacts: Mapping[str, Artifact], folder: str) -> dict[str, Artifact]:
    """What was logged into a folder; nothing where a run has no such folder."""
    above = f"{folder}/"
    return {path.removeprefix(above): artifact for path, artifact in artifacts.items() if path.startswith(above)}


def logged_folders(artifacts: Iterable[Artifact]) -> dict[str, dict[str, Artifact]]:
    """The folders that artifacts lie in, each with all that lies below it."""
    found: dict[str, dict[str, Artifact]] = {}
    for artifact in artifacts:
        parts = artifact.path.split("/")
        for depth in range(1, len(parts)):
            found.setdefault("/".join(parts[:depth]), {})["/".join(parts[depth:])] = artifact
    return found
