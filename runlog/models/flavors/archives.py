"""Archives of skops with the same bytes for the same object, so that training again can be seen to come to the same model."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

_SCHEMA = "schema.json"
_ID = "__id__"


def settle(file: Path) -> None:
    """Name what is inside by its place and not by where it lay in memory, and forget the time."""
    with zipfile.ZipFile(file) as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    renumbering = _Renumbering(frozenset(inside))
    schema = renumbering.of(json.loads(inside.pop(_SCHEMA)))
    names = {name: renumbering.names.get(name, name) for name in inside}
    aside = file.with_name(f"{file.name}.settled")
    with zipfile.ZipFile(aside, "w") as archive:
        for name in sorted(inside, key=lambda name: (len(names[name]), names[name])):
            archive.writestr(zipfile.ZipInfo(names[name]), inside[name])
        archive.writestr(zipfile.ZipInfo(_SCHEMA), json.dumps(schema, indent=2))
    aside.replace(file)


class _Renumbering:
    """A schema in which objects and files are counted in the order they come in."""

    def __init__(self, files: frozenset[str]) -> None:
        self._files = files
        self._ids: dict[int, int] = {}
        self.names: dict[str, str] = {}

    def of(self, value: Any) -> Any:
        """The same part of a schema with other numbers."""
        if isinstance(value, dict):
            return {key: self._id(item) if key == _ID else self.of(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.of(item) for item in value]
        return self._name(value) if isinstance(value, str) and value in self._files else value

    def _id(self, number: Any) -> Any:
        return self._ids.setdefault(number, len(self._ids) + 1) if isinstance(number, int) else number

    def _name(self, file: str) -> str:
        return self.names.setdefault(file, f"{len(self.names) + 1}{Path(file).suffix}")
