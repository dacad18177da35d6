"""What the bytes of a whole model come to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from runlog.records import Artifact, RunRecord


def digest_of(folder: str, artifacts: Iterable[Artifact]) -> str:
    """The hash of the sorted paths below a folder and of their hashes."""
    lines = sorted(f"{artifact.path[len(folder) + 1 :]} {artifact.sha256}\n" for artifact in artifacts)
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def digest_in(record: RunRecord, folder: str) -> str | None:
    """The digest of a folder of a run; none when it has no such folder."""
    below = [artifact for path, artifact in record.artifacts.items() if path.startswith(f"{folder}/")]
    return digest_of(folder, below) if below else None
