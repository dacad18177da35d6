"""The writing end of a log: one system call for each acknowledged record."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

from runlog.config import segment_bytes
from runlog.records import LARGEST_STEP, Kind, step_after
from runlog.store import files, layout
from runlog.store.document import plain
from runlog.store.metrics.record import MAGIC, ROW_OF_ONE, json_record, row_struct, shape_record

_pack_one = ROW_OF_ONE.pack
_now = time.time_ns
_write = os.write


# A thread may have left Python for its `write` when another closes the file. The number of a closed file is soon that of
# another, perhaps of the user's own, so files linger for as long as no thread can sensibly take.
_LINGERING = 64
_lingering: deque[int] = deque()


def _close_later(fd: int) -> None:
    """Close a file that other threads may be writing to; at once where there are none."""
    if all(thread is threading.current_thread() or thread.name.startswith("runlog-") for thread in threading.enumerate()):
        os.close(fd)
        return
    _lingering.append(fd)
    while len(_lingering) > _LINGERING:
        os.close(_lingering.popleft())


class _Row(NamedTuple):
    """How to write a row of one shape. The file goes with the shape, for another log numbers its shapes anew."""

    fd: int
    shape: int
    pack: Callable[..., bytes]
    reached: list[int]  # the highest step it was given, and whether its metrics are known not to count alone


class Log:
    """What one process says about one run, appended to a file of its own.

    A record is on its way to the disk when the call returns: nothing waits in this process, so a kill loses nothing. Threads
    may call at once; the kernel keeps the appends of one call together. A fork calls `begin_anew`. Errors of the
    system pass through as OSError, after which the next call tries again, in a new file where the old one has a torn end.
    """

    def __init__(self, folder: Path, opening: Callable[[], dict[str, Any]], steps: dict[str, int] | None = None) -> None:
        self._folder = folder
        self._opening = opening  # says who speaks; asked for every file
        self._lock = threading.RLock()
        self._rows: dict[str | tuple[str, ...], _Row] = {}
        self._counts: dict[str, Callable[[], int]] = {
            name: itertools.count(step).__next__ for name, step in (steps or {}).items()
        }
        self._stepped: set[str] = set()  # metrics that do not only count
        self._reached: dict[str | tuple[str, ...], list[int]] = {}  # that of each row, whichever file it is in
        self._reached_by: dict[str, list[list[int]]] = {}  # those of all rows that hold a metric
        self._fd: int | None = None
        self._closed = False  # for good: a record after the last one would be a log of its own
        self._shapes = 0
        self._retired: list[tuple[int, int | None]] = []  # file, and how much of it was copied elsewhere
        self.writer = ""
        self.written: list[str] = []  # the writers of all files of this log, oldest first

    @property
    def path(self) -> Path:
        return self._folder / f"{self.writer}.log"

    def point(self, name: str, value: float, step: int | None = None, at: int | None = None) -> None:
        """Append one point. Without a step, it stands after the highest that its metric had."""
        row = self._rows.get(name) or self._learn(name, (name,))
        given = step
        if step is None:
            step = self._after((name,)) if name in self._stepped else self._counts[name]()
        body = _pack_one(row.shape, step, _now() if at is None else at, value)
        if given is not None and given > row.reached[0]:
            self._reach(row, (name,), given)
        try:
            if _write(row.fd, crc32(body).to_bytes(4, "little") + body) != 32:
                self._tear()
        except OSError as error:
            self._refused(error)
            raise

    def points(self, values: dict[str, float], step: int | None = None, at: int | None = None) -> None:
        """Append the points of several metrics at one step, as one record: all of them survive or none."""
        names = tuple(values)
        row = self._rows.get(names) or self._learn(names, names)
        given = step
        if step is None:
            step = self._together(row, names)
        body = row.pack(row.shape, step, _now() if at is None else at, *values.values())
        if given is not None and given > row.reached[0]:
            self._reach(row, names, given)
        try:
            if _write(row.fd, crc32(body).to_bytes(4, "little") + body) != len(body) + 4:
                self._tear()
        except OSError as error:
            self._refused(error)
            raise

    def _reach(self, row: _Row, names: Sequence[str], step: int) -> None:
        """A row has come further than before, and not by counting."""
        reached = row.reached
        reached[0] = max(reached[0], step)
        if not reached[1]:  # only now, for `_after` looks at the steps again once it has taken names out
            reached[1] = True
            self._stepped.update(names)

    def _together(self, row: _Row, names: Sequence[str]) -> int:
        """The step of several metrics that are given none: after the highest of them all."""
        if not self._stepped.isdisjoint(names):
            return self._after(names)
        counts = [self._counts[name]() for name in names]
        step = max(counts)
        if step != min(counts):
            self._reach(row, names, step)
        return step

    def _after(self, names: Sequence[str]) -> int:
        """The step after the highest that some metrics had, of which not all have only counted."""
        with self._lock:
            counted = max([self._counts[name]() - 1 for name in names])
            given = max([reached[0] for name in names for reached in self._reached_by[name]])
            step = step_after(max(counted, given))
            for name in names:
                self._counts[name] = itertools.count(step + 1).__next__
            if given <= counted < LARGEST_STEP // 2:  # beyond there a count could come past the end
                self._count_again(names, step)
            else:  # those, too, that were never given a step themselves
                self._stepped.update(names)
        return step

    def _count_again(self, names: Sequence[str], step: int) -> None:
        """Metrics have counted since they were given a step, so their counts are beyond it: they need no look at rows."""
        self._stepped.difference_update(names)
        for name in names:
            for reached in self._reached_by[name]:
                reached[1] = False
        further = [name for name in names for reached in self._reached_by[name] if reached[0] > step]
        self._stepped.update(further)  # by another thread meanwhile

    def entry(self, kind: Kind, key: str, value: Any, at: int | None = None) -> None:
        """Append anything that is not a point."""
        document: dict[str, Any] = {"kind": kind, "key": key, "value": plain(value)}
        with self._lock:
            self._append(json_record(_now() if at is None else at, document))

    def begin(self) -> None:
        """Open the first file now instead of at the first record."""
        with self._lock:
            self._file()

    def size(self) -> int:
        """Bytes in the present file."""
        with self._lock:
            return 0 if self._fd is None else os.fstat(self._fd).st_size

    def sync(self) -> None:
        """Bring what was appended through to the disk, and let go of files that no thread can be writing to any more."""
        with self._lock:
            while self._retired:
                fd, copied = self._retired[0]
                self._catch_up(fd, copied)
                del self._retired[0]
                _close_later(fd)
            if self._fd is not None:
                os.fdatasync(self._fd)

    def outgrown(self) -> str | None:
        """Begin a new file when the present one is long; the writer of the old one."""
        return self.rotate() if self.size() > segment_bytes() else None

    def rotate(self) -> str | None:
        """Go on in a new file and name the writer of the old one. Threads in the middle of a call end it in the old file,
        which is closed at the next `sync`."""
        with self._lock:
            old = self.writer if self._fd is not None else None
            self._let_go()
            return old

    def rescue(self) -> None:
        """When the file is gone, or another lies in its place, put all of it back under its name and go on there."""
        with self._lock:
            if self._fd is None or self._in_place(self._fd):
                return
            if not self._folder.parent.is_dir():
                raise FileNotFoundError(errno.ENOENT, "the run is gone", os.fspath(self._folder.parent))
            held = os.pread(self._fd, os.fstat(self._fd).st_size, 0)
            staged = files.staging_path(self._folder)
            fd = files.open_log(staged)
            try:
                files.write_all(fd, held)
                os.fdatasync(fd)
                os.rename(staged, self.path)
            except BaseException:
                os.close(fd)
                files.remove(staged)
                raise
            # The shapes are defined in the copy as they were, so their numbers go on.
            self._retired.append((self._fd, len(held)))
            self._fd, self._rows = fd, {}

    def _catch_up(self, fd: int, copied: int | None) -> None:
        """Records that threads put into a replaced file after it was copied."""
        if copied is not None and self._fd is not None and (late := os.fstat(fd).st_size - copied) > 0:
            files.write_all(self._fd, os.pread(fd, late, copied))

    def _in_place(self, fd: int) -> bool:
        try:
            return os.path.samestat(os.stat(self.path, follow_symlinks=False), os.fstat(fd))
        except FileNotFoundError:
            return False

    def close(self) -> list[str]:
        """Let go of the files; the writers whose logs are now whole."""
        with self._lock:
            retired, self._retired = self._retired, []
            for fd, copied in retired:
                with contextlib.suppress(OSError):
                    self._catch_up(fd, copied)
                _close_later(fd)
            if self._fd is not None:
                _close_later(self._fd)
            self._fd, self._rows, self._closed = None, {}, True
            return list(self.written)

    def _refuse_closed(self) -> None:
        if self._closed:
            raise OSError(errno.EBADF, "the log is closed")

    def begin_anew(self) -> None:
        """In a forked child: never write to the parent's file, and trust none of its locks."""
        self._lock = threading.RLock()
        self._rows = {}
        for fd in (*(fd for fd, _ in self._retired), *(() if self._fd is None else (self._fd,))):
            with contextlib.suppress(OSError):
                os.close(fd)
        self._fd, self._retired, self.written, self.writer = None, [], [], ""

    def _learn(self, key: str | tuple[str, ...], names: tuple[str, ...]) -> _Row:
        """The row of a shape that this file has not seen: defined in the file first, then used."""
        with self._lock:
            known = self._rows.get(key)
            if known is not None:
                return known
            for name in names:
                layout.check_key("metric", name)
            fd = self._file()
            self._shapes += 1
            shape = self._shapes
            # Twice: a definition that is damaged would cost all rows of its shape.
            self._append(2 * shape_record(_now(), shape, names))
            for name in names:
                self._counts.setdefault(name, itertools.count().__next__)
            self._rows[key] = row = _Row(fd, shape, row_struct(len(names)).pack, self._reached_of(key, names))
            return row

    def _reached_of(self, key: str | tuple[str, ...], names: Sequence[str]) -> list[int]:
        if key not in self._reached:
            self._reached[key] = reached = [-1, False]
            for name in names:
                self._reached_by.setdefault(name, []).append(reached)
        return self._reached[key]

    def _file(self) -> int:
        if self._fd is None:
            self._refuse_closed()
            writer = layout.new_id()
            fd = files.open_log(self._folder / f"{writer}.log")
            try:
                opening = json_record(_now(), {"kind": "open", "key": "", "value": self._opening()})
                files.write_all(fd, MAGIC + opening)
            except BaseException:
                os.close(fd)
                files.remove(self._folder / f"{writer}.log")
                raise
            self._fd, self._shapes, self.writer = fd, 0, writer
            self.written.append(writer)
        return self._fd

    def _append(self, record: bytes) -> None:
        try:
            if _write(self._file(), record) != len(record):
                self._tear()
        except OSError as error:
            self._refused(error)
            raise

    def _let_go(self) -> None:
        if self._fd is not None:
            self._retired.append((self._fd, None))
            self._fd = None
        self._rows = {}

    def _tear(self) -> None:
        """A record was cut short. Nothing may follow it, so the next one begins a new file."""
        with self._lock:
            self._let_go()
        raise OSError(errno.ENOSPC, "No space left on device")

    def _refused(self, error: OSError) -> None:
        """A file that has reached its limit, or that its server has forgotten, will refuse for ever; a full disk will not."""
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            with self._lock:
                self._let_go()
