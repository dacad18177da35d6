"""Runs as rows: the picture of a run to bytes and back, and what of it can be searched for."""

from __future__ import annotations

import marshal
from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Any, NamedTuple
from zlib import crc32

from runlog.records import Artifact, End, Input, Metric, Process, RunRecord

# Rows written by a runlog with other fields mean something else.
SHAPE = repr([(kind.__name__, kind._fields) for kind in (RunRecord, Metric, Artifact, Input, End, Process)])
_FIELDS = RunRecord._fields
# The fields that hold records: by name, or one that may be none.
_NAMED: list[tuple[int, Any]] = [
    (_FIELDS.index(name), kind) for name, kind in (("metrics", Metric), ("artifacts", Artifact), ("inputs", Input))
]
_ONE: list[tuple[int, Any]] = [(_FIELDS.index(name), kind) for name, kind in (("process", Process), ("end", End))]
# What a float holds exactly.
_EXACT = 2**53


def encode(record: RunRecord) -> bytes:
    """A run as bytes that this runlog reads back fast, behind a checksum of them. ValueError where it holds what no row can."""
    values: list[Any] = list(record)
    for place, _ in _NAMED:
        values[place] = {key: tuple(item) for key, item in values[place].items()}
    for place, _ in _ONE:
        values[place] = None if values[place] is None else tuple(values[place])
    data = marshal.dumps(values, 4)
    return crc32(data).to_bytes(4, "little") + data


class Searched(NamedTuple):
    """What of a run is searched: metrics with the fields of `Metric`, params, tags."""

    metrics: Mapping[str, tuple[Any, ...]]
    params: Mapping[str, Any]
    tags: Mapping[str, str]


_SEARCHED = itemgetter(*(_FIELDS.index(name) for name in Searched._fields))


def searched(data: bytes) -> Searched:
    """What can be searched of the run in a row, without the rest. ValueError for one that has suffered."""
    return Searched._make(_SEARCHED(_sound(data)))


def _sound(data: bytes) -> list[Any]:
    content = memoryview(data)[4:]
    if crc32(content) != int.from_bytes(data[:4], "little"):
        raise ValueError("the row is damaged")
    values: list[Any] = marshal.loads(content)
    return values


def decode(data: bytes) -> RunRecord:
    """The run in a row. ValueError for one that has suffered."""
    values = _sound(data)
    for place, kind in _NAMED:
        values[place] = {key: kind(*item) for key, item in values[place].items()}
    for place, kind in _ONE:
        values[place] = None if values[place] is None else kind(*values[place])
    return RunRecord(*values)


def searchable(value: Any) -> float | str | None:
    """A param or tag as it can be searched for: a number or a text. None for what cannot, and then every search finds it."""
    kind = type(value)
    if kind is str:
        return str(value)
    if kind is float or kind is int:
        return float(value) if -_EXACT < value < _EXACT else None  # which NaN is not
    return None


def second(run_id: str) -> str:
    """When a run began, as runs are put in order: the part of its id that says so."""
    return run_id[:15]


# The names of a run's metrics, params and tags.
NamesOf = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]


def names_of(record: RunRecord) -> NamesOf:
    return tuple(record.metrics), tuple(record.params), tuple(record.tags)


def shape(names: NamesOf) -> str:
    """The names that a run has, in one text: most runs have those of many others."""
    kinds = zip(("metric", "param", "tag"), names, strict=True)
    return "\n".join(f"{kind} {key}" for kind, keys in kinds for key in sorted(keys))


def names_in(text: str) -> Iterator[tuple[str, str]]:
    """(kind, key) of each name in a shape."""
    for line in text.split("\n") if text else ():
        kind, _, key = line.partition(" ")
        yield kind, key
