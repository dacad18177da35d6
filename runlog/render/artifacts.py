"""Artifacts as tables and documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from runlog.render.table import Table
from runlog.render.values import iso, size

if TYPE_CHECKING:
    from runlog.records import Artifact

_SHOWN_DIGITS = 12


def listing(artifacts: Sequence[Artifact], short: bool) -> Table:
    """Artifacts, one a row; `short` for people."""
    noted = any(artifact.note for artifact in artifacts) or not short
    rows = []
    for found in artifacts:
        about = (size(found.bytes), found.sha256[:_SHOWN_DIGITS]) if short else (str(found.bytes), found.sha256)
        rows.append((found.path, *about, *([found.note or ""] if noted else [])))
    return Table(("path", "size" if short else "bytes", "sha256", *(["note"] if noted else [])), tuple(rows), frozenset({1}))


def as_document(artifact: Artifact) -> dict[str, Any]:
    """An artifact as `--json` shows it."""
    return {
        "path": artifact.path,
        "bytes": artifact.bytes,
        "sha256": artifact.sha256,
        "logged_at": iso(artifact.at),
        "note": artifact.note,
    }
