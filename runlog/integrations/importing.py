"""Hears of modules that are imported later, without importing any."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

Heard = Callable[[ModuleType], None]


class Listener(importlib.abc.MetaPathFinder):
    """Calls a function with each of some modules: now, if it is there already, else as soon as its code has run."""

    def __init__(self, wanted: dict[str, Heard]) -> None:
        self._wanted = wanted

    def listen(self) -> None:
        """Hear of what is there, and of what comes."""
        sys.meta_path.insert(0, self)
        for name, heard in self._wanted.items():
            module = sys.modules.get(name)
            if module is not None and not _is_loading(module):
                heard(module)

    def stop(self) -> None:
        """Leave the ways of importing as they were."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """What the finders after this one find, with a loader that tells afterwards."""
        heard = self._wanted.get(fullname)
        if heard is None:
            return None
        for finder in list(sys.meta_path):
            find = None if finder is self else getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = find(fullname, path, target) if find else None
            if spec is not None:
                _tell_after(spec, heard)
                return spec
        return None


def _is_loading(module: ModuleType) -> bool:
    return bool(getattr(getattr(module, "__spec__", None), "_initializing", False))


def _tell_after(spec: ModuleSpec, heard: Heard) -> None:
    """Let the loader of this one module tell when its code has run. The loader may belong to others too, so it is left as it
    is but for this one attribute of its own."""
    loader: Any = spec.loader
    execute = getattr(loader, "exec_module", None)
    if execute is None:
        return

    def exec_module(module: ModuleType) -> None:
        vars(loader).pop("exec_module", None)
        execute(module)
        heard(module)

    if isinstance(loader, importlib.machinery.SourceFileLoader | importlib.machinery.SourcelessFileLoader):
        loader.exec_module = exec_module  # type: ignore[method-assign]
