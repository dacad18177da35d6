"""How every command that reads finds its store, and which runs it was asked about."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from runlog import config
from runlog.errors import NotAStore, UsageError
from runlog.store.store import Store

if TYPE_CHECKING:
    from runlog.store.stored import StoredRun


def open_store(make: str = "runlog run -- <command>") -> Store:
    """The store of this folder, with what dead processes left in it finished. `make` is the command that would make one."""
    root = config.find_store()
    if root is None:
        raise NotAStore("there is no store here or in any folder above", hint=make)
    store = Store.open(root)
    store.recover()
    return store


def words(arguments: Iterable[str]) -> list[str]:
    """Run selectors as given; `-` stands for those on standard input."""
    return [word for argument in arguments for word in (sys.stdin.read().split() if argument == "-" else [argument])]


def one_word(argument: str) -> str:
    """The selector of one run as given; `-` stands for the one on standard input."""
    found = words([argument])
    if len(found) != 1:
        raise _not_one(found)
    return found[0]


def _not_one(found: list[str]) -> UsageError:
    if not found:
        return UsageError("standard input names no run", hint="runlog ls -q")
    from runlog.cli.complete import Line

    command = " ".join(["runlog", *Line(sys.argv[1:]).path])
    problem = f"standard input names {len(found)} runs, and {command} is about one"
    return UsageError(problem, hint="runlog ls -q -n 1 names one")


def named_or_surrounding(run: str) -> tuple[Store, StoredRun]:
    """The run that was named; where none was, the one that the surrounding process or shell has opened."""
    if not run:
        from runlog.tracking.script import surrounding_run

        return surrounding_run()
    from runlog.runs.find import find_one

    store = open_store()
    return store, find_one(store, one_word(run))
