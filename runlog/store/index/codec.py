"""Runs as rows: the picture of a run to bytes and back, and what of it can be searched for."""

from __future__ import annotations

import marshal
from collections.abc import Iterator
from operator import attrgetter
from typing import Any
from zlib import crc32

from runlog.records import Artifact, End, Input, Metric, Process, RunRecord

# Rows written by a runlog with other fields mean something else.
SHAPE = repr([(kind.__name__, kind._fields) for kind in (RunRecord, Metric, Artifact, Input, End, Process)])
_FIELDS = RunRecord._fields
_ALL_OF = attrgetter(*_FIELDS)
_PARTS: dict[Any, Any] = {kind: attrgetter(*kind._fields) for kind in (Metric, Artifact, Input, End, Process)}
# The fields that hold records: by name, or one that may be none.
_NAMED: list[tuple[int, Any]] = [
    (_FIELDS.index(name), kind) for name, kind in (("metrics", Metric), ("artifacts", Artifact), ("inputs", Input))
]
_ONE: list[tuple[int, Any]] = [(_FIELDS.index(name), kind) for name, kind in (("process", Process), ("end", End))]
# What a float holds exactly.
_EXACT = 2**53


def encode(record: RunRecord) -> bytes:
    """A run as bytes that this runlog reads back fast, behind a checksum of them. ValueError where it holds what no row can."""
    values = list(_ALL_OF(record))
    for place, kind in _NAMED:
        values[place] = {key: _PARTS[kind](item) for key, item in values[place].items()}
    for place, kind in _ONE:
        values[place] = None if values[place] is None else _PARTS[kind](values[place])
    data = marshal.dumps(values, 4)
    return crc32(data).to_bytes(4, "little") + data


def decode(data: bytes) -> RunRecord:
    """The run in a row. ValueError for one that has suffered."""
    content = memoryview(data)[4:]
    if crc32(content) != int.from_bytes(data[:4], "little"):
        raise ValueError("the row is damaged")
    values = marshal.loads(content)
    for place, kind in _NAMED:
        values[place] = {key: kind(*item) for key, item in values[place].items()}
    for place, kind in _ONE:
        values[place] = None if values[place] is None else kind(*values[place])
    return RunRecord(*values)


Cell = tuple[str, str, float | None, str | None, bool]


def cells(record: RunRecord) -> Iterator[Cell]:
    """The params and tags of a run as they can be searched for: kind, name, as a number, as a text; or not at all, and then
    every search finds it."""
    for key, value in record.params.items():
        if type(value) is str:
            yield "param", key, None, value, False
        elif type(value) is float or type(value) is int:
            plain = -_EXACT < value < _EXACT  # which NaN is not
            yield "param", key, float(value) if plain else None, None, not plain
        else:
            yield "param", key, None, None, True
    for key, text in record.tags.items():
        yield "tag", key, None, text, False


def shape(record: RunRecord) -> str:
    """The names that a run has, in one text: most runs have those of many others."""
    kinds = {"metric": record.metrics, "param": record.params, "tag": record.tags}
    return "\n".join(f"{kind} {key}" for kind, names in kinds.items() for key in sorted(names))


def names_in(text: str) -> Iterator[tuple[str, str]]:
    """(kind, key) of each name in a shape."""
    for line in text.split("\n") if text else ():
        kind, _, key = line.partition(" ")
        yield kind, key
