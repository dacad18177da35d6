"""What was found out once and need not be asked again: small texts in the user's cache. It may be deleted at any time."""

from __future__ import annotations

import contextlib
import os

from runlog import config


def recall(*place: str) -> str | None:
    """What is remembered under a name; none when nothing is."""
    try:
        with open(config.cache_folder().joinpath(*place), encoding="utf-8") as file:
            return file.read()
    except (OSError, ValueError):
        return None


def remember(text: str, *place: str) -> None:
    """Remember a text under a name. Nothing is lost when that cannot be."""
    target = config.cache_folder().joinpath(*place)
    staged = target.with_name(f".{target.name}-{os.urandom(6).hex()}")
    with contextlib.suppress(OSError):
        os.makedirs(target.parent, exist_ok=True)
        try:
            staged.write_text(text, encoding="utf-8")
            os.replace(staged, target)
        except OSError:
            staged.unlink(missing_ok=True)
