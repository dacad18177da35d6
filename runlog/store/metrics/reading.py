"""The reading end of a log: whole records, around whatever a crash left between them."""

from __future__ import annotations

import json
from array import array
from dataclasses import dataclass, field
from typing import Any, cast, get_args
from zlib import crc32

from runlog.errors import Damaged
from runlog.records import Entry, Kind
from runlog.store.format import unplain
from runlog.store.metrics.columns import Columns
from runlog.store.metrics.record import HEAD, JSON_SHAPE, LONGEST_JSON, MAGIC

_KINDS = set(get_args(Kind))
_HEAD = HEAD.size


@dataclass(slots=True)
class Contents:
    """What a log or a door held."""

    records: int = 0
    entries: list[Entry] = field(default_factory=list)
    columns: dict[str, Columns] = field(default_factory=dict)
    last_sign: int = 0
    whole: bool = True  # nothing is missing between the records or after them
    gaps: int = 0
    rejected: list[bytes] = field(default_factory=list)


@dataclass(slots=True)
class _Stretch:
    """Rows of equal size that follow each other."""

    start: int
    size: int
    count: int


def read_log(name: str, data: bytes) -> Contents:
    """All whole records of a log. A torn end and damaged places are counted, never fatal; a file that is no log is."""
    if data[: len(MAGIC)] != MAGIC:
        if MAGIC.startswith(data) or not data.strip(b"\0"):
            return Contents(whole=not data)
        raise Damaged(f"{name} is not a metrics log", hint="runlog check")
    return _LogReader(data).read()


class _LogReader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.view = memoryview(data)
        self.contents = Contents()
        self.shapes: dict[int, tuple[str, ...]] = {}
        self.sizes: dict[int, int] = {}
        self.stretches: list[_Stretch] = []

    def read(self) -> Contents:
        place, end = len(MAGIC), len(self.data)
        while place < end:
            size = self._record(place)
            if size:
                place += size
            else:
                place = self._next_whole(place + 1)
        for stretch in self.stretches:
            self._collect(stretch)
        return self.contents

    def _record(self, place: int) -> int:
        """Take the record at `place`; its size, or 0 when no whole record begins there."""
        size, shape, step, at = self._whole(place)
        if not size:
            return 0
        if shape == JSON_SHAPE:
            self._json(at, self.data[place + _HEAD : place + _HEAD + step])
        else:
            stretch = self.stretches[-1] if self.stretches else None
            if stretch and stretch.size == size and stretch.start + stretch.count * size == place:
                stretch.count += 1
            else:
                self.stretches.append(_Stretch(place, size, 1))
            self.contents.last_sign = max(self.contents.last_sign, at)
        self.contents.records += 1
        return size

    def _whole(self, place: int) -> tuple[int, int, int, int]:
        """(size, shape, step, time) of a record whose checksum is right; size 0 when there is none."""
        if place + _HEAD > len(self.data):
            return 0, 0, 0, 0
        crc, shape, step, at = HEAD.unpack_from(self.data, place)
        if shape == JSON_SHAPE:
            size = _HEAD + (step + 7) // 8 * 8 if 0 <= step <= LONGEST_JSON else 0
        else:
            size = self.sizes.get(shape, 0)
        if not size or place + size > len(self.data) or crc32(self.view[place + 4 : place + size]) != crc:
            return 0, 0, 0, 0
        return size, shape, step, at

    def _next_whole(self, place: int) -> int:
        """Where the next whole record begins after a damaged place, or the end. The torn end of a log is no gap."""
        self.contents.whole = False
        for candidate in range(place, len(self.data) - _HEAD + 1):
            if self._whole(candidate)[0]:
                self.contents.gaps += 1
                return candidate
        return len(self.data)

    def _json(self, at: int, text: bytes) -> None:
        document: dict[str, Any] = json.loads(text)
        self.contents.last_sign = max(self.contents.last_sign, at)
        if "shape" in document:
            names = tuple(document["names"])
            self.shapes[document["shape"]] = names
            self.sizes[document["shape"]] = _HEAD + 8 * len(names)
        elif document.get("kind") in _KINDS and document["kind"] != "beat":
            kind = cast("Kind", document["kind"])
            self.contents.entries.append(Entry(at, kind, document.get("key", ""), unplain(document.get("value"))))

    def _collect(self, stretch: _Stretch) -> None:
        """Sort the rows of a stretch into columns. The strided copies run in C, so a million rows take part of a second."""
        part = self.view[stretch.start : stretch.start + stretch.count * stretch.size]
        words = part.cast("q")
        width = stretch.size // 8
        steps = array("q", words[1::width].tobytes())
        times = array("q", words[2::width].tobytes())
        shapes = part.cast("I")[1 :: width * 2].tolist()
        values = [array("d", words[3 + column :: width].tobytes()) for column in range(width - 3)]
        for shape, places in _places(shapes).items():
            for name, column in zip(self.shapes[shape], values, strict=True):
                into = self.contents.columns.get(name)
                if into is None:
                    into = self.contents.columns[name] = Columns()
                if places is None:
                    into.steps.extend(steps)
                    into.times.extend(times)
                    into.values.extend(column)
                else:
                    into.steps.extend(map(steps.__getitem__, places))
                    into.times.extend(map(times.__getitem__, places))
                    into.values.extend(map(column.__getitem__, places))


def _places(shapes: list[int]) -> dict[int, list[int] | None]:
    """Where each shape stands in a stretch; none for everywhere."""
    if shapes.count(shapes[0]) == len(shapes):
        return {shapes[0]: None}
    found: dict[int, list[int] | None] = {}
    for place, shape in enumerate(shapes):
        places = found.get(shape)
        if places is None:
            found[shape] = [place]
        else:
            places.append(place)
    return found
