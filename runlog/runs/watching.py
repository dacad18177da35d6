"""Looking at running runs again and again, and reading only what has changed since."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from runlog.capture.process import is_alive
from runlog.errors import RunlogError
from runlog.records import Process, RunRecord, common_metrics
from runlog.store import layout
from runlog.store.store import Store
from runlog.store.stored import StoredRun

# A run on another machine shows only by its silence that it is lost.
_READ_AGAIN_S = 60.0
# Nothing that takes a second is done more often than every twenty.
_SHARE = 20
# As many as a wide screen has room for.
_CURVES = 6

# Names, sizes and times of files: what tells that something was said.
_Signs = tuple[tuple[str, int, int], ...]
Listing = Callable[[], Iterable[RunRecord]]
# The values of some metrics of a run.
Curves = Callable[[StoredRun, Sequence[str]], Mapping[str, Sequence[float]]]


@dataclass(frozen=True, slots=True)
class Seen:
    """A run as it was when it was looked at last, with the curves of those metrics of the watch that come first."""

    record: RunRecord
    curves: Mapping[str, Sequence[float]]


class Watch:
    """The runs that `listing` gives, which are those that run, until they have ended and beyond.

    A look costs some calls of stat for each run and each experiment; a run is read when its files have changed or its process
    is gone, and all are listed again when a run has come or gone. `metrics` are those to show, in their order; without any,
    all that the runs have.
    """

    def __init__(self, store: Store, listing: Listing, curves: Curves, metrics: Sequence[str] = ()) -> None:
        self._store = store
        self._listing = listing
        self._curves = curves
        self._chosen = metrics
        self.metrics: Sequence[str] = metrics
        self._watched: dict[str, _Watched] = {}
        self._arrivals: object = None
        self._list_again = 0.0

    def look(self) -> list[Seen]:
        """Every run that is running or was so at an earlier look, in the order of the listing; those that have ended follow."""
        arrivals = self._signs_of_arrival()
        if arrivals != self._arrivals and time.monotonic() >= self._list_again:
            began = time.monotonic()
            self._arrivals = arrivals
            self._list()
            self._list_again = time.monotonic() + _SHARE * (time.monotonic() - began)
        for run_id, watched in list(self._watched.items()):
            try:
                watched.look()
            except RunlogError:
                del self._watched[run_id]  # taken away, or being copied
        self.metrics = self._chosen or common_metrics(watched.record for watched in self._watched.values())
        return [Seen(watched.record, self._drawn(watched)) for watched in self._watched.values()]

    def _drawn(self, watched: _Watched) -> Mapping[str, Sequence[float]]:
        """The curves of a run, the same ones for all of them. A run that has just gone has none."""
        with contextlib.suppress(RunlogError):
            return watched.drawn(self.metrics[:_CURVES], self._curves)
        return {}

    def _list(self) -> None:
        listed = {run.id: run for run in self._listing()}
        before = self._watched
        self._watched = {}
        for run_id, record in listed.items():
            with contextlib.suppress(RunlogError):
                known = before.get(run_id)
                self._watched[run_id] = known or _Watched(self._store.run(run_id), record)
        # What is not listed any more has ended, which may not have been read yet.
        self._watched |= {run_id: known for run_id, known in before.items() if run_id not in listed and not known.record.removed}

    def _signs_of_arrival(self) -> object:
        """What is different when a run has come: the markers of living runs, and the folders of the experiments."""
        root = self._store.root
        folders = [(root / layout.EXPERIMENTS / name) for name in self._store.experiment_folders()]
        return sorted(_names(root / layout.LIVE)), [(folder.name, _changed_at(folder)) for folder in folders]


class _Watched:
    """One run, read again when there is reason to."""

    def __init__(self, run: StoredRun, record: RunRecord) -> None:
        self._run = run
        self.record = record
        self._curves: dict[str, Sequence[float]] = {}
        self._process: Process | None = None
        self._signs: _Signs | None = None
        self._read_again = 0.0
        self._read_not_before = 0.0

    @property
    def over(self) -> bool:
        return self.record.state != "running"

    def look(self) -> None:
        now = time.monotonic()
        signs = self._signs_of_life()
        if now < self._read_not_before and not self._is_gone():
            return
        if signs == self._signs and (self.over or (now < self._read_again and not self._is_gone())):
            return
        self._signs = signs
        self._run = self._run.reload()
        self.record = self._run.record
        self._curves = {}
        self._process = None if self.over else self._run.answering()
        self._read_not_before = now + _SHARE * (time.monotonic() - now)
        self._read_again = max(now + _READ_AGAIN_S, self._read_not_before)

    def drawn(self, names: Sequence[str], read: Curves) -> Mapping[str, Sequence[float]]:
        """The curves of those metrics that have more than one point; read only when the run has been, or others are wanted."""
        known = self.record.metrics
        missing = [name for name in names if name not in self._curves and name in known and known[name].count > 1]
        if missing:
            began = time.monotonic()
            self._curves |= read(self._run, missing)
            self._read_not_before += _SHARE * (time.monotonic() - began)
            self._read_again = max(self._read_again, self._read_not_before)
        return self._curves

    def _is_gone(self) -> bool:
        return self._process is not None and is_alive(self._process) is False

    def _signs_of_life(self) -> _Signs:
        """The files in which something is said. A log that grows has another size."""
        return tuple(sorted((*_files(self._run.path), *_files(self._run.path / layout.LIVE))))


def _files(folder: os.PathLike[str]) -> list[tuple[str, int, int]]:
    found = []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):
                info = entry.stat(follow_symlinks=False)
                # A folder's own time says nothing that its files do not.
                found.append(
                    (entry.name, -1, 0) if entry.is_dir(follow_symlinks=False) else (entry.name, info.st_size, info.st_mtime_ns)
                )
    return found


def _names(folder: os.PathLike[str]) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _changed_at(folder: os.PathLike[str]) -> int:
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return 0
