"""Environments by content: what many runs had in common lies in the store once, under the hash of its bytes."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Any

from runlog.errors import Damaged, NotFound
from runlog.store import files, layout
from runlog.store.format import FORMAT, dump, load

_NAME = re.compile(r"[0-9a-f]{64}\.json")


def keep(root: Path, environment: dict[str, Any]) -> str:
    """Put an environment into the store; its name. Durable, with its name, when this returns; one that is there costs nothing."""
    data = dump({"format": FORMAT, **environment})
    name = hashlib.sha256(data).hexdigest()
    path = root / layout.ENVIRONMENTS / f"{name}.json"
    if not os.path.lexists(path):
        folder = files.make_inside(root, layout.ENVIRONMENTS)
        files.write_new(path, data)
        files.sync_folder(folder)
    return name


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
