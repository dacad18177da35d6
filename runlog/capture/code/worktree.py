"""A work tree of git as it is on the disk, as a tree that nothing removes; with the repositories inside it."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

from runlog.capture.code.building import Changes, keep, keep_commit, kept, list_tree, write_tree
from runlog.capture.code.found import File, LeftOut, Remarks
from runlog.capture.code.git import Git, GitFailed, NoRepository, Repository, find_repository
from runlog.capture.code.odd import Odd, find_odd
from runlog.capture.code.status import LINK, MODULE, Status, read_status
from runlog.capture.code.untracked import Content, untracked

MOST_TRACKED_BYTES = 100 << 20  # of one changed file
DEEPEST = 8  # repositories in each other


class Module(NamedTuple):
    """A repository inside another: what the tree says of it, and what is there."""

    commit: str
    dirty: bool
    inside: Snapshot | None  # none when nothing is checked out


@dataclass
class Snapshot:
    """One work tree as it was found, and its tree."""

    repository: Repository
    git: Git  # that can read all of it
    status: Status
    tree: str
    changed: list[str]
    remarks: Remarks
    modules: Mapping[str, str]  # those of the index
    inner: dict[str, Module] = field(default_factory=dict)  # those that were looked into
    descend: Callable[[str], Snapshot | None] = lambda _: None

    @property
    def dirty(self) -> bool:
        return bool(self.changed)

    @cached_property
    def places(self) -> dict[str, tuple[Git, File]]:
        """Every file, with those of the repositories inside, and who has its bytes."""
        return {path: (git, file) for path, git, file in self._walk(self.tree)}

    def _walk(self, tree: str) -> Iterator[tuple[str, Git, File]]:
        for path, mode, name in list_tree(self.git, tree):
            yield path, self.git, File(mode, name)
            if mode == MODULE:
                module = self.inner.get(path)
                inside = module.inside if module else self.descend(path)
                for below, (git, file) in inside.places.items() if inside else ():
                    yield f"{path}/{below}", git, file

    def files(self) -> dict[str, File]:
        return {path: file for path, (_, file) in self.places.items()}

    def contents(self, paths: Iterable[str]) -> Iterator[bytes]:
        """The bytes of some files, in that order."""
        return (data for git, ids in self._by_git(paths) for data in git.contents(ids))

    def sizes(self, paths: Iterable[str]) -> list[int]:
        return [size or 0 for git, ids in self._by_git(paths) for size in git.sizes(ids)]

    def _by_git(self, paths: Iterable[str]) -> Iterator[tuple[Git, list[str]]]:
        """Ids of files, together as long as one git has them."""
        places = (self.places[path] for path in paths)
        for _, together in groupby(places, key=lambda place: id(place[0])):
            found = list(together)
            yield found[0][0], [file.id for _, file in found]


class Shutter(NamedTuple):
    """What every snapshot of one capture shares."""

    store: str  # no part of the code, wherever it lies
    rooms: ExitStack  # folders to work in, until the capture is over


def read_settings(git: Git) -> dict[str, str]:
    """What git is set to; of a setting with several values the last, as git does."""
    items = os.fsdecode(git.ask("config", "--list", "-z")).split("\0")
    return {key: value for key, _, value in (item.partition("\n") for item in items)}


def take(repository: Repository, settings: Mapping[str, str], shutter: Shutter, depth: int = 0) -> Snapshot:
    """A snapshot of a work tree. Nothing of it is touched but the objects and the refs of ours."""
    status = without_store(read_status(repository.git), repository.top, shutter.store)
    if status.commit != repository.commit:
        raise GitFailed("the commit changed while it was looked at")
    remarks = Remarks()
    told = frozenset({*status.changed, *status.gone, *status.unmerged})
    odd = find_odd(repository, settings, told, status.untracked)
    inner = _inner(repository, [*sorted(status.modules), *status.nested], shutter, depth, remarks)
    changes = _changes(repository.top, status, odd, inner, remarks)
    remarks.pointers += odd.pointers
    snapshot = _developed(repository, status, changes, remarks, shutter)
    snapshot.modules, snapshot.inner = odd.modules, inner
    snapshot.descend = lambda path: _inside(repository, path, shutter, depth)
    return snapshot


def _inner(repository: Repository, paths: list[str], shutter: Shutter, depth: int, remarks: Remarks) -> dict[str, Module]:
    """The repositories inside. One that git does not let us see is named, and the others go on."""
    found: dict[str, Module] = {}
    for path in paths:
        try:
            module = _look_into(repository, path, shutter, depth)
        except GitFailed as error:
            remarks.notes.append(f"{path}: {error.why}")
            continue
        if module is not None:
            found[path] = module
    return found


def without_store(status: Status, top: str, store: str) -> Status:
    """A store may be kept in git, and grows with every run."""
    below = os.path.relpath(store, os.path.realpath(top)) + "/"
    if not below.startswith("../"):
        for found in (status.staged, status.gone, status.unmerged, status.modules):
            found -= {path for path in found if path.startswith(below)}
        status.changed = {path: mode for path, mode in status.changed.items() if not path.startswith(below)}
        status.untracked = [path for path in status.untracked if not path.startswith(below)]
    return status


def _changes(top: str, status: Status, odd: Odd, inner: Mapping[str, Module], remarks: Remarks) -> Changes:
    """How the disk differs from the index."""
    changes = Changes(gone={*status.gone, *odd.absent})
    for path in (*status.changed, *status.unmerged, *odd.raw):
        if path in odd.encrypted:
            remarks.withheld.append(path)
            continue
        content = _tracked(top, path, status.changed.get(path), remarks)
        if content is not None:
            changes.files[path] = content
        elif not os.path.lexists(os.path.join(top, path)) or path in status.unmerged:
            changes.gone.add(path)
    changes.files |= untracked(top, status.untracked, remarks)
    for path, module in inner.items():
        changes.modules[path] = module.commit
        if module.inside:
            remarks.add(module.inside.remarks, path)
    return changes


def _tracked(top: str, path: str, mode: str | None, remarks: Remarks) -> Content | None:
    """A file of git's as it is on the disk; none when it cannot be had."""
    whole = os.path.join(top, path)
    try:
        info = os.lstat(whole)
        if stat.S_ISLNK(info.st_mode):
            return Content(LINK, os.readlink(os.fsencode(whole)))
    except OSError:
        return None
    if not stat.S_ISREG(info.st_mode):
        return None
    if info.st_size > MOST_TRACKED_BYTES:
        remarks.left_out.append(LeftOut(path, info.st_size, f"changed, and larger than {MOST_TRACKED_BYTES >> 20} MB"))
        return None
    if not os.access(whole, os.R_OK):
        remarks.left_out.append(LeftOut(path, info.st_size, "cannot be read"))
        return None
    return Content(mode or ("100755" if info.st_mode & 0o100 else "100644"))


