"""Looks for secrets in a store that was written before somebody cared, or by other hands. Reads everything, changes nothing."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from runlog.capture.secrets import find_secrets, withheld, withheld_words
from runlog.errors import RunlogError
from runlog.store import files, layout

# A text is read in pieces that end with a line; nothing secret is longer than a piece.
_PIECE = 4 << 20
_HEAD = 8192


@dataclass(frozen=True, slots=True)
class Leak:
    """Where something secret stands. Its value is not kept."""

    path: str
    line: int
    kind: str


@dataclass(frozen=True, slots=True)
class LeakReport:
    """What a search for secrets saw."""

    files: int
    leaks: tuple[Leak, ...]
    unread: tuple[str, ...]  # files that could not be read


def find_leaks(root: Path, progress: Callable[[int, int], None] | None = None) -> LeakReport:
    """Every document, output, artifact and captured file of a store that is text, by name."""
    leaks: list[Leak] = []
    unread: list[str] = []
    paths = sorted(_files(root))
    for count, path in enumerate(paths):
        if progress is not None:
            progress(count, len(paths))
        name = path.relative_to(root).as_posix()
        try:
            leaks += _in_file(path, name)
        except (OSError, RunlogError):
            unread.append(name)
    return LeakReport(len(paths), tuple(leaks), tuple(unread))


def _files(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(layout.STAGING)]
        for name in names:
            path = Path(folder, name)
            if not path.is_symlink() and not name.startswith(layout.STAGING):
                yield path


def _in_file(path: Path, name: str) -> list[Leak]:
    fd = files.open_to_read(path)
    with os.fdopen(fd, "rb") as file:
        if path.suffix == ".zip":
            return _in_zip(file.read(), name)
        head = file.read(_HEAD)
        if b"\0" in head and path.suffix != ".log":
            return []
        file.seek(0)
        found = {}
        line = 1
        while piece := file.read(_PIECE):
            piece += file.readline(_PIECE)
            for leak in _in_text(piece, name, line):
                found[leak.line, leak.kind] = leak
            line += piece.count(b"\n")
        if _is_document(path):
            file.seek(0)
            for leak in _in_document(file.read(), name):
                found.setdefault((leak.line, leak.kind), leak)
    return [found[key] for key in sorted(found)]


def _in_text(data: bytes, name: str, first: int) -> list[Leak]:
    text = data.decode("utf-8", "replace")
    return [Leak(name, first + secret.line - 1, secret.kind) for secret in find_secrets(text)]


def _in_zip(data: bytes, name: str) -> list[Leak]:
    """The files of an archive, as those of captured code."""
    found: list[Leak] = []
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            for member in sorted(archive.namelist()):
                content = archive.read(member)
                if b"\0" not in content[:_HEAD]:
                    found += _in_text(content, f"{name}!{member}", 1)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError):
        return found
    return found


def _is_document(path: Path) -> bool:
    return path.name == layout.RUN_FILE or layout.parse_entries_name(path.name) is not None


def _in_document(data: bytes, name: str) -> Iterator[Leak]:
    """What a document of a run calls by the name of a secret, whatever its value looks like."""
    try:
        document = json.loads(data)
        words = document.get("entries", ())
        named = [document.get("params") or {}, document.get("tags") or {}]
        for kind in ("param", "tag"):
            named += [{entry[kind]: entry["value"]} for entry in words if kind in entry and "value" in entry]
        command = document.get("command") or {}
        keys = [key for values in named for key in withheld(values)[1]]
        keys += [flag for key in ("argv", "typed") for flag in withheld_words([str(word) for word in command.get(key, ())])[1]]
    except (ValueError, TypeError, AttributeError):
        return
    lines = data.decode("utf-8", "replace").splitlines()
    for key in dict.fromkeys(keys):
        # As a key of an object, or as what an entry is about.
        quoted: Any = json.dumps(key, ensure_ascii=False)
        yield Leak(name, next((place for place, line in enumerate(lines, 1) if quoted in line), 1), f"value of {key}")
