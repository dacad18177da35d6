"""The only room that writes files of a store: durable, whole or not at all, and never through a link."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from runlog.errors import Damaged, StoreError, store_error
from runlog.store.layout import STAGING

_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


def staging_path(folder: Path) -> Path:
    """A name in `folder` that nobody else uses and that readers pass over."""
    return folder / f"{STAGING}{os.urandom(8).hex()}"


def write_new(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Put a whole file in place under its final name.

    When this returns the bytes are on the disk (with `durable`) and the name shows them. A crash before leaves nothing under
    the name, at most a staging file. Two writers of one name are harmless when their bytes are equal, and names are chosen so.
    """
    staged = staging_path(path.parent)
    try:
        fd = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        try:
            write_all(fd, data)
            if durable:
                os.fsync(fd)
        finally:
            os.close(fd)
        os.rename(staged, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(staged)
        if isinstance(error, OSError):
            raise store_error(f"write {path.name}", error) from error
        raise


def write_all(fd: int, data: bytes) -> None:
    """Write every byte: a short write on a full disk goes on until the system says why."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def sync_file(path: Path) -> None:
    """Make the bytes of a file durable that was written without. A file that is not there needs nothing."""
    with contextlib.suppress(FileNotFoundError):
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def sync_filesystem(folder: Path) -> None:
    """Bring everything of the filesystem a folder lies on to the disk: one call where many files wait."""
    import ctypes

    fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(fd) != 0:
            os.sync()
    except AttributeError:
        os.sync()
    finally:
        os.close(fd)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Filesystems that cannot are left to their own promises."""
    with contextlib.suppress(OSError):
        fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def open_log(path: Path) -> int:
    """A new log for one writer; that the name exists already would break the rule that a log is never reopened."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)


def append_line(path: Path, line: bytes) -> None:
    """Append to a door in one system call, so that many processes may do it at once."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
    try:
        if os.write(fd, line) != len(line):
            raise OSError(errno.ENOSPC, "No space left on device")
    finally:
        os.close(fd)


def read_file(path: Path) -> bytes:
    """The bytes of an ordinary file; a link, pipe or folder in its place is refused. FileNotFoundError passes through."""
    try:
        fd = os.open(path, _READ)
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Damaged(f"{path.name} is a symbolic link, and stores have none") from error
        raise store_error(f"read {path.name}", error) from error
    try:
        info = os.fstat(fd)
        if not stat.S_ISREG(info.st_mode):
            raise Damaged(f"{path.name} is not an ordinary file")
        return _read_all(fd, info.st_size)
    except OSError as error:
        raise store_error(f"read {path.name}", error) from error
    finally:
        os.close(fd)


def _read_all(fd: int, size: int) -> bytes:
    first = os.read(fd, size + 1)
    if len(first) <= size and (len(first) == size or not first):
        return first
    parts = [first]
    while part := os.read(fd, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def list_folder(folder: Path) -> list[os.DirEntry[str]]:
    """What lies in a folder, by name; nothing when it is not there."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except FileNotFoundError:
        return []
    except NotADirectoryError as error:
        raise Damaged(f"{folder.name} is a file where a folder must be") from error
    except OSError as error:
        raise store_error(f"list {folder.name}", error) from error


def real_folders(folder: Path) -> list[str]:
    """Names of the folders in a folder; links to folders are not folders."""
    return [entry.name for entry in list_folder(folder) if entry.is_dir(follow_symlinks=False)]


def make_folder(folder: Path) -> None:
    try:
        os.makedirs(folder, exist_ok=True)
    except FileExistsError as error:
        raise StoreError(f"{folder} is a file where a folder must be") from error
    except NotADirectoryError as error:
        raise StoreError(f"{folder} lies below a file") from error
    except OSError as error:
        raise store_error(f"create {folder}", error) from error


def remove(path: Path) -> None:
    """Remove a file that other files have replaced. Someone else having done it is as good."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def remove_empty(folder: Path) -> None:
    """Remove a folder if nothing is in it."""
    with contextlib.suppress(OSError):
        os.rmdir(folder)


def move_aside(path: Path, target: Path) -> Path:
    """Move a file or folder to `target`, or to `target.2`, `target.3` when that is taken. Overwrites nothing."""
    make_folder(target.parent)
    for candidate in _numbered(target):
        if not os.path.lexists(candidate):
            try:
                os.rename(path, candidate)
            except OSError as error:
                raise store_error(f"move {path.name} aside", error) from error
            return candidate
    raise AssertionError("numbers do not end")


def _numbered(target: Path) -> Iterator[Path]:
    yield target
    number = 2
    while True:
        yield target.with_name(f"{target.name}.{number}")
        number += 1
