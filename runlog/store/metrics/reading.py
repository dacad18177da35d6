"""The reading end of a log: whole records, around whatever a crash left between them."""

from __future__ import annotations

import json
import re
import struct
from array import array
from dataclasses import dataclass, field
from typing import Any, cast, get_args
from zlib import crc32

from runlog.errors import Damaged
from runlog.records import Entry, Kind
from runlog.store import layout
from runlog.store.document import MALFORMED, unplain
from runlog.store.format import checked
from runlog.store.metrics.columns import Columns
from runlog.store.metrics.record import HEAD, JSON_SHAPE, LONGEST_JSON, MAGIC

_KINDS = set(get_args(Kind))
_HEAD = HEAD.size
_CHECK_AND_SHAPE = struct.Struct("<II")


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
    reader = _LogReader(data)
    if data.startswith(MAGIC):
        contents = reader.read()
    elif MAGIC.startswith(data) or not data.strip(b"\0"):
        contents = Contents(whole=not data)
    elif reader.begins_whole(len(MAGIC)):
        contents = reader.read()
        contents.whole = False
        contents.gaps += 1
    else:
        raise Damaged(f"{name} is not a metrics log", hint="runlog check")
    # No document is finer, and what was said must not change by being settled.
    contents.last_sign = contents.last_sign // 1000 * 1000 or layout.named_at(name)
    return contents


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
            place = self._rows(place)
            size = self._record(place) if place < end else 0
            if size:
                place += size
            elif place < end:
                place = self._next_whole(place)
        for stretch in self.stretches:
            self._collect(stretch)
        return self.contents

    def _rows(self, place: int) -> int:
        """Take the whole rows of one size that follow each other from `place` on; where they end. This loop runs once for
        every point of a log, so it calls nothing of our own."""
        data, view, sizes, unpack = self.data, self.view, self.sizes, _CHECK_AND_SHAPE.unpack_from
        end = len(data)
        start, count, size = place, 0, 0
        while place + _HEAD <= end:
            check, shape = unpack(data, place)
            found = sizes.get(shape)
            if found is None or (count and found != size) or place + found > end:
                break
            if crc32(view[place + 4 : place + found]) != check:
                break
            size = found
            place += size
            count += 1
        if count:
            self.stretches.append(_Stretch(start, size, count))
            self.contents.records += count
        return start + count * size

    def begins_whole(self, place: int) -> bool:
        """Whether a whole record begins at `place`, as far as is known before anything was read."""
        return self._whole(place)[0] > 0

    def _record(self, place: int) -> int:
        """Take the record at `place`; its size, or 0 when no whole record begins there."""
        size, shape, step, at = self._whole(place)
        if not size:
            return 0
        if shape == JSON_SHAPE:
            self._json(at, self.data[place + _HEAD : place + _HEAD + step])
            self.contents.records += 1
        else:
            self.stretches.append(_Stretch(place, size, 1))
            self.contents.records += 1
        return size

    def _whole(self, place: int) -> tuple[int, int, int, int]:
        """(size, shape, step, time) of a record whose checksum is right; size 0 when there is none."""
        if place + _HEAD > len(self.data):
            return 0, 0, 0, 0
        crc, shape, step, at = HEAD.unpack_from(self.data, place)
        size = self._size(shape, step)
        if not size or place + size > len(self.data) or crc32(self.view[place + 4 : place + size]) != crc:
            return 0, 0, 0, 0
        return size, shape, step, at

    def _next_whole(self, place: int) -> int:
        """Where the next whole record begins after a damaged place, or the end. The torn end of a log is no gap."""
        self.contents.whole = False
        for found in self._heads().finditer(self.data, place + 1):
            if self._whole(found.start())[0]:
                self.contents.gaps += 1
                return found.start()
        self.contents.gaps += not self._is_cut(place)
        return len(self.data)

    def _heads(self) -> re.Pattern[bytes]:
        """What may be the head of a record, as far as C can tell: a lost block is passed over at some ten MB a second."""
        shapes = b"".join(re.escape(bytes([last])) for last in sorted({shape & 255 for shape in self.sizes}))
        rows = b"|[" + shapes + b"]" if shapes else b""
        return re.compile(rb"(?s)(?=.{4}(?:\0{4}(?!\0{4})" + rows + rb"))")

    def _is_cut(self, place: int) -> bool:
        """Whether what begins at `place` is a record that ends before its end."""
        left = len(self.data) - place
        if left < _HEAD:
            return True
        _, shape, step, _ = HEAD.unpack_from(self.data, place)
        return left < self._size(shape, step)

    def _size(self, shape: int, step: int) -> int:
        """How long the record of a head is; 0 when there can be none."""
        if shape != JSON_SHAPE:
            return self.sizes.get(shape, 0)
        return _HEAD + (step + 7) // 8 * 8 if 0 <= step <= LONGEST_JSON else 0

    def _json(self, at: int, text: bytes) -> None:
        try:
            self._hear(at, json.loads(text))
        except MALFORMED:
            # Whole by its checksum, and yet nothing that this format knows.
            self.contents.whole = False
            self.contents.gaps += 1

    def _hear(self, at: int, document: dict[str, Any]) -> None:
        self.contents.last_sign = max(self.contents.last_sign, at)
        if "shape" in document:
            self._define(document["shape"], document["names"])
        elif document.get("kind") in _KINDS and document["kind"] != "beat":
            kind, key = cast("Kind", document["kind"]), document.get("key", "")
            self.contents.entries.append(checked(Entry(at // 1000 * 1000, kind, key, unplain(document.get("value")))))

    def _define(self, shape: object, names: object) -> None:
        if not isinstance(shape, int) or shape is True or shape <= JSON_SHAPE or not isinstance(names, list) or not names:
            raise ValueError(f"{shape!r} is no shape")
        # Every definition stands twice, for without one all rows of its shape would be dumb.
        if shape not in self.shapes:
            self.shapes[shape] = tuple(layout.check_key("metric", name) for name in names)
            self.sizes[shape] = _HEAD + 8 * len(names)

    def _collect(self, stretch: _Stretch) -> None:
        """Sort the rows of a stretch into columns. The strided copies run in C, so a million rows take part of a second."""
        part = self.view[stretch.start : stretch.start + stretch.count * stretch.size]
        words = part.cast("q")
        width = stretch.size // 8
        steps = array("q", words[1::width].tobytes())
        times = array("q", words[2::width].tobytes())
        latest = max(times)
        self.contents.last_sign = max(self.contents.last_sign, latest)
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
