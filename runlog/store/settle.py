"""From logs to documents: what a process left becomes Parquet and an entries document, and then its log is dropped.

Every step may be the last before a crash. A log goes only when the documents that replace it are durable, so the next caller
finds either the log, or the documents, or both, and goes on from there.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from runlog.capture.process import is_alive
from runlog.errors import StoreError
from runlog.records import Said
from runlog.store import files, layout
from runlog.store.fold import end_of, fold
from runlog.store.line import append_line
from runlog.store.rundir import points_name

if TYPE_CHECKING:
    from runlog.store.rundir import RunDir, Source

# A log of a process that cannot be asked is left alone for so long. Should it come back later still, it puts its log back.
_SILENT_FOR = 24 * 3600 * 1_000_000_000
# A process says who it is the moment it makes a log, so one that says nothing was left by a process that was killed in between.
_NAMELESS_FOR = 60 * 1_000_000_000
# Whoever still holds a door open may write to it after the run ended.
DOOR_STAYS_S = 3600.0


def is_done(said: Said) -> bool:
    """Whether the writer of a log will not speak again."""
    done_at = _done_at(said)
    return done_at is not None and time.time_ns() > done_at


def _done_at(said: Said) -> int | None:
    """From when on the writer of a log is taken to be done; none while its process lives."""
    if end_of(said) is not None:
        return 0
    alive = is_alive(said.process) if said.process is not None and said.process.pid else None
    if alive is None:
        return said.last_sign + (_SILENT_FOR if said.records else _NAMELESS_FOR)
    return None if alive else 0


def quiet_at(run: RunDir) -> int | None:
    """From when on nothing may be written to the logs of a run that has ended; none while a process lives that has one."""
    moments: list[int | None] = [0]
    for name, writer, kind in run.log_files():
        with contextlib.suppress(FileNotFoundError, StoreError):  # settled meanwhile, or damaged, which settling will tell
            if kind == "jsonl":
                moments.append(os.stat(run.live / name).st_mtime_ns + int(DOOR_STAYS_S * 1e9))
            else:
                moments.append(_done_at(run.read_log(name, writer, kind).said))
    known = [moment for moment in moments if moment is not None]
    return max(known) if len(known) == len(moments) else None


class Settling:
    """The settling of one run. What was covered is remembered, so that dropping it reads no log again."""

    def __init__(self, run: RunDir) -> None:
        self.run = run
        self._covered: dict[str, int] = {}  # name and size of logs that documents hold
        self._damaged: set[str] = set()  # names of logs of which something could not be read

    def settle(self, closed: Iterable[str], durable: bool) -> bool:
        """Make documents of the logs of writers that are done: those in `closed`, and those whose process is gone. One log at a
        time is held in memory. Whether the run is over."""
        done = set(closed)
        documents = self.run.documents()
        words: dict[str, Said] = {}
        doors: list[Source] = []
        for name, writer, kind in self.run.log_files():
            try:
                size = os.stat(self.run.live / name).st_size
                source = self.run.read_log(name, writer, kind)
            except FileNotFoundError:
                continue  # somebody else has settled it
            words[writer] = source.said
            if source.said.gaps:
                self._damaged.add(name)
            if kind == "jsonl":
                doors.append(source)
            elif writer in done or is_done(source.said):
                if not self._is_known(source.said, documents):
                    self._write(source, durable)
                self._covered[name] = size
        if not words:
            return True
        over = self._is_over(words, documents)
        for door in doors if over else []:
            source = self._with_last_line(door)
            if not self._is_known(source.said, documents):
                self._write(source, durable)
        return over

    def settle_log(self, writer: str) -> None:
        """Make documents of one log that its process has left behind, look at no other, and drop it."""
        name = f"{writer}.log"
        source = self.run.read_log(name, writer, "log")
        self._write(source, durable=True)
        if source.said.gaps:
            self._damaged.add(name)
        self._drop_log(name)

    def _is_known(self, said: Said, documents: dict[str, int]) -> bool:
        known = documents.get(said.writer, -1)
        return known >= said.records and self.run.is_sound(said.writer, known)

    def _is_over(self, words: dict[str, Said], documents: dict[str, int]) -> bool:
        for writer, records in documents.items():
            if writer not in words and self.run.is_sound(writer, records):
                words[writer] = self.run.read_document(writer, records).said
        return fold(self.run.birth(), self.run.folder, words.values(), is_alive, time.time_ns()).state != "running"

    def _with_last_line(self, source: Source) -> Source:
        """A door whose last line was left without its newline: nobody will end it any more, so that is done here."""
        if source.contents is None or source.contents.whole:
            return source
        name = f"{source.writer}.jsonl"
        append_line(self.run.live / name, b"\n")
        return self.run.read_log(name, source.writer, source.kind)

    def _write(self, source: Source, durable: bool) -> None:
        """Points first, then the lines that could not be read, then the document that speaks of both."""
        contents, said = source.contents, source.said
        if contents is None:
            return
        if source.kind == "log" and not said.records:
            files.remove(self.run.live / f"{said.writer}.log")
            return
        if contents.columns:
            from runlog.store.metrics import parquet

            files.make_inside(self.run.path, layout.METRICS, durable=durable)
            parquet.write_points(self.run.path / points_name(said), contents.columns, durable=durable)
        if contents.rejected:
            folder = files.make_inside(self.run.path, layout.METRICS, durable=durable)
            name = layout.covered_name(said.writer, said.records, "rejected")
            files.write_new(folder / name, b"".join(line + b"\n" for line in contents.rejected), durable=durable)
            if durable:
                files.sync_folder(folder)
        self.run.write_said(said, durable=durable)

    def drop(self, durable: bool) -> bool:
        """Remove what larger words of the same writers have replaced, once those are durable. Whether no log is left.

        `durable` says that the caller has brought the whole filesystem to the disk since the documents were written.
        """
        newest = self.run.documents()
        logs = self.run.log_files()
        covered = [(name, writer) for name, writer, kind in logs if self._covers(newest.get(writer), name, writer, kind)]
        if covered and not durable:
            self._sync({writer: newest[writer] for _, writer in covered})
        for name, _ in covered:
            self._drop_log(name)
        for path in self._replaced(newest):
            files.remove(path)
        files.remove_empty(self.run.live)
        return len(covered) == len(logs)

    def _drop_log(self, name: str) -> None:
        """Remove a log that nobody needs any more. What is damaged in one stands in no document, so such a one is set aside."""
        path = self.run.live / name
        if name in self._damaged and os.path.lexists(path):
            below = f"{layout.QUARANTINE}/{layout.new_id()}/{self.run.folder}/{layout.LIVE}/{name}"
            files.move_aside(path, self.run.store, below)
        else:
            files.remove(path)

    def replaced(self) -> list[Path]:
        """The documents and points that longer ones of the same writers have replaced."""
        return list(self._replaced(self.run.documents()))

    def _replaced(self, newest: dict[str, int]) -> Iterator[Path]:
        for entry in files.list_folder(self.run.path):
            found = layout.parse_entries_name(entry.name)
            if found and self._is_replaced(*found, newest):
                yield self.run.path / entry.name
        for entry in files.list_folder(self.run.path / layout.METRICS):
            points = layout.parse_covered_name(entry.name)
            if points and self._is_replaced(points[0], points[1], newest):
                yield self.run.path / layout.METRICS / entry.name

    def _is_replaced(self, writer: str, records: int, newest: dict[str, int]) -> bool:
        return records < newest.get(writer, 0) and self.run.is_sound(writer, newest[writer])

    def _covers(self, records: int | None, name: str, writer: str, kind: str) -> bool:
        """Whether a document holds all that a log says. Of one that has not grown since it was settled, that is known."""
        if records is None or not self.run.is_sound(writer, records):
            return False
        try:
            if self._covered.get(name) == os.stat(self.run.live / name).st_size:
                return True
            if kind == "jsonl" and time.time() - os.stat(self.run.live / name).st_mtime < DOOR_STAYS_S:
                return False
            said = self.run.read_log(name, writer, kind).said
            if said.gaps:
                self._damaged.add(name)
            return said.records <= records
        except FileNotFoundError:
            return False

    def _sync(self, words: dict[str, int]) -> None:
        """Make documents durable that somebody may have written in haste: bytes first, then names."""
        self.run.sync_birth()
        for writer, records in words.items():
            for kind in ("parquet", "rejected"):
                files.sync_file(self.run.path / layout.METRICS / layout.covered_name(writer, records, kind))
            files.sync_file(self.run.path / layout.entries_name(writer, records))
        files.sync_folder(self.run.path / layout.METRICS)
        files.sync_folder(self.run.path)
