"""How others know the same data: DVC and git-lfs leave small files beside it or in its place."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

_LFS = re.compile(r"version https://git-lfs[^\n]*\n(?:ext-[^\n]*\n)*oid sha256:(?P<oid>[0-9a-f]{64})\nsize (?P<size>\d+)\n")
_LARGEST_POINTER = 1024
_KEY = re.compile(r"(?P<key>[\w-]+):\s*(?P<value>.*?)\s*")
_HASHES = ("md5", "etag", "checksum")


def describe_data(path: Path) -> dict[str, Any]:
    """What DVC and git-lfs say of a file or folder; nothing where they know nothing of it."""
    found: dict[str, Any] = {}
    if lfs := _lfs_pointer(path):
        found["lfs"] = lfs
    if dvc := _dvc_file(path) or _dvc_lock(path):
        found["dvc"] = dvc
    return found


def _lfs_pointer(path: Path) -> dict[str, Any]:
    """What a pointer stands for that lies where git-lfs has not put the data itself."""
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST_POINTER:
            return {}
        found = _LFS.fullmatch(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {"sha256": found["oid"], "bytes": int(found["size"])} if found else {}


def _dvc_file(path: Path) -> dict[str, str]:
    pointer = path.with_name(f"{path.name}.dvc") if path.name else path / ".dvc"
    for name, digest in _outs(pointer):
        if name in {path.name, f"./{path.name}"}:
            return {"file": pointer.name, **digest}
    return {}


def _dvc_lock(path: Path) -> dict[str, str]:
    """What a stage of a pipeline made, according to the `dvc.lock` above it."""
    whole = path.absolute()
    for folder in whole.parents:
        if (folder / "dvc.lock").is_file():
            wanted = whole.relative_to(folder).as_posix()
            return next(({"file": "dvc.lock", **digest} for name, digest in _outs(folder / "dvc.lock") if name == wanted), {})
        if (folder / ".git").exists():
            break
    return {}


def _outs(file: Path) -> list[tuple[str, dict[str, str]]]:
    """(path, hash) of what a file of DVC speaks of. Of YAML it needs only lists of plain keys, so no reader of YAML is asked."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    except (OSError, ValueError):
        return []
    items: list[dict[str, str]] = []
    for line in lines:
        text = line.strip()
        if text.startswith("- "):
            items.append({})
            text = text[2:].strip()
        found = _KEY.fullmatch(text)
        if found and items:
            items[-1].setdefault(found["key"], found["value"].strip("'\""))
    return [
        (item["path"], {key: item[key] for key in _HASHES if key in item}) for item in items if "path" in item and _has_hash(item)
    ]


def _has_hash(item: dict[str, str]) -> bool:
    return any(key in item for key in _HASHES)
