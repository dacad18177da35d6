"""Which runs are meant by filters."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from runlog.errors import BadQuery, UsageError
from runlog.records import STATES, RunRecord
from runlog.store import experiments
from runlog.store.catalog import Catalog, Progress, ask
from runlog.store.store import Store

if TYPE_CHECKING:
    from runlog.query import Expr, Names, Order
    from runlog.runs.revisions import Revisions


class Wanted(NamedTuple):
    """What runs must have in common, how they are ordered, and how many there may be.

    They are of one of the experiments and in one of the states, where such are named, and fit every filter.
    """

    experiments: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    since: str | None = None
    sort: str | None = None
    limit: int | None = None
    removed: bool = False
    revisions: Revisions | None = None

    @property
    def experiment(self) -> str | None:
        """The one experiment that runs must be of, if it is one."""
        return self.experiments[0] if len(self.experiments) == 1 else None


def select(store: Store, wanted: Wanted, progress: Progress | None = None) -> list[RunRecord]:
    """The runs that fit: newest first, or as `sort` says."""
    of_several = _of_experiments(store, wanted)
    of_all = wanted.limit is None or wanted.sort is not None

    def question(catalog: Catalog) -> list[RunRecord]:
        return _select(catalog, wanted, [*of_several, *_of_code(store, catalog, wanted)])

    return ask(store, question, progress, of_all=of_all)


def remarks(store: Store, wanted: Wanted) -> tuple[str, ...]:
    """What may be why nothing fits: names that no run has, comparisons that are never true."""
    if not wanted.tags and not wanted.where:
        return ()
    from runlog import query

    names = ask(store, lambda catalog: names_among(catalog, wanted), of_all=True)
    plain = _plain_tests(wanted)
    tests: list[Expr] = [query.And(tuple(plain))] if plain else []
    tests += [query.parse(text) for text in wanted.where]
    return tuple(note for test in tests if names for note in query.notes(query.bind(test, names), names))


def names_among(catalog: Catalog, wanted: Wanted) -> Names | None:
    """The names that the runs have which somebody asks about; none where there are no runs."""
    from runlog.query import Names

    asked = [catalog.names(experiment, wanted.removed) for experiment in wanted.experiments or (None,)]
    found = [names for names in asked if names is not None]
    return Names.union(found) if len(found) > 1 else next(iter(found), None)


def _of_experiments(store: Store, wanted: Wanted) -> list[Expr]:
    """That runs are of one of several experiments, each called as it is or was."""
    if wanted.experiment is not None or not wanted.experiments:
        return []
    from runlog.query import Field, In
    from runlog.query.expr import Text

    names = experiments.Names(store.root)
    return [In(Field("attribute", "experiment"), tuple(Text(names.now(name)) for name in wanted.experiments))]


def _of_code(store: Store, catalog: Catalog, wanted: Wanted) -> list[Expr]:
    """What is asked of the code of runs, as filters."""
    if not wanted.revisions:
        return []
    from runlog.runs.revisions import tests

    def commits() -> set[str]:
        found = (run.code.get("commit") for run in catalog.runs(wanted.experiment, wanted.removed))
        return {commit for commit in found if isinstance(commit, str)}

    return tests(store, wanted.revisions, commits)


def _select(catalog: Catalog, wanted: Wanted, more: list[Expr]) -> list[RunRecord]:
    tests, order = [*_plain_tests(wanted), *more], None
    if wanted.where or wanted.since or wanted.sort:
        typed = _typed(wanted)
        names = names_among(catalog, wanted)
        if names is None:
            return []  # nothing has a name, so none can be looked up
        from runlog import query

        tests += [query.bind(test, names) for test in typed]
        order = query.order(wanted.sort, names) if wanted.sort else None
    if not tests and order is None:
        return _at_most(wanted, catalog.runs(wanted.experiment, wanted.removed))
    return _asked(catalog, wanted, tests, order)


def _asked(catalog: Catalog, wanted: Wanted, tests: list[Expr], order: Order | None) -> list[RunRecord]:
    """The runs that pass bound tests, in the order that is asked for."""
    from runlog import query

    now = time.time_ns()
    found = catalog.runs(wanted.experiment, wanted.removed, query.And(tuple(tests)) if tests else None, order)
    runs = (run for run in found if all(query.matches(test, run, now) for test in tests))
    if order is not None and not catalog.sorts(order):
        field, descending = order.field, order.descending
        return sorted(runs, key=lambda run: query.sort_key(query.value_of(field, run, now), descending))[: wanted.limit]
    return _at_most(wanted, runs)


def _at_most(wanted: Wanted, runs: Iterable[RunRecord]) -> list[RunRecord]:
    return list(islice(runs, None if wanted.limit is None else min(wanted.limit, sys.maxsize)))


def _plain_tests(wanted: Wanted) -> list[Expr]:
    """What the options ask, as filters say it."""
    if not wanted.states and not wanted.tags:
        return []
    from runlog.query import Compare, Field, Has, Or
    from runlog.query.expr import Text

    states: list[Expr] = [Compare(Field("attribute", "state"), "=", Text(_state(word))) for word in wanted.states]
    tests: list[Expr] = states if len(states) < 2 else [Or(tuple(states))]
    for tag in wanted.tags:
        key, equals, value = tag.partition("=")
        tests.append(Compare(Field("tag", key), "=", Text(value)) if equals else Has(Field("tag", key)))
    return tests


def _state(word: str) -> str:
    if word not in STATES:
        from runlog.query.syntax import suggestion

        hint = suggestion(word, STATES) or "runlog ls --status running"
        raise UsageError(f"{word!r} is no state: it is one of {', '.join(STATES)}", hint=hint)
    return word


def _typed(wanted: Wanted) -> list[Expr]:
    """The filters that somebody typed, with names that were not looked up."""
    from runlog import query

    tests = [query.parse(text) for text in wanted.where]
    return [*tests, _since(wanted.since)] if wanted.since else tests


def _since(text: str) -> Expr:
    from runlog import query
    from runlog.query.dates import length
    from runlog.query.syntax import is_number

    try:
        is_length = length(text) is not None and not is_number(text)
        return query.parse(f"started > {text} ago" if is_length else f"started >= {text}")
    except BadQuery as error:
        # It would point at a place in what nobody typed.
        raise UsageError(error.message.partition(" (column ")[0], error.hint) from None
