"""Two versions of a file as a patch, as git writes it, and two tables by value. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pyarrow as pa

How = Literal["added", "removed", "changed", "renamed", "mode"]
_HEAD = 8000
_MOST_LINES = 20_000
_NOTHING = "/dev/null"


@dataclass(frozen=True, slots=True)
class FileChange:
    """How one file differs. `patch` is empty where there is none to show; `note` says why, or what differs instead."""

    path: str
    how: How
    added: int = 0  # lines
    removed: int = 0
    patch: str = ""
    note: str = ""
    before: str | None = None  # the path it had, when that was another
    binary: bool = False


@dataclass(frozen=True, slots=True)
class Version:
    """A file on one side: nothing when it is not there. Bytes that cannot be had are none, though the file is there."""

    path: str
    mode: str
    data: bytes | None


def is_binary(data: bytes) -> bool:
    return b"\0" in data[:_HEAD]


def compare_file(old: Version | None, new: Version | None) -> FileChange:
    """How a file differs between two sides, of which one at least has it."""
    here = new or old
    assert here is not None
    how: How = "added" if old is None else "removed" if new is None else "changed"
    if old and new and old.path != new.path:
        how = "renamed"
    elif old and new and old.data == new.data and old.data is not None:
        how = "mode"
    before = old.path if old and new and old.path != new.path else None
    if (old and old.data is None) or (new and new.data is None):
        return FileChange(here.path, how, note="its bytes are not here", before=before)
    first, second = (old.data or b"") if old else b"", (new.data or b"") if new else b""
    head = "".join(_header(old, new))
    if is_binary(first) or is_binary(second):
        text = (
            f"{head}Binary files {_named('a', old).rstrip()} and {_named('b', new).rstrip()} differ\n"
            if first != second
            else head
        )
        return FileChange(here.path, how, patch=text, note=_sizes(old, new, first, second), before=before, binary=True)
    lines = list(_unified(first, second, _named("a", old), _named("b", new)))
    if lines and lines[0] == _TOO_LONG:
        return FileChange(here.path, how, note="too long to show line by line", before=before)
    added = sum(line.startswith("+") for line in lines[2:])
    removed = sum(line.startswith("-") for line in lines[2:])
    return FileChange(here.path, how, added, removed, head + "".join(lines), before=before)


def _named(side: str, version: Version | None) -> str:
    if version is None:
        return _NOTHING
    name = _quoted(f"{side}/{version.path}")
    return f"{name}\t" if " " in name else name  # or git would take it to end there


def _quoted(path: str) -> str:
    """A path as git writes it in a patch: only control characters, quotes and backslashes are in the way."""
    if not any(letter in '"\\' or letter < " " or letter == "\x7f" for letter in path):
        return path
    shown = (
        f"\\{byte:03o}" if byte < 32 or byte in b'"\\\x7f' else chr(byte) for byte in path.encode("utf-8", "surrogateescape")
    )
    return '"' + "".join(shown).encode("latin-1").decode("utf-8", "surrogateescape") + '"'


def _sizes(old: Version | None, new: Version | None, first: bytes, second: bytes) -> str:
    if old and new:
        return f"binary, {len(first)} -> {len(second)} bytes"
    return f"binary, {len(second if new else first)} bytes"


def _header(old: Version | None, new: Version | None) -> Iterator[str]:
    here = old or new
    assert here is not None
    yield f"diff --git {_quoted(f'a/{here.path}')} {_quoted(f'b/{(new or here).path}')}\n"
    if old is None and new:
        yield f"new file mode {new.mode}\n"
    elif new is None and old:
        yield f"deleted file mode {old.mode}\n"
    elif old and new:
        if old.mode != new.mode:
            yield f"old mode {old.mode}\nnew mode {new.mode}\n"
        if old.path != new.path:
            yield f"rename from {_quoted(old.path)}\nrename to {_quoted(new.path)}\n"


_TOO_LONG = "too long"


def _unified(first: bytes, second: bytes, old: str, new: str) -> Iterator[str]:
    """The lines of a patch; bytes that are no UTF-8 are half letters, so that they can be had again."""
    before, after = (_lines(data) for data in (first, second))
    if len(before) + len(after) > _MOST_LINES:
        if before != after:
            yield _TOO_LONG
        return
    for line in difflib.unified_diff(before, after, old, new):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(data: bytes) -> list[str]:
    """Lines as git sees them: only a newline ends one."""
    text = data.decode("utf-8", "surrogateescape")
    parts = [f"{part}\n" for part in text.split("\n")]
    if parts[-1] == "\n":
        return parts[:-1]
    return [*parts[:-1], parts[-1][:-1]]


_MOST_TOLD = 3


def is_table(path: str) -> bool:
    return path.lower().endswith((".csv", ".tsv", ".parquet"))


def compare_tables(old: pa.Table, new: pa.Table) -> str:
    """What differs between two tables by value, in words; nothing when they hold the same."""
    said = []
    if old.num_rows != new.num_rows:
        said.append(f"{old.num_rows} -> {new.num_rows} rows")
    gone = [name for name in old.column_names if name not in new.column_names]
    more = [name for name in new.column_names if name not in old.column_names]
    said += [f"without column {name!r}" for name in gone] + [f"with column {name!r}" for name in more]
    common = [name for name in old.column_names if name in new.column_names]
    differing = [told for name in common if (told := _compare_column(name, old.column(name), new.column(name)))]
    said += differing[:_MOST_TOLD]
    if len(differing) > _MOST_TOLD:
        said.append(f"and {len(differing) - _MOST_TOLD} more columns differ")
    return ", ".join(said)


def _compare_column(name: str, old: Any, new: Any) -> str:
    if old.equals(new):
        return ""
    before, after = old.to_pylist(), new.to_pylist()
    places = [at for at, (one, other) in enumerate(zip(before, after, strict=False)) if not _same(one, other)]
    if not places:
        return ""
    at = places[0]
    rows = "row" if len(places) == 1 else "rows"
    return f"{name!r} differs in {len(places)} {rows}, first in row {at}: {before[at]!r} -> {after[at]!r}"


def _same(one: Any, other: Any) -> bool:
    return bool(one == other) or (one != one and other != other)


def read_table(path: str, data: bytes) -> pa.Table | None:
    """The table in a file; none when there is none after all."""
    import pyarrow as pa

    try:
        if path.lower().endswith(".parquet"):
            from pyarrow import parquet

            with parquet.ParquetFile(pa.BufferReader(data)) as file:
                return file.read(use_threads=False)
        from pyarrow import csv

        parse = csv.ParseOptions(delimiter="\t" if path.lower().endswith(".tsv") else ",")
        return csv.read_csv(pa.BufferReader(data), csv.ReadOptions(use_threads=False), parse)
    except (pa.ArrowException, OSError, ValueError):
        return None
