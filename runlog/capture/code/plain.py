"""Code without git: the source files of a folder, told by their names. A tree of them has the id that git would give it."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from runlog.capture.code.found import File, LeftOut, Remarks
from runlog.capture.code.sources import is_source_name
from runlog.capture.code.untracked import Content, read
from runlog.capture.secrets import is_secret_file

MOST_VISITED = 20_000
MOST_BYTES = 2 << 20
MOST_IN_ALL = 100 << 20
MOST_FILES = 5000
_NO_SOURCES = {"node_modules", "__pycache__", "site-packages", "__pypackages__", "venv", "env", "wandb", "mlruns"}


class PlainFolder:
    """The source files of one folder, as they are now."""

    def __init__(self, top: str, store: str, remarks: Remarks, only: Sequence[str] | None = None) -> None:
        self.top = top
        self._data: dict[str, bytes] = {}
        self._files: dict[str, File] = {}
        self._remarks = remarks
        total = 0
        for path, info in self._named(only) if only is not None else self._walk(store):
            if total + info.st_size > MOST_IN_ALL or len(self._files) >= MOST_FILES:
                remarks.left_out.append(LeftOut(path, info.st_size, f"more than {MOST_FILES} files or {MOST_IN_ALL >> 20} MB"))
                continue
            content = self._read(path, info)
            if content is not None:
                self._add(path, content)
                total += info.st_size

    @cached_property
    def tree(self) -> str:
        return tree_id(self._files)

    def files(self) -> dict[str, File]:
        return self._files

    def contents(self, paths: Iterable[str]) -> Iterator[bytes]:
        return (self._data[path] for path in paths)

    def sizes(self, paths: Iterable[str]) -> list[int]:
        return [len(self._data[path]) for path in paths]

    def _named(self, paths: Sequence[str]) -> Iterator[tuple[str, os.stat_result]]:
        for path in paths:
            yield path, os.lstat(os.path.join(self.top, path))

    def _walk(self, store: str) -> Iterator[tuple[str, os.stat_result]]:
        """Source files, folder by folder and by name."""
        waiting, visited = [""], 0
        for below in waiting:
            for entry in _entries(os.path.join(self.top, below)):
                visited += 1
                if visited > MOST_VISITED:
                    raise TooMany
                path = f"{below}/{entry.name}" if below else entry.name
                if entry.is_dir(follow_symlinks=False):
                    if _may_hold_sources(entry) and os.path.realpath(entry.path) != store:
                        waiting.append(path)
                elif _is_source(entry):
                    yield path, entry.stat(follow_symlinks=False)

    def _read(self, path: str, info: os.stat_result) -> Content | None:
        if is_secret_file(path):
            self._remarks.withheld.append(path)
            return None
        if info.st_size > MOST_BYTES:
            self._remarks.left_out.append(LeftOut(path, info.st_size, f"larger than {MOST_BYTES >> 20} MB"))
            return None
        return read(self.top, path, info, self._remarks)

    def _add(self, path: str, content: Content) -> None:
        data = content.data
        if data is None:
            with open(os.path.join(self.top, path), "rb") as file:
                data = file.read()
        self._data[path] = data
        self._files[path] = File(content.mode, blob_id(data))


class TooMany(Exception):
    """A folder that holds far more than a project."""


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []


def _may_hold_sources(entry: os.DirEntry[str]) -> bool:
    hidden = entry.name.startswith(".") or entry.name.lower() in _NO_SOURCES or entry.name.endswith(".egg-info")
    return not hidden and not os.path.exists(os.path.join(entry.path, "pyvenv.cfg"))


def _is_source(entry: os.DirEntry[str]) -> bool:
    if is_source_name(entry.name):
        return entry.is_symlink() or stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode)
    return False


def blob_id(data: bytes, like: str = "0" * 40) -> str:
    """The id that git gives to some bytes; `like` another id, for there are two kinds."""
    return _hash(b"blob", data, like)


def _hash(kind: bytes, data: bytes, like: str) -> str:
    head = b"%s %d\0" % (kind, len(data))
    return (hashlib.sha1(head + data) if len(like) == 40 else hashlib.sha256(head + data)).hexdigest()


def tree_id(files: Mapping[str, File], like: str = "0" * 40) -> str:
    """The id that git gives to a tree of these files. What lies in a submodule does not count, only its commit."""
    modules = tuple(f"{path}/" for path, file in files.items() if file.mode == "160000")
    folders: dict[str, list[tuple[bytes, bytes]]] = {"": []}
    for path, file in files.items():
        if not modules or not path.startswith(modules):
            folder, _, name = path.rpartition("/")
            raw = os.fsencode(name)
            line = b"%s %s\0%s" % (file.mode.lstrip("0").encode(), raw, bytes.fromhex(file.id))
            _folder(folders, folder).append((raw, line))
    for folder in sorted(folders, key=lambda path: path.count("/") if path else -1, reverse=True):
        if folder:
            above, _, name = folder.rpartition("/")
            raw = os.fsencode(name)
            found = bytes.fromhex(_tree_hash(folders[folder], like))
            # Folders are in order as if their names ended in a slash.
            folders[above].append((raw + b"/", b"40000 %s\0%s" % (raw, found)))
    return _tree_hash(folders[""], like)


def _folder(folders: dict[str, list[tuple[bytes, bytes]]], path: str) -> list[tuple[bytes, bytes]]:
    if path not in folders:
        folders[path] = []
        if path:
            _folder(folders, path.rpartition("/")[0])
    return folders[path]


def _tree_hash(lines: Iterable[tuple[bytes, bytes]], like: str) -> str:
    return _hash(b"tree", b"".join(line for _, line in sorted(lines)), like)
