"""The packages of a run in an environment of their own, by uv where it is there, else by venv and pip."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from runlog import config
from runlog.capture.code.git import Git
from runlog.capture.environment.packages import unquoted
from runlog.errors import OutsideError
from runlog.records import RunRecord
from runlog.store import environments, files
from runlog.store.store import Store

_READY = "runlog-is-ready"


def build(store: Store, run: RunRecord, top: Path, tell: Callable[[str], None]) -> Path:
    """The interpreter of an environment with the packages of a run. It is kept in the user's cache: the next is there at once.
    What is read from the project itself, below `top`, is not installed: the fresh folder has it."""
    name = str(run.environment.get("name") or "")
    if not name:
        raise OutsideError(f"the packages of run {run.id} were not captured", hint="runlog reproduce without --env")
    document = environments.read(store.root, name)
    folder = config.cache_folder() / "environments" / name[:16]
    python = folder / "bin" / "python"
    if (folder / _READY).exists() and python.exists():
        return python
    tell(f"building the environment: {folder}")
    version = str((document.get("python") or {}).get("version", ""))
    files.remove_tree(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    wanted = requirements(document, top)
    for package, where in (words.split(" @ file://") for words in wanted if " @ file://" in words):
        tell(f"package {package} is installed as it is now in {where}")
    if uv := shutil.which("uv"):
        _do([uv, "venv", "--quiet", *(["--python", version] if version else []), str(folder)], "make the environment")
        if wanted:
            _do([uv, "pip", "install", "--quiet", "--no-deps", "--python", str(python), *wanted], "install the packages")
    else:
        _do([_python(version), "-m", "venv", str(folder)], "make the environment")
        if wanted:
            _do([str(python), "-m", "pip", "install", "--quiet", "--no-deps", *wanted], "install the packages")
    (folder / _READY).touch()
    return python


def requirements(document: dict[str, Any], top: Path) -> list[str]:
    """What an installer has to be told, package by package."""
    origins = {name: origin for name, origin in (document.get("origins") or {}).items() if isinstance(origin, dict)}
    own = {name for name, origin in origins.items() if _is_below(str(origin.get("url")), top)}
    found = document.get("packages") or {}
    return [_requirement(name, version, origins.get(name) or {}) for name, version in found.items() if name not in own]


def _is_below(url: str, top: Path) -> bool:
    return url.startswith("file://") and Path(unquoted(url.removeprefix("file://"))).is_relative_to(top)


def _requirement(name: str, version: str, origin: dict[str, Any]) -> str:
    url = str(origin.get("url") or "")
    if not url:
        return f"{name}=={version}"
    if url.startswith("file://"):
        return _of_folder(url, str(origin.get("commit") or "")) or f"{name} @ {url}"
    if origin.get("commit"):
        return f"{name} @ git+{url}@{origin['commit']}"
    return f"{name} @ {url}"


def _of_folder(url: str, commit: str) -> str | None:
    """A package of a folder as its repository has it at a commit, for the folder may have changed; none where it has it not.
    Before such an address pip wants no name."""
    folder = Path(unquoted(url.removeprefix("file://")))
    top = next((place for place in (folder, *folder.parents) if (place / ".git").exists()), None)
    if not commit or top is None:
        return None
    below = folder.relative_to(top).as_posix()
    if Git(str(top)).attempt("cat-file", "-e", f"{commit}:{'' if below == '.' else below}").returncode != 0:
        return None
    return f"git+{top.as_uri()}@{commit}{'' if below == '.' else f'#subdirectory={quote(below)}'}"


def _python(version: str) -> str:
    """A Python of the same minor version, where there is one."""
    minor = re.match(r"\d+\.\d+", version)
    found = shutil.which(f"python{minor[0]}") if minor else None
    return found or sys.executable


def _do(command: list[str], what: str) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, env=dict(os.environ))
    if done.returncode != 0:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        # The first complaint is the cause, what pip says last is where to read more.
        causes = [line.partition(": ")[2] for line in said if line.lower().startswith("error: ")]
        why = (causes or said[-1:] or [f"status {done.returncode}"])[0]
        raise OutsideError(f"cannot {what}: {why}", hint=" ".join(command[:4]))
