"""How files are brought into a run, and what it says of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runlog.store import folders
from runlog.store.artifacts import Copied

if TYPE_CHECKING:
    from runlog.tracking.run import Run


def keep_folder(run: Run, folder: Path, target: str) -> int:
    """Keep all files of a folder that can be kept; how many cannot."""
    found = list(folders.walk(folder, run.store.root))
    return [run.keep_found(file, os.path.join(target, below), below, note) for file, below, note in found].count(False)


def entry(copied: Copied, note: str | None) -> dict[str, Any]:
    """Its size and hash; where it lies, if that is not its path; and what a reader should know."""
    value: dict[str, Any] = {"bytes": copied.bytes, "sha256": copied.sha256}
    if copied.file != copied.path:
        value["file"] = copied.file
    if notes := "; ".join(text for text in (note, copied.note) if text):
        value["note"] = notes
    return value
