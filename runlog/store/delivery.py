"""Files out of a run: found without following a link, and known by their hash before anybody gets them."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from runlog.errors import Conflict, Damaged, OutsideError, StoreError, reason_of, store_error
from runlog.records import Artifact
from runlog.store import files, layout
from runlog.store.artifacts import copy_bytes, hash_file, place_new

_BLOCK = 1 << 20
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW


def open_artifact(run: Path, artifact: Artifact) -> int:
    """An artifact's file, open for reading. No part of the way to it may be a link, which could lead anywhere."""
    *folders, name = [layout.ARTIFACTS, *artifact.file.split("/")]
    here = os.open(run, _FOLDER)
    try:
        for folder in folders:
            inner = os.open(folder, _FOLDER, dir_fd=here)
            os.close(here)
            here = inner
        fd = os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=here)
    except OSError as error:
        raise _no_artifact(artifact, error) from error
    finally:
        os.close(here)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise Damaged(f"artifact {artifact.path!r} is not an ordinary file", hint="runlog check")
    return fd


def _no_artifact(artifact: Artifact, error: OSError) -> StoreError:
    if error.errno == errno.ENOENT:
        return Damaged(f"artifact {artifact.path!r} is missing", hint="runlog check")
    if error.errno in {errno.ELOOP, errno.ENOTDIR}:
        return Damaged(f"the way to artifact {artifact.path!r} leads through a link or a file", hint="runlog check")
    return store_error(f"read artifact {artifact.path!r}", error)


def read_artifact(run: Path, artifact: Artifact) -> Iterator[bytes]:
    """The bytes of an artifact, block by block."""
    fd = open_artifact(run, artifact)
    try:
        while block := os.read(fd, _BLOCK):
            yield block
    finally:
        os.close(fd)


def deliver(run: Path, artifact: Artifact, target: Path, *, replace: bool = False) -> bool:
    """Copy an artifact to a file outside of the store; false when just these bytes lie there already.

    The file is there whole or not at all, and is the user's own: writable, and no link into the store. Other bytes in its place
    are kept, and that is an error, unless `replace` says otherwise.
    """
    fd = open_artifact(run, artifact)
    staged = files.staging_path(target.parent)
    try:
        if not replace and os.path.lexists(target):
            return _is_there(artifact, target)
        os.makedirs(target.parent, exist_ok=True)
        digest = _stage(fd, staged)
        if digest != artifact.sha256:
            raise Damaged(f"artifact {artifact.path!r} is not what was logged: its bytes have changed", hint="runlog check")
        if replace:
            _must_be_no_folder(target)
            os.replace(staged, target)
        elif not place_new(staged, target):
            return _is_there(artifact, target)
        return True
    except OSError as error:
        raise OutsideError(f"cannot write {str(target)!r}: {reason_of(error)}") from error
    finally:
        os.close(fd)
        with contextlib.suppress(OSError):
            os.unlink(staged)


def deliver_folder(run: Path, artifacts: Mapping[str, Artifact], folder: Path) -> None:
    """Copy artifacts into a new folder outside of the store, each under the name it shall have there. All are there or none; if
    somebody else made the folder meanwhile, theirs stays."""
    files.make_folder(folder.parent)
    staged = files.staging_path(folder.parent)
    try:
        for name, artifact in artifacts.items():
            deliver(run, artifact, staged / name)
        with contextlib.suppress(FileExistsError):
            os.rename(staged, folder)
    except OSError as error:
        if error.errno != errno.ENOTEMPTY:
            raise OutsideError(f"cannot write {str(folder)!r}: {reason_of(error)}") from error
    finally:
        files.remove_tree(staged)


@contextlib.contextmanager
def written_whole(target: Path) -> Iterator[Path]:
    """Where to write what shall be a file of the user's: it takes the place of `target` when all went well, else it is gone.
    What is no ordinary file, as a pipe or a terminal, is written to as it is."""
    # A link goes on leading to the file.
    target = Path(os.path.realpath(target)) if target.is_symlink() else target
    _must_be_no_folder(target)
    staged = target if target.exists() and not target.is_file() else files.staging_path(target.parent)
    try:
        yield staged
        if staged != target:
            os.replace(staged, target)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise OutsideError(f"cannot write {str(target)!r}: {reason_of(error)}") from error
    finally:
        if staged != target:
            with contextlib.suppress(OSError):
                os.unlink(staged)


def _stage(fd: int, staged: Path) -> str:
    writing = os.open(staged, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        digest = copy_bytes(fd, writing)[1]
        if os.fstat(fd).st_mode & 0o100:
            # Whoever may read it may run it.
            mode = os.fstat(writing).st_mode
            os.fchmod(writing, stat.S_IMODE(mode | (mode & 0o444) >> 2))
        return digest
    finally:
        os.close(writing)


def _is_there(artifact: Artifact, target: Path) -> bool:
    """False, if that is just what lies there."""
    if target.is_file() and target.stat().st_size == artifact.bytes and hash_file(target)[1] == artifact.sha256:
        return False
    raise Conflict(f"{str(target)!r} is there already, and is something else", hint="runlog artifacts get --force ...")


def _must_be_no_folder(target: Path) -> None:
    if target.is_dir() and not target.is_symlink():
        raise Conflict(f"{str(target)!r} is a folder")
