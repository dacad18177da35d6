"""Every run of a store, for questions about many: from the index where there are many, else read one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Protocol, TypeVar

from runlog import config
from runlog.errors import RunlogError
from runlog.records import RunRecord

if TYPE_CHECKING:
    from runlog.query import Expr, Names, Order
    from runlog.store.store import Store

T = TypeVar("T")
Progress = Callable[[int, int], None]  # runs read, runs to read
# So many are read as fast as an index is opened.
_FEW = 200


class Catalog(Protocol):
    """The readable runs of a store, or of one of its experiments; with `removed` those in the trash instead."""

    def names(self, experiment: str | None, removed: bool) -> Names | None:
        """The metrics, params and tags that runs have; none where there are no runs."""
        ...

    def runs(
        self, experiment: str | None, removed: bool, test: Expr | None = None, order: Order | None = None
    ) -> Iterator[RunRecord]:
        """The runs, newest first. Those that fail a bound test may be left out, and need not be."""
        ...

    def sorts(self, order: Order | None) -> bool:
        """Whether `runs` come in the order that is asked for."""
        ...


def ask(store: Store, question: Callable[[Catalog], T], progress: Progress | None = None, *, of_all: bool = False) -> T:
    """What a question about many runs comes to. It may be asked again: of all runs where the late ones turn out to be too few,
    which `of_all` knows before, and of the store itself where the index is of no use."""
    if config.index_wanted() and _are_many(store):
        from runlog.store.index.index import NoIndex, indexed

        try:
            if not of_all:
                with indexed(store, progress, of_all=False) as late, suppress(RunlogError):
                    answer = question(late)
                    if late.is_enough:
                        return answer
            with indexed(store, progress, of_all=True) as index:
                return question(index)
        except NoIndex:
            pass
    return question(Scan(store))


def _are_many(store: Store) -> bool:
    return next(islice(store.run_folders(), _FEW, None), None) is not None


class Scan:
    """The runs as they are read from their folders, one by one."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def names(self, experiment: str | None, removed: bool) -> Names | None:
        from runlog.query import Names

        runs = list(self.runs(experiment, removed))
        return Names.of(runs) if runs else None

    def runs(
        self, experiment: str | None, removed: bool, test: Expr | None = None, order: Order | None = None
    ) -> Iterator[RunRecord]:
        return (run.record for run in self._store.runs(experiment, removed=removed))

    def sorts(self, order: Order | None) -> bool:
        return order is None
