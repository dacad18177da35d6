"""The snapshots of a store: put one in, find one, read one through its bases."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runlog.capture.code.found import File, Found
from runlog.capture.code.untracked import without_secrets
from runlog.capture.secrets import is_secret_file
from runlog.errors import Damaged, NotFound
from runlog.store import files, layout
from runlog.store.code.archive import MOST_MEMBERS, Archive, build, read_head
from runlog.store.code.names import hold, parse_name
from runlog.store.document import MALFORMED, check_format

DEEPEST = 10
MOST_BYTES = 10 << 20  # of one file
MOST_IN_ALL = 100 << 20
COMMIT = "commit:"
_TRIED = 3  # snapshots that might be a base
LINK, MODULE = "120000", "160000"


@dataclass(frozen=True, slots=True)
class Head:
    """What `snapshot.json` says."""

    tree: str
    base: str | None
    depth: int
    files: Mapping[str, File]
    removed: tuple[str, ...] = ()
    absent: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a snapshot is, and what is worth saying of one that is new."""

    name: str | None
    remarks: tuple[str, ...] = ()


def keep(root: Path, found: Found) -> Kept:
    """The snapshot of some code, written if there is none: whole and durable when this returns."""
    if found.tree is None:
        return Kept(None)
    name = hold(root, found.tree)
    return _write(root, found, found.tree) if name is None else Kept(name)


def _write(root: Path, found: Found, tree: str) -> Kept:
    everything = found.files()
    base, below, depth = _base(root, everything)
    new = {path: file for path, file in everything.items() if below.get(path) != file}
    sizes = _sizes(found, new)
    remarks: list[str] = []
    if _is_too_much(sizes) and found.files_of_commit:
        base, below, depth = f"{COMMIT}{found.commit}", found.files_of_commit(), 0
        new = {path: file for path, file in everything.items() if below.get(path) != file}
        sizes = _sizes(found, new)
        remarks.append("the code is too large for the store, which has only what differs from the commit")
    absent = _too_large(sizes)
    members = _Members(found, {path: file for path, file in new.items() if file.mode != MODULE and path not in absent}, absent)
    head = Head(tree, base, depth, new, tuple(sorted(below.keys() - everything.keys())), absent)
    data = build(lambda: _document(head), members)
    name = f"{tree}-{hashlib.sha256(data).hexdigest()[:12]}.zip"
    folder = files.make_inside(root, layout.CODE)
    files.write_new(folder / name, data)
    files.sync_folder(folder)
    return Kept(name, (*remarks, *_told(absent)))


def _document(head: Head) -> bytes:
    document = {
        "format": 1,
        "tree": head.tree,
        "base": head.base,
        "depth": head.depth,
        "files": {path: f"{file.mode} {file.id}" for path, file in head.files.items()},
        "removed": head.removed,
        "absent": head.absent,
    }
    # Escaped, for half letters stand for the bytes of names that are not UTF-8.
    return json.dumps(document, indent=0, sort_keys=True).encode("ascii") + b"\n"


def _sizes(found: Found, new: Mapping[str, File]) -> dict[str, int]:
    paths = [path for path, file in new.items() if file.mode != MODULE]
    return dict(zip(paths, found.sizes(paths), strict=True))


def _is_too_much(sizes: Mapping[str, int]) -> bool:
    return len(sizes) > MOST_MEMBERS or sum(size for size in sizes.values() if size <= MOST_BYTES) > MOST_IN_ALL


def _too_large(sizes: Mapping[str, int]) -> dict[str, str]:
    """Files for which there is no room, and why."""
    absent: dict[str, str] = {}
    total = count = 0
    for path, size in sizes.items():
        if size > MOST_BYTES:
            absent[path] = f"larger than {MOST_BYTES >> 20} MB"
        elif total + size > MOST_IN_ALL or count >= MOST_MEMBERS:
            absent[path] = f"more than {MOST_MEMBERS} files or {MOST_IN_ALL >> 20} MB"
        else:
            total += size
            count += 1
    return absent


class _Members:
    """The files that go into an archive, without what is secret; why what is missing is missing goes into `absent`."""

    def __init__(self, found: Found, wanted: Mapping[str, File], absent: dict[str, str]) -> None:
        self._found = found
        self._wanted = {path: file for path, file in wanted.items() if not is_secret_file(path)}
        self._absent = absent
        absent.update(dict.fromkeys(wanted.keys() - self._wanted.keys(), "secret"))

    def __iter__(self) -> Iterator[tuple[str, int, bytes]]:
        contents = self._found.contents(self._wanted)
        for (path, file), data in zip(self._wanted.items(), contents, strict=True):
            shown = data if file.mode == LINK else without_secrets(data)
            if shown is not data:
                self._absent[path] = "what looks like a secret in it"
            yield path, int(file.mode, 8), shown


