"""What a run remembers of its surroundings at the start: code, environment, origin. Nothing that fails here fails the run."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runlog import config
from runlog.errors import RunlogError, StoreError
from runlog.store.store import Store
from runlog.tracking.young import Young

if TYPE_CHECKING:
    from runlog.capture.environment.interpreter import Interpreter

Part = Callable[[Store, Sequence[str] | None], dict[str, Any]]


@dataclass(slots=True)
class Captured:
    """The parts of a birth that come from outside, and what could not be captured."""

    code: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    origin: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Repeats:
    """The run that a new one repeats: its code is known, for it was just put in place."""

    run: str
    changed: tuple[str, ...]  # params that differ on purpose
    code: dict[str, Any]


def capture(store: Store, command: Sequence[str] | None = None, repeats: Repeats | None = None) -> Captured:
    """What is to be remembered of a run that begins now: of a program that is about to be started, or of this very process.

    What the answer refers to is in the store, and durable, when this returns.
    """
    captured = Captured()
    if config.capture_wanted() and _has_folder(captured):
        for name, part in _PARTS.items():
            if name != "code" or repeats is None:
                _try(captured, name, part, store, command)
    if repeats is not None:
        captured.code = repeats.code
        captured.origin |= {"reproduces": repeats.run} | ({"changed": list(repeats.changed)} if repeats.changed else {})
    return captured


def _has_folder(captured: Captured) -> bool:
    try:
        config.current_folder()
    except StoreError as error:
        captured.problems.append(f"code and environment were not captured: {error.message}")
        return False
    return True


def _try(captured: Captured, name: str, part: Part, store: Store, command: Sequence[str] | None) -> None:
    try:
        setattr(captured, name, part(store, command))
    except Exception as error:
        reason = error.message if isinstance(error, RunlogError) else f"{type(error).__name__}: {error}"
        captured.problems.append(f"{name} was not captured: {reason}")


def _code(store: Store, command: Sequence[str] | None) -> dict[str, Any]:
    from runlog.tracking.coding import code

    return code(store, command)


def _origin(store: Store, command: Sequence[str] | None) -> dict[str, Any]:
    from runlog.capture.who import describe_origin

    return describe_origin()


def _environment(store: Store, command: Sequence[str] | None) -> dict[str, Any]:
    from runlog.capture.environment import interpreter, lockfile, variables

    python = interpreter.ours() if command is None else interpreter.of_command(command)
    folder = Path.cwd()
    found: dict[str, Any] = {"name": _installed(store.root, python)}
    if told := variables.describe_variables():
        found["variables"] = told
    if lock := lockfile.find_lock(folder, config.project_top(folder)):
        found["lock"] = lock
    return found


# The environments that this process has kept: by store, interpreter, and when packages were installed there last.
_kept: dict[tuple[Any, ...], str] = {}


def _installed(root: Path, python: Interpreter | None) -> str:
    """The name of the environment of packages and machine, which is in the store."""
    from runlog.capture.environment.machine import describe_machine
    from runlog.capture.environment.packages import conda_packages, installed, package_folders
    from runlog.store import environments

    folders = package_folders(python.path) if python else []
    key = (root, python, *((folder, os.stat(folder).st_mtime_ns) for folder in folders))
    if key not in _kept or not environments.is_kept(root, _kept[key]):
        document: dict[str, Any] = {"machine": describe_machine()}
        if python is not None:
            document["python"] = {"implementation": python.implementation, "version": python.version}
            document["packages"], document["origins"] = installed(folders)
            if conda := conda_packages(folders):
                document["conda"] = conda
        _kept[key] = environments.keep(root, document)
    return _kept[key]


_young = Young()


def _while_young(part: Part) -> Part:
    """The same part, asked only when its last answer has grown old."""

    def asked(store: Store, command: Sequence[str] | None) -> dict[str, Any]:
        about = (part, store.root, None if command is None else tuple(command))
        return _young.get(about, lambda: part(store, command))

    return asked


_PARTS: dict[str, Part] = {"code": _code, "environment": _while_young(_environment), "origin": _while_young(_origin)}
