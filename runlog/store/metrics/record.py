"""The records of a log, byte by byte.

A log begins with eight bytes of magic. Every record is a multiple of eight bytes, little-endian:

    crc32 u32 | shape u32 | step i64 | time i64 (UTC, ns) | payload

A shape above 0 is a row of numbers: the payload holds one f64 for each metric of the shape. Shape 0 is a JSON text, `step` its
length in bytes, padded with blanks. The JSON is an entry, or the definition of a shape, which comes before its first row.
The checksum covers everything after itself.
"""

from __future__ import annotations

import json
import struct
from typing import Any
from zlib import crc32

from runlog.errors import BadValue

MAGIC = b"runlog1\n"
HEAD = struct.Struct("<IIqq")
ROW_OF_ONE = struct.Struct("<Iqqd")
JSON_SHAPE = 0
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
LONGEST_JSON = 64 << 20


def row_struct(width: int) -> struct.Struct:
    """Packs shape, step, time and `width` values: a record without its checksum."""
    return struct.Struct(f"<Iqq{width}d")


def sealed(body: bytes) -> bytes:
    """The record of a body: its checksum before it."""
    return crc32(body).to_bytes(4, "little") + body


def json_record(at: int, document: dict[str, Any]) -> bytes:
    """A record that holds a JSON text."""
    # Half a letter, as in the name of a file that is not UTF-8, becomes a question mark.
    text = _encode(document).encode("utf-8", "replace")
    if len(text) > LONGEST_JSON:
        raise BadValue(f"{len(text)} bytes are too many to log as one value, {LONGEST_JSON} is the most")
    padded = text + b" " * (-len(text) % 8)
    return sealed(struct.pack("<Iqq", JSON_SHAPE, len(text), at) + padded)


def shape_record(at: int, shape: int, names: tuple[str, ...]) -> bytes:
    """Says which metrics the rows of a shape hold."""
    return json_record(at, {"shape": shape, "names": names})
