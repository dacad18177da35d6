"""The file of an index: found for a store, made, and thrown away when it is not what it should be."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from runlog import config
from runlog.store import files, layout
from runlog.store.index.codec import SHAPE

_VERSION = f"5 {SHAPE}"
# No run with an id before `horizon` was ever read. `run` is small, for it is read in whole; what a run is lies in `picture`. The
# numbers of `folder` and `seen` say when folders and runs were changed.
# The value of a `cell` is a number or a text, or NULL where it is neither and any search must look at the run itself.
_TABLES = """
CREATE TABLE about (version TEXT NOT NULL, turn INTEGER NOT NULL, horizon TEXT NOT NULL);
CREATE TABLE folder (name TEXT PRIMARY KEY, stamp INTEGER NOT NULL, runs INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE seen (folder TEXT, first TEXT, runs TEXT NOT NULL, stamps BLOB NOT NULL, PRIMARY KEY (folder, first));
CREATE TABLE column (key INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (kind, name));
CREATE TABLE shape (shape INTEGER PRIMARY KEY, names TEXT NOT NULL UNIQUE);
CREATE TABLE run (
    rid INTEGER PRIMARY KEY, folder TEXT NOT NULL, id TEXT NOT NULL, second TEXT NOT NULL, created INTEGER NOT NULL,
    experiment TEXT NOT NULL, name TEXT, state TEXT NOT NULL, removed INTEGER NOT NULL, unsettled INTEGER NOT NULL,
    shape INTEGER NOT NULL, UNIQUE (folder, id)
);
CREATE TABLE picture (rid INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE metric (
    key INTEGER, rid INTEGER, last REAL, min REAL, max REAL, first REAL, PRIMARY KEY (key, rid)
) WITHOUT ROWID;
CREATE TABLE cell (key INTEGER, rid INTEGER, value, PRIMARY KEY (key, rid)) WITHOUT ROWID
"""
# What a failing disk spoils is some sectors of this size. In a page as long, it spoils what SQLite looks at.
_PAGES = "PRAGMA page_size = 4096"
_CACHE = "PRAGMA cache_size = -200000"  # kilobytes, of which a small index uses few
_LEFT_S = 3600.0
_INDEXES = """
CREATE INDEX newest ON run (second DESC, created DESC, id DESC);
CREATE INDEX experiments ON run (experiment);
CREATE INDEX shapes ON run (shape, removed, experiment);
CREATE INDEX unsettled ON run (unsettled) WHERE unsettled > 0
"""


def folder_of(root: Path) -> Path:
    """Where the index of a store lies. A store that is moved on its disk keeps it."""
    found = os.stat(root)
    return config.cache_folder() / "index" / f"{found.st_dev:x}-{found.st_ino:x}"


def connect(root: Path) -> sqlite3.Connection | None:
    """The index of a store; none when there is none, or none of use. sqlite3.Error or OSError when there can be none."""
    made = sorted(folder_of(root).glob("*.sqlite"))
    if not made:
        return None
    try:
        return _opened(made[-1])
    except sqlite3.OperationalError:
        if not made[-1].exists():
            return connect(root)  # another has just taken its place
        raise  # busy, or no place to write: no fault of the file
    except (sqlite3.DatabaseError, ValueError):
        forget(root)
        return None


def build(root: Path, fill: Callable[[sqlite3.Connection], None]) -> sqlite3.Connection:
    """A new index, filled. It is made aside, without the care for power losses that doubles the work, and put in place whole.

    Each has a name of its own: what SQLite keeps beside a file must never be taken for that of another. It takes the place of
    others.
    """
    folder = folder_of(root)
    folder.mkdir(parents=True, exist_ok=True)
    name = layout.new_id()
    aside = folder / f"{name}.new"
    try:
        with closing(sqlite3.connect(aside, isolation_level=None)) as index:
            index.execute(_PAGES)
            index.execute("PRAGMA journal_mode = OFF")
            index.execute("PRAGMA synchronous = OFF")
            index.execute(_CACHE)
            _run(index, _TABLES)
            index.execute("INSERT INTO about VALUES (?, 0, '')", (_VERSION,))
            fill(index)
            _run(index, _INDEXES)
        files.sync_file(aside)
        os.rename(aside, folder / f"{name}.sqlite")
        _remove_others(folder, name)
    finally:
        files.remove(aside)
    return _opened(folder / f"{name}.sqlite")


def forget(root: Path) -> None:
    """Throw the index of a store away. Whoever has it open still goes on with what was in it."""
    for path in folder_of(root).iterdir():
        with suppress(OSError):
            files.remove_tree(path)


def _remove_others(folder: Path, name: str) -> None:
    """And what killed builds have left: one that goes on writes all the time."""
    for path in folder.iterdir():
        if not path.name.startswith(name) and (path.suffix != ".new" or _is_old(path)):
            files.remove(path)


def _is_old(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > _LEFT_S
    except FileNotFoundError:
        return False


def _opened(path: Path) -> sqlite3.Connection:
    # By a name that makes no file: what was thrown away a moment ago must not come back empty.
    index = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=5.0, isolation_level=None)
    try:
        _must_be_known(index)
        index.execute("PRAGMA journal_mode = WAL")
        index.execute("PRAGMA synchronous = NORMAL")
        index.execute(_CACHE)
    except BaseException:
        index.close()
        raise
    return index


def _must_be_known(index: sqlite3.Connection) -> None:
    """Refuse what is not an index that this runlog wrote, such as an empty file."""
    there = index.execute("SELECT 1 FROM sqlite_master WHERE name = 'about'").fetchone()
    if there is None or index.execute("SELECT version FROM about").fetchone() != (_VERSION,):
        raise sqlite3.DatabaseError("another version")


def _run(index: sqlite3.Connection, statements: str) -> None:
    for statement in statements.split(";"):
        index.execute(statement)
