"""One run's folder: create it, read all that was said in it, settle what its processes left behind."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Collection, Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from runlog.capture.process import is_alive
from runlog.errors import Damaged
from runlog.records import Birth, Entry, Process, RunRecord, Said
from runlog.store import files, layout
from runlog.store.fold import fold, given_up
from runlog.store.format import birth_document, read_birth, read_said, said_document

# Most runs that are read have ended and left no logs: what reads those, and settles them, is imported when there is one.
if TYPE_CHECKING:
    import pyarrow as pa

    from runlog.store.metrics.reading import Contents
    from runlog.store.settle import Settling


class Source(NamedTuple):
    """Where the newest word of one writer lies."""

    writer: str
    said: Said
    contents: Contents | None  # of a log; none when an entries document speaks for it
    kind: str  # "log", "jsonl" or "json"


def points_name(said: Said) -> str:
    """Where the points of a writer lie in its run."""
    return f"{layout.METRICS}/{layout.covered_name(said.writer, said.records, 'parquet')}"


def newest(names: Iterable[str]) -> dict[str, int]:
    """Of the documents with these names, the largest number of records that one covers, by writer."""
    covered: dict[str, int] = {}
    for found in map(layout.parse_entries_name, names):
        if found and found[1] > covered.get(found[0], -1):
            covered[found[0]] = found[1]
    return covered


def birth_of(folder: str, data: bytes) -> Birth:
    """What the `run.json` of a run's folder says, checked against the name of the folder."""
    name = f"{folder}/{layout.RUN_FILE}"
    birth = read_birth(name, data)
    if birth.id != folder.rpartition("/")[2]:
        raise Damaged(f"{name} is the birth of run {birth.id}, in the folder of another", hint="runlog check")
    return birth


def words_of(folder: str, writer: str, records: int, data: bytes) -> Said:
    """What an entries document of a run's folder says; it must be about whom its name says."""
    name = f"{folder}/{layout.entries_name(writer, records)}"
    said = read_said(name, data)
    if said.writer != writer or said.records != records:
        raise Damaged(f"{name} holds the words of {said.writer}.{said.records}", hint="runlog check")
    return said


