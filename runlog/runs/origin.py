"""Where a file comes from: the runs that made it or used it, known by what it holds and not by its name."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Literal

from runlog.records import RunRecord
from runlog.store.artifacts import hash_file
from runlog.store.folders import hash_tree, logged_folders, logged_hash
from runlog.store.store import Store


@dataclass(frozen=True, slots=True)
class Trace:
    """A run that a file went through."""

    run: RunRecord
    role: Literal["made", "used"]
    path: str  # as the run called it
    file: str  # as it was asked for
    sha256: str


class Origins:
    """All runs of a store, those in the trash too, to be asked about any number of files."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of(self, path: Path) -> list[Trace]:
        """The runs that made a file or folder or used it, the newest first. A folder is known by the names in it too."""
        if not os.path.isdir(path):
            sha = hash_file(path)[1]
            return [trace for run in self._runs for trace in _of_file(run, sha, str(path))]
        _, sha, count = hash_tree(path, self._store.root)
        return [trace for run in self._runs for trace in _of_folder(run, sha, count, str(path))]

    @cached_property
    def _runs(self) -> list[RunRecord]:
        runs = chain(self._store.runs(), self._store.runs(removed=True))
        return sorted((run.record for run in runs), key=lambda run: (run.created_at, run.id), reverse=True)


def _of_file(run: RunRecord, sha: str, file: str) -> list[Trace]:
    made = [Trace(run, "made", found.path, file, sha) for found in run.artifacts.values() if found.sha256 == sha]
    return made + _used(run, sha, file)


def _used(run: RunRecord, sha: str, file: str) -> list[Trace]:
    return [Trace(run, "used", found.path, file, sha) for found in run.inputs.values() if found.sha256 == sha]


def _of_folder(run: RunRecord, sha: str, count: int, file: str) -> list[Trace]:
    made = [
        Trace(run, "made", f"{folder}/", file, sha)
        for folder, logged in logged_folders(run.artifacts.values()).items()
        if count and len(logged) == count and logged_hash(logged) == sha
    ]
    return made + _used(run, sha, file)
