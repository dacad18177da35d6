"""What a model folder says of itself: its MLmodel file, read without any library of models."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import Any, NamedTuple

from runlog.errors import BadInput, NotFound, OutsideError, reason_of
from runlog.models import mlmodel
from runlog.models.signature import Signature, of_document
from runlog.store.layout import MLMODEL

REQUIREMENTS = "requirements.txt"
_LARGEST = 16 << 20


class Card(NamedTuple):
    """A model folder in words."""

    folder: Path
    flavors: dict[str, dict[str, Any]]
    signature: Signature | None
    run_id: str | None
    created_at: int  # nanoseconds after 1970; 0 when the folder does not say
    name: str | None
    example: dict[str, Any] | None  # where it lies, and what it is
    metadata: dict[str, Any]
    requirements: tuple[str, ...]

    @property
    def flavor(self) -> str:
        """The library it belongs to, or `python_function` when any may be in it."""
        own = self.flavors.get("runlog", {}).get("flavor")
        return str(own) if own else next((name for name in self.flavors if name not in _GENERAL), "python_function")

    @property
    def unsafe(self) -> str | None:
        """Why loading it would run code that lies in it, as whoever saved it said; none where it would not."""
        said = self.metadata.get("runlog")
        reason = said.get("unsafe") if isinstance(said, dict) else None
        return str(reason) if reason else None

    def config(self, flavor: str) -> dict[str, Any]:
        """What the folder says for one flavour."""
        return self.flavors.get(flavor, {})

    def inside(self, path: Any) -> Path:
        """A file or folder that the MLmodel file names. It never lies outside."""
        text = str(path)
        place = os.path.normpath(self.folder / text)
        home = os.path.realpath(self.folder)
        if os.path.isabs(text) or not (os.path.realpath(place) + os.sep).startswith(home + os.sep):
            raise BadInput(f"the MLmodel file names {text!r}, which lies outside of the model folder")
        if not os.path.exists(place):
            raise BadInput(f"the model folder has no {text!r}, which its MLmodel file names")
        return Path(place)


_GENERAL = {"python_function", "runlog"}


def is_model(folder: Path) -> bool:
    """Whether a folder holds a model."""
    return os.path.isfile(folder / MLMODEL)


def read_card(folder: Path) -> Card:
    """What a model folder says of itself."""
    document = mlmodel.read(_text(folder))
    flavors = document.get("flavors")
    if not isinstance(flavors, dict) or not all(isinstance(part, dict) for part in flavors.values()):
        raise BadInput(f"{str(folder / MLMODEL)!r} names no flavors")
    metadata = document.get("metadata")
    example = document.get("saved_input_example_info")
    return Card(
        folder,
        flavors,
        of_document(document.get("signature")),
        _said(document.get("run_id")),
        _moment(document.get("utc_time_created")),
        _said(document.get("artifact_path")),
        example if isinstance(example, dict) else None,
        metadata if isinstance(metadata, dict) else {},
        _requirements(folder),
    )


def _text(folder: Path) -> str:
    path = folder / MLMODEL
    try:
        if os.path.getsize(path) > _LARGEST:
            raise BadInput(f"{str(path)!r} is too large for an MLmodel file")
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound(f"{str(folder)!r} is no model folder: it has no {MLMODEL}") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{str(path)!r} is no text") from error
    except OSError as error:
        raise OutsideError(f"cannot read {str(path)!r}: {reason_of(error)}") from error


def _requirements(folder: Path) -> tuple[str, ...]:
    try:
        lines = (folder / REQUIREMENTS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return ()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def _said(value: Any) -> str | None:
    return None if value is None else str(value)


def _moment(value: Any) -> int:
    try:
        at = value if isinstance(value, datetime.datetime) else datetime.datetime.fromisoformat(str(value))
        aware = at if at.tzinfo else at.replace(tzinfo=datetime.UTC)
        return int((aware - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)) / datetime.timedelta(microseconds=1)) * 1000
    except (ValueError, OverflowError):
        return 0
