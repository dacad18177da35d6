"""The files that were logged into a run."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from runlog.errors import NotFound
from runlog.query.syntax import suggestion
from runlog.records import Artifact
from runlog.store import delivery
from runlog.store.stored import StoredRun


@dataclass(frozen=True, slots=True)
class Delivered:
    """A file that was copied out of a run, or was there already."""

    artifact: Artifact
    path: Path
    new: bool


def choose(run: StoredRun, paths: Sequence[str]) -> list[Artifact]:
    """The artifacts that some paths mean, each once: files, folders, patterns such as `*.png`. Without paths, all."""
    known = run.artifacts
    found: dict[str, Artifact] = {}
    for path in paths:
        matching = [artifact for name, artifact in known.items() if _is_meant(name, path)]
        if not matching:
            raise _not_found(run, path)
        found |= {artifact.path: artifact for artifact in matching}
    return list(found.values()) if paths else list(known.values())


def _is_meant(name: str, path: str) -> bool:
    folder = path.rstrip("/")
    return name == path or name.startswith(f"{folder}/") or fnmatch.fnmatchcase(name, path)


def _not_found(run: StoredRun, path: str) -> NotFound:
    hint = suggestion(path, run.artifacts) or f"runlog artifacts ls {run.id}"
    return NotFound(f"run {run.id} has no artifact {path!r}", hint=hint)


def find(run: StoredRun, path: str) -> Artifact:
    """The one artifact of a path."""
    if path not in run.artifacts:
        raise _not_found(run, path)
    return run.artifacts[path]


def place(run: StoredRun, path: str) -> Path:
    """Where the file of an artifact lies."""
    find(run, path)
    return run.artifact(path)


def read(run: StoredRun, path: str) -> Iterator[bytes]:
    """The bytes of an artifact, block by block."""
    find(run, path)
    run.artifact(path)
    return delivery.read_artifact(run.path, run.artifacts[path])


def get(run: StoredRun, artifacts: Sequence[Artifact], folder: Path, *, replace: bool = False) -> Iterator[Delivered]:
    """Copy artifacts into a folder, under the paths they have in the run."""
    for artifact in artifacts:
        run.artifact(artifact.path)
        target = folder / artifact.path
        yield Delivered(artifact, target, delivery.deliver(run.path, artifact, target, replace=replace))
