"""Environments by content: what many runs had in common lies in the store once, under the hash of its bytes."""

from __future__ import annotations

import hashlib
import os
import re
import time
from pathlib import Path
from typing import Any

from runlog.errors import Damaged, NotFound
from runlog.store import files, layout
from runlog.store.document import FORMAT, dump, load

# A run is there long before, once its environment was kept or used again.
_YOUNG_S = 3600.0
_NAME = re.compile(r"[0-9a-f]{64}\.json")


def keep(root: Path, environment: dict[str, Any]) -> str:
    """Put an environment into the store; its name. Durable, with its name, when this returns; one that is there costs nothing."""
    data = dump({"format": FORMAT, **environment})
    name = hashlib.sha256(data).hexdigest()
    path = root / layout.ENVIRONMENTS / f"{name}.json"
    if os.path.lexists(path):
        # Young again, so that no collection takes it before the run that needs it is there.
        files.touch(path)
        return name
    folder = files.make_inside(root, layout.ENVIRONMENTS)
    files.write_new(path, data)
    files.sync_folder(folder)
    return name


def is_kept(root: Path, name: str) -> bool:
    return os.path.exists(root / layout.ENVIRONMENTS / f"{name}.json")


def unused(root: Path, named: set[str]) -> list[Path]:
    """Environments that no run names, and that were not just kept for one."""
    if not files.is_folder(root / layout.ENVIRONMENTS):
        return []
    old = time.time() - _YOUNG_S
    return [
        Path(entry.path)
        for entry in files.list_folder(root / layout.ENVIRONMENTS)
        if is_name(entry.name) and entry.name[:64] not in named and entry.stat(follow_symlinks=False).st_mtime < old
    ]


def read(root: Path, name: str) -> dict[str, Any]:
    """An environment by its name."""
    if not is_name(f"{name}.json"):
        raise NotFound(f"there is no environment {name!r}")
    try:
        return load(f"{layout.ENVIRONMENTS}/{name}.json", verified(root / layout.ENVIRONMENTS / f"{name}.json"))
    except FileNotFoundError:
        raise Damaged(f"{layout.ENVIRONMENTS}/{name}.json is missing", hint="runlog check") from None


def verified(path: Path) -> bytes:
    """The bytes of an environment, which must be those that its name says."""
    data = files.read_file(path)
    if hashlib.sha256(data).hexdigest() != path.stem:
        raise Damaged(f"{path.name} is not what its name says", hint="runlog check")
    return data


def is_name(name: str) -> bool:
    """Whether a file of this name is an environment."""
    return _NAME.fullmatch(name) is not None
