"""What a run says of a file that was brought into it."""

from __future__ import annotations

from typing import Any

from runlog.store.artifacts import Copied


def entry(copied: Copied, note: str | None) -> dict[str, Any]:
    """Its size and hash; where it lies, if that is not its path; and what a reader should know."""
    value: dict[str, Any] = {"bytes": copied.bytes, "sha256": copied.sha256}
    if copied.file != copied.path:
        value["file"] = copied.file
    if notes := "; ".join(text for text in (note, copied.note) if text):
        value["note"] = notes
    return value