class RunDir:
    """The folder of one run. Reading writes nothing."""

    def __init__(self, store: Path, folder: str) -> None:
        self.store = store
        self.folder = folder
        self.id = folder.rpartition("/")[2]
        # As text, for a listing opens the files of many runs, and putting paths together is a good part of that.
        self._place = f"{store}/{folder}"

    @classmethod
    def create(cls, store: Path, birth: Birth, *, durable: bool = True) -> RunDir:
        """A new run, visible as a whole when this returns. A crash before leaves a staging folder. Not durable, a power loss
        may leave a folder with an empty `run.json` until `sync_birth`."""
        return cls._build(store, layout.run_folder(birth.experiment, birth.id), birth_document(birth), durable)

    @classmethod
    def copy_birth(cls, store: Path, run: RunDir) -> RunDir:
        """A run of another store, with nothing but its birth, to the byte; visible and durable as by `create`."""
        return cls._build(store, run.folder, files.read_file(run.path / layout.RUN_FILE), durable=True)

    @classmethod
    def _build(cls, store: Path, folder: str, birth: bytes, durable: bool) -> RunDir:
        path = store / folder
        staged = files.staging_path(path.parent)
        try:
            files.make_folder(staged / layout.LIVE)
            files.write_new(staged / layout.RUN_FILE, birth, durable=durable)
            os.rename(staged, path)
        except BaseException:
            files.remove(staged / layout.RUN_FILE)
            files.remove_empty(staged / layout.LIVE)
            files.remove_empty(staged)
            raise
        return cls(store, folder)

    @cached_property
    def path(self) -> Path:
        return self.store / self.folder

    @cached_property
    def _settling(self) -> Settling:
        from runlog.store.settle import Settling

        return Settling(self)

    def has_logs(self) -> bool:
        """Whether something may still lie in the run that was not settled."""
        return files.is_folder(f"{self._place}/{layout.LIVE}")

    @property
    def live(self) -> Path:
        return self.path / layout.LIVE

    def sync_birth(self) -> None:
        """Make the birth of the run, and its place in the store, durable."""
        files.sync_file(self.path / layout.RUN_FILE)
        files.sync_folder(self.path)
        files.sync_folder(self.path.parent)

    def birth(self) -> Birth:
        """run.json, checked against the name of the folder."""
        try:
            return birth_of(self.folder, files.read_file(f"{self._place}/{layout.RUN_FILE}"))
        except (FileNotFoundError, NotADirectoryError) as error:
            raise Damaged(f"{self.folder}/{layout.RUN_FILE} is missing", hint="runlog check") from error

    def record(self, without: Collection[str] = ()) -> RunRecord:
        """The run as it stands now, read without the files of some names."""
        words = [source.said for source in self._sources(without)]
        return fold(self.birth(), self.folder, words, is_alive, time.time_ns())

    def said(self, without: Collection[str] = ()) -> list[Said]:
        """The newest word of every writer, read without the files of some names."""
        return [source.said for source in self._sources(without)]

    def said_in(self, name: str) -> Said:
        """What an entries document says."""
        found = layout.parse_entries_name(name)
        assert found is not None
        return self.read_document(*found).said

    def log_in(self, name: str) -> Said | None:
        """What a log or door says; none for any other file."""
        found = layout.parse_log_name(name)
        return self.read_log(name, *found).said if found else None

    def logs(self, without: Collection[str] = ()) -> list[tuple[str, Said]]:
        """(file name, words) of each log and door that still lies in the run."""
        found = []
        for name, writer, kind in self.log_files(without):
            with contextlib.suppress(FileNotFoundError):  # settled meanwhile
                found.append((name, self.read_log(name, writer, kind).said))
        return found

    def is_live(self, said: Said) -> bool:
        """Whether the newest word of a writer is still a log."""
        return not os.path.lexists(self.path / layout.entries_name(said.writer, said.records))

    def history(self, metric: str | None = None) -> pa.Table:
        """The points of a metric, or all points, of all writers."""
        while True:
            try:
                return self._history(self._sources(), metric)
            except FileNotFoundError:
                # Longer words of the same writer have just taken the place of these.
                continue

    def _history(self, sources: list[Source], metric: str | None) -> pa.Table:
        from runlog.store.metrics import parquet

        tables = []
        gone = self._gone([entry for source in sources for entry in source.said.entries], [source.said for source in sources])
        for source in sources:
            said = source.said
            if source.contents is not None:
                tables.append(parquet.live_table(source.contents.columns, metric))
            elif said.points and points_name(said) not in gone and (metric is None or metric in said.metrics):
                tables.append(self._points(said, metric))
        return parquet.merged(tables, metric)

    def _gone(self, entries: list[Entry], words: list[Said]) -> set[str]:
        """Points that were given up by a check, or dropped with the rest of a run in the trash."""
        gone = given_up(words)
        if any(entry.kind == "emptied" for entry in entries):
            gone |= {name for name in map(points_name, words) if not os.path.lexists(self.path / name)}
        return gone

    def _points(self, said: Said, metric: str | None) -> pa.Table:
        from runlog.store.metrics import parquet

        name = points_name(said)
        try:
            files.must_be_folder(self.path / layout.METRICS)
            files.must_be_file(self.path / name)
            return parquet.read_points(self.path / name, metric)
        except FileNotFoundError as error:
            if self.is_live(said):
                raise
            raise Damaged(f"{self.folder}/{name} is missing", hint="runlog check") from error

    def settle(self, closed: Iterable[str] = (), *, drop: bool = True) -> bool:
        """Turn the logs of writers that are done, those in `closed` and those whose process is gone, into documents.

        Safe to call at any time by anyone who may write; a crash leaves the log, and the next caller does it again.
        Without `drop` the documents are visible but perhaps not yet durable, and the logs stay beside them until `drop_covered`.
        Whether nothing is left that could still change.
        """
        over = self._settling.settle(closed, durable=drop)
        return self.drop_covered() and over if drop else over

    def settle_log(self, writer: str) -> None:
        """Make documents of one log that a living process has left behind, and drop it."""
        self._settling.settle_log(writer)

    def drop_covered(self, *, durable: bool = False) -> bool:
        """Remove logs and documents that others have replaced. `durable`: the caller has synced the whole filesystem since.
        Whether no log is left."""
        return self._settling.drop(durable)

    def replaced(self) -> list[Path]:
        """Documents and points of which others say all and more."""
        return self._settling.replaced()

    def write_said(self, said: Said, *, durable: bool = True) -> None:
        """Put an entries document in place; durable with its name when this returns, unless told otherwise."""
        name = layout.entries_name(said.writer, said.records)
        files.write_new(self.path / name, said_document(self.id, said), durable=durable)
        # So that whoever remembers runs need not look into each folder; `rsync` brings the new time along.
        files.touch(self.path / layout.RUN_FILE)
        if durable:
            files.sync_folder(self.path)

    def is_sound(self, writer: str, records: int) -> bool:
        """Whether a document that would replace a log can be read. After a power loss a name may show no bytes."""
        try:
            said = self.read_document(writer, records).said
            return not said.points or files.ends_with(self.path / points_name(said), b"PAR1")
        except (Damaged, OSError):
            return False

    def documents(self, without: Collection[str] = ()) -> dict[str, int]:
        """The largest number of records that a document covers, by writer."""
        return newest(name for name in files.list_names(self._place) if name not in without)

    def log_files(self, without: Collection[str] = ()) -> list[tuple[str, str, str]]:
        """(file name, writer, kind) of each log and door."""
        if not self.has_logs():
            return []
        names = [entry.name for entry in files.list_folder(self.live) if entry.name not in without]
        return [(name, *found) for name in names if (found := layout.parse_log_name(name))]

    def door(self) -> Path:
        """A door of the run: one that is there, else where a new one would be."""
        doors = [name for name, _, kind in self.log_files() if kind == "jsonl"]
        return self.live / (doors[0] if doors else f"{layout.new_id()}.jsonl")

    def _sources(self, without: Collection[str] = ()) -> list[Source]:
        """The newest word of each writer, by writer. Logs are listed before documents: one that is settled in
        between is then found as a document, and one that vanishes while it is read is looked for again."""
        while True:
            logs = self.log_files(without)
            documents = self.documents(without)
            try:
                from_logs = [self.read_log(*log) for log in logs]
                known = {source.writer for source in from_logs}
                found = {}
                for writer, records in documents.items():
                    # A log that is still there speaks for a document that a power loss has emptied.
                    if writer not in known or self.is_sound(writer, records):
                        found[writer] = self.read_document(writer, records)
                for source in from_logs:
                    writer = source.writer
                    if writer not in found or source.said.records > found[writer].said.records:
                        found[writer] = source
                return [found[writer] for writer in sorted(found)]
            except FileNotFoundError:
                if not os.path.lexists(self.path):
                    raise Damaged(f"{self.folder} is gone", hint="runlog check") from None

    def read_document(self, writer: str, records: int) -> Source:
        """What an entries document says; it must be about whom its name says."""
        name = layout.entries_name(writer, records)
        said = words_of(self.folder, writer, records, files.read_file(f"{self._place}/{name}"))
        return Source(writer, said, None, "json")

    def read_log(self, name: str, writer: str, kind: str) -> Source:
        """What a log or a door says, with its points."""
        from runlog.store.metrics.words import contents_of, said_in

        contents = contents_of(writer, kind, files.read_file(self.live / name))
        return Source(writer, said_in(writer, contents), contents, kind)


def edit(run: RunDir, entries: Iterable[Entry], process: Process) -> None:
    """Say something about a run from outside; durable when this returns."""
    said = tuple(entries)
    run.write_said(Said(layout.new_id(), len(said), process, said, {}, 0, last_sign=max(entry.at for entry in said)))
