"""One snapshot as a zip: `snapshot.json` first, then the files. Equal contents give equal bytes, so its name can be its hash.

Written here and not by `zipfile`, which takes twice as long for many small files. What reads it is `zipfile`, or `unzip`.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

from runlog.errors import Damaged
from runlog.store import files

HEAD = "snapshot.json"
FOLDER = "files/"
MOST_MEMBERS = 65_000
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_UTF8 = 0x800
_DATE = 0x21  # 1980-01-01, the first day there is in a zip
_STORED, _DEFLATED = 0, 8
_SMALL = 64


def build(head: Callable[[], bytes], members: Iterable[tuple[str, int, bytes]]) -> bytes:
    """A whole archive, of (path, mode, content). What stands first in it is asked for last, when all members are known."""
    data, places = bytearray(), []
    for path, mode, content in members:
        about, record = _record(FOLDER + path, content)
        places.append((FOLDER + path, mode, about, len(data)))
        data += record
    about, first = _record(HEAD, head())
    central = _listed(HEAD, 0o100644, about, 0)
    for path, mode, about, place in places:
        central += _listed(path, mode, about, len(first) + place)
    count, size = len(places) + 1, len(first) + len(data)
    return b"".join([first, data, central, _END.pack(b"PK\5\6", 0, 0, count, count, len(central), size, 0)])


def _record(name: str, content: bytes) -> tuple[tuple[int, ...], bytes]:
    """What is said of a member in both places, and the member itself."""
    raw = os.fsencode(name)
    packed, method = _packed(content)
    # flags, method, time, date, crc, packed size, size, length of the name, length of extra fields
    about = (_flags(raw), method, 0, _DATE, zlib.crc32(content), len(packed), len(content), len(raw), 0)
    return about, _LOCAL.pack(b"PK\3\4", 20, *about) + raw + packed


def _listed(name: str, mode: int, about: tuple[int, ...], place: int) -> bytearray:
    return bytearray(_CENTRAL.pack(b"PK\1\2", 0x314, 20, *about, 0, 0, 0, mode << 16, place) + os.fsencode(name))


def _flags(raw: bytes) -> int:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return 0
    return 0 if raw.isascii() else _UTF8


def _packed(content: bytes) -> tuple[bytes, int]:
    if len(content) > _SMALL:
        # A window that is larger than the content costs five times the time, and finds nothing more.
        packer = zlib.compressobj(6, zlib.DEFLATED, -min(15, max(9, (len(content) - 1).bit_length())))
        packed = packer.compress(content) + packer.flush()
        if len(packed) < len(content):
            return packed, _DEFLATED
    return content, _STORED


def read_head(path: Path) -> bytes:
    """`snapshot.json` of an archive, which stands first in it. FileNotFoundError passes through."""
    fd = files.open_to_read(path)
    with os.fdopen(fd, "rb") as file:
        try:
            found = _LOCAL.unpack(file.read(_LOCAL.size))
            name = file.read(found[9])
            packed = file.read(found[7])
            content = zlib.decompress(packed, -15) if found[3] == _DEFLATED else packed
        except (struct.error, zlib.error) as error:
            raise Damaged(f"{path.name} is no snapshot of code", hint="runlog check") from error
    if name != HEAD.encode() or zlib.crc32(content) != found[6]:
        raise Damaged(f"{path.name} is no snapshot of code", hint="runlog check")
    return content


class Archive:
    """An archive, open to read its files."""

    def __init__(self, path: Path) -> None:
        import zipfile

        self._name = path.name
        self._file = os.fdopen(files.open_to_read(path), "rb")
        try:
            self._zip = zipfile.ZipFile(self._file)
        except zipfile.BadZipFile as error:
            self._file.close()
            raise Damaged(f"{path.name} is no snapshot of code", hint="runlog check") from error
        self._members = {_path(info): info for info in self._zip.infolist()}

    def read(self, path: str) -> bytes:
        """The content of a file; KeyError where it has none."""
        import zipfile

        info = self._members[FOLDER + path]
        try:
            return self._zip.read(info)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise Damaged(f"{path!r} in {self._name} cannot be read", hint="runlog check") from error

    def has(self, path: str) -> bool:
        return FOLDER + path in self._members

    def close(self) -> None:
        self._zip.close()
        self._file.close()


def _path(info: object) -> str:
    """The name of a member as Python has names of files: zipfile takes bytes that are not UTF-8 for code page 437."""
    name: str = info.orig_filename  # type: ignore[attr-defined]
    flags: int = info.flag_bits  # type: ignore[attr-defined]
    return name if flags & _UTF8 else os.fsdecode(name.encode("cp437"))
