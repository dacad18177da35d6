"""Data that a run uses: known again by its hash, and looked at once more when the run ends."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from runlog.capture.data import describe_data
from runlog.store import layout
from runlog.store.data import Measured, Progress, measure
from runlog.store.store import Store
from runlog.tracking.paths import given_path, seen_from


def used(
    store: Store, path: str | os.PathLike[str], name: str | None, progress: Progress | None
) -> tuple[str, dict[str, Any], Callable[[], str | None]]:
    """What a run calls its input, what it says of it, and what tells at its end whether it has changed since, in words."""
    source = given_path(path)
    key = layout.check_key("input", name or source.name or source.resolve().name)
    place = seen_from(store.root.parent, source)
    measured = measure(source, store.root, progress)
    before = _signs(source)
    entry = {"path": place, "bytes": measured.bytes, "sha256": measured.sha256, "files": measured.files, **describe_data(source)}

    def changed() -> str | None:
        return _changed(source, measured, before, place)

    return key, entry, changed


def used_model(store: Store, what: str | os.PathLike[str]) -> tuple[Path, str, dict[str, Any]]:
    """Where a model lies, what a run that uses it calls it, and what it says of it: the hash that any copy of the folder has."""
    from runlog.models.find import find_model

    found = find_model(store, what if isinstance(what, str) else os.path.abspath(what))
    folder = Path(os.path.abspath(found.folder))
    key = layout.check_key("input", f"model:{found.label if found.run else folder.name}")
    measured = measure(folder, store.root)
    place = seen_from(store.root.parent, folder)
    return folder, key, {"path": place, "bytes": measured.bytes, "sha256": measured.sha256, "files": measured.files}


def _changed(source: Path, measured: Measured, before: tuple[int, int, int] | None, place: str) -> str | None:
    now = _signs(source)
    if now == before:
        return None
    if now is None:
        return f"input {place!r} is gone since the run began"
    # Of a folder the signs say only that something was made or removed in it.
    return f"input {place!r} changed while the run used it" if before is not None else None


def _signs(source: Path) -> tuple[int, int, int] | None:
    try:
        info = os.stat(source)
    except OSError:
        return None
    return info.st_size, info.st_mtime_ns, info.st_ino
