"""What somebody means: a version of a model, a run, an input, an artifact, or any file, which is known by its bytes."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from runlog.errors import BadInput, Conflict, NotFound
from runlog.models.find import find_version
from runlog.models.inrun import model_at
from runlog.query.syntax import suggestion
from runlog.records import Input, RunRecord
from runlog.runs.find import find_one
from runlog.store.data import measure
from runlog.store.folders import logged_folders, logged_hash, logged_in
from runlog.store.registry.standing import Model
from runlog.store.registry.version import Version
from runlog.store.store import Store

_HASH = re.compile(r"[0-9a-f]{6,64}")
_LISTED = 4


class Target(NamedTuple):
    """What is meant: a node by name, or bytes by hash, of which the graph will tell what they are; then the number of files where
    it is a folder, the run at which it was sought, and the version by which it was."""

    node: str | None
    sha256: str = ""
    files: int = 0
    run: str | None = None
    version: Version | None = None


class Finder:
    """Looks a word up in everything a store knows."""

    def __init__(self, store: Store, runs: Mapping[str, RunRecord], models: Sequence[Model]) -> None:
        self._store = store
        self._runs = runs
        self._models = models

    def find(self, word: str) -> Target:
        """What a word means. Plain names are looked up before pieces of ids, which may fit by chance."""
        if not word:
            raise BadInput("what is meant has no name: it is the empty text", hint="runlog lineage @last")
        if word.startswith(("./", "../", "/", "~")):
            return self._on_disk(word, whole=True) or self._unknown(word)
        if word.startswith("models:/") or self._is_model(word.rpartition("@")[0]):
            return self._version(word)
        if word.startswith("@"):
            return Target(f"run:{find_one(self._store, word).id}")
        return (
            self._named(word)
            or self._on_disk(word)
            or self._input(word)
            or self._in_run(word)
            or self._piece(word)
            or self._hash(word)
            or self._unknown(word)
        )

    def _version(self, word: str) -> Target:
        version = find_version(self._store, word)
        return Target(f"model:{version.run}/{version.path}", version=version)

    def _is_model(self, name: str) -> bool:
        return any(model.name == name for model in self._models)

    def _named(self, word: str) -> Target | None:
        """A run or a model by its name, or a run by its whole id or the last part of it."""
        is_run = any(word in {run.id, run.id[-6:], run.name} for run in self._runs.values())
        if is_run and self._is_model(word):
            raise Conflict(f"{word!r} is a model, and the name of a run", hint=f"write {word}@latest, or the id of the run")
        if self._is_model(word):
            return self._version(word)
        return Target(f"run:{find_one(self._store, word).id}") if is_run else None

    def _on_disk(self, word: str, *, whole: bool = False) -> Target | None:
        """A file or folder as it is now, if some run knows it; `whole` is one that can be nothing else."""
        path = Path(os.path.expanduser(word))
        if not (whole or os.path.lexists(path)):
            return None
        found, is_folder = measure(path, self._store.root), os.path.isdir(path)
        sha, count = found.sha256, found.files if is_folder else 0
        known = self._used(sha) or (self._made_folder(sha, count) if is_folder else self._made(sha))
        if whole and not known:
            raise NotFound(f"no run made or used {word!r} as it is now", hint="runlog ls")
        return Target(None, sha, count) if known else None

    def _used(self, sha: str) -> bool:
        return any(found.sha256 == sha for run in self._runs.values() for found in run.inputs.values())

    def _made(self, sha: str) -> bool:
        return any(found.sha256 == sha for run in self._runs.values() for found in run.artifacts.values())

    def _made_folder(self, sha: str, count: int) -> bool:
        folders = (found for run in self._runs.values() for found in logged_folders(run.artifacts.values()).values())
        return any(len(found) == count and logged_hash(found) == sha for found in folders)

    def _input(self, word: str) -> Target | None:
        """Data by the name or path that runs gave it."""
        found = [used for run in self._runs.values() for used in run.inputs.values() if word in {used.name, used.path}]
        shas = dict.fromkeys(used.sha256 for used in sorted(found, key=lambda used: used.at, reverse=True))
        return self._only(word, list(shas), found)

    def _only(self, word: str, shas: list[str], found: list[Input]) -> Target | None:
        if len(shas) > 1:
            shown = ", ".join(sha[:8] for sha in shas[:_LISTED]) + (", ..." if len(shas) > _LISTED else "")
            problem = f"{word!r} was {len(shas)} different things to {len(found)} runs, the newest first: {shown}"
            raise Conflict(problem, hint=f"runlog lineage {shas[0][:8]}")
        return Target(None, shas[0]) if shas else None

    def _in_run(self, word: str) -> Target | None:
        """An artifact, a folder of artifacts or a model: `RUN/path`."""
        selector, slash, path = word.partition("/")
        if not (slash and path):
            return None
        try:
            run = find_one(self._store, selector).record
        except (NotFound, Conflict):
            return None
        if path in run.artifacts:
            return Target(None, run.artifacts[path].sha256, 0, run.id)
        path = path.rstrip("/")
        if model_at(run, path):
            return Target(f"model:{run.id}/{path}")
        logged = logged_in(run.artifacts, path)
        if not logged and selector not in {run.id, run.id[-6:], run.name}:
            return None  # a path that begins with a piece of an id by chance
        if not logged:
            hint = suggestion(path, run.artifacts) or f"runlog artifacts ls {run.id}"
            raise NotFound(f"run {run.id} has no artifact {path!r}", hint=hint)
        return Target(None, logged_hash(logged), len(logged), run.id)

    def _piece(self, word: str) -> Target | None:
        try:
            return Target(f"run:{find_one(self._store, word).id}")
        except NotFound:
            return None

    def _hash(self, word: str) -> Target | None:
        """Bytes by the beginning of their hash."""
        if not _HASH.fullmatch(word):
            return None
        used = [found.sha256 for run in self._runs.values() for found in run.inputs.values()]
        made = [found.sha256 for run in self._runs.values() for found in run.artifacts.values()]
        shas = dict.fromkeys(sha for sha in (*used, *made) if sha.startswith(word))
        if len(shas) > 1:
            raise Conflict(f"{word!r} fits {len(shas)} hashes", hint="give more of the hash")
        return Target(None, next(iter(shas))) if shas else None

    def _unknown(self, word: str) -> Target:
        if "@" in word[1:]:
            return self._version(word)
        names = {run.name for run in self._runs.values() if run.name} | {model.name for model in self._models}
        names |= {used.name for run in self._runs.values() for used in run.inputs.values()}
        hint = suggestion(word, names) or "runlog ls"
        raise NotFound(f"nothing here is called {word!r}: no run, model, input, artifact or known file", hint=hint)
