"""How every command that reads finds its store, and how it writes its answer."""

from __future__ import annotations

import json
import os
import shutil
import sys
from typing import Any

from runlog import config
from runlog.errors import NotAStore
from runlog.render import table as tables
from runlog.store.store import Store


def open_store() -> Store:
    """The store of this folder, with what dead processes left in it finished."""
    root = config.find_store()
    if root is None:
        raise NotAStore("there is no store here or in any folder above", hint="runlog run -- <command>")
    store = Store.open(root)
    store.recover()
    return store


def on_terminal() -> bool:
    return sys.stdout.isatty()


def width() -> int:
    return shutil.get_terminal_size((80, 24)).columns


def write_table(table: tables.Table, *, either_way: bool = False) -> None:
    """Aligned on a terminal, tab-separated in a pipe. With `either_way` the terminal may see rows as columns."""
    if on_terminal():
        table = tables.best_way(table, width()) if either_way else table
        sys.stdout.write(tables.pretty(table, width(), colour="NO_COLOR" not in os.environ))
    else:
        sys.stdout.write(tables.plain(table))


def write_json(value: Any) -> None:
    """JSON for programs; what JSON cannot hold is written as the store writes it."""
    from runlog.store.format import plain

    sys.stdout.write(json.dumps(plain(value), indent=2, ensure_ascii=False) + "\n")
