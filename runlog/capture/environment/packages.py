"""Which packages are installed, read off the names of their folders: importlib.metadata says the same in ten times the time."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from runlog.capture.secrets import without_credentials

_FOLDERS = {"site-packages", "dist-packages"}
_INFO = re.compile(r"(?P<name>[^-]+)-(?P<version>[^-]+)(?:-py[\d.]+[^/]*)?\.(?:dist|egg)-info")


def package_folders(path: Iterable[str]) -> list[str]:
    """The folders of installed packages on Python's path."""
    return list(dict.fromkeys(folder for folder in path if os.path.basename(folder) in _FOLDERS and os.path.isdir(folder)))


def installed(folders: Iterable[str]) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
    """(version of each package, origin of those that do not come from an index), by name. The first folder counts."""
    versions: dict[str, str] = {}
    origins: dict[str, dict[str, Any]] = {}
    for folder in folders:
        for entry in sorted(_names(folder)):
            found = _INFO.fullmatch(entry)
            name = _normal(found["name"]) if found else ""
            if found and name not in versions:
                versions[name] = found["version"]
                if origin := _origin(os.path.join(folder, entry)):
                    origins[name] = origin
    return dict(sorted(versions.items())), dict(sorted(origins.items()))


def conda_packages(folders: Iterable[str]) -> dict[str, str]:
    """What conda has installed beside Python's own packages, as compilers and libraries of CUDA: version by name."""
    found: dict[str, str] = {}
    for folder in folders:
        records = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(folder))), "conda-meta")
        with contextlib.suppress(OSError):
            for entry in os.listdir(records):
                name, _, rest = entry.removesuffix(".json").rpartition("-")
                name, _, version = name.rpartition("-")
                if entry.endswith(".json") and name and rest:
                    found.setdefault(name, version)
    return dict(sorted(found.items()))


def _names(folder: str) -> list[str]:
    try:
        return [name for name in os.listdir(folder) if name.endswith("-info")]
    except OSError:
        return []


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _origin(info: str) -> dict[str, Any]:
    """Where a package comes from that was installed from an address, a repository or a folder."""
    try:
        with open(os.path.join(info, "direct_url.json"), encoding="utf-8") as file:
            said = json.load(file)
        url = said["url"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    found: dict[str, Any] = {"url": without_credentials(url)}
    vcs, folder, archive = said.get("vcs_info") or {}, said.get("dir_info"), said.get("archive_info") or {}
    if vcs.get("commit_id"):
        found["commit"] = vcs["commit_id"]
    if archive.get("hash"):
        found["hash"] = archive["hash"]
    if folder is not None and url.startswith("file://"):
        found["editable"] = bool(folder.get("editable"))
        if commit := head_commit(Path(unquoted(url.removeprefix("file://")))):
            found["commit"] = commit
    return found


def unquoted(path: str) -> str:
    """A path as it was before it became part of an address: `%20` is a blank again."""
    return re.sub(rb"%([0-9A-Fa-f]{2})", lambda found: bytes([int(found[1], 16)]), os.fsencode(path)).decode(
        "utf-8", "surrogateescape"
    )


def head_commit(folder: Path) -> str | None:
    """The commit that a folder's repository has checked out, read without git; none where that cannot be told."""
    for above in (folder, *folder.parents):
        place = above / ".git"
        if place.exists():
            return _head(place)
    return None


def _head(place: Path) -> str | None:
    try:
        if place.is_file():  # of a worktree or a submodule
            place = place.parent / place.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
        head = (place / "HEAD").read_text(encoding="utf-8").strip()
        if not head.startswith("ref:"):
            return head
        ref = head.removeprefix("ref:").strip()
        common = place / "commondir"
        shared = place / common.read_text(encoding="utf-8").strip() if common.exists() else place
        for repository in (place, shared):
            if (repository / ref).is_file():
                return (repository / ref).read_text(encoding="utf-8").strip()
        packed = (shared / "packed-refs").read_text(encoding="utf-8").splitlines()
        return next((line.split()[0] for line in packed if line.endswith(f" {ref}")), None)
    except (OSError, ValueError):
        return None
