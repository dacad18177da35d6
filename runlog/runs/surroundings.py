"""On what a run ran, as names and values that can be set against those of another run, or of this moment."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runlog import config
from runlog.capture.environment import interpreter, lockfile, machine, packages, variables
from runlog.capture.environment.packages import unquoted
from runlog.capture.secrets import WITHHELD
from runlog.errors import RunlogError
from runlog.records import RunRecord
from runlog.store import environments
from runlog.store.store import Store


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Packages by name, and everything else by name."""

    packages: dict[str, str] = field(default_factory=dict)
    rest: dict[str, str] = field(default_factory=dict)
    editable: tuple[Path, ...] = ()  # folders that packages are read from and were not copied out of
    known: bool = True


def of_run(store: Store, run: RunRecord) -> Surroundings:
    """What was captured when the run began."""
    name = run.environment.get("name")
    if not name:
        return Surroundings(known=False)
    try:
        document = environments.read(store.root, str(name))
    except RunlogError:
        return Surroundings(known=False)
    return _told(document, _object(run.environment.get("variables")), _object(run.environment.get("lock")))


def of_now(command: Sequence[str]) -> Surroundings:
    """What a run of this command would find here and now."""
    python = interpreter.of_command(command)
    document: dict[str, Any] = {"machine": machine.describe_machine()}
    if python is not None:
        document["python"] = {"implementation": python.implementation, "version": python.version}
        folders = packages.package_folders(python.path)
        document["packages"], document["origins"] = packages.installed(folders)
        document["conda"] = packages.conda_packages(folders)
    folder = Path(os.getcwd())
    return _told(document, variables.describe_variables(), lockfile.find_lock(folder, config.project_top(folder)))


def _object(value: Any) -> dict[str, Any]:
    """What should be an object and, in a document that somebody wrote by hand, may be anything."""
    return value if isinstance(value, dict) else {}


def _told(document: dict[str, Any], told: dict[str, str], lock: dict[str, str]) -> Surroundings:
    origins = _object(document.get("origins"))
    found = {
        name: _version(str(version), _object(origins.get(name))) for name, version in _object(document.get("packages")).items()
    }
    conda = {name: str(version) for name, version in _object(document.get("conda")).items()}
    found |= {f"{name} (conda)": version for name, version in conda.items() if name not in found}
    python, parts = _object(document.get("python")), _object(document.get("machine"))
    rest = {"python": f"{python.get('implementation')} {python.get('version')}"} if python else {}
    rest |= {key: ", ".join(value) if isinstance(value, list) else str(value) for key, value in parts.items()}
    rest |= {f"${name}": value for name, value in told.items() if value != WITHHELD}
    if lock:
        rest["lock file"] = f"{lock.get('path')} {str(lock.get('sha256'))[:12]}"
    return Surroundings(found, rest, tuple(_editable(origins)))


def _editable(origins: dict[str, Any]) -> Iterator[Path]:
    for origin in map(_object, origins.values()):
        url = str(origin.get("url"))
        if origin.get("editable") and url.startswith("file://"):
            yield Path(unquoted(url.removeprefix("file://")))


def _version(version: str, origin: dict[str, Any]) -> str:
    """A version, with the commit it was built from: that of a package under work seldom changes its number."""
    commit = origin.get("commit")
    return f"{version} at {str(commit)[:12]}" if commit else version
