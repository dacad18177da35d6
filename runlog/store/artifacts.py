"""Files into a run: copied once, hashed in the same pass, shared between runs where that is safe.

Equal bytes are shared by reflink where the filesystem can, so that no copy can ever touch another. Elsewhere they are one
read-only file under several names. docs/decisions/artifacts.md says why, and what that means for root.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from runlog.config import cache_folder
from runlog.errors import BadInput, Damaged, store_error
from runlog.store import files, layout

_FICLONE = 0x40049409
_BLOCK = 1 << 20
# Smaller files take one block of the disk anyway.
_SHARED_FROM = 4096
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied in: its place, size and hash, and what a reader should know of it."""

    path: str
    bytes: int
    sha256: str
    note: str | None


def copy_file(store: Path, run: Path, source: Path, path: str) -> Copied:
    """Bring one file into a run. Durable, with its name, when this returns; a crash before leaves a staging file.

    A file that changes while it is read is read again; if it never holds still, the last reading is kept and the note says so.
    """
    staged = files.staging_path(run)
    try:
        size, digest, still = _stage(source, staged)
        _share(store, staged, digest, size)
        target = _target(run, path)
        _into_place(staged, target)
        _remember(store, target, digest)
        return Copied(path, size, digest, None if still else "changed while it was copied")
    except OSError as error:
        raise store_error(f"keep {source.name}", error) from error
    finally:
        files.remove(staged)


def keep_bytes(store: Path, run: Path, data: bytes, path: str) -> Copied:
    """Keep bytes that lie in memory as an artifact."""
    staged = files.staging_path(run)
    try:
        fd = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        try:
            files.write_all(fd, data)
            _seal(fd, 0)
        finally:
            os.close(fd)
        digest = hashlib.sha256(data).hexdigest()
        _share(store, staged, digest, len(data))
        target = _target(run, path)
        _into_place(staged, target)
        _remember(store, target, digest)
        return Copied(path, len(data), digest, None)
    except OSError as error:
        raise store_error(f"keep {path}", error) from error
    finally:
        files.remove(staged)


def walk(folder: Path) -> Iterator[tuple[Path, str, str | None]]:
    """(file, path below the folder, note) of all files in a folder, by name. Links to files count as the files they
    lead to. Links to folders are passed over, for they may lead in circles; so is what is no file. Each is noted."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        raise BadInput(f"cannot read {str(folder)!r}: {(error.strerror or '').lower()}") from error
    for entry in entries:
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            for file, below, note in walk(path):
                yield file, f"{entry.name}/{below}", note
        elif entry.is_symlink():
            yield path, entry.name, "a symbolic link"
        else:
            yield path, entry.name, None


def hash_file(path: Path) -> tuple[int, str]:
    """(size, sha256) of a file."""
    fd = _open(path)
    try:
        digest = hashlib.sha256()
        size = 0
        while block := os.read(fd, _BLOCK):
            digest.update(block)
            size += len(block)
        return size, digest.hexdigest()
    except OSError as error:
        raise BadInput(f"cannot read {str(path)!r}: {(error.strerror or '').lower()}") from error
    finally:
        os.close(fd)


def hash_tree(folder: Path) -> tuple[int, str, int]:
    """(size, hash, number of files) of a folder: the hash of its sorted paths and their hashes."""
    total, count = 0, 0
    digest = hashlib.sha256()
    for file, below, _ in walk(folder):
        if file.is_dir():
            continue
        size, sha = hash_file(file)
        digest.update(f"{sha} {size} {below}\n".encode("utf-8", "surrogateescape"))
        total += size
        count += 1
    return total, digest.hexdigest(), count


def _open(path: Path) -> int:
    """Open a file that must be ordinary, without waiting for the other end of a pipe."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ENOENT and os.path.islink(path):
            raise BadInput(f"{str(path)!r} is a broken symbolic link") from error
        if error.errno == errno.ENOENT:
            raise BadInput(f"there is no file {str(path)!r}") from error
        if error.errno == errno.ENXIO:
            raise BadInput(f"{str(path)!r} is a socket, not a file") from error
        raise BadInput(f"cannot read {str(path)!r}: {(error.strerror or '').lower()}") from error
    kind = os.fstat(fd).st_mode
    if not stat.S_ISREG(kind):
        os.close(fd)
        raise BadInput(f"{str(path)!r} is {_kind_name(kind)}, not a file")
    return fd


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
                size, digest = _copy(reading, writing)
                _seal(writing, before.st_mode)
            finally:
                os.close(writing)
            still = _same(before, os.fstat(reading)) and size == before.st_size
        finally:
            os.close(reading)
        if still:
            break
    return size, digest, still


def _copy(reading: int, writing: int) -> tuple[int, str]:
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


def _target(run: Path, path: str) -> Path:
    """Where an artifact goes; its folders are made, and none of them may be a link out of the run."""
    folder = run / layout.ARTIFACTS
    for part in ("", *path.split("/")[:-1]):
        folder = folder / part if part else folder
        try:
            os.mkdir(folder)
        except FileExistsError:
            if os.path.islink(folder):
                raise Damaged(f"{folder.name} is a symbolic link, and stores have none", hint="runlog check") from None
            if not os.path.isdir(folder):
                raise BadInput(f"artifact path {path!r} goes through {part!r}, which is a file") from None
    target = run / layout.ARTIFACTS / path
    if os.path.isdir(target) and not os.path.islink(target):
        raise BadInput(f"artifact path {path!r} is a folder of other artifacts")
    return target


def _into_place(staged: Path, target: Path) -> None:
    os.replace(staged, target)
    files.sync_folder(target.parent)


def _share(store: Path, staged: Path, digest: str, size: int) -> None:
    """When the store has the same bytes already, let both take the space of one. Never worth failing for."""
    if size < _SHARED_FROM or os.environ.get("RUNLOG_SHARE") == "never":
        return
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        known = json.loads((_memory(store) / digest).read_bytes())
        twin = store / known["path"]
        found = os.lstat(twin)
        if not stat.S_ISREG(found.st_mode) or (found.st_size, found.st_mtime_ns) != (size, known["mtime_ns"]):
            return
        if os.lstat(staged).st_mode & 0o111 == found.st_mode & 0o111 and not _clone_paths(twin, staged):
            linked = files.staging_path(staged.parent)
            os.link(twin, linked, follow_symlinks=False)
            os.replace(linked, staged)


def _clone_paths(twin: Path, staged: Path) -> bool:
    reading = os.open(twin, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        clone = files.staging_path(staged.parent)
        writing = os.open(clone, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            done = _clone(reading, writing)
            _seal(writing, os.fstat(reading).st_mode)
        finally:
            os.close(writing)
        if done:
            os.replace(clone, staged)
        else:
            files.remove(clone)
        return done
    finally:
        os.close(reading)


def _remember(store: Path, target: Path, digest: str) -> None:
    """Note in the user's cache where these bytes lie. The note is checked when used, so it may be lost or out of date."""
    info = os.lstat(target)
    if info.st_size < _SHARED_FROM:
        return
    with contextlib.suppress(OSError):
        folder = _memory(store)
        os.makedirs(folder, exist_ok=True)
        note = {"path": target.relative_to(store).as_posix(), "mtime_ns": info.st_mtime_ns}
        staged = files.staging_path(folder)
        staged.write_text(json.dumps(note), encoding="utf-8")
        os.replace(staged, folder / digest)


def _memory(store: Path) -> Path:
    key = hashlib.sha256(os.fsencode(os.path.realpath(store))).hexdigest()[:16]
    return cache_folder() / "artifacts" / key
