"""Paths as a program gives them, and as a run names them."""

from __future__ import annotations

import os
from pathlib import Path

from runlog import config
from runlog.errors import BadInput, BadName, StoreError
from runlog.store import layout


def working_folder() -> Path:
    """The folder this process works in, also when somebody has removed it: by the name that it had."""
    try:
        return config.current_folder()
    except StoreError:
        return Path("/", os.environ.get("PWD", ""))


def seen_from(project: Path, path: Path) -> str:
    """A path as seen from the project, so that a store says the same wherever it lies; outside of it, the whole path."""
    whole = Path(os.path.abspath(path))
    return whole.relative_to(project).as_posix() if whole.is_relative_to(project) else whole.as_posix()


def given_path(path: str | os.PathLike[str]) -> Path:
    """A path as Python sees it, for which the empty text is the current folder: nobody means that."""
    text = layout.path_text("path", path)
    if not text:
        raise BadName("the path of a file or folder is empty")
    if "\0" in text:
        raise BadInput(f"there is no file {text!r}")
    if "://" in text and not os.path.lexists(text):
        raise BadInput(f"{text!r} is an address, not a file or folder of this machine", hint="keep it as a tag or a param")
    return Path(text)


def destination(source: Path, to: str | None) -> str:
    """Where in the run a file or folder goes."""
    if to is None:
        return source.name if source.name not in {"", ".."} else source.resolve().name
    if to in {"", ".", "./"}:
        return "" if os.path.isdir(source) else source.name
    return f"{to}{source.name}" if to.endswith("/") and not os.path.isdir(source) else to
