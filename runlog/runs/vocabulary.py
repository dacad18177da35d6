"""The words of a store that somebody may be about to type: names of runs, metrics, params, tags and experiments.

It looks at the newest runs alone, for the answer must be there before a finger leaves the key.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from runlog.errors import RunlogError
from runlog.query.expr import Kind
from runlog.records import RunRecord, State
from runlog.render.ids import short_ids
from runlog.runs.find import find_one
from runlog.store.registry.standing import Model
from runlog.store.store import Store
from runlog.store.stored import StoredRun

_RUNS = 200
_IN_TIME_S = 0.5


@dataclass(frozen=True, slots=True)
class Word:
    """Something to type, and the run that it stands for, if it does for one."""

    text: str
    run: RunRecord | None = None


class Vocabulary:
    """What the newest runs of a store are called and what they hold; with `of`, what that one run holds."""

    def __init__(self, store: Store, *, of: str | None = None, removed: bool = False, state: State | None = None) -> None:
        self._store = store
        self._of = of
        self.removed = removed
        self._state = state

    @cached_property
    def _records(self) -> list[RunRecord]:
        if self._of is not None:
            with suppress(RunlogError):
                return [find_one(self._store, self._of).record]
        fitting = (run for run in self._newest() if run.removed == self.removed and self._state in {None, run.state})
        return sorted(islice(fitting, _RUNS), key=lambda run: -run.created_at)

    def _newest(self) -> Iterator[RunRecord]:
        """Runs by their ids, which tell the second, from the newest down, as many as can be read in time."""
        until = time.monotonic() + _IN_TIME_S
        for place in self._store.run_dirs():
            with suppress(RunlogError):
                yield StoredRun(place).record
            if time.monotonic() > until:
                return

    def runs(self, begin: str) -> list[Word]:
        """Ids and names that begin so: newest first, each id as short as it may be typed, or whole where that was begun."""
        short = short_ids(run.id for run in self._records)
        found = [Word(short[run.id], run) for run in self._records if short[run.id].startswith(begin)]
        found += [Word(run.id, run) for run in self._records if begin and run.id.startswith(begin)]
        found += [Word(run.name, run) for run in self._records if run.name and run.name.startswith(begin)]
        # Older ones are known by their ids, which cost no reading.
        if begin and not found and self._state is None and not self.removed:
            ids = [run.id for run in self._store.run_dirs()]
            found = [Word(run_id[-6:]) for run_id in ids if run_id[-6:].startswith(begin)]
            found += [Word(run_id) for run_id in ids if run_id.startswith(begin)]
        return list({word.text: word for word in found[:_RUNS]}.values())

    def addresses(self) -> list[str]:
        """Names behind those of their experiments: `@duration/ridge`."""
        return list(dict.fromkeys(f"@{run.experiment}/{run.name}" for run in self._records if run.name))

    def experiments(self) -> list[str]:
        """Every experiment, those that its runs alone know too."""
        known = [experiment.name for experiment in self._store.experiments() if experiment.removed_at is None]
        return sorted({*known, *(run.experiment for run in self._records)})

    def models(self, removed: bool = False) -> list[str]:
        """Every model of which there is a version, or of which one is in the trash."""
        return [model.name for model in self._models if any(version.removed == removed for version in model.versions)]

    def versions(self, name: str, removed: bool = False) -> list[str]:
        """What may stand behind the name of a model: numbers, newest first, then stages and aliases; of the trash, numbers."""
        found = [model for model in self._models if model.name == name]
        numbers = [version.word for model in found for version in reversed(model.versions) if version.removed == removed]
        return numbers + ([] if removed else [word for model in found for word in model.holders])

    @cached_property
    def _models(self) -> list[Model]:
        with suppress(RunlogError):
            return self._store.models()
        return []

    def metrics(self) -> list[str]:
        return self._names(lambda run: run.metrics)

    def params(self) -> list[str]:
        return self._names(lambda run: run.params)

    def tags(self) -> list[str]:
        return self._names(lambda run: run.tags)

    def artifacts(self) -> list[str]:
        return self._names(lambda run: run.artifacts)

    def branches(self) -> list[str]:
        """The branches that runs were begun on."""
        return self._names(lambda run: filter(None, [run.code.get("branch")]))

    def values(self, key: str, kind: Kind | None = None) -> list[str]:
        """The texts that a tag or param, or one of that kind alone, is somewhere; the empty one for a bare tag."""
        tags = [run.tags for run in self._records if kind in {None, "tag"}]
        params = [run.params for run in self._records if kind in {None, "param"}]
        said = [found[key] for found in (*tags, *params) if key in found]
        return sorted({value for value in said if isinstance(value, str)})

    def _names(self, of: Callable[[RunRecord], Iterable[str]]) -> list[str]:
        return sorted({name for run in self._records for name in of(run)})
