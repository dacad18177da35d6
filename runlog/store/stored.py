"""A run as people read it: everything known of it, and its points as a table."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runlog.capture.process import this_process
from runlog.capture.secrets import withheld_word
from runlog.errors import NotFound, OutsideError
from runlog.records import Artifact, End, Entry, Input, Kind, Metric, Process, RunRecord, State
from runlog.store import layout
from runlog.store.experiments import Names, after
from runlog.store.fold import answering
from runlog.store.format import checked
from runlog.store.rundir import RunDir, edit

if TYPE_CHECKING:
    import pyarrow as pa


class StoredRun:
    """One run of a store, read when first asked and kept; `reload()` reads it anew."""

    def __init__(self, folder: RunDir, names: Names | None = None) -> None:
        self._dir = folder
        self._names = names

    @cached_property
    def record(self) -> RunRecord:
        record = self._dir.record()
        name = (self._names or Names(self._dir.store)).now(record.experiment)
        return record if name == record.experiment else record._replace(experiment=name)

    def reload(self) -> StoredRun:
        """The same run as it stands now."""
        return StoredRun(self._dir)

    def say(self, *words: tuple[Kind, str, Any], at: int | None = None) -> None:
        """Say something about the run from outside: a tag, a note, its end. Durable when this returns.

        Without a time it counts from now on, even where a machine whose clock is ahead spoke before.
        """
        moment = at or self.after_all()
        entries = [checked(Entry(moment, kind, key, withheld_word(kind, key, value))) for kind, key, value in words]
        edit(self._dir, entries, this_process())
        self.__dict__.pop("record", None)

    def after_all(self) -> int:
        """A moment later than everything that was said of the run."""
        return max(after(entry for said in self._dir.said() for entry in said.entries), self._dir.birth().created_at + 1000)

    def answering(self) -> Process:
        """The process that answers for the run: the one that opened it last."""
        return answering(self._dir.birth(), self._dir.said())[0]

    @property
    def id(self) -> str:
        return self._dir.id

    @property
    def store_path(self) -> Path:
        """The store that it lies in."""
        return self._dir.store

    @property
    def path(self) -> Path:
        """The folder of the run."""
        return self._dir.path

    @property
    def experiment(self) -> str:
        return self.record.experiment

    @property
    def name(self) -> str | None:
        return self.record.name

    @property
    def state(self) -> State:
        return self.record.state

    @property
    def end(self) -> End | None:
        """How it ended: exit code, signal, exception; none while it runs."""
        return self.record.end

    @property
    def parent(self) -> str | None:
        return self.record.parent

    @property
    def note(self) -> str | None:
        return self.record.note

    @property
    def params(self) -> Mapping[str, Any]:
        return self.record.params

    @property
    def earlier_params(self) -> Mapping[str, tuple[Any, ...]]:
        """The values that params had before their present ones."""
        return self.record.earlier_params

    @property
    def tags(self) -> Mapping[str, str]:
        return self.record.tags

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """What each metric came to: last, min, max, first, count, step_of_min, step_of_max."""
        return self.record.metrics

    @property
    def artifacts(self) -> Mapping[str, Artifact]:
        return self.record.artifacts

    @property
    def inputs(self) -> Mapping[str, Input]:
        return self.record.inputs

    @property
    def problems(self) -> tuple[str, ...]:
        """What went wrong with the tracking itself."""
        return self.record.problems

    @property
    def removed(self) -> bool:
        """Whether it is in the trash."""
        return self.record.removed

    @property
    def created_at(self) -> datetime:
        return moment(self.record.created_at)

    @property
    def ended_at(self) -> datetime | None:
        return None if self.record.ended_at is None else moment(self.record.ended_at)

    def artifact(self, path: str) -> Path:
        """Where a logged file lies."""
        if path not in self.artifacts:
            raise NotFound(f"run {self.id} has no artifact {path!r}", hint=f"runlog show {self.id}")
        place = self.path / layout.ARTIFACTS / self.artifacts[path].file
        if self.record.emptied and not place.exists():
            raise NotFound(f"artifact {path!r} of run {self.id} was dropped by gc while the run was in the trash")
        return place

    def history(self, metric: str | None = None) -> pa.Table:
        """All points of a metric, or of every metric: an Arrow table of metric, step, time and value."""
        if metric is not None and metric not in self.metrics:
            raise NotFound(f"run {self.id} has no metric {metric!r}", hint=f"runlog show {self.id}")
        return self._dir.history(metric)

    def to_pandas(self, metric: str | None = None) -> Any:
        """The history as a pandas frame."""
        return _with("pandas", lambda: self.history(metric).to_pandas())

    def to_polars(self, metric: str | None = None) -> Any:
        """The history as a polars frame."""
        polars = _with("polars", lambda: import_module("polars"))
        return polars.from_arrow(self.history(metric))

    def __repr__(self) -> str:
        return f"<run {self.id} {self.name or ''} {self.state}>".replace("  ", " ")

    def _repr_html_(self) -> str:
        import html

        rows = [
            ("run", f"{self.id} {self.name or ''}"),
            ("experiment", self.experiment),
            ("state", self.state),
            *((f"param {key}", str(value)) for key, value in self.params.items()),
            *((f"tag {key}", value) for key, value in self.tags.items()),
            *((f"metric {key}", f"{metric.last:g} at step {metric.last_step}") for key, metric in self.metrics.items()),
        ]
        cells = "".join(f"<tr><th>{html.escape(key)}</th><td>{html.escape(value)}</td></tr>" for key, value in rows)
        return f"<table>{cells}</table>"


def _with(library: str, use: Callable[[], Any]) -> Any:
    """What needs a library that runlog does not bring."""
    try:
        return use()
    except ImportError as error:
        raise OutsideError(f"a {library} frame needs {library}, which is not installed", hint=f"pip install {library}") from error


def moment(ns: int) -> datetime:
    """A time of a record, as Python's own."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=math.floor(ns / 1000))
