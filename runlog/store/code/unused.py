"""Snapshots that nobody needs any more, and what is wrong with those that are there."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from runlog.errors import Damaged, NotFound
from runlog.store import files, layout
from runlog.store.code.names import parse_name
from runlog.store.code.snapshots import COMMIT, read

# A run is there long before, once its snapshot was written or used again.
_YOUNG_S = 3600.0


def unused(root: Path, named: set[str]) -> list[Path]:
    """Snapshots that are not among those named by a run, nor a base of these."""
    if not files.is_folder(root / layout.CODE):
        return []
    needed = set(named)
    for name in named:
        needed.update(_bases(root, name))
    old = time.time() - _YOUNG_S
    return [
        Path(entry.path)
        for entry in files.list_folder(root / layout.CODE)
        if parse_name(entry.name) and entry.name not in needed and entry.stat(follow_symlinks=False).st_mtime < old
    ]


def _bases(root: Path, name: str) -> Iterator[str]:
    seen: set[str] = set()
    while parse_name(name) and name not in seen:
        seen.add(name)
        try:
            base = read(root, name).base
        except NotFound:
            return
        if base is None or base.startswith(COMMIT):
            return
        yield base
        name = base


def verify(root: Path, name: str) -> None:
    """Refuse a snapshot that is not what its name says, or that has no base."""
    tree, digits = parse_name(name) or ("", "")
    path = root / layout.CODE / name
    fd = files.open_to_read(path)
    with os.fdopen(fd, "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if not found.startswith(digits):
        raise Damaged(f"{name} does not hold the bytes that its name says", hint="runlog check --repair")
    head = read(root, name)
    if head.tree != tree:
        raise Damaged(f"{name} holds tree {head.tree}", hint="runlog check --repair")
    if head.base is not None and not head.base.startswith(COMMIT) and not os.path.lexists(root / layout.CODE / head.base):
        raise NotFound(f"is told from {head.base}, which is not there: was only a part of the store copied?")