def _developed(repository: Repository, status: Status, changes: Changes, remarks: Remarks, shutter: Shutter) -> Snapshot:
    """The tree of what was found."""
    git, tree = repository.git, repository.tree
    if changes or status.staged or tree is None:
        room = shutter.rooms.enter_context(tempfile.TemporaryDirectory(prefix="runlog-"))
        if not os.access(os.path.join(repository.shared, "objects"), os.W_OK):
            git = git.with_objects(tempfile.mkdtemp(dir=room), repository.shared)
        tree = write_tree(repository, git, changes, room)
    changed = {*status.staged, *status.changed, *status.gone, *status.unmerged, *changes.modules, *status.untracked}
    return Snapshot(repository, git, status, tree, sorted(changed) if tree != repository.tree else [], remarks, {})


def _look_into(repository: Repository, path: str, shutter: Shutter, depth: int) -> Module | None:
    """A repository inside as it is now; none when there is nothing in it yet."""
    inside = _inside(repository, path, shutter, depth)
    if inside is None:
        return None
    commit = _commit_of(inside)
    return Module(commit, inside.dirty, inside) if commit else None


def _commit_of(inside: Snapshot) -> str | None:
    """The commit that stands for a repository inside, which will not be removed: its own where it is clean."""
    held, own = hold(inside), inside.repository.commit
    if inside.dirty or held is None or own is None or own == held:
        return held
    keep_commit(inside.repository, inside.git, own)
    return own


def _inside(repository: Repository, path: str, shutter: Shutter, depth: int) -> Snapshot | None:
    folder = os.path.join(repository.top, path)
    if depth >= DEEPEST or not os.path.lexists(os.path.join(folder, ".git")):
        return None
    try:
        found = find_repository(folder)
    except NoRepository:
        return None
    # Another work tree of this very repository is no part of this one.
    ours = os.path.realpath(found.shared) == os.path.realpath(repository.shared)
    if ours or os.path.realpath(found.top) != os.path.realpath(folder):
        return None
    return take(found, read_settings(found.git), shutter, depth + 1)


def hold(snapshot: Snapshot) -> str | None:
    """Keep a snapshot and all that is in it from being removed; the commit that holds it. None where nothing may be written."""
    repository = snapshot.repository
    found = kept(repository, snapshot.tree)
    if found is not None:
        return found
    if snapshot.git is not repository.git or not os.access(os.path.join(repository.shared, "refs"), os.W_OK):
        return _not_held(snapshot, "the repository can only be read")
    for path in snapshot.modules.keys() - snapshot.inner.keys():
        inside = snapshot.descend(path)
        if inside is not None:
            commit = _commit_of(inside)
            snapshot.inner[path] = Module(commit or snapshot.modules[path], inside.dirty, inside)
    try:
        return keep(repository, snapshot.git, snapshot.tree)
    except GitFailed as error:
        return _not_held(snapshot, error.why)


def _not_held(snapshot: Snapshot, why: str) -> str | None:
    snapshot.remarks.notes.append(f"{why}, so the snapshot is in the store alone")
    # A tree is no commit, but it tells one state from another.
    return snapshot.tree if snapshot.dirty else snapshot.repository.commit
