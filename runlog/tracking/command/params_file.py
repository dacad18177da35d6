"""Params from a file: JSON, YAML or TOML, by its ending, else by what is in it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from runlog.errors import BadInput, reason_of


def read_params_file(name: str) -> dict[str, Any]:
    """The params a file holds, nested as they are there; `-` is standard input."""
    try:
        text = sys.stdin.read().removeprefix("\ufeff") if name == "-" else Path(name).read_text(encoding="utf-8-sig")
        reader = _READERS.get(Path(name).suffix.lower())
        found = reader(text) if reader else _by_content(name, text)
    except FileNotFoundError:
        raise BadInput(f"there is no file {name!r}") from None
    except OSError as error:
        raise BadInput(f"cannot read {name!r}: {reason_of(error)}") from error
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{name!r} cannot be read: {_on_one_line(error)}") from error
    if not isinstance(found, dict):
        raise BadInput(f"{name!r} must hold names and values, not {_kind(found)}")
    return found


def _by_content(name: str, text: str) -> Any:
    """What a text holds of which nothing says how it is written, as of a pipe."""
    if not text.strip():
        raise BadInput(f"{name!r} is empty")
    problems: dict[str, BaseException] = {}
    for kind, reader in (("JSON", json.loads), ("TOML", _toml), ("YAML", _yaml)):
        try:
            found = reader(text)
        except (ValueError, RecursionError, BadInput) as error:
            problems[kind] = error
            continue
        if kind == "YAML" and not isinstance(found, dict | list):
            break  # to YAML, nearly any text is one text
        return found
    lacking = problems.get("YAML")
    if isinstance(lacking, BadInput):
        raise BadInput(f"{name!r} is neither JSON nor TOML, and {lacking.message}", hint=lacking.hint)
    likely = next((kind for kind, look in _LOOKS.items() if kind in problems and look.match(text)), "")
    reason = f"; as {likely} it has: {_on_one_line(problems[likely])}" if likely else ""
    raise BadInput(f"{name!r} is neither JSON, TOML nor YAML{reason}")


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
_LOOKS = {
    "JSON": re.compile(r'\s*(\{\s*"|\[\s*[\[{"\d])'),
    "TOML": re.compile(r"""(?s)\s*(\[[\w."']|[\w."'-]+\s*=|.*\n\s*[\w."'-]+ *=)"""),
    "YAML": re.compile(""),
}
_READERS: dict[str, Callable[[str], Any]] = {".json": json.loads, ".toml": _toml, ".yaml": _yaml, ".yml": _yaml}


def _on_one_line(error: BaseException) -> str:
    return " ".join(str(error).split())


def _kind(value: Any) -> str:
    return "a list" if isinstance(value, list) else "nothing" if value is None else f"one {type(value).__name__}"
