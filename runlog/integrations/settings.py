"""Whether fits are logged now, and how."""

from __future__ import annotations

import os
from typing import NamedTuple


class Settings(NamedTuple):
    """What was asked of `autolog()`."""

    models: bool = True
    examples: bool = False
    several: bool = False
    exclude: frozenset[str] = frozenset()


class _Now:
    settings: Settings | None = None
    process: int = 0


def current() -> Settings | None:
    """How fits are logged; none when they are not. A forked child inherits the patches, but is not who was asked to log."""
    settings = _Now.settings
    return settings if settings is not None and _Now.process == os.getpid() else None


def become(settings: Settings | None) -> None:
    """Log so from now on, in this process."""
    _Now.settings = settings
    _Now.process = os.getpid()
