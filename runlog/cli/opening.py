"""How every command that reads finds its store, and which runs it was asked about."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from runlog import config
from runlog.errors import NotAStore, NotFound, UsageError
from runlog.store.layout import is_id
from runlog.store.store import Store

# Markdown, JSON, and what a terminal shows.
_OTHER_TABLES = re.compile(r"\s*[|\[{]|\x1b|run  +\S")

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
    return [word for argument in arguments for word in (_on_standard_input() if argument == "-" else [argument])]


def _on_standard_input() -> list[str]:
    text = sys.stdin.read()
    cells = re.split("[\t,]", text.partition("\n")[0])
    is_table = len(cells) > 1 and (cells[0] == "run" or is_id(cells[0])) and not all(map(is_id, cells))
    if is_table or _OTHER_TABLES.match(text):
        raise UsageError("standard input is a table, where each word is to name a run", hint="runlog ls -q prints the ids alone")
    return text.split()


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


@contextmanager
def in_place_of_run(
    store: Store, command: str, given: Sequence[str], known: Callable[[StoredRun], Container[str]]
) -> Iterator[None]:
    """Where the first of the words given is no run, but known of the newest one, say how that is asked about."""
    try:
        yield
    except NotFound as error:
        newest = next(store.runs(), None)
        if newest is None or given[0] not in known(newest):
            raise
        import shlex

        raise NotFound(error.message, hint=f"runlog {command} @last {shlex.join(given)}") from None


def named_or_surrounding(run: str) -> tuple[Store, StoredRun]:
    """The run that was named; where none was, the one that the surrounding process or shell has opened."""
    if not run:
        from runlog.tracking.script import surrounding_run

        return surrounding_run()
    from runlog.runs.find import find_one

    store = open_store()
    return store, find_one(store, one_word(run))
