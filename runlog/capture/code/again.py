"""Code that a repository still has, to be had again: its files, and a work tree of git to put them in."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from runlog.capture.code.building import REFS, list_tree
from runlog.capture.code.found import File
from runlog.capture.code.git import Git, GitFailed, Repository, find_repository
from runlog.capture.code.status import MODULE

POINTER = b"version https://git-lfs.github.com/spec/"


@dataclass(frozen=True, slots=True)
class Held:
    """A tree that a repository has."""

    repository: Repository
    tree: str
    commit: str  # one that has this tree, or from which this tree was changed

    def places(self) -> dict[str, tuple[Git | None, File]]:
        """Every file, and who has its bytes; a submodule that nobody has is there without its files."""
        return dict(_walk(self.repository.git, self.tree, self.repository.top, self.repository.shared))

    def files_of_commit(self) -> dict[str, File]:
        return {path: File(mode, name) for path, mode, name in list_tree(self.repository.git, self.commit)}


def _walk(git: Git, tree: str, top: str, shared: str) -> Iterator[tuple[str, tuple[Git | None, File]]]:
    for path, mode, name in list_tree(git, tree):
        if mode != MODULE:
            yield path, (git, File(mode, name))
            continue
        folder, inner = os.path.join(top, path), os.path.join(shared, "modules", path)
        # The settings of the inner one name a work tree that may be gone, and git would not start there.
        alone = Git(inner, (("GIT_DIR", inner), ("GIT_WORK_TREE", inner)))
        there = next((place for place in (Git(folder), alone) if _has(place, f"{name}^{{tree}}")), None)
        yield path, (there, File(mode, name))
        if there is not None:
            for below, place in _walk(there, name, folder, inner):
                yield f"{path}/{below}", place


def _has(git: Git, name: str) -> bool:
    try:
        return os.path.isdir(git.folder) and git.attempt("cat-file", "-e", name).returncode == 0
    except GitFailed:
        return False


def find_held(folders: Iterable[str], tree: str, commit: str | None) -> Held | None:
    """The repository around one of some folders that has a tree."""
    for folder in folders:
        try:
            repository = find_repository(folder)
        except GitFailed:
            continue
        git = repository.git
        if _has(git, f"{tree}^{{tree}}"):
            if commit is not None and _has(git, f"{commit}^{{commit}}"):
                return Held(repository, tree, commit)
            done = git.attempt("rev-parse", "--verify", "--quiet", f"{REFS}/{tree}^{{commit}}")
            return Held(repository, tree, done.stdout.decode().strip())
    return None


def find_commit(folders: Iterable[str], commit: str) -> dict[str, tuple[Git | None, File]] | None:
    """The files of a commit that a repository around one of some folders has."""
    held = find_held(folders, commit, commit)
    return held.places() if held else None


def contents(places: dict[str, tuple[Git | None, File]], paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """The bytes of some files, one after the other."""
    wanted = ((path, *places[path]) for path in paths)
    for _, group in groupby(wanted, key=lambda place: id(place[1])):
        together = list(group)
        git = together[0][1]
        if git is not None:
            found = git.contents(file.id for _, _, file in together)
            yield from zip((path for path, _, _ in together), found, strict=True)


def of_pointer(repository: Repository, pointer: bytes) -> bytes | None:
    """The bytes that git LFS keeps for a pointer, when it has them here."""
    words = dict(line.split(b" ", 1) for line in pointer.splitlines() if b" " in line)
    name = words.get(b"oid", b"").decode("ascii", "replace").removeprefix("sha256:")
    place = os.path.join(repository.shared, "lfs", "objects", name[:2], name[2:4], name)
    try:
        with open(place, "rb") as file:
            data = file.read()
    except OSError:
        return None
    return data if hashlib.sha256(data).hexdigest() == name else None


def add_worktree(held: Held, folder: str) -> bool:
    """Make a work tree of git with nothing in it yet, at the commit; whether that could be. No hook runs, no branch is made."""
    words = ("worktree", "add", "--detach", "--no-checkout", "--quiet", folder, held.commit)
    return held.repository.git.attempt(*words).returncode == 0


def remove_worktree(held: Held, folder: str) -> None:
    held.repository.git.attempt("worktree", "remove", "--force", folder)


def settle_worktree(held: Held, folder: str, not_there: Iterable[str]) -> None:
    """Tell git what is in a work tree that was filled: it then shows as changed what is not what the commit has. What a sparse
    checkout left out is no change."""
    git = Git(folder)
    git.ask("read-tree", held.commit)
    paths = sorted(not_there)
    if paths:
        git.ask("update-index", "-z", "--skip-worktree", "--stdin", stdin=os.fsencode("".join(f"{path}\0" for path in paths)))
    git.attempt("update-index", "-q", "--refresh")
