"""Points at rest: one Parquet file for all points of a writer, sorted so that reading a metric touches only its row groups.

pyarrow is imported inside the functions: only commands that read or write points pay for it.
"""

from __future__ import annotations

import contextlib
import functools
import os
import stat
import struct
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from zlib import crc32

from runlog.errors import Damaged
from runlog.store import files
from runlog.store.metrics.columns import Columns

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

# A metric with this many points has row groups of its own; smaller ones share one.
_GROUP = 1 << 16
_LONGEST_GROUP = 1 << 20
# Stands before the footer, where no reader of Parquet looks: Parquet has checksums for its pages and none for its footer, and
# some damaged footers end the process that asks pyarrow to read them. CRC-32 of all that comes before, and of the footer.
_SEAL = struct.Struct("<8sII")
_SEALED = b"runlog1c"
_TAIL = struct.Struct("<I4s")  # length of the footer, and the magic at the end of any Parquet file


def write_points(path: Path, columns: dict[str, Columns], *, durable: bool = True) -> None:
    """Write the points of sorted columns under a final name; durable with it when this returns, unless told otherwise."""
    import pyarrow.parquet as pq

    files.make_folder(path.parent)
    staged = files.staging_path(path.parent)
    try:
        with pq.ParquetWriter(
            staged,
            _schema(),
            compression="zstd",
            use_dictionary=["metric"],
            column_encoding={
                "step": "DELTA_BINARY_PACKED",
                "time": "DELTA_BINARY_PACKED",
                "value": "BYTE_STREAM_SPLIT",
            },
            store_schema=False,
            write_page_checksum=True,
        ) as writer:
            for names in _groups(columns):
                writer.write_table(_table(names, columns), row_group_size=_LONGEST_GROUP)
        _seal(staged)
        if durable:
            files.sync_file(staged)
        os.rename(staged, path)
    except BaseException:
        files.remove(staged)
        raise
    if durable:
        files.sync_folder(path.parent)


def _seal(path: Path) -> None:
    with open(path, "r+b") as file:
        footer, start = _footer(file)
        file.seek(0)
        body = _crc(file, start)
        file.seek(start)
        file.write(_SEAL.pack(_SEALED, body, crc32(footer)) + footer + _TAIL.pack(len(footer), b"PAR1"))


def _footer(file: BinaryIO) -> tuple[bytes, int]:
    """The footer of a Parquet file, and where it begins; nothing when the file does not end in one."""
    end = file.seek(0, os.SEEK_END) - _TAIL.size
    file.seek(max(0, end))
    tail = file.read(_TAIL.size)
    length = _TAIL.unpack(tail)[0] if len(tail) == _TAIL.size else 0
    if length == 0 or length > end:
        return b"", end
    file.seek(end - length)
    return file.read(length), end - length


def _crc(file: BinaryIO, length: int) -> int:
    found = 0
    while length > 0 and (block := file.read(min(length, 1 << 20))):
        found = crc32(block, found)
        length -= len(block)
    return found


def _must_be_sealed(path: Path, whole: bool) -> None:
    """Compare the checksums of the footer, or of the whole file. A file without any was written by another program."""
    with open(path, "rb") as file:
        footer, start = _footer(file)
        place = start - _SEAL.size
        file.seek(max(0, place))
        seal = file.read(_SEAL.size)
        if place < 0 or len(seal) < _SEAL.size:
            return
        magic, body, about_footer = _SEAL.unpack(seal)
        if magic != _SEALED:
            return
        if crc32(footer) != about_footer:
            raise Damaged(f"{path.name} is not what was written: the checksum of its footer differs", hint="runlog check")
        file.seek(0)
        if whole and _crc(file, place) != body:
            raise Damaged(f"{path.name} is not what was written: its checksum differs", hint="runlog check")


@functools.cache
def _schema() -> pa.Schema:
    import pyarrow as pa

    return pa.schema(
        [
            pa.field("metric", pa.string(), nullable=False),
            pa.field("step", pa.int64(), nullable=False),
            pa.field("time", pa.timestamp("ms", tz="UTC"), nullable=False),
            pa.field("value", pa.float64(), nullable=False),
        ]
    )


def _groups(columns: dict[str, Columns]) -> Iterator[list[str]]:
    """The metrics by name, small ones together."""
    gathered: list[str] = []
    points = 0
    for name in sorted(columns):
        count = len(columns[name].steps)
        if gathered and (count >= _GROUP or points + count > _GROUP):
            yield gathered
            gathered, points = [], 0
        gathered.append(name)
        points += count
        if count >= _GROUP:
            yield gathered
            gathered, points = [], 0
    if gathered:
        yield gathered


