"""Functions and methods of other people's libraries that others stand in for, and that are given back as they were."""

from __future__ import annotations

import copy
import functools
import sys
import types
from collections.abc import Callable
from typing import Any

_NOTHING = object()
# Called with the original and its arguments.
Around = Callable[..., Any]


class WatchedMethod:
    """Stands in a class for one of its methods. Calls on objects go around by way of `around(original, self, *args, **kwargs)`;
    whoever looks at the class, as scikit-learn does for the names of arguments, sees the original."""

    def __init__(self, original: Any, around: Around) -> None:
        self.original = original
        self._call = _going_around(original, around)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self.original
        return types.MethodType(self._call, instance)

    def __reduce__(self) -> Any:
        # A class that is pickled by value must not take us along: copying a function gives the function.
        return copy.copy, (self.original,)


def _going_around(original: Any, around: Around) -> Callable[..., Any]:
    @functools.wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        return around(original, *args, **kwargs)

    return call


class Patches:
    """All that stands in other people's places now."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []
        self._modules: list[types.ModuleType] = []

    def first(self, module: types.ModuleType) -> bool:
        """Whether a module is met for the first time since everything was given back."""
        if any(known is module for known in self._modules):
            return False
        self._modules.append(module)
        return True

    def method(self, owner: type, name: str, around: Around) -> None:
        """Go around a plain method that a class itself defines, or one that scikit-learn has only some objects have; any other
        thing of that name stays as it is."""
        original = vars(owner).get(name)
        conditional = getattr(original, "fn", None)
        if isinstance(conditional, types.FunctionType) and vars(original).get("fn") is conditional:
            self.attribute(original, "fn", _going_around(conditional, around))
        elif isinstance(original, types.FunctionType) and not getattr(original, "__isabstractmethod__", False):
            self.attribute(owner, name, WatchedMethod(original, around))

    def attribute(self, owner: Any, name: str, value: Any) -> None:
        """Put something in the place of an attribute, which is given back unless somebody else has replaced it since."""
        before = vars(owner).get(name, _NOTHING)
        setattr(owner, name, value)

        def undo() -> None:
            if vars(owner).get(name) is not value:
                return
            if before is _NOTHING:
                delattr(owner, name)
            else:
                setattr(owner, name, before)

        self._undo.append(undo)

    def function(self, original: Any, around: Around) -> None:
        """Go around a function wherever modules know it: its own package, and programs that imported it by name."""
        if not isinstance(original, types.FunctionType):
            raise TypeError(f"a {type(original).__name__} is no plain function")
        ours = _going_around(original, around)
        _replace(original, ours)
        self._undo.append(lambda: _replace(ours, original))

    def undo(self) -> None:
        """Give everything back as it was."""
        while self._undo:
            self._undo.pop()()
        self._modules.clear()


def _replace(old: Any, new: Any) -> None:
    for module in list(sys.modules.values()):
        if isinstance(module, types.ModuleType):
            for key, value in list(vars(module).items()):
                if value is old:
                    setattr(module, key, new)
