"""The only room that writes files of a store: durable, whole or not at all, and never through a link."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from runlog.errors import Damaged, StoreError, store_error
from runlog.store.layout import STAGING

_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_TRIES = 10


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


def claim(path: Path) -> bool:
    """Make an empty file that was not there; whether it was us who made it. Of any number of processes and machines that try
    at once, one succeeds."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666))
    except FileExistsError:
        return False
    except OSError as error:
        raise store_error(f"claim {path.name}", error) from error
    return True


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
    """Bring everything of the filesystem a folder lies on to the disk: one call where many files wait. OSError where the system
    cannot, or where the disk failed."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "syncfs"):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
    try:
        if libc.syncfs(fd) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    finally:
        os.close(fd)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Filesystems that cannot are left to their own promises; one that fails is not."""
    try:
        fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
    except OSError as error:
        if error.errno in {errno.EIO, errno.ENOSPC, errno.EDQUOT}:
            raise store_error(f"bring {folder.name} to the disk", error) from error


def open_log(path: Path) -> int:
    """A new log for one writer; that the name exists already would break the rule that a log is never reopened.

    The folder of logs is removed with the last of them, perhaps by another process at this moment, and made again here; the
    folder of the run is not.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
    for _ in range(_TRIES):
        with contextlib.suppress(FileNotFoundError):
            must_be_folder(path.parent)
            return os.open(path, flags, 0o666)
        with contextlib.suppress(FileExistsError):
            os.mkdir(path.parent)
    return os.open(path, flags, 0o666)


def read_file(path: Path | str, inside: int | None = None) -> bytes:
    """The bytes of an ordinary file; a link, pipe or folder in its place is refused. FileNotFoundError passes through.
    `inside` a folder that is held open, the system has a shorter way to it."""
    fd, size = _open_file(path, inside)
    try:
        return _read_all(fd, size)
    except OSError as error:
        raise store_error(f"read {os.path.basename(path)}", error) from error
    finally:
        os.close(fd)


def open_to_read(path: Path | str) -> int:
    """An ordinary file, open for reading; anything else in its place is refused. FileNotFoundError passes through."""
    return _open_file(path)[0]


def _open_file(path: Path | str, inside: int | None = None) -> tuple[int, int]:
    """A file that is open for reading, and its size."""
    try:
        fd = os.open(path, _READ, dir_fd=inside)
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Damaged(f"{os.path.basename(path)} is a symbolic link, and stores have none") from error
        raise store_error(f"read {os.path.basename(path)}", error) from error
    info = os.fstat(fd)
    if not stat.S_ISREG(info.st_mode):
        os.close(fd)
        raise Damaged(f"{os.path.basename(path)} is not an ordinary file")
    return fd, info.st_size


def _read_all(fd: int, size: int) -> bytes:
    first = os.read(fd, size + 1)
    if len(first) <= size and (len(first) == size or not first):
        return first
    parts = [first]
    while part := os.read(fd, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def ends_with(path: Path, tail: bytes) -> bool:
    """Whether the last bytes of a file are these: the cheapest sign that it was written to its end."""
    fd = os.open(path, _READ)
    try:
        size = os.fstat(fd).st_size
        return size >= len(tail) and os.pread(fd, len(tail), size - len(tail)) == tail
    finally:
        os.close(fd)


def list_folder(folder: Path, *, may_be_link: bool = False) -> list[os.DirEntry[str]]:
    """What lies in a folder, by name; nothing when it is not there. Only the store itself may be reached through a link."""
    if not may_be_link:
        _refuse_link(folder)
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _unlisted(folder, error) from error


def list_names(folder: Path | str) -> list[str]:
    """The names in a folder, in no order; nothing when it is not there."""
    _refuse_link(folder)
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _unlisted(folder, error) from error


class Ahead:
    """Files that are about to be read, held open: while the first is read, the disk brings the others."""

    def __init__(self) -> None:
        self._open: list[int] = []

    def __enter__(self) -> Ahead:
        return self

    def __exit__(self, *_: object) -> None:
        for fd in self._open:
            os.close(fd)

    def name(self, path: str, inside: int) -> tuple[int, int]:
        """Open a file, refused as by `read_file`, and ask for its bytes; what `read` takes for it."""
        fd, size = _open_file(path, inside)
        self._open.append(fd)
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_WILLNEED)
        return fd, size

    def read(self, file: tuple[int, int]) -> bytes:
        """The bytes of a file that was named. OSError when the disk does not give them."""
        return _read_all(*file)


@contextlib.contextmanager
def held_open(folder: Path | str) -> Iterator[int]:
    """A folder, open, so that what is inside can be read by a short way. OSError when it is none."""
    fd = os.open(folder, _READ | os.O_DIRECTORY)
    try:
        yield fd
    finally:
        os.close(fd)


def names_inside(inside: int, folder: str) -> list[str]:
    """The names in a folder, in no order, inside one that is held open. OSError when there is none, or a link."""
    fd = os.open(folder, _READ | os.O_DIRECTORY, dir_fd=inside)
    try:
        return os.listdir(fd)
    finally:
        os.close(fd)


def _refuse_link(folder: Path | str) -> None:
    if os.path.islink(folder):
        raise Damaged(f"{os.path.basename(folder)} is a symbolic link, and stores have none", hint="runlog check")


def _unlisted(folder: Path | str, error: OSError) -> StoreError:
    name = os.path.basename(folder)
    if isinstance(error, NotADirectoryError):
        return Damaged(f"{name} is a file where a folder must be")
    return store_error(f"list {name}", error)


def real_folders(folder: Path, *, may_be_link: bool = False) -> list[str]:
    """Names of the folders in a folder; links to folders are not folders."""
    return [entry.name for entry in list_folder(folder, may_be_link=may_be_link) if entry.is_dir(follow_symlinks=False)]


def is_folder(path: Path | str) -> bool:
    """Whether this is a folder, and no link to one."""
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False


def make_folder(folder: Path) -> None:
    """Make the folder of a store, or one that nobody else can see yet."""
    try:
        os.makedirs(folder, exist_ok=True)
    except FileExistsError as error:
        raise StoreError(f"{folder} is a file where a folder must be") from error
    except NotADirectoryError as error:
        raise StoreError(f"{folder} lies below a file") from error
    except OSError as error:
        raise store_error(f"create {folder}", error) from error


def make_private(folder: Path) -> bool:
    """Make a folder that is its owner's alone; whether it is one, and ours: not a link, and no place where others may write."""
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        pass
    except OSError as error:
        raise store_error(f"create {folder}", error) from error
    info = os.lstat(folder)
    return stat.S_ISDIR(info.st_mode) and info.st_uid == os.geteuid() and not info.st_mode & 0o022


