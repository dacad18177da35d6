"""Who made and who used the same bytes: runs know each other by what they hold, whatever it was called and wherever it lay."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from runlog.models.inrun import model_at
from runlog.records import Input, RunRecord
from runlog.store.folders import Logged, logged_folders, logged_hash
from runlog.store.layout import MLMODEL

# What holds nothing is the same everywhere, and ties nobody.
EMPTY = hashlib.sha256(b"").hexdigest()
_CLOCKS_DIFFER_NS = 600_000_000_000


class Made(NamedTuple):
    """A file or folder of some bytes that a run logged. The path of a folder ends in `/`."""

    run: str
    path: str
    bytes: int
    at: int


class Used(NamedTuple):
    """An input that a run had."""

    run: str
    input: Input


class Contents:
    """All bytes that some run used, and those of `also`, by hash. `also` says of each how many files a folder of them has, and 0
    for a file."""

    def __init__(self, runs: Mapping[str, RunRecord], also: Mapping[str, int]) -> None:
        self._runs = runs
        self._also = also
        self._used: dict[str, list[Used]] = defaultdict(list)
        for run in runs.values():
            for found in run.inputs.values():
                self._used[found.sha256].append(Used(run.id, found))
        self._made: dict[str, list[Made]] = defaultdict(list)
        self._by_run: dict[str, list[str]] = defaultdict(list)
        self._makers: dict[str, tuple[list[Made], frozenset[str]]] = {}
        self._find_files()
        self._find_folders()

    def _find_files(self) -> None:
        wanted = (self._used.keys() - {EMPTY}) | self._also.keys()
        for run in self._runs.values():
            for path, artifact in run.artifacts.items():
                if artifact.sha256 in wanted:
                    self._add(artifact.sha256, Made(run.id, path, artifact.bytes, artifact.at))

    def _find_folders(self) -> None:
        """Folders are compared by how many files they hold before any hash is taken."""
        open_still = {sha for sha in self._used if sha not in self._made}
        counts = {used.input.files for sha in open_still for used in self._used[sha]} | {*self._also.values()} - {0}
        wanted = open_still | self._also.keys()
        for run in self._runs.values() if counts else ():
            for folder, logged in logged_folders(run.artifacts.values()).items():
                if len(logged) in counts and (sha := logged_hash(logged)) in wanted:
                    self._add(sha, _folder(run.id, folder, logged))

    def _add(self, sha: str, made: Made) -> None:
        self._made[sha].append(made)
        self._by_run[made.run].append(sha)

    def users(self, sha: str) -> list[Used]:
        """The runs that used these bytes, the first one first."""
        return sorted(self._used.get(sha, ()), key=lambda used: (used.input.at, used.run))

    def makers(self, sha: str) -> list[Made]:
        """Those that made them: before somebody used them, and not only as a copy of an input of their own."""
        return self._known_makers(sha)[0]

    def _known_makers(self, sha: str) -> tuple[list[Made], frozenset[str]]:
        """Found once: the same bytes may be made by every run of a store."""
        if sha not in self._makers:
            found = self._find_makers(sha)
            self._makers[sha] = found, frozenset(made.run for made in found)
        return self._makers[sha]

    def _find_makers(self, sha: str) -> list[Made]:
        users = self._used.get(sha, [])
        latest: dict[str, int] = {}  # use, by machine
        for used in users:
            host = self._runs[used.run].process.host
            latest[host] = max(latest.get(host, 0), used.input.at)
        copied = {used.run for used in users}
        found = [
            made
            for made in self._made.get(sha, ())
            if made.run not in copied and (sha in self._also or self._is_in_time(made, latest))
        ]
        return sorted(found, key=lambda made: (made.at, made.run, made.path))

    def _is_in_time(self, made: Made, latest: Mapping[str, int]) -> bool:
        """Whether somebody used them afterwards, as far as clocks can tell."""
        own = self._runs[made.run].process.host
        return any(made.at <= at + (0 if host == own else _CLOCKS_DIFFER_NS) for host, at in latest.items())

    def made_by(self, run: str) -> list[str]:
        """The bytes that a run made, of those that count."""
        return [sha for sha in dict.fromkeys(self._by_run.get(run, ())) if run in self._known_makers(sha)[1]]

    def is_used(self, sha: str) -> bool:
        return sha in self._used


def _folder(run: str, folder: str, logged: Logged) -> Made:
    found = logged.values()
    return Made(run, f"{folder}/", sum(artifact.bytes for artifact in found), max(artifact.at for artifact in found))


def hash_of_model(run: RunRecord, path: str) -> str | None:
    """What a copy of a model's folder is known by; none where the run has no such model."""
    model = model_at(run, path)
    return logged_hash(model.files) if model else None


def is_model(run: RunRecord | None, path: str) -> bool:
    """Whether a folder that a run made is a model."""
    return run is not None and path.endswith("/") and f"{path}{MLMODEL}" in run.artifacts
