"""Tracked files whose bytes on the disk are not those of their blob although git says that nothing changed.

Line ends and filters are converted between the two, and files that are flagged are not looked at. Conversions of line ends
change the size, so sizes tell, and a file that has another size than when it was added git does call changed; of other filters
attributes tell. To look at all this takes longer than `git status`, so what was found out is remembered for as long as the
index is the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from runlog.capture.code.git import Git, Repository
from runlog.capture.code.status import LINK, MODULE
from runlog.capture.memory import recall, remember

_FILTERS = re.compile(rb"\b(?:filter|ident|working-tree-encoding)\b")
_SECRET_FILTERS = re.compile(r"crypt|vault|sops|secret|blackbox")
_POINTER = b"version https://git-lfs.github.com/spec/"
_LONGEST_POINTER = 1024
_PLACE = "code"
_NOTHING: Mapping[str, str] = {}


class Odd(NamedTuple):
    """What of the index is not to be believed."""

    raw: frozenset[str] = frozenset()  # only the bytes on the disk tell
    absent: frozenset[str] = frozenset()  # in the index and not on the disk, and that is how it should be
    pointers: tuple[str, ...] = ()  # LFS keeps the bytes
    encrypted: frozenset[str] = frozenset()  # the index has them encrypted, the disk in plain text
    modules: Mapping[str, str] = _NOTHING  # submodule -> its commit in the index


class _Known(NamedTuple):
    """What is true for as long as the index and the attributes are."""

    flagged: tuple[str, ...] = ()
    other_size: tuple[str, ...] = ()  # than their blob
    filtered: Mapping[str, str] = _NOTHING  # path -> name of the filter, or of the attribute
    modules: Mapping[str, str] = _NOTHING
    attributes: tuple[str, ...] = ()  # tracked files of attributes


def find_odd(repository: Repository, settings: Mapping[str, str], told: frozenset[str], untracked: Iterable[str]) -> Odd:
    """Look for them; `told` are those that git itself says are changed."""
    index = _index_state(repository)
    if index is None:
        return Odd()
    name = f"{hashlib.sha256(os.fsencode(repository.top)).hexdigest()[:32]}.json"
    state, known = _read(recall(_PLACE, name))
    attributes = known.attributes if known and state[:1] == [index] else _tracked_attributes(repository.git)
    texts = _attribute_texts(repository, settings, {*attributes, *(path for path in untracked if _is_attributes(path))})
    now = [index, hashlib.sha256(texts).hexdigest()]
    if known is None or state != now:
        known = _scan(repository, texts, attributes, told)
        remember(_written(known, now), _PLACE, name)
    return _judged(repository, known, told)


def _index_state(repository: Repository) -> str | None:
    """Tells one state of the index from every other."""
    try:
        with open(os.path.join(repository.private, "index"), "rb") as file:
            info = os.fstat(file.fileno())
            file.seek(max(0, info.st_size - 32))
            return f"{info.st_mtime_ns} {info.st_ino} {info.st_size} {file.read().hex()}"
    except OSError:
        return None


def _read(data: str | None) -> tuple[list[str], _Known | None]:
    """What was remembered, and of which state."""
    try:
        document: dict[str, Any] = json.loads(data or "{}")
        return document["state"], _Known(
            flagged=tuple(document["flagged"]),
            other_size=tuple(document["other_size"]),
            filtered=document["filtered"],
            modules=document["modules"],
            attributes=tuple(document["attributes"]),
        )
    except (ValueError, KeyError, TypeError):
        return [], None


def _written(known: _Known, state: list[str]) -> str:
    document = {
        "state": state,
        "flagged": known.flagged,
        "other_size": known.other_size,
        "filtered": known.filtered,
        "modules": known.modules,
        "attributes": known.attributes,
    }
    return json.dumps(document)


def _is_attributes(path: str) -> bool:
    return path == ".gitattributes" or path.endswith("/.gitattributes")


def _tracked_attributes(git: Git) -> tuple[str, ...]:
    found = git.ask("ls-files", "-z", "--", ".gitattributes", "*/.gitattributes")
    return tuple(os.fsdecode(path) for path in found.split(b"\0") if path)


def _attribute_texts(repository: Repository, settings: Mapping[str, str], inside: Iterable[str]) -> bytes:
    """Everything that says how files are converted, without comments."""
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    mine = settings.get("core.attributesfile") or os.path.join(home, "git", "attributes")
    outside = ["/etc/gitattributes", os.path.expanduser(mine), os.path.join(repository.shared, "info", "attributes")]
    lines: list[bytes] = []
    for path in (*outside, *(os.path.join(repository.top, name) for name in sorted(inside))):
        try:
            with open(path, "rb") as file:
                lines += [line for line in file.read().splitlines() if not line.startswith(b"#")]
        except OSError:
            continue
    return b"\n".join(lines)


def _scan(repository: Repository, texts: bytes, attributes: tuple[str, ...], told: frozenset[str]) -> _Known:
    """Ask git for every tracked file, and the disk for its size. What is changed now may be as it was again next time."""
    flagged: list[str] = []
    modules: dict[str, str] = {}
    blobs: dict[str, str] = {}
    for line in os.fsdecode(repository.git.ask("ls-files", "-v", "-s", "-z")).split("\0")[:-1]:
        head, _, path = line.partition("\t")
        tag, mode, name, stage = head.split(" ")
        if mode == MODULE:
            modules[path] = name
        elif tag.islower() or tag == "S":
            flagged.append(path)
        elif mode != LINK and stage == "0":
            blobs[path] = name
    return _Known(
        flagged=tuple(flagged),
        other_size=tuple({*_of_other_size(repository, blobs), *(path for path in told if path in blobs)}),
        filtered=_filtered(repository.git, blobs) if _FILTERS.search(texts) else {},
        modules=modules,
        attributes=attributes,
    )


def _of_other_size(repository: Repository, blobs: Mapping[str, str]) -> list[str]:
    """Files that are not as large as their blob; blobs that the repository does not have tell nothing."""
    found = []
    for path, size in zip(blobs, repository.git.sizes(blobs.values()), strict=True):
        try:
            if size is not None and os.lstat(os.path.join(repository.top, path)).st_size != size:
                found.append(path)
        except OSError:
            continue
    return found


def _filtered(git: Git, blobs: Mapping[str, str]) -> dict[str, str]:
    """Files that a filter changes, and which."""
    asked = b"".join(os.fsencode(path) + b"\0" for path in blobs)
    answer = os.fsdecode(git.ask("check-attr", "-z", "--stdin", "filter", "ident", "working-tree-encoding", stdin=asked))
    parts = answer.split("\0")[:-1]
    found: dict[str, str] = {}
    for path, name, value in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        if value not in {"unspecified", "unset"}:
            found.setdefault(path, value if name == "filter" else name)
    return found


def _judged(repository: Repository, known: _Known, told: frozenset[str]) -> Odd:
    on_disk = {path for path in known.flagged if os.path.lexists(os.path.join(repository.top, path))}
    encrypted = frozenset(path for path, name in known.filtered.items() if _SECRET_FILTERS.search(name))
    resized = set(known.other_size) - told - encrypted
    pointers = _pointers(repository.git, resized)
    raw = on_disk | resized | {path for path, name in known.filtered.items() if name != "lfs"}
    return Odd(
        raw=frozenset(raw - told - encrypted - pointers),
        absent=frozenset(known.flagged) - on_disk,
        pointers=tuple(sorted(pointers)),
        encrypted=encrypted,
        modules=known.modules,
    )


def _pointers(git: Git, paths: set[str]) -> set[str]:
    """Which of some files the index only has as a pointer of LFS."""
    names = sorted(path for path in paths if "\n" not in path)
    if not names:
        return set()
    sizes = git.sizes(f":0:{path}" for path in names)
    small = [path for path, size in zip(names, sizes, strict=True) if 0 < (size or 0) <= _LONGEST_POINTER]
    texts = git.contents(f":0:{path}" for path in small)
    return {path for path, text in zip(small, texts, strict=True) if text.startswith(_POINTER)}
