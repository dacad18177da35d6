"""The index of a store: what is asked of it, and how it is kept up with the store.

Every question begins with a look at the store. What has changed since is read and written first; what must not be kept (runs
that are being written) is read each time, and comes as records beside the rows.
"""

from __future__ import annotations

import os
import sqlite3
import time
from array import array
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from runlog.render.listing import Line
from runlog.store.index import looking, place
from runlog.store.index.looking import Look

if TYPE_CHECKING:
    from runlog.records import RunRecord
    from runlog.store.index.reading import Reading

Progress = Callable[[int, int], None]  # runs read, runs to read

# So many of the newest runs are looked at closely each time, and of the others one in so many, by turns.
_CLOSELY = 1000
_TURNS = 32
_CHUNK = 2000
_SHORT = 500  # answers of so many runs are looked at closely before they are given
LOST_AFTER = 300 * 1_000_000_000
