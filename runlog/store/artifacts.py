"""Files into a run: copied once, hashed in the same pass, shared between runs where that is safe.

Equal bytes are shared by reflink where the filesystem can, so that no copy can ever touch another. Elsewhere they are one
read-only file under several names. docs/decisions/artifacts.md says why, and what that means for root.

A name is never given to other bytes again, for a copy of the store may hold the first: what is logged under a path that was
logged before lies beside it, under a name made of its hash.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import stat
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from runlog.config import cache_folder
from runlog.errors import BadInput, Damaged, StoreError, reason_of, store_error
from runlog.store import files, layout
from runlog.store.fold import openings
from runlog.store.rundir import RunDir

_FICLONE = 0x40049409
_BLOCK = 1 << 20
# Smaller files take one block of the disk anyway.
_SHARED_FROM = 4096
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied in: its path, size and hash, where it lies, and what a reader should know of it."""

    path: str
    bytes: int
    sha256: str
    file: str
    note: str | None


class Shelf:
    """The artifacts of one run, as one process puts them there. Threads may share it."""

    def __init__(self, run: RunDir, fresh: bool, resumed: bool) -> None:
        self.lock = threading.RLock()
        self._run = run
        # A run goes on wherever a copy of it lies, perhaps in two places: then only its bytes can name a file.
        self._resumed = resumed
        self._taken: set[str] | None = set() if fresh else None  # paths that were logged before; none when not yet asked
        self._placed: dict[str, str] = {}  # path and file of what this process put there

    def keep_file(self, source: Path, path: str) -> Copied:
        """Bring one file into the run. Durable, with its name, when this returns; a crash before leaves a staging file.

        A file that changes while it is read is read again; if it never holds still, the last reading is kept, and a note says so.
        """

        def stage(staged: Path) -> tuple[int, str, str | None]:
            size, digest, still = _stage(source, staged)
            return size, digest, None if still else "changed while it was copied"

        return self._keep(stage, path, source.name)

    def keep_bytes(self, data: bytes, path: str) -> Copied:
        """Keep bytes that lie in memory as an artifact."""

        def stage(staged: Path) -> tuple[int, str, str | None]:
            _stage_bytes(data, staged)
            return len(data), hashlib.sha256(data).hexdigest(), None

        return self._keep(stage, path, path)

    def said(self, copied: Copied) -> None:
        """The run names this file now: what this process had put there for the path before has served its time."""
        old = self._placed.get(copied.path)
        self._placed[copied.path] = copied.file
        if old is not None and old not in self._placed.values():
            files.remove(self._run.path / layout.ARTIFACTS / old)

    def forked(self) -> None:
        """In the child of a fork: what the parent put there is the parent's to remove."""
        self.lock = threading.RLock()
        self._taken = None
        self._placed = {}

    def _keep(self, stage: Callable[[Path], tuple[int, str, str | None]], path: str, name: str) -> Copied:
        store, run = self._run.store, self._run.path
        staged = files.staging_path(run)
        try:
            size, digest, note = stage(staged)
            _share(store, staged, digest, size)
            file = self._place(staged, path, size, digest)
            _remember(store, run / layout.ARTIFACTS / file, digest)
            return Copied(path, size, digest, file, note)
        except OSError as error:
            raise store_error(f"keep {_short(name)}", error) from error
        finally:
            files.remove(staged)

    def _place(self, staged: Path, path: str, size: int, digest: str) -> str:
        """Give staged bytes a name that stands for no others, now or in any copy of the run; the name."""
        folder = _folder(self._run.path, path)
        taken = self._paths_taken()
        choices = [(path, path not in taken and not self._resumed)]
        choices += [(layout.version_name(path, digest[:length]), True) for length in (12, len(digest))]
        for name, may_be_made in choices:
            target = self._run.path / layout.ARTIFACTS / name
            if (may_be_made and place_new(staged, target)) or _holds(target, size, digest):
                files.sync_folder(folder)
                taken.add(path)
                return name
        raise Damaged(f"{layout.ARTIFACTS}/{choices[-1][0]} is not what its name says", hint="runlog check")

    def _paths_taken(self) -> set[str]:
        """The paths under which something was logged before, as far as this process can know."""
        if self._taken is None:
            try:
                words = self._run.said()
            except StoreError:
                self._resumed = True  # for nothing is known of it
                return set()
            self._resumed = self._resumed or len(list(openings(words))) > 1
            self._taken = {entry.key for said in words for entry in said.entries if entry.kind == "artifact"}
        return self._taken


