"""A file or folder of anything: kept as it is, and given back as a path."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from runlog.errors import BadInput, NotFound
from runlog.models.card import Card
from runlog.models.flavors.words import Call, How, Saved

NAME = "files"


def fits(model: Any) -> bool:
    return isinstance(model, str | os.PathLike)


def save(model: Any, how: How) -> Saved:
    source = Path(model)
    if not os.path.exists(source):
        raise NotFound(f"there is no file or folder {str(source)!r}")
    name = f"files/{source.resolve().name}"
    (how.folder / "files").mkdir()
    copy(source, how.folder / name)
    return Saved({"flavor": NAME, "data": name}, None, ())


def copy(source: Path, target: Path) -> None:
    """Copy a file, or a folder with all that its links lead to."""
    try:
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copyfile(source, target)
    except (OSError, shutil.Error) as error:
        raise BadInput(f"cannot copy {str(source)!r}: {error}") from error


def load(card: Card, trust: bool) -> Any:
    return card.inside(card.config("runlog").get("data", "files"))


def caller(model: Any) -> Call | None:
    return None
