"""Giving space back: the bulk of runs in the trash, whole runs, what killed processes left, what others have replaced.

Words come before bytes go: a run is said to be emptied before anything of it is dropped, so that at no moment something is
missing of which nothing is said.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from runlog.errors import store_error
from runlog.store import files, layout
from runlog.store.rundir import RunDir
from runlog.store.stored import StoredRun

# Whoever builds a file aside is done with it long before.
_STAGING_S = 3600.0


class Weight:
    """How much space files take, and how much of it would come back if just these were removed: the bytes of a file under
    several names come back with the last of them."""

    def __init__(self, *paths: Path) -> None:
        self._files: dict[tuple[int, int], tuple[int, int, int]] = {}  # size, names counted, names in all
        for path in paths:
            for info in _files_below(path):
                self._count((info.st_dev, info.st_ino), info.st_size, 1, info.st_nlink)

    def add(self, other: Weight) -> None:
        for key, counted in other._files.items():
            self._count(key, *counted)

    def _count(self, key: tuple[int, int], size: int, names: int, of: int) -> None:
        self._files[key] = (size, names + self._files.get(key, (0, 0, 0))[1], of)

    @property
    def bytes(self) -> int:
        return sum(size for size, _, _ in self._files.values())

    @property
    def freed(self) -> int:
        return sum(size for size, names, of in self._files.values() if names >= of)


def _files_below(path: Path) -> Iterator[os.stat_result]:
    try:
        info = os.lstat(path)
    except FileNotFoundError:
        return
    if stat.S_ISDIR(info.st_mode):
        for entry in files.list_folder(path):
            yield from _files_below(Path(entry.path))
    else:
        yield info


def bulk(run: RunDir) -> list[Path]:
    """What of a run is large, and not needed to know what became of it."""
    return [path for name in layout.BULK if os.path.lexists(path := run.path / name)]


def is_settled(run: RunDir) -> bool:
    """Whether no log of a run is left; finishes what can be finished."""
    return not os.path.lexists(run.live) or (run.settle() and not os.path.lexists(run.live))


def empty(run: RunDir) -> None:
    """Drop the bulk of a run and keep its words. A crash leaves some of the bulk, and the next caller goes on."""
    run.drop_covered()
    stored = StoredRun(run)
    if not stored.record.emptied:
        stored.say(("emptied", "", True))
    for path in bulk(run):
        files.remove_tree(path)
    files.sync_folder(run.path)


def forget(run: RunDir) -> None:
    """Remove a run as if it had never been. It goes as a whole; a crash leaves litter at most."""
    aside = files.staging_path(run.path.parent)
    try:
        os.rename(run.path, aside)
    except OSError as error:
        raise store_error(f"remove {run.folder}", error) from error
    files.sync_folder(run.path.parent)
    files.remove_tree(aside)


def covered(run: RunDir) -> list[Path]:
    """What others say all of and more: shorter documents, and where nobody writes any more, earlier versions of artifacts."""
    found = run.replaced()
    folder = run.path / layout.ARTIFACTS
    if os.path.lexists(run.live) or not files.is_folder(folder):
        return found
    entries = sorted((entry for said in run.said() for entry in said.entries), key=lambda entry: entry.at)
    kept = {entry.key: str(entry.value.get("file", entry.key)) for entry in entries if entry.kind == "artifact"}
    lost = {entry.key for entry in entries if entry.kind == "lost"}
    for name in {str(entry.value.get("file", entry.key)) for entry in entries if entry.kind == "artifact"} - {*kept.values()}:
        if f"{layout.ARTIFACTS}/{name}" not in lost and os.path.lexists(folder / name):
            found.append(folder / name)
    return sorted(found)


def litter(root: Path) -> list[Path]:
    """What killed processes left half built, in every folder of the store."""
    return [
        Path(entry.path)
        for folder in _folders(root)
        for entry in files.list_folder(folder, may_be_link=folder == root)
        if entry.name.startswith(layout.STAGING) and files.is_older(entry, _STAGING_S)
    ]


def _folders(root: Path) -> Iterator[Path]:
    """The folders in which runlog builds things."""
    yield root
    for top in (layout.EXPERIMENTS, layout.LIVE, layout.CODE):
        if files.is_folder(root / top):
            yield root / top
    for experiment in files.real_folders(root / layout.EXPERIMENTS):
        if experiment.startswith(layout.STAGING):
            continue
        folder = root / layout.EXPERIMENTS / experiment
        yield folder
        for name in files.real_folders(folder):
            if layout.is_id(name):
                yield from (place for place in (folder / name, folder / name / layout.METRICS) if files.is_folder(place))
            elif name == layout.EXPERIMENT_WORDS:
                yield folder / name
