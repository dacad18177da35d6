"""Whether the data that runs used is still what it was."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from runlog.errors import RunlogError
from runlog.records import Input, RunRecord
from runlog.store.data import measure
from runlog.store.store import Store

Condition = Literal["same", "changed", "missing", "unreadable", "unchecked"]
# What is larger, and not known already, is not read just to be shown.
_QUICK = 64 << 20


@dataclass(frozen=True, slots=True)
class Checked:
    """An input of a run, and what has become of it."""

    name: str
    path: Path
    condition: Condition
    sha256: str | None = None  # what it holds now


def place(store: Store, used: Input) -> Path:
    """Where an input lies: paths in a store are as seen from the folder that holds it."""
    return Path(os.path.normpath(store.root.parent / used.path))


def check_inputs(store: Store, run: RunRecord, *, thorough: bool = True) -> list[Checked]:
    """Every input of a run as it is now. Not `thorough`, large ones that differ in nothing one can see are left unread."""
    return [check_input(place(store, used), used, store, thorough) for used in run.inputs.values()]


def check_input(path: Path, used: Input, store: Store, thorough: bool = True) -> Checked:
    """One input, at the place where it should be."""
    if not os.path.exists(path):
        return Checked(used.name, path, "missing")
    if not os.path.isdir(path) and os.path.getsize(path) != used.bytes:
        return Checked(used.name, path, "changed")
    if not thorough and used.bytes > _QUICK:
        return Checked(used.name, path, "unchecked")
    try:
        now = measure(path, store.root).sha256
    except (RunlogError, OSError):
        return Checked(used.name, path, "unreadable")
    return Checked(used.name, path, "same" if now == used.sha256 else "changed", now)
