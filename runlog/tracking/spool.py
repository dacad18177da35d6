"""Where a run is kept that its store cannot take: nobody wants a day of training to fail for a folder, and stores merge by
copying."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from runlog import config
from runlog.capture.process import user_name
from runlog.errors import RunlogError, StoreError
from runlog.store import files
from runlog.tracking.warning import warn

T = TypeVar("T")
_TRIES = 20


def keep(create: Callable[[Path], T], error: Exception) -> T:
    """Make in the spool what the store could not take, and tell where it is. What goes wrong there, too, raises."""
    store = _place() / config.STORE_NAME
    created = create(store)
    warn(f"{reason(error)}; this run is kept in {store}: copy it onto your store afterwards, stores merge that way")
    return created


def reason(error: Exception) -> str:
    """Why the store could not take it, in a sentence."""
    return error.message if isinstance(error, RunlogError) else str(error)


def _place() -> Path:
    """A folder of this user alone among the temporary ones. Anybody may have made one of that name, or a link that leads
    elsewhere, and could then read the run or have it written over something else; so the next name is taken."""
    above = Path(tempfile.gettempdir())
    name = f"runlog-{user_name()}".replace("/", "-")
    for number in range(1, _TRIES + 1):
        folder = above / (name if number == 1 else f"{name}.{number}")
        if files.make_private(folder):
            return folder
    raise StoreError(f"no folder {name} in {above} belongs to this user alone")
