"""Whether an exported graph of PyTorch may be loaded by anybody."""

from __future__ import annotations

from pathlib import Path

from runlog.models.trust import untrusted


def must_be_harmless(file: Path) -> None:
    """Refuse a graph that may run code of the file when it is loaded or called."""
    raise untrusted(file, "is a graph of PyTorch, and loading it may run code that is in it")
