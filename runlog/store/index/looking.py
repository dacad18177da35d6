"""What has changed in a store since it was indexed, at the price of one `stat` per run.

Of every run the stamp (the time of the last change, by the kernel's own clock) of its run.json is compared. Whoever says
something about a run touches that file, and so does whoever copies a run, edits it by hand, or changes its mode; copying newer
documents onto a run brings the newer time of its run.json with them. What this does not see (a document that came without
that, as by a git merge, or was edited in place) `docs_stamps` does: three more stats, for the newest runs always and for the
others by turns.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

EXPERIMENTS = "experiments"
_STAGING = ".staging-"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW
_ID_LENGTH = 22


@dataclass(frozen=True, slots=True)
class Look:
    """The runs in a folder of experiments, as their names say, and their stamps: -1 where there is no run.json."""

    runs: str
    stamps: bytes
    has_words: bool  # something was said about the experiment, as that it has another name

    def by_run(self) -> dict[str, int]:
        stamps = array("q")
        stamps.frombytes(self.stamps)
        return dict(zip(self.runs.split("/") if self.runs else (), stamps, strict=True))


@contextmanager
def opened(folder: str, dir_fd: int | None = None) -> Iterator[int]:
    """A folder that is no link, open so that what lies in it needs no long path."""
    fd = os.open(folder, _FOLDER, dir_fd=dir_fd)
    try:
        yield fd
    finally:
        os.close(fd)


def look(root: str) -> dict[str, Look]:
    """Every folder of experiments. `OSError` where the store cannot be looked at."""
    found = {}
    with opened(f"{root}/{EXPERIMENTS}") as top:
        for entry in os.scandir(top):
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(_STAGING):
                with opened(entry.name, top) as folder:
                    found[entry.name] = _look(folder)
    return found


def _look(folder: int) -> Look:
    names = os.listdir(folder)
    runs = [name for name in names if len(name) == _ID_LENGTH and name[8] == "-"]
    try:
        stamps = [os.stat(f"{run}/run.json", dir_fd=folder, follow_symlinks=False).st_ctime_ns for run in runs]
    except OSError:
        stamps = [stamp(f"{run}/run.json", folder) for run in runs]
    return Look("/".join(runs), array("q", stamps).tobytes(), "entries" in names)


def stamp(name: str, folder: int) -> int:
    """When a file or folder was last changed in any way; -1 when it is not there."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False).st_ctime_ns
    except OSError:
        return -1


def unchanged(run: str, stamps: str, top: int) -> bool:
    """Whether a run's folder and all its documents have their stamps of old."""
    folder, *documents = stamps.split("/")
    if str(stamp(run, top)) != folder:
        return False
    pairs = zip(documents[::2], documents[1::2], strict=True)
    return all(str(stamp(f"{run}/{name}", top)) == known for name, known in pairs)


def marked(root: str) -> list[str]:
    """The runs of which somebody left word that they may still be written."""
    try:
        return [name for name in os.listdir(f"{root}/live") if len(name) == _ID_LENGTH]
    except FileNotFoundError:
        return []
