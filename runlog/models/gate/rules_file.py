"""Rules in a file that is reviewed with the code: `gate.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from runlog.errors import BadInput, reason_of
from runlog.models.gate.rules import Rules, Tolerance, to_confidence, to_direction, to_tolerance
from runlog.query.syntax import did_you_mean, nearest


def read_rules(path: Path) -> Rules:
    """The rules of a file. Keys that nobody knows are mistakes: a misspelt rule would be one that is not kept."""
    document = _document(path)
    for key in document:
        if key not in _KEYS:
            hint = did_you_mean(nearest(key, _KEYS)) or f"the keys are {', '.join(_KEYS)}"
            raise BadInput(f"{str(path)!r} has a key {key!r}, which no gate knows", hint=hint)
    found: dict[str, Any] = {}
    for key, value in document.items():
        try:
            found |= _KEYS[key](value)
        except BadInput as error:
            raise BadInput(f"{key} in {str(path)!r}: {error.message}", hint=error.hint) from None
    return Rules(**found)


def _document(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise BadInput(f"cannot read the rules in {str(path)!r}: {reason_of(error)}") from None
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{str(path)!r} is no TOML: {str(error).splitlines()[0].lower()}") from None


def _texts(key: str) -> Callable[[Any], dict[str, Any]]:
    def read(value: Any) -> dict[str, Any]:
        words = [value] if isinstance(value, str) else value
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise BadInput(f"{value!r} is neither a text nor a list of texts")
        return {key: tuple(words)}

    return read


def _truth(key: str) -> Callable[[Any], dict[str, Any]]:
    def read(value: Any) -> dict[str, Any]:
        if not isinstance(value, bool):
            raise BadInput(f"{value!r} is neither true nor false")
        return {key: value}

    return read


def _tolerance(value: Any) -> dict[str, Any]:
    """A table by metric, or one amount for all."""
    if not isinstance(value, Mapping):
        return {"tolerance": _amount(value)}
    return {"tolerances": {metric: _amount(amount) for metric, amount in _flat(value).items()}}


def _amount(value: Any) -> Tolerance:
    if not isinstance(value, str | int | float):
        raise BadInput(f"{value!r} is no tolerance: it is a number such as 0.05, or a text such as '1%'")
    return to_tolerance(value)


def _direction(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise BadInput(f"{value!r} is no table: write direction = {{rmse = 'min'}}")
    return {"directions": {metric: to_direction(way) for metric, way in _flat(value).items()}}


def _flat(table: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """A dotted name without quotes is a table in a table to TOML, and one metric to whoever wrote it."""
    found: dict[str, Any] = {}
    for key, value in table.items():
        found |= _flat(value, f"{above}{key}.") if isinstance(value, Mapping) else {f"{above}{key}": value}
    return found


_KEYS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "require": _texts("require"),
    "no_worse_than": _texts("no_worse_than"),
    "metrics": _texts("metrics"),
    "tolerance": _tolerance,
    "direction": _direction,
    "confidence": lambda value: {"confidence": to_confidence(value)},
    "allow_missing": _truth("allow_missing"),
    "allow_unfinished": _truth("allow_unfinished"),
}
