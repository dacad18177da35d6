"""Which runs a command is about: those that are named, looked for among those that fit its filters."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from runlog.cli import writing
from runlog.cli.opening import one_word, words
from runlog.cli.options import Filters
from runlog.cli.selecting import doubts, listed
from runlog.errors import NotFound, UsageError
from runlog.records import RunRecord
from runlog.runs.find import find_one, runs_named
from runlog.store.store import Store
from runlog.store.stored import StoredRun


class Meant:
    """The runs of a store that words mean where some filters leave only some of them. They are read when first asked for."""

    def __init__(self, store: Store, filters: Filters) -> None:
        self.store = store
        self._filters = filters

    @cached_property
    def fitting(self) -> dict[str, RunRecord] | None:
        """By id, in the order that is asked for; none where all runs fit."""
        return {run.id: run for run in listed(self.store, self._filters)} if self._filters.choose else None

    def one(self, word: str) -> StoredRun:
        """The run that a word names."""
        if self.fitting is None:
            return find_one(self.store, word)
        if word in self.fitting:
            return self.store.run(word)
        try:
            return find_one(self.store, word, list(self.fitting.values()))
        except NotFound:
            self._tell_doubts()
            raise

    def all(self, given: Sequence[str]) -> list[StoredRun]:
        """The runs that words name, each once."""
        return list({run.id: run for word in given for run in [self.one(word)]}.values())

    def named(self, given: Sequence[str]) -> list[str]:
        """The words for the runs that are meant: as given, `-` for those on standard input; where none is, for all that fit."""
        fitting = list(self.fitting or ())  # before a run is looked for, so that a filter that cannot be read is one error
        if given:
            return words(given)
        self._tell_doubts()
        return fitting

    def _tell_doubts(self) -> None:
        """Also where something fits, for `not` makes true what asks for a name that no run has."""
        writing.say("".join(f"note: {doubt}\n" for doubt in doubts(self.store, self._filters)))


def check_named(given: Sequence[str], filters: Filters, hint: str, *, changes: bool = True) -> None:
    """Refuse to be about all runs: some are named, or filters leave only some of them."""
    if given:
        check_alone(filters)
    elif changes and filters.limit == 0:
        raise UsageError("-n 0 would mean all that fit", hint="leave -n out if that is meant")
    elif not filters.choose:
        problem = "--sort leaves no run out, and none is named" if filters.sort else "no run is named"
        raise UsageError(problem, hint=hint)


def check_alone(filters: Filters) -> None:
    """Runs that are named are taken as they were named."""
    option = "-n" if filters.limit is not None else "--sort" if filters.sort else ""
    if option:
        raise UsageError(f"{option} is about runs that are found, and these are named", hint=f"leave out {option}, or the names")


def check_no_run(store: Store, word: str, place: str, hint: str) -> None:
    """Refuse the name of a run in the place of what is done to all that fit: it is probably that run which is meant."""
    named = runs_named(store, word)
    if named:
        raise UsageError(f"{word!r} is the name of run {named[0].id}, in the place of {place}", hint=hint)


def one(store: Store, word: str, filters: Filters) -> StoredRun:
    """The run that a word names, `-` on standard input, among those that fit."""
    return Meant(store, filters).one(one_word(word))
