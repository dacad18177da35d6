"""What the bytes of a whole model come to."""

from __future__ import annotations

import hashlib

from runlog.records import RunRecord
from runlog.store.folders import Logged, logged_in


def digest_of(logged: Logged) -> str:
    """The hash of the sorted paths below a folder and of their hashes."""
    lines = sorted(f"{below} {artifact.sha256}\n" for below, artifact in logged.items())
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def digest_in(record: RunRecord, folder: str) -> str | None:
    """The digest of a folder of a run; none when it has no such folder."""
    logged = logged_in(record.artifacts, folder)
    return digest_of(logged) if logged else None
