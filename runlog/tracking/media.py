"""Figures, images and tables as the bytes of a file. Their libraries are the user's own and are never imported here."""

from __future__ import annotations

import io
import json
import math
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from runlog.errors import BadInput, BadValue
from runlog.store.document import plain
from runlog.tracking.values import to_plain


def json_bytes(value: Any, told: Callable[[str], None] | None = None) -> bytes:
    """Plain data as an indented JSON document. NaN and infinities are written as the store writes them. `told` hears of what
    is no plain data."""
    return (json.dumps(_plain_data(value, told), indent=2, ensure_ascii=False) + "\n").encode()


def _plain_data(value: Any, told: Callable[[str], None] | None, place: str = "") -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain_data(item, told, f"{place}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_data(item, told, f"{place}[{index}]") for index, item in enumerate(value)]
    kept = to_plain(f"{place.lstrip('.')!r} of the document" if place else "the document", value)
    if kept.note and told is not None:
        told(kept.note)
    return plain(kept.value)


def figure_bytes(figure: Any, path: str) -> bytes:
    """A matplotlib figure in the format of the path's ending, or a plotly figure as HTML."""
    ending = PurePosixPath(path).suffix.lstrip(".").lower()
    if hasattr(figure, "savefig"):
        buffer = io.BytesIO()
        try:
            figure.savefig(buffer, format=ending or "png", bbox_inches="tight")
        except ValueError as error:
            raise BadInput(f"cannot draw this figure as {path!r}: {error}") from error
        return buffer.getvalue()
    if hasattr(figure, "to_html"):
        if ending in {"html", "htm"}:
            return str(figure.to_html()).encode()
        if ending == "json":
            return str(figure.to_json()).encode()
        raise BadInput(f"a {type(figure).__name__} is kept as .html or .json, not as {path!r}")
    raise BadValue(f"cannot draw a {type(figure).__name__}: it is no figure of matplotlib or plotly")


def image_bytes(image: Any, path: str) -> bytes:
    """A PIL image in the format of the path's ending, or an array of height x width (x 1, 3 or 4 channels) as PNG."""
    ending = PurePosixPath(path).suffix.lower()
    if hasattr(image, "save") and hasattr(image, "mode"):
        buffer = _NamedBytes()
        buffer.name = path if ending else f"{path}.png"
        try:
            image.save(buffer)
        except (KeyError, OSError, ValueError) as error:
            raise BadInput(f"cannot keep this image as {path!r}: {error}") from error
        return buffer.getvalue()
    if ending not in {".png", ""}:
        raise BadInput(f"an array is kept as .png, not as {path!r}")
    return _png(image)


class _NamedBytes(io.BytesIO):
    """By the name PIL knows the format."""

    name: str


def _png(array: Any) -> bytes:
    rows = array.tolist() if callable(getattr(array, "tolist", None)) else array
    shape = _shape(rows)
    if len(shape) not in {2, 3} or 0 in shape or (len(shape) == 3 and shape[2] not in {1, 3, 4}):
        raise BadValue(f"an image has height x width (x 1, 3 or 4 channels), got {' x '.join(map(str, shape)) or 'one value'}")
    channels = shape[2] if len(shape) == 3 else 1
    values = list(_leaves(rows))
    kinds = set(map(type, values))
    if len(values) != math.prod(shape) or not kinds <= {bool, int, float} or any(value != value for value in values):
        raise BadValue("an image has one number for each pixel and channel, and rows of one length")
    # Floats between 0 and 1 are the other convention for the same picture, and masks are a third.
    scale = 255 if kinds == {bool} or (float in kinds and max(values) <= 1.0) else 1
    pixels = bytes(round(min(255, max(0, value * scale))) for value in values)
    width = shape[1] * channels
    lines = b"".join(b"\0" + pixels[start : start + width] for start in range(0, len(pixels), width))
    colour = {1: 0, 3: 2, 4: 6}[channels]
    head = struct.pack(">IIBBBBB", shape[1], shape[0], 8, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(lines)) + _chunk(b"IEND", b"")


def _leaves(rows: Any) -> Iterator[Any]:
    if not isinstance(rows, list | tuple):
        yield rows
    elif any(isinstance(part, list | tuple) for part in rows):
        for part in rows:
            yield from _leaves(part)
    else:
        yield from rows


def _shape(rows: Any) -> tuple[int, ...]:
    shape: list[int] = []
    while isinstance(rows, list | tuple):
        shape.append(len(rows))
        if not rows:
            break
        rows = rows[0]
    return tuple(shape)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def table_bytes(table: Any, path: str) -> bytes:
    """A table (frame, Arrow table, columns by name, or a list of rows) as Parquet, CSV or JSON, by the path's ending."""
    import pyarrow as pa

    try:
        return _table_bytes(_arrow(table), path)
    except pa.ArrowException as error:
        raise BadValue(f"cannot keep this table as {path!r}: {_why(error)}") from error


def _table_bytes(arrow: Any, path: str) -> bytes:
    import pyarrow as pa

    ending = PurePosixPath(path).suffix.lower()
    sink = pa.BufferOutputStream()
    if ending == ".parquet":
        import pyarrow.parquet as pq

        pq.write_table(arrow, sink, compression="zstd")
    elif ending == ".csv":
        import pyarrow.csv

        pyarrow.csv.write_csv(arrow, sink)
    elif ending == ".json":
        return json_bytes(arrow.to_pylist())
    else:
        raise BadInput(f"a table is kept as .parquet, .csv or .json, not as {path!r}")
    return bytes(sink.getvalue())


def _arrow(table: Any) -> Any:
    import pyarrow as pa

    try:
        if isinstance(table, pa.Table):
            return table
        if hasattr(table, "to_arrow"):
            return table.to_arrow()
        if hasattr(table, "columns") and hasattr(table, "index"):
            return pa.Table.from_pandas(table)
        if isinstance(table, Mapping):
            return pa.table({str(key): _column(column) for key, column in table.items()})
        if isinstance(table, Iterable):
            return pa.table(_columns(list(table)))
    except (pa.ArrowException, AttributeError, TypeError) as error:
        raise BadValue(f"cannot make a table of this {type(table).__name__}: {_why(error)}") from error
    raise BadValue(f"this {type(table).__name__} is no table")


def _columns(rows: list[Any]) -> dict[str, list[Any]]:
    """Rows as columns. Not every row need have every one of them: Arrow itself would keep what the first row has."""
    names: dict[Any, None] = {}
    for row in rows:
        if not isinstance(row, Mapping):
            raise BadValue(f"a row of a table is a mapping of columns to values, not a {type(row).__name__}")
        names.update(dict.fromkeys(row))
    return {str(name): [row.get(name) for row in rows] for name in names}


def _why(error: Exception) -> str:
    return "; ".join(map(str, error.args)).partition("\n")[0]


def _column(column: Any) -> Any:
    return column.tolist() if callable(getattr(column, "tolist", None)) else list(column)
