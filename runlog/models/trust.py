"""Who may run the code that lies in a model: only whoever said so."""

from __future__ import annotations

import os
from pathlib import Path

from runlog.config import trusted_folders
from runlog.errors import BadInput

_HINT = "--trust, or load_model(..., trust=True), or RUNLOG_TRUST_MODELS=1, if you trust whoever wrote it"


def is_trusted(folder: Path, told: bool) -> bool:
    """Whether code of a model folder may run: it was said in the call, or `RUNLOG_TRUST_MODELS` says so of all models or of the
    folder it lies in."""
    if told:
        return True
    place = os.path.realpath(folder)
    return any(above is None or place == above or place.startswith(f"{above}{os.sep}") for above in trusted_folders())


def untrusted(file: Path, what: str) -> BadInput:
    """Why a model is not loaded, and the way out."""
    return BadInput(f"{str(file)!r} {what}", hint=_HINT)


def must_be_trusted(trust: bool, file: Path, what: str) -> None:
    """Refuse to run code of a model that nobody vouches for."""
    if not trust:
        raise untrusted(file, what)
