"""What the flavours say to whoever asks them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from runlog.errors import OutsideError

Call = Callable[[Any, Mapping[str, Any]], Any]


class How(NamedTuple):
    """Where and how to save a model."""

    folder: Path
    example: Any
    pickle: bool | None  # none: only where nothing else can be done


class Saved(NamedTuple):
    """What was written, in the words of an MLmodel file."""

    config: dict[str, Any]
    pyfunc: dict[str, Any] | None  # how MLflow asks it for predictions
    packages: tuple[str, ...]
    unsafe: str | None = None  # why loading it runs code of the file
    written: tuple[str, ...] = ()  # files whose modules are required


def bases(model: Any) -> set[str]:
    """The classes of an object, each as `package.Class`."""
    return {f"{(kind.__module__ or '').partition('.')[0]}.{kind.__name__}" for kind in type(model).__mro__}


def full_name(model: Any) -> str:
    """The class of an object, with its module."""
    return f"{type(model).__module__}.{type(model).__qualname__}"


def needed(package: str, why: str, pip: str | None = None) -> Any:
    """A library that runlog does not bring."""
    try:
        return import_module(package)
    except ImportError as error:
        raise OutsideError(
            f"{why} needs {package}, which cannot be imported: {error}", hint=f"pip install {pip or package}"
        ) from error


def version(library: Any) -> str:
    """Which version of a library this is; some hide it."""
    return str(getattr(library, "__version__", "unknown"))


def accepted(call: Callable[..., Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """The params that a function has, of those that were given."""
    import inspect

    try:
        known = inspect.signature(call).parameters
    except (ValueError, TypeError):  # of what is written in C, nobody can tell
        return dict(params)
    if any(param.kind is param.VAR_KEYWORD for param in known.values()):
        return dict(params)
    return {name: value for name, value in params.items() if name in known}
