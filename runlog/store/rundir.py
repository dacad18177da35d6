"""One run's folder: create it, read all that was said in it, settle what its processes left behind."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runlog.capture.process import is_alive
from runlog.errors import Damaged
from runlog.records import Birth, Entry, Process, RunRecord, Said
from runlog.store import files, layout
from runlog.store.fold import end_of, fold
from runlog.store.format import birth_document, read_birth, read_process, read_said, said_document
from runlog.store.metrics.columns import summarize
from runlog.store.metrics.door import read_door
from runlog.store.metrics.reading import Contents, read_log

if TYPE_CHECKING:
    import pyarrow as pa

# A log of a process that cannot be asked is left alone for so long. Should it come back later still, it puts its log back.
_SILENT_FOR = 24 * 3600 * 1_000_000_000
# Whoever still holds a door open may write to it after the run ended.
_DOOR_STAYS_S = 3600.0


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the newest word of one writer lies."""

    writer: str
    said: Said
    contents: Contents | None  # of a log; none when an entries document speaks for it
    kind: str  # "log", "jsonl" or "json"


class RunDir:
    """The folder of one run. Reading writes nothing."""

    def __init__(self, store: Path, folder: str) -> None:
        self.store = store
        self.folder = folder
        self.path = store / folder
        self.id = self.path.name

    @classmethod
    def create(cls, store: Path, birth: Birth) -> RunDir:
        """A new run, visible as a whole when this returns. A crash before leaves a staging folder."""
        folder = layout.run_folder(birth.experiment, birth.id)
        path = store / folder
        staged = files.staging_path(path.parent)
        files.make_folder(staged / layout.LIVE)
        files.write_new(staged / layout.RUN_FILE, birth_document(birth))
        os.rename(staged, path)
        return cls(store, folder)

    @property
    def live(self) -> Path:
        return self.path / layout.LIVE

    def birth(self) -> Birth:
        """run.json, checked against the name of the folder."""
        name = f"{self.folder}/{layout.RUN_FILE}"
        try:
            birth = read_birth(name, files.read_file(self.path / layout.RUN_FILE))
        except (FileNotFoundError, NotADirectoryError) as error:
            raise Damaged(f"{name} is missing", hint="runlog check") from error
        if birth.id != self.id:
            raise Damaged(f"{name} is the birth of run {birth.id}, in the folder of another", hint="runlog check")
        return birth

    def record(self) -> RunRecord:
        """The run as it stands now."""
        return fold(self.birth(), self.folder, self.said(), is_alive, time.time_ns())

    def said(self) -> list[Said]:
        """The newest word of every writer."""
        return [source.said for source in self._sources()]

    def said_in(self, name: str) -> Said:
        """What an entries document says."""
        found = layout.parse_entries_name(name)
        assert found is not None
        return self._from_document(*found).said

    def log_in(self, name: str) -> Said | None:
        """What a log or door says; none for any other file."""
        found = layout.parse_log_name(name)
        return self._from_log(name, *found).said if found else None

    def logs(self) -> list[tuple[str, Said]]:
        """(file name, words) of each log and door that still lies in the run."""
        return [(name, self._from_log(name, writer, kind).said) for name, writer, kind in self._logs()]

    def is_live(self, said: Said) -> bool:
        """Whether the newest word of a writer is still a log."""
        return not os.path.lexists(self.path / layout.entries_name(said.writer, said.records))

    def history(self, metric: str | None = None) -> pa.Table:
        """The points of a metric, or all points, of all writers."""
        from runlog.store.metrics import parquet

        tables = []
        sources = self._sources()
        lost = {entry.key for source in sources for entry in source.said.entries if entry.kind == "lost"}
        for source in sources:
            if source.contents is not None:
                tables.append(parquet.live_table(source.contents.columns, metric))
            elif source.said.points and (metric is None or metric in source.said.metrics):
                name = points_name(source.said)
                if name not in lost:
                    tables.append(self._points(name, metric))
        return parquet.merged(tables)

    def _points(self, name: str, metric: str | None) -> pa.Table:
        from runlog.store.metrics import parquet

        try:
            return parquet.read_points(self.path / name, metric)
        except FileNotFoundError as error:
            raise Damaged(f"{self.folder}/{name} is missing", hint="runlog check") from error

    def settle(self, closed: Iterable[str] = (), *, drop: bool = True) -> bool:
        """Turn the logs of writers that are done, those in `closed` and those whose process is gone, into documents.

        Safe to call at any time by anyone who may write; a crash leaves the log, and the next caller does it again.
        Without `drop` the documents are visible but perhaps not yet durable, and the logs stay beside them until `drop_covered`.
        Whether nothing is left that could still change.
        """
        done = set(closed)
        sources = self._sources()
        live = [source for source in sources if source.contents is not None]
        over = not live or self._is_over([source.said for source in sources])
        for source in live:
            if over if source.kind == "jsonl" else source.writer in done or is_done(source.said):
                self._settle(source, durable=drop)
        return self.drop_covered() and over if drop else over

    def _is_over(self, words: list[Said]) -> bool:
        return fold(self.birth(), self.folder, words, is_alive, time.time_ns()).state != "running"

    def _settle(self, source: _Source, durable: bool) -> None:
        contents, said = source.contents, source.said
        if contents is None:
            return
        if contents.columns:
            from runlog.store.metrics import parquet

            parquet.write_points(self.path / points_name(said), contents.columns, durable=durable)
        if contents.rejected:
            folder = self.path / layout.METRICS
            files.make_folder(folder)
            name = layout.covered_name(said.writer, said.records, "rejected")
            files.write_new(folder / name, b"".join(line + b"\n" for line in contents.rejected), durable=durable)
        self.write_said(said, durable=durable)

    def write_said(self, said: Said, *, durable: bool = True) -> None:
        """Put an entries document in place; durable with its name when this returns, unless told otherwise."""
        name = layout.entries_name(said.writer, said.records)
        files.write_new(self.path / name, said_document(self.id, said), durable=durable)
        if durable:
            files.sync_folder(self.path)

    def drop_covered(self, *, durable: bool = False) -> bool:
        """Remove what larger words of the same writers have replaced, once those are durable. Whether no log is left.

        `durable` says that the caller has brought the whole filesystem to the disk since the documents were written.
        """
        newest = self._documents()
        logs = self._logs()
        covered = [(name, writer) for name, writer, kind in logs if self._covers(newest.get(writer), name, writer, kind)]
        if covered and not durable:
            self._sync({writer: newest[writer] for _, writer in covered})
        for name, _ in covered:
            files.remove(self.live / name)
        for entry in files.list_folder(self.path):
            found = layout.parse_entries_name(entry.name)
            if found and found[1] < newest[found[0]]:
                files.remove(self.path / entry.name)
        for entry in files.list_folder(self.path / layout.METRICS):
            points = layout.parse_covered_name(entry.name)
            if points and points[1] < newest.get(points[0], 0):
                files.remove(self.path / layout.METRICS / entry.name)
        files.remove_empty(self.live)
        return len(covered) == len(logs)

    def _sync(self, words: dict[str, int]) -> None:
        """Make documents durable that somebody may have written in haste: bytes first, then names."""
        for writer, records in words.items():
            for kind in ("parquet", "rejected"):
                files.sync_file(self.path / layout.METRICS / layout.covered_name(writer, records, kind))
            files.sync_file(self.path / layout.entries_name(writer, records))
        files.sync_folder(self.path / layout.METRICS)
        files.sync_folder(self.path)

    def _covers(self, records: int | None, name: str, writer: str, kind: str) -> bool:
        path = self.live / name
        try:
            if records is None or not self._is_sound(writer, records):
                return False
            if kind == "jsonl" and time.time() - os.stat(path).st_mtime < _DOOR_STAYS_S:
                return False
            return _read(writer, kind, files.read_file(path)).records <= records
        except FileNotFoundError:
            return False

    def _is_sound(self, writer: str, records: int) -> bool:
        """Whether a document that would replace a log can be read. After a power loss a name may show no bytes."""
        try:
            said = self._from_document(writer, records).said
            return not said.points or os.stat(self.path / points_name(said)).st_size > 0
        except (Damaged, OSError):
            return False

    def _documents(self) -> dict[str, int]:
        """The largest number of records that a document covers, by writer."""
        newest: dict[str, int] = {}
        for entry in files.list_folder(self.path):
            found = layout.parse_entries_name(entry.name)
            if found and found[1] > newest.get(found[0], -1):
                newest[found[0]] = found[1]
        return newest

    def _logs(self) -> list[tuple[str, str, str]]:
        """(file name, writer, kind) of each log and door."""
        if not stat.S_ISDIR(_mode(self.live)):
            return []
        return [(e.name, *found) for e in files.list_folder(self.live) if (found := layout.parse_log_name(e.name))]

    def _sources(self) -> list[_Source]:
        """The newest word of each writer, by writer. Logs are listed before documents: one that is settled in
        between is then found as a document, and one that vanishes while it is read is looked for again."""
        while True:
            logs = self._logs()
            documents = self._documents()
            try:
                from_logs = [self._from_log(*log) for log in logs]
                known = {source.writer for source in from_logs}
                found = {}
                for writer, records in documents.items():
                    # A log that is still there speaks for a document that a power loss has emptied.
                    if writer not in known or self._is_sound(writer, records):
                        found[writer] = self._from_document(writer, records)
                for source in from_logs:
                    writer = source.writer
                    if writer not in found or source.said.records > found[writer].said.records:
                        found[writer] = source
                return [found[writer] for writer in sorted(found)]
            except FileNotFoundError:
                if not os.path.lexists(self.path):
                    raise Damaged(f"{self.folder} is gone", hint="runlog check") from None

    def _from_document(self, writer: str, records: int) -> _Source:
        name = layout.entries_name(writer, records)
        said = read_said(f"{self.folder}/{name}", files.read_file(self.path / name))
        if said.writer != writer or said.records != records:
            raise Damaged(f"{self.folder}/{name} holds the words of {said.writer}.{said.records}", hint="runlog check")
        return _Source(writer, said, None, "json")

    def _from_log(self, name: str, writer: str, kind: str) -> _Source:
        contents = _read(writer, kind, files.read_file(self.live / name))
        return _Source(writer, _said_in(writer, contents), contents, kind)


