"""Which runs the registry needs, and for what."""

from __future__ import annotations

from pathlib import Path

from runlog.store.registry.folder import read_books
from runlog.store.registry.standing import stand


def needed_runs(root: Path) -> dict[str, tuple[str, ...]]:
    """Each run that a version needs, with these versions as they are named: `duration@3`. A version in the trash needs none."""
    needed: dict[str, list[str]] = {}
    for book in read_books(root):
        for version in stand(book).versions:
            if not version.removed:
                needed.setdefault(version.run, []).append(version.label)
    return {run: tuple(labels) for run, labels in needed.items()}
