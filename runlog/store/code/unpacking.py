"""Files of code into an empty folder, byte for byte; whatever a snapshot says, nothing lands outside of the folder."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from runlog.errors import Conflict, Damaged, store_error
from runlog.store import files
from runlog.store.code.snapshots import LINK, MODULE


def empty_folder(target: Path) -> bool:
    """Make sure of an empty folder; whether it had to be made."""
    try:
        if not os.path.lexists(target):
            os.makedirs(target)
            return True
        if target.is_symlink() or not target.is_dir() or os.listdir(target):
            raise Conflict(f"{str(target)!r} is there already, and nothing is put over it", hint="give another folder")
    except OSError as error:
        raise store_error(f"make {target}", error) from error
    return False


def clear(folder: Path) -> None:
    """Take out again what was put into a folder that was empty."""
    with contextlib.suppress(FileNotFoundError):
        for name in os.listdir(folder):
            files.remove_tree(folder / name)


class Unpacking:
    """Fills one folder. Links come last, so that no file is ever written through one."""

    def __init__(self, target: Path) -> None:
        self._top = os.fsencode(target)
        self._links: dict[bytes, bytes] = {}
        self.count = 0

    def put(self, path: str, mode: str, data: bytes) -> None:
        place = self._place(path)
        self.count += 1
        try:
            os.makedirs(place if mode == MODULE else os.path.dirname(place), exist_ok=True)
            if mode == LINK:
                self._links[place] = data
            elif mode != MODULE:
                self._write(place, 0o777 if mode == "100755" else 0o666, data)
        except OSError as error:
            raise store_error(f"write {path!r}", error) from error

    def _place(self, path: str) -> bytes:
        raw = os.fsencode(path)
        if any(part in {b"", b".", b".."} or part.lower() == b".git" for part in raw.split(b"/")) or b"\0" in raw:
            raise Damaged(f"the snapshot holds a file {path!r}, which no code can", hint="runlog check")
        return os.path.join(self._top, raw)

    def _write(self, place: bytes, mode: int, data: bytes) -> None:
        fd = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
        try:
            files.write_all(fd, data)
        finally:
            os.close(fd)

    def close(self) -> None:
        """Make the links."""
        for place, target in self._links.items():
            try:
                os.symlink(target, place)
            except OSError as error:
                raise store_error(f"make the link {os.fsdecode(place)!r}", error) from error