def _table(names: list[str], columns: dict[str, Columns]) -> pa.Table:
    """The points of some metrics, one after the other."""
    import pyarrow as pa

    together = Columns()
    if len(names) == 1:
        together = columns[names[0]]
    else:
        for name in names:
            together.extend(columns[name])
    count = len(together.steps)
    steps = pa.Array.from_buffers(pa.int64(), count, [None, pa.py_buffer(together.steps)])
    times = pa.Array.from_buffers(pa.timestamp("ns", tz="UTC"), count, [None, pa.py_buffer(together.times)])
    values = pa.Array.from_buffers(pa.float64(), count, [None, pa.py_buffer(together.values)])
    metrics = pa.concat_arrays([_repeated(name, len(columns[name].steps)) for name in names])
    return pa.Table.from_arrays([metrics, steps, times.cast(pa.timestamp("ms", tz="UTC"), safe=False), values], schema=_schema())


def _word(text: str) -> pa.Array:
    """A column of one text, made of bytes: pyarrow imports pandas to see whether a Python value is one of pandas', which costs
    more than all the rest and fails in a program that is ending."""
    import pyarrow as pa

    data = text.encode()
    return pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(struct.pack("<ii", 0, len(data))), pa.py_buffer(data)])


def _repeated(text: str, count: int) -> pa.Array:
    """A column of the same text, again and again."""
    import pyarrow as pa

    return pa.repeat(_word(text)[0], count)


def live_table(columns: dict[str, Columns], metric: str | None) -> pa.Table:
    """The table that the Parquet of these columns would hold, without writing it."""

    names = sorted(columns) if metric is None else [metric] if metric in columns else []
    for name in names:
        columns[name].sort()
    return _table(names, columns) if names else empty_table()


def empty_table() -> pa.Table:
    return _schema().empty_table()


def read_points(path: Path, metric: str | None) -> pa.Table:
    """The points of one metric, or of all, from one file. FileNotFoundError passes through."""
    import pyarrow as pa
    import pyarrow.compute as pc

    with _opened(path) as file:
        if metric is None:
            return file.read(use_threads=False).cast(_schema())
        alone, shared = _groups_with(file, metric)
        tables = []
        if alone:
            points = file.read_row_groups(alone, columns=["step", "time", "value"])
            tables.append(points.add_column(0, "metric", _repeated(metric, points.num_rows)))
        if shared:
            points = file.read_row_groups(shared)
            tables.append(points.filter(pc.equal(points["metric"], _word(metric)[0])))
        return pa.concat_tables([table.cast(_schema()) for table in tables]) if tables else empty_table()


@contextlib.contextmanager
def _opened(path: Path, verified: bool = False) -> Iterator[pq.ParquetFile]:
    """A file of points; whatever is wrong with it, also when it is another Parquet file, is said in a sentence."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not stat.S_ISREG(os.lstat(path).st_mode):
        raise Damaged(f"{path.name} is not an ordinary file", hint="runlog check")
    try:
        _must_be_sealed(path, verified)
        with pq.ParquetFile(path, page_checksum_verification=verified) as file:
            yield file
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError, ValueError, TypeError, LookupError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise Damaged(f"{path.name} cannot be read: {reason}", hint="runlog check") from error


def _groups_with(file: pq.ParquetFile, metric: str) -> tuple[list[int], list[int]]:
    """The row groups that hold nothing but a metric, and those that may hold it among others."""
    alone, shared = [], []
    for group in range(file.metadata.num_row_groups):
        about = file.metadata.row_group(group).column(0).statistics
        if about is None or not about.has_min_max:
            shared.append(group)
        elif about.min == metric == about.max:
            alone.append(group)
        elif about.min <= metric <= about.max:
            shared.append(group)
    return alone, shared


def verify(path: Path) -> dict[str, Columns]:
    """Every point of a file, with every checksum verified."""
    import pyarrow as pa

    try:
        with _opened(path, verified=True) as file:
            table = file.read(use_threads=False).cast(_schema())
    except FileNotFoundError as error:
        raise Damaged(f"{path.name} is missing", hint="runlog check") from error
    columns: dict[str, Columns] = {}
    times = table["time"].cast(pa.int64()).to_pylist()
    rows = zip(table["metric"].to_pylist(), table["step"].to_pylist(), times, table["value"].to_pylist(), strict=True)
    for metric, step, at, value in rows:
        columns.setdefault(metric, Columns()).append(step, at * 1_000_000, value)
    return columns


def merged(tables: Iterable[pa.Table], metric: str | None) -> pa.Table:
    """The points of several writers as one history, in order of metric, step and time; at one time in the order given."""
    import pyarrow as pa

    parts = [table for table in tables if table.num_rows]
    if not parts:
        return empty_table()
    if len(parts) == 1:
        return parts[0]
    if metric is not None:
        ordered = sorted(parts, key=lambda table: _edge(table, 0))
        if all(_edge(one, -1) < _edge(other, 0) for one, other in pairwise(ordered)):
            return pa.concat_tables(ordered)  # as with the segments of one long log
    columns = [] if metric is not None else [("metric", "ascending")]
    return pa.concat_tables(parts).sort_by([*columns, ("step", "ascending"), ("time", "ascending")])


def _edge(table: pa.Table, place: int) -> tuple[int, int]:
    """(step, time) of the first or the last point of a sorted table."""
    return table["step"][place].as_py(), table["time"][place].value
