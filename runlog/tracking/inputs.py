"""Data that a run uses: known again by its hash, and looked at once more when the run ends."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from runlog.capture.data import describe_data
from runlog.store.data import Measured, Progress, measure


def used(source: Path, store: Path, place: str, progress: Progress | None) -> tuple[dict[str, Any], Callable[[], str | None]]:
    """What a run says of its input, and what tells at its end whether it has changed since, in words."""
    measured = measure(source, store, progress)
    before = _signs(source)
    entry = {"path": place, "bytes": measured.bytes, "sha256": measured.sha256, "files": measured.files, **describe_data(source)}

    def changed() -> str | None:
        return _changed(source, measured, before, place)

    return entry, changed


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
