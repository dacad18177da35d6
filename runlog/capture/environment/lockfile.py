"""The file that says which packages a project means to use."""

from __future__ import annotations

import functools
import hashlib
import os
import stat
from pathlib import Path

_NAMES = (
    *("uv.lock", "poetry.lock", "pdm.lock", "pixi.lock", "Pipfile.lock", "conda-lock.yml", "requirements.lock"),
    *("requirements.txt", "environment.yml", "environment.yaml"),
)
_LARGEST = 64 << 20


def find_lock(folder: Path, top: Path) -> dict[str, str]:
    """The lock file nearest to a folder, looked for up to the top of the project: its path there, and its hash."""
    for above in (folder, *folder.parents):
        if above != top and not above.is_relative_to(top):
            break
        for name in _NAMES:
            place = above / name
            if digest := _digest(place):
                return {"path": place.relative_to(top).as_posix(), "sha256": digest}
    return {}


def _digest(place: Path) -> str:
    try:
        info = os.stat(place)
        if not stat.S_ISREG(info.st_mode) or info.st_size > _LARGEST:
            return ""
        return _hash(place, info.st_mtime_ns, info.st_size)
    except OSError:
        return ""


@functools.lru_cache(8)
def _hash(place: Path, changed_at: int, size: int) -> str:
    """Many runs of one process read it once, unless it changes."""
    return hashlib.sha256(place.read_bytes()).hexdigest()