def is_done(said: Said) -> bool:
    """Whether the writer of a log will not speak again."""
    if end_of(said) is not None:
        return True
    alive = is_alive(said.process) if said.process is not None and said.process.pid else None
    if alive is None:
        return time.time_ns() - said.last_sign > _SILENT_FOR
    return not alive


def points_name(said: Said) -> str:
    """Where the points of a writer lie in its run."""
    return f"{layout.METRICS}/{layout.covered_name(said.writer, said.records, 'parquet')}"


def edit(run: RunDir, entries: Iterable[Entry], process: Process) -> None:
    """Say something about a run from outside; durable when this returns."""
    said = tuple(entries)
    run.write_said(Said(layout.new_id(), len(said), process, said, {}, 0, last_sign=max(entry.at for entry in said)))


def _read(writer: str, kind: str, data: bytes) -> Contents:
    return read_door(writer, data) if kind == "jsonl" else read_log(f"{writer}.log", data)


def _said_in(writer: str, contents: Contents) -> Said:
    for columns in contents.columns.values():
        columns.sort()
    process = next((read_process(e.value["process"]) for e in contents.entries if e.kind == "open"), None)
    return Said(
        writer=writer,
        records=contents.records,
        process=process,
        entries=tuple(contents.entries),
        metrics={name: summarize(columns) for name, columns in sorted(contents.columns.items())},
        points=sum(len(columns.steps) for columns in contents.columns.values()),
        last_sign=contents.last_sign,
        rejected=len(contents.rejected),
        gaps=contents.gaps,
    )


def _mode(path: Path) -> int:
    try:
        return os.lstat(path).st_mode
    except OSError:
        return 0
