"""The code of a run, found and put into the store; for many runs of one process not each time anew."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runlog import config
from runlog.errors import Conflict, OutsideError, StoreError
from runlog.store import layout
from runlog.store.store import Store
from runlog.tracking.young import Young

if TYPE_CHECKING:
    from runlog.capture.code.found import Found

_young = Young()


def code(store: Store, command: Sequence[str] | None) -> dict[str, Any]:
    """What `run.json` says of the code of a run that begins now in this folder; what it refers to is durable."""
    return _young.get(store.root, lambda: _found(store, command), lambda known: _is_there(store, known))


def _found(store: Store, command: Sequence[str] | None) -> dict[str, Any]:
    document = _capture(store, sys.orig_argv[1:] if command is None else command)
    if command is None and (notebook := _notebook()):
        document = {**document, "notebook": notebook}
    return document


def _notebook() -> str | None:
    """The notebook we run in. Whatever its shell answers, the code counts more."""
    if "IPython" not in sys.modules:
        return None
    from runlog.capture.notebook import notebook_file

    try:
        return notebook_file(os.getcwd())
    except Exception:
        return None


def forget() -> None:
    """Look anew at the next run, however soon it begins."""
    _young.forget()


def refuse_uncommitted() -> None:
    """Refuse to begin a run whose code is not that of a commit."""
    from runlog.capture.code.finding import uncommitted
    from runlog.capture.code.git import GitFailed

    try:
        paths = uncommitted(str(config.current_folder()), str(config.place_store()))
    except GitFailed as error:
        raise OutsideError(f"whether all is committed cannot be told: {error.why}", hint="git status") from error
    if paths is None:
        raise Conflict("--strict-git wants all code committed, and there is no git work tree here")
    if paths:
        more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
        named = ", ".join(repr(path) for path in paths[:3])
        raise Conflict(f"--strict-git wants all code committed, and {named}{more} is not", hint="git status")


def _is_there(store: Store, document: dict[str, Any]) -> bool:
    name = document.get("snapshot")
    return name is None or os.path.exists(store.root / layout.CODE / name)


def _capture(store: Store, command: Sequence[str]) -> dict[str, Any]:
    from runlog.capture.code.finding import find_code
    from runlog.store.code import names

    folder = Path.cwd()
    project = str(config.project_top(folder))
    with ExitStack() as rooms:
        found = find_code(str(folder), project, str(store.root), command, rooms)
        known = names.hold(store.root, found.tree) if found.tree else None
        if known is not None:
            return {**found.about, "snapshot": known}
        return _kept(store, found)


def _kept(store: Store, found: Found) -> dict[str, Any]:
    """The document of code that the store did not have yet."""
    from runlog.capture.code.git import GitFailed
    from runlog.store.code import snapshots

    try:
        kept = snapshots.keep(store.root, found)
    except (OSError, StoreError, GitFailed) as error:
        return _with_notes({**found.about, "snapshot": None}, [f"the store has no copy of the code: {error}"])
    return _with_notes({**found.about, "snapshot": kept.name}, kept.remarks)


def _with_notes(document: dict[str, Any], notes: Sequence[str]) -> dict[str, Any]:
    return {**document, "notes": [*document.get("notes", []), *notes]} if notes else document