def _told(absent: Mapping[str, str]) -> Iterator[str]:
    """What a user should know of a snapshot."""
    secret = [path for path, why in absent.items() if "secret" in why]
    large = [path for path in absent if path not in secret]
    for paths, what in ((secret, "without what looks like secrets in"), (large, "without, for their size,")):
        if paths:
            more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
            yield f"the store has the code {what} {', '.join(repr(path) for path in paths[:3])}{more}"


def _base(root: Path, everything: Mapping[str, File]) -> tuple[str | None, Mapping[str, File], int]:
    """(name, files, depth of what is built on it): a snapshot that has most of these files, of the newest."""
    for name in _newest(root / layout.CODE):
        try:
            chain = Chain(root, name)
        except (Damaged, NotFound):
            continue
        depth = chain.head.depth + 1
        if depth > DEEPEST or chain.commit:
            continue
        known = chain.files
        changed = sum(known.get(path) != file for path, file in everything.items()) + len(known.keys() - everything.keys())
        if 2 * changed <= len(everything):
            return name, known, depth
    return None, {}, 0


def _newest(folder: Path) -> list[str]:
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as entries:
        known = [(entry.stat(follow_symlinks=False).st_mtime_ns, entry.name) for entry in entries if parse_name(entry.name)]
        return [name for _, name in sorted(known, reverse=True)[:_TRIED]]
    return []


def read(root: Path, name: str) -> Head:
    """What a snapshot says of itself."""
    if parse_name(name) is None:
        raise Damaged(f"{name!r} is no name of a snapshot", hint="runlog check")
    try:
        files.must_be_folder(root / layout.CODE)
        head = read_head(root / layout.CODE / name)
    except FileNotFoundError:
        raise NotFound(f"the store has no snapshot {name}: was only a part of it copied?", hint="runlog check") from None
    return _parsed(name, head)


def _parsed(name: str, data: bytes) -> Head:
    try:
        document: dict[str, Any] = json.loads(data)
        check_format(name, document.get("format"))
        # Modes and ids repeat, and a file is no larger than the two of them.
        found = {path: File(*text.split(" ")) for path, text in document["files"].items()}
        return Head(
            tree=document["tree"],
            base=document["base"],
            depth=int(document["depth"]),
            files=found,
            removed=tuple(document["removed"]),
            absent=dict(document["absent"]),
        )
    except MALFORMED as error:
        raise Damaged(f"{name} is no snapshot of code", hint="runlog check") from error


class Chain:
    """A snapshot with the bases it is told from, as one tree."""

    def __init__(self, root: Path, name: str) -> None:
        self._root = root
        self.names = [name]
        heads = [read(root, name)]
        while (base := heads[-1].base) is not None and not base.startswith(COMMIT):
            if base in self.names or len(heads) > DEEPEST:
                raise Damaged(f"{self.names[-1]} has no base {base!r}", hint="runlog check")
            self.names.append(base)
            heads.append(read(root, base))
        self.head = heads[0]
        last = heads[-1].base
        self.commit = _commit(last) if last else None  # which has the files that are not here
        self.files: dict[str, File] = {}
        self.absent: dict[str, str] = {}
        self.removed: set[str] = set()
        self._owners: dict[str, str] = {}
        self._open: dict[str, Archive] = {}
        for place, head in zip(reversed(self.names), reversed(heads), strict=True):
            self._add(place, head)

    def _add(self, name: str, head: Head) -> None:
        for path in head.removed:
            self.removed.add(path)
            for known in (self.files, self.absent, self._owners):
                known.pop(path, None)
        for path, file in head.files.items():
            self.files[path] = file
            self._owners[path] = name
            self.absent.pop(path, None)
        self.absent.update(head.absent)

    def content(self, path: str) -> bytes | None:
        """The bytes of a file, as far as the store has them; none where it has nothing."""
        name = self._owners[path]
        if name not in self._open:
            self._open[name] = Archive(self._root / layout.CODE / name)
        return self._open[name].read(path) if self._open[name].has(path) else None

    def close(self) -> None:
        for archive in self._open.values():
            archive.close()


def _commit(base: str) -> str:
    name = base.removeprefix(COMMIT)
    if re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", name) is None:
        raise Damaged(f"{base!r} names no commit", hint="runlog check")
    return name
