"""How snapshots are called, and which of them holds a tree. Asked before every run, so it loads next to nothing."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

from runlog.store import files, layout

_NAME = re.compile(r"([0-9a-f]{40}|[0-9a-f]{64})-([0-9a-f]{12})\.zip")


def parse_name(name: str) -> tuple[str, str] | None:
    """(tree, hash) in the name of a snapshot; none for any other file."""
    found = _NAME.fullmatch(name)
    return (found[1], found[2]) if found else None


def find(root: Path, tree: str) -> str | None:
    """The snapshot of a tree."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        names = [name for name in os.listdir(root / layout.CODE) if name.startswith(f"{tree}-") and parse_name(name)]
        return min(names, default=None)
    return None


def hold(root: Path, tree: str) -> str | None:
    """The snapshot of a tree, young again: no collection takes it before the run that needs it is there."""
    name = find(root, tree)
    if name is not None:
        files.touch(root / layout.CODE / name)
    return name
