"""Where the index of a store lies, and how it is opened: as it should be, or empty."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
import zlib

from runlog import __version__, config

# What the tables look like and what is in them; another number is another index.
VERSION = 1
_WAIT_S = 1.0
_UNUSED_S = 30 * 86400.0

# `looks`: what lay in each folder of experiments, and the stamp of every run.json when its run was read; 0 for what must be
# read each time. `runs`: those that can be read and have ended. `cells` and `shape` are its line in a listing.
_TABLES = """
CREATE TABLE looks (folder TEXT PRIMARY KEY, runs TEXT, stamps BLOB) WITHOUT ROWID;
CREATE TABLE experiments (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
CREATE TABLE shapes (id INTEGER PRIMARY KEY, shape TEXT UNIQUE);
CREATE TABLE keys (id INTEGER PRIMARY KEY, kind TEXT, name TEXT, UNIQUE (kind, name));
CREATE TABLE runs (
  id INTEGER PRIMARY KEY, folder TEXT, run TEXT, second INTEGER, created INTEGER, removed INTEGER,
  experiment INTEGER, state TEXT, ended INTEGER, name TEXT, parent TEXT, note TEXT, user TEXT, host TEXT, exit_code INTEGER,
  lost_on TEXT, lost_pid INTEGER, lost_started INTEGER, heard INTEGER,
  shape INTEGER, stamps TEXT, cells TEXT,
  UNIQUE (folder, run)
);
CREATE INDEX newest ON runs (second DESC, created DESC, run DESC, folder DESC);
CREATE INDEX lost ON runs (lost_on, heard) WHERE lost_on IS NOT NULL;
CREATE TABLE records (id INTEGER PRIMARY KEY, record TEXT);
CREATE TABLE metrics (key INTEGER, run INTEGER, last REAL, min REAL, max REAL, PRIMARY KEY (key, run)) WITHOUT ROWID;
CREATE TABLE params (key INTEGER, run INTEGER, kind INTEGER, value, PRIMARY KEY (key, run)) WITHOUT ROWID;
CREATE TABLE tags (key INTEGER, run INTEGER, value TEXT, PRIMARY KEY (key, run)) WITHOUT ROWID;
CREATE TABLE identity (text TEXT);
"""


def place(root: str) -> str:
    """The file of a store's index, known by the real path of the store."""
    real = os.fsencode(os.path.realpath(root))
    name = "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in os.fsdecode(real)[-60:]).strip("-")
    return f"{config.cache_folder()}/index/{name}-{zlib.crc32(real):08x}{zlib.crc32(real[::-1]):08x}.sqlite"


def connect(root: str) -> sqlite3.Connection:
    """The index of a store, empty where it was missing, of another version or not to be trusted.

    `sqlite3.Error` or `OSError` when there can be none now: somebody writes it, or the disk refuses.
    """
    path = place(root)
    try:
        return _opened(path, root)
    except sqlite3.OperationalError:
        raise  # locked, or not to be opened: that may be otherwise in a moment
    except sqlite3.DatabaseError:
        discard(root)
        return _opened(path, root)


def discard(root: str) -> None:
    """Forget an index; the next one to ask builds it anew."""
    path = place(root)
    for name in (f"{path}-journal", path):
        with contextlib.suppress(OSError):
            os.unlink(name)


def _opened(path: str, root: str) -> sqlite3.Connection:
    fresh = not os.path.exists(path)
    if fresh:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        _sweep(os.path.dirname(path))
    connection = sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None)
    try:
        connection.execute("PRAGMA mmap_size = 1073741824")
        connection.execute("PRAGMA cache_size = -65536")
        if fresh or not _is_ours(connection, root):
            _make(connection, root)
    except BaseException:
        connection.close()
        raise
    return connection


def _identity(root: str) -> str:
    return f"{VERSION} {__version__} {os.path.realpath(root)}"


def _is_ours(connection: sqlite3.Connection, root: str) -> bool:
    try:
        return connection.execute("SELECT text FROM identity").fetchall() == [(_identity(root),)]
    except sqlite3.OperationalError as error:
        if "no such table" in str(error) or "no such column" in str(error):
            return False
        raise


def _make(connection: sqlite3.Connection, root: str) -> None:
    """Empty tables, whatever was there. Of several who do this at once the first has done it for all."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not _is_ours(connection, root):
            found = connection.execute("SELECT type, name FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
            for kind, name in found:
                if kind in {"table", "view"} and not name.startswith("sqlite_"):
                    quoted = name.replace('"', '""')
                    connection.execute(f'DROP {kind} IF EXISTS "{quoted}"')
            for statement in _TABLES.split(";"):
                connection.execute(statement)
            connection.execute("INSERT INTO identity VALUES (?)", (_identity(root),))
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


def _sweep(folder: str) -> None:
    """Remove the indexes of stores that nobody has asked for in a month: stores come and go."""
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            if entry.name.endswith(".sqlite") and time.time() - entry.stat().st_mtime > _UNUSED_S:
                os.unlink(entry.path)