def make_inside(root: Path, below: str, *, durable: bool = True) -> Path:
    """Make a folder below another, part by part; its path. None of the parts may be a link: it could lead out of the store.
    Unless `durable`, the caller brings the names to the disk later."""
    folder = root
    for part in below.split("/"):
        above, folder = folder, folder / part
        try:
            os.mkdir(folder)
        except FileExistsError:
            must_be_folder(folder)
        except OSError as error:
            raise store_error(f"create {folder}", error) from error
        else:
            if durable:
                sync_folder(above)
    return folder


def claim_folder(root: Path, above: str, name: str) -> str:
    """Make a folder below another that was not there, and that is this caller's alone: `name`, else `name~2`, `name~3`; which."""
    inner, _, last = name.rpartition("/")
    folder = make_inside(root, f"{above}/{inner}" if inner else above)
    for number in itertools.count(1):
        candidate = last if number == 1 else f"{last}~{number}"
        try:
            os.mkdir(folder / candidate)
        except FileExistsError:
            continue
        except OSError as error:
            raise store_error(f"create {candidate}", error) from error
        sync_folder(folder)
        return f"{inner}/{candidate}" if inner else candidate
    raise AssertionError("numbers do not end")


def must_be_file(path: Path) -> None:
    """Refuse a link or anything else that is no file. FileNotFoundError passes through."""
    if not stat.S_ISREG(os.lstat(path).st_mode):
        raise Damaged(f"{path.name} is not an ordinary file", hint="runlog check")


def must_be_folder(folder: Path) -> None:
    """Refuse a link or a file in the place of a folder of the store. FileNotFoundError passes through."""
    mode = os.lstat(folder).st_mode
    if not stat.S_ISDIR(mode):
        what = "a symbolic link, and stores have none" if stat.S_ISLNK(mode) else "a file where a folder must be"
        raise Damaged(f"{folder.name} is {what}", hint="runlog check")


def is_older(path: str | os.PathLike[str], seconds: float) -> bool:
    """Whether something was changed so long ago. What somebody has removed meanwhile was not."""
    try:
        return time.time() - os.lstat(path).st_mtime > seconds
    except FileNotFoundError:
        return False


def touch(path: Path) -> None:
    """Make a file look as new as it is in use. Where that may not be, nothing is lost."""
    with contextlib.suppress(OSError):
        os.utime(path, follow_symlinks=False)


def remove(path: Path) -> None:
    """Remove a file that other files have replaced. Someone else having done it is as good."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def remove_empty(folder: Path) -> None:
    """Remove a folder if nothing is in it."""
    with contextlib.suppress(OSError):
        os.rmdir(folder)


def remove_tree(path: Path) -> None:
    """Remove a file, or a folder with all that is in it. Links are removed, what they lead to is not."""
    if not is_folder(path):
        remove(path)
        return
    import shutil

    try:
        shutil.rmtree(path)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise store_error(f"remove {path.name}", error) from error


def move_aside(path: Path, root: Path, below: str) -> Path:
    """Move a file or folder to `below` a folder, or to `below.2`, `below.3` when that is taken. Overwrites nothing."""
    above, _, name = below.rpartition("/")
    folder = make_inside(root, above) if above else root
    for candidate in _numbered(folder / name):
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