def hash_file(path: Path, heard: Callable[[int], None] | None = None) -> tuple[int, str]:
    """(size, sha256) of a file. `heard` is told of each block how long it was."""
    fd = _open(path)
    try:
        digest = hashlib.sha256()
        size = 0
        while block := os.read(fd, _BLOCK):
            digest.update(block)
            size += len(block)
            if heard is not None:
                heard(len(block))
        return size, digest.hexdigest()
    except OSError as error:
        raise BadInput(f"cannot read {named(path)}: {reason_of(error)}") from error
    finally:
        os.close(fd)


def _open(path: Path) -> int:
    """Open a file that must be ordinary, without waiting for the other end of a pipe."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ENOENT and os.path.islink(path):
            raise BadInput(f"{named(path)} is a broken symbolic link") from error
        if error.errno == errno.ENOENT:
            raise BadInput(f"there is no file {named(path)}") from error
        if error.errno == errno.ENXIO:
            raise BadInput(f"{named(path)} is a socket, not a file") from error
        raise BadInput(f"cannot read {named(path)}: {reason_of(error)}") from error
    except ValueError as error:  # a byte that no path may hold
        raise BadInput(f"there is no file {named(path)}") from error
    kind = os.fstat(fd).st_mode
    if not stat.S_ISREG(kind):
        os.close(fd)
        raise BadInput(f"{named(path)} is {_kind_name(kind)}, not a file")
    return fd


def named(path: Path) -> str:
    """A path in a message: whole, unless it is longer than anybody reads."""
    return repr(_short(str(path)))


def _short(text: str) -> str:
    return text if len(text) <= 400 else f"{text[:200]}...{text[-200:]}"


def _kind_name(mode: int) -> str:
    if stat.S_ISFIFO(mode):
        return "a pipe"
    if stat.S_ISDIR(mode):
        return "a folder"
    return "a device" if stat.S_ISCHR(mode) or stat.S_ISBLK(mode) else "a socket"


def _stage(source: Path, staged: Path) -> tuple[int, str, bool]:
    """Copy a file aside; its size, its hash, and whether it held still."""
    size, digest, still = 0, "", False
    for _ in range(_TRIES):
        reading = _open(source)
        try:
            before = os.fstat(reading)
            writing = os.open(staged, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            try:
                size, digest = copy_bytes(reading, writing)
                _seal(writing, before.st_mode)
            finally:
                os.close(writing)
            still = _same(before, os.fstat(reading)) and size == before.st_size
        finally:
            os.close(reading)
        if still:
            break
    return size, digest, still


def _stage_bytes(data: bytes, staged: Path) -> None:
    fd = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        files.write_all(fd, data)
        _seal(fd, 0)
    finally:
        os.close(fd)


def copy_bytes(reading: int, writing: int) -> tuple[int, str]:
    """Copy and hash in one pass. A clone is a snapshot, so there the hash is taken of the copy."""
    cloned = _clone(reading, writing)
    digest = hashlib.sha256()
    size = 0
    while block := os.read(writing if cloned else reading, _BLOCK):
        digest.update(block)
        size += len(block)
        if not cloned:
            files.write_all(writing, block)
    return size, digest.hexdigest()


def _clone(reading: int, writing: int) -> bool:
    import fcntl

    try:
        fcntl.ioctl(writing, _FICLONE, reading)
    except OSError:
        return False
    return True


def _seal(fd: int, source_mode: int) -> None:
    """Make the bytes durable, and the file read-only: an artifact is what was logged."""
    os.fchmod(fd, 0o444 | source_mode & 0o111)
    os.fsync(fd)


def _same(before: os.stat_result, after: os.stat_result) -> bool:
    return (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)


def _folder(run: Path, path: str) -> Path:
    """The folder an artifact goes to, made where it is not there; none above it may be a link out of the run."""
    parts = path.split("/")
    for place in range(1, len(parts)):
        if _is_file(run / layout.ARTIFACTS / "/".join(parts[:place])):
            raise BadInput(f"artifact path {path!r} goes through {parts[place - 1]!r}, which is a file")
    folder = files.make_inside(run, "/".join([layout.ARTIFACTS, *parts[:-1]]))
    if os.path.isdir(folder / parts[-1]) and not os.path.islink(folder / parts[-1]):
        raise BadInput(f"artifact path {path!r} is a folder of other artifacts")
    return folder


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


def place_new(staged: Path, target: Path) -> bool:
    """Put staged bytes under a name that nothing has; false when something has it."""
    try:
        os.link(staged, target, follow_symlinks=False)
        return True
    except FileExistsError:
        return False
    except OSError:
        # Without hard links the name is taken first and then filled, so a crash in between leaves it empty.
        try:
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC))
        except FileExistsError:
            return False
        os.replace(staged, target)
        return True


def _holds(target: Path, size: int, digest: str) -> bool:
    """Whether just these bytes lie there already."""
    try:
        info = os.lstat(target)
        return stat.S_ISREG(info.st_mode) and info.st_size == size and hash_file(target)[1] == digest
    except (OSError, BadInput):
        return False


def _share(store: Path, staged: Path, digest: str, size: int) -> None:
    """When the store has the same bytes already, let both take the space of one. Never worth failing for."""
    if size < _SHARED_FROM or os.environ.get("RUNLOG_SHARE") == "never":
        return
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError, BadInput):
        known = json.loads((_memory(store) / digest).read_bytes())
        twin = _twin(store, known["path"])
        reading = os.open(twin, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            # Read it whole: it may have been altered since, by a hand or by a disk, and that must not spread.
            safe = _may_be_shared(os.fstat(reading), os.lstat(staged)) and _same_bytes(reading, staged)
            if safe and not _clone_onto(reading, staged):
                _link_onto(reading, twin, staged)
        finally:
            os.close(reading)


def _twin(store: Path, path: str) -> Path:
    """A file of the store that the cache names: it must be an artifact, and nothing on the way to it a link."""
    twin = store / path
    parts = path.split("/")
    if parts[0] != layout.EXPERIMENTS or parts[3:4] != [layout.ARTIFACTS]:
        raise BadInput(f"{path!r} is no artifact")
    if os.path.realpath(twin) != os.path.join(os.path.realpath(store), *parts):
        raise BadInput(f"{path!r} is not where it says")
    return twin


def _may_be_shared(twin: os.stat_result, staged: os.stat_result) -> bool:
    """One inode has one mode, and a file that somebody made writable is no longer safe with others."""
    return (twin.st_mode, twin.st_size) == (staged.st_mode, staged.st_size)


def _same_bytes(reading: int, staged: Path) -> bool:
    with open(staged, "rb") as file:
        while block := os.read(reading, _BLOCK):
            if file.read(len(block)) != block:
                return False
        return not file.read(1)


def _clone_onto(reading: int, staged: Path) -> bool:
    clone = files.staging_path(staged.parent)
    writing = os.open(clone, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        if not _clone(reading, writing):
            return False
        _seal(writing, os.fstat(reading).st_mode)
        os.replace(clone, staged)
        return True
    finally:
        os.close(writing)
        files.remove(clone)


def _link_onto(reading: int, twin: Path, staged: Path) -> None:
    linked = files.staging_path(staged.parent)
    os.link(twin, linked, follow_symlinks=False)
    try:
        if os.path.samestat(os.lstat(linked), os.fstat(reading)):
            os.replace(linked, staged)
    finally:
        files.remove(linked)


def _remember(store: Path, target: Path, digest: str) -> None:
    """Note in the user's cache where these bytes lie. The note is checked when used, so it may be lost or out of date."""
    info = os.lstat(target)
    if info.st_size < _SHARED_FROM:
        return
    with contextlib.suppress(OSError):
        folder = _memory(store)
        os.makedirs(folder, exist_ok=True)
        staged = files.staging_path(folder)
        staged.write_text(json.dumps({"path": target.relative_to(store).as_posix()}), encoding="utf-8")
        os.replace(staged, folder / digest)


def _memory(store: Path) -> Path:
    key = hashlib.sha256(os.fsencode(os.path.realpath(store))).hexdigest()[:16]
    return cache_folder() / "artifacts" / key
