"""One run, read for the index: the run as it stands, and the stamps of what was read. A stamp is taken before its bytes, so a
run that changes in between is read again."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass
from pathlib import Path

from runlog.capture.process import is_alive
from runlog.errors import Damaged, StoreError, UnknownFormat
from runlog.records import Process, RunRecord, Said
from runlog.store import layout
from runlog.store.fold import answering, fold
from runlog.store.format import read_birth, read_said
from runlog.store.index.looking import stamp
from runlog.store.rundir import RunDir

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW
_FILE = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
# Two changes within one tick of the filesystem's clock have one stamp. Where stamps have no fractions, a tick is two seconds.
_TICK = 50_000_000
_COARSE_TICK = 2_100_000_000


@dataclass(frozen=True, slots=True)
class Reading:
    """A run, or none where no run can be read; `stamp` is 0 where it must be read anew each time."""

    folder: str  # its experiment's
    run: str
    record: RunRecord | None
    stamp: int
    stamps: str
    lost: Process | None = None  # the process of a run that is lost, as far as can be known here and now


class _NotPlain(Exception):
    """Something lies there that only the slow way can read."""


def read(store: Path, folder: str, run: str, top: int) -> Reading:
    """Read a run. `top` is the folder of experiments, open."""
    if not layout.is_id(run):
        return Reading(folder, run, None, stamp(f"{folder}/{run}/{layout.RUN_FILE}", top), "")
    begun = time.time_ns()
    try:
        return _read_plainly(folder, run, top, begun)
    except (_NotPlain, OSError, StoreError):
        return _read_slowly(store, folder, run, top, begun)


def _read_plainly(folder: str, run: str, top: int, begun: int) -> Reading:
    """A run that nobody writes: two files, mostly, out of a folder that is opened once."""
    here = os.open(f"{folder}/{run}", _FOLDER, dir_fd=top)
    try:
        stamps = [_settled(os.fstat(here), begun)]
        newest: dict[str, int] = {}
        for name in os.listdir(here):
            if name == layout.LIVE:
                raise _NotPlain
            found = layout.parse_entries_name(name)
            if found and found[1] > newest.get(found[0], -1):
                newest[found[0]] = found[1]
        place = f"{layout.EXPERIMENTS}/{folder}/{run}"
        data, born = _bytes(layout.RUN_FILE, here, begun)
        birth = read_birth(place, data)
        if birth.id != run:
            raise _NotPlain
        words = []
        for writer in sorted(newest):
            said, at = _said(writer, newest[writer], here, begun)
            stamps += [layout.entries_name(writer, newest[writer]), at]
            words.append(said)
    finally:
        os.close(here)
    record = fold(birth, place, words, is_alive, time.time_ns())
    if record.state == "running" or "" in stamps:
        return Reading(folder, run, record, 0, "")
    lost = answering(birth, words)[0] if record.state == "lost" else None
    return Reading(folder, run, record, int(born or 0), "/".join(stamps), lost)


def _said(writer: str, records: int, here: int, begun: int) -> tuple[Said, str]:
    name = layout.entries_name(writer, records)
    data, at = _bytes(name, here, begun)
    said = read_said(name, data)
    if said.writer != writer or said.records != records:
        raise _NotPlain
    return said, at


def _bytes(name: str, here: int, begun: int) -> tuple[bytes, str]:
    fd = os.open(name, _FILE, dir_fd=here)
    try:
        info = os.fstat(fd)
        data = os.read(fd, info.st_size + 1)
        if not stat.S_ISREG(info.st_mode) or len(data) != info.st_size:
            raise _NotPlain
        return data, _settled(info, begun)
    finally:
        os.close(fd)


def _settled(info: os.stat_result, begun: int) -> str:
    """The stamp of what will have another one when it is changed again; nothing where that is not sure."""
    changed = info.st_ctime_ns
    tick = _TICK if changed % 1_000_000_000 else _COARSE_TICK
    return str(changed) if begun - changed > tick else ""


def _read_slowly(store: Path, folder: str, run: str, top: int, begun: int) -> Reading:
    """A run that is being written, or one that is not what it must be. That it cannot be read is remembered for as long as
    nothing of it changes; what the system refused may be granted in a moment."""
    place = f"{folder}/{run}"
    try:
        info = os.stat(place, dir_fd=top, follow_symlinks=False)
    except FileNotFoundError:
        return Reading(folder, run, None, 0, "")
    if not stat.S_ISDIR(info.st_mode):
        return Reading(folder, run, None, stamp(f"{place}/{layout.RUN_FILE}", top), "")
    stamps = [_settled(info, begun), *_document_stamps(place, top, begun)]
    born = stamp(f"{place}/{layout.RUN_FILE}", top)
    try:
        record = RunDir(store, f"{layout.EXPERIMENTS}/{place}").record()
    except (Damaged, UnknownFormat):
        sure = "" not in stamps and begun - born > _COARSE_TICK
        return Reading(folder, run, None, born if sure else 0, "/".join(stamps))
    except StoreError:
        return Reading(folder, run, None, 0, "")
    return Reading(folder, run, record, 0, "")


def _document_stamps(place: str, top: int, begun: int) -> list[str]:
    stamps = []
    here = os.open(place, _FOLDER, dir_fd=top)
    try:
        names = sorted(os.listdir(here))
        for name in names:
            if name == layout.LIVE:
                return [""]
            if layout.parse_entries_name(name):
                stamps += [name, _settled(os.stat(name, dir_fd=here, follow_symlinks=False), begun)]
    finally:
        os.close(here)
    return stamps
