"""What of runs somebody asks to see: columns by name, and what filters and an order are about."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from runlog import query
from runlog.errors import RunlogError, UsageError
from runlog.records import RunRecord
from runlog.runs.select import Wanted, names_among
from runlog.store.catalog import Catalog, ask
from runlog.store.store import Store

# Up to a comma that is in no quotes or brackets.
_ONE = re.compile(r"(?:`[^`]*`|\"[^\"]*\"|\([^)]*\)|[^,`\"(])+")


def titles_in(texts: Sequence[str]) -> list[str]:
    """What fields are called that are named with commas between them."""
    titles = [title.strip() for text in texts for title in _ONE.findall(text) if title.strip()]
    if not titles:
        raise UsageError("--cols names no column", hint="runlog ls --cols name,rmse")
    return titles


def chosen(store: Store, wanted: Wanted, titles: Sequence[str]) -> dict[str, query.Field]:
    """The fields that are meant, by what they were called."""

    def question(catalog: Catalog) -> dict[str, query.Field]:
        names = names_among(catalog, wanted)
        return {} if names is None else {title: query.field(title, names) for title in titles}

    return ask(store, question)


def mentioned(wanted: Wanted, runs: Sequence[RunRecord]) -> list[query.Field]:
    """What the order and the filters are about, as far as these runs have it."""
    names = query.Names.of(runs)
    found: list[query.Field] = []
    with suppress(RunlogError):
        found += [query.order(wanted.sort, names).field] if wanted.sort else []
    for text in wanted.where:
        with suppress(RunlogError):
            found += query.mentions(query.bind(query.parse(text), names))
    return found


def values(field: query.Field, runs: Sequence[RunRecord]) -> list[Any]:
    """What each run has there, none for nothing."""
    now = time.time_ns()
    return [query.value_of(field, run, now) for run in runs]
