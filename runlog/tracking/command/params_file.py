"""Params from a file: JSON, YAML or TOML, by its ending."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from runlog.errors import BadInput, reason_of


def read_params_file(name: str) -> dict[str, Any]:
    """The params a file holds, nested as they are there."""
    path = Path(name)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise BadInput(f"cannot tell what kind of file {name!r} is: its name must end in .json, .yaml, .yml or .toml")
    try:
        found = reader(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise BadInput(f"there is no file {name!r}") from None
    except OSError as error:
        raise BadInput(f"cannot read {name!r}: {reason_of(error)}") from error
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{name!r} cannot be read: {_on_one_line(error)}") from error
    if not isinstance(found, dict):
        raise BadInput(f"{name!r} must hold names and values, not {_kind(found)}")
    return found


def _toml(text: str) -> Any:
    import tomllib

    return tomllib.loads(text)


def _yaml(text: str) -> Any:
    try:
        import yaml  # type: ignore[import-untyped,import-not-found,unused-ignore]
    except ImportError:
        raise BadInput("a YAML file needs PyYAML", hint="pip install pyyaml") from None

    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        """YAML as people mean it: to PyYAML, `1e-3` without a point is a text."""

    Loader.add_implicit_resolver("tag:yaml.org,2002:float", _EXPONENT, list("-+0123456789."))
    try:
        found = yaml.load(text, Loader)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    return {} if found is None else found


_EXPONENT = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)[eE][-+]?\d+$")
_READERS: dict[str, Callable[[str], Any]] = {".json": json.loads, ".toml": _toml, ".yaml": _yaml, ".yml": _yaml}


def _on_one_line(error: BaseException) -> str:
    return " ".join(str(error).split())


def _kind(value: Any) -> str:
    return "a list" if isinstance(value, list) else "nothing" if value is None else f"one {type(value).__name__}"
