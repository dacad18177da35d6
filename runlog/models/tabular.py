"""Tables in files: read piece by piece from CSV, Parquet and JSON lines, and written so."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from runlog.errors import BadInput, NotFound, UsageError, reason_of
from runlog.runs.export import as_json

if TYPE_CHECKING:
    import pyarrow as pa

FORMS = ("csv", "parquet", "jsonl")
_ENDINGS = {".csv": "csv", ".parquet": "parquet", ".pq": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl"}
_STREAMS = ("/dev/stdin", "/dev/stdout", "/dev/fd/", "/proc/self/fd/")
# From so much text the types of columns are told.
_BLOCK = 32 << 20
Write = Callable[["pa.RecordBatch"], None]
IsText = Callable[[str], bool]
# Each with how much of the file has been read then, from 0 to 1.
Batches = Iterator[tuple["pa.RecordBatch", float]]
Progress = Callable[[int, int], None]


def form_of(file: str, said: str, option: str) -> str:
    """The form of a file: what was said of it, or what its ending stands for. A pipe is CSV."""
    if said:
        if said not in FORMS:
            raise UsageError(f"{said!r} is no form of tables: {', '.join(FORMS)} are known", hint=f"{option} csv")
        return said
    if file == "-" or is_pipe(file):
        return "csv"
    if os.path.isdir(file):
        raise BadInput(f"{file!r} is a folder")
    ending = Path(file).suffix.lower()
    if ending not in _ENDINGS:
        raise UsageError(
            f"cannot tell a form by the ending of {file!r}: .csv, .parquet and .jsonl are known", hint=f"{option} csv"
        )
    return _ENDINGS[ending]


def read(file: str, form: str, is_text: IsText, rows: int, progress: Progress | None) -> Iterator[pa.RecordBatch]:
    """A table in pieces of so many rows. Columns of CSV of which `is_text` says so stay as they are typed."""
    import pyarrow as pa

    with _opened(file) as source:
        size, reached = max(1, source.size()), 0.0
        try:
            for batch, part in _BATCHES[form](source, is_text, rows):
                for start in range(0, batch.num_rows, rows):
                    if progress is not None:
                        at = reached + (part - reached) * start / batch.num_rows
                        progress(min(int(at * size), size - 1), size)
                    yield batch.slice(start, rows)
                reached = part
        except pa.ArrowInvalid as error:
            raise BadInput(f"{file!r} is no {form} that can be read: {str(error).splitlines()[0]}") from error
        finally:
            if progress is not None:
                progress(1, 1)


def is_pipe(file: str) -> bool:
    """Whether a path leads to something that has no size and no ending, as `/dev/stdin` and what the shell makes of `<(...)`."""
    return file.startswith(_STREAMS) or (os.path.exists(file) and not os.path.isfile(file) and not os.path.isdir(file))


def _opened(file: str) -> pa.NativeFile:
    """A file of Arrow's own: its threads may still read ahead when Python ends, and must not need Python then. A pipe is read
    as a whole."""
    import pyarrow as pa

    if file == "-":
        return pa.BufferReader(sys.stdin.buffer.read())
    if not os.path.exists(file):
        raise NotFound(f"there is no file {file!r}")
    if os.path.isdir(file):
        raise BadInput(f"{file!r} is a folder")
    try:
        return pa.BufferReader(Path(file).read_bytes()) if is_pipe(file) else pa.OSFile(file)
    except OSError as error:
        raise BadInput(f"{file!r} cannot be read: {reason_of(error)}") from error


def _csv(source: pa.NativeFile, is_text: IsText, rows: int) -> Batches:
    from pyarrow import csv

    texts = {name: "string" for name in _heading(source) if is_text(name)}
    # One thread counts rows in its messages.
    reading = csv.ReadOptions(block_size=_BLOCK, use_threads=False)
    parsing, converting = csv.ParseOptions(newlines_in_values=True), csv.ConvertOptions(column_types=texts)
    for batch in csv.open_csv(source, reading, parsing, converting):
        yield batch, source.tell() / source.size()


def _heading(source: pa.NativeFile) -> list[str]:
    """The names of the columns, without reading on."""
    import csv
    import io

    ahead = source.read(1 << 16)
    source.seek(0)
    return next(csv.reader(io.StringIO(ahead.decode("utf-8-sig", "replace"), newline="")), [])


def _jsonl(source: pa.NativeFile, is_text: IsText, rows: int) -> Batches:
    from pyarrow import json

    for batch in json.open_json(source, json.ReadOptions(block_size=_BLOCK, use_threads=False)):
        yield batch, source.tell() / source.size()


def _parquet(source: pa.NativeFile, is_text: IsText, rows: int) -> Batches:
    import pyarrow.parquet as pq

    done = 0
    with pq.ParquetFile(source) as file:
        for batch in file.iter_batches(batch_size=rows):
            done += batch.num_rows
            yield batch, done / max(done, file.metadata.num_rows)


_BATCHES: dict[str, Callable[[pa.NativeFile, IsText, int], Batches]] = {"csv": _csv, "jsonl": _jsonl, "parquet": _parquet}


@contextlib.contextmanager
def writing(target: BinaryIO | Path, form: str) -> Iterator[Write]:
    """Where pieces of a table go. All of them have the columns of the first."""
    with contextlib.ExitStack() as open_files:
        out = target if not isinstance(target, Path) else open_files.enter_context(open(target, "wb"))
        yield _WRITERS[form](out, open_files)


def _csv_writer(out: BinaryIO, open_files: contextlib.ExitStack) -> Write:
    import csv
    import io

    begun = False

    def write(batch: pa.RecordBatch) -> None:
        nonlocal begun
        text = io.StringIO(newline="")
        lines = csv.writer(text, lineterminator="\n")
        lines.writerows([] if begun else [batch.schema.names])
        lines.writerows(zip(*(map(_cell, column.to_pylist()) for column in batch.columns), strict=True))
        out.write(text.getvalue().encode())
        begun = True

    return write


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return as_json(value) if isinstance(value, list | dict) else value


def _jsonl_writer(out: BinaryIO, open_files: contextlib.ExitStack) -> Write:
    def write(batch: pa.RecordBatch) -> None:
        out.write("".join(f"{as_json(row)}\n" for row in batch.to_pylist()).encode())

    return write


def _parquet_writer(out: BinaryIO, open_files: contextlib.ExitStack) -> Write:
    import pyarrow.parquet as pq

    writer: Any = None

    def write(batch: pa.RecordBatch) -> None:
        nonlocal writer
        if writer is None:
            writer = open_files.enter_context(pq.ParquetWriter(out, batch.schema, compression="zstd"))
        writer.write_batch(batch)

    return write


_WRITERS: dict[str, Callable[[BinaryIO, contextlib.ExitStack], Write]] = {
    "csv": _csv_writer,
    "jsonl": _jsonl_writer,
    "parquet": _parquet_writer,
}
