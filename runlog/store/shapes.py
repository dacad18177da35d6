"""The free parts of a birth, as they must look. What looks otherwise was written by no runlog and is left out, so that whoever
reads a birth need not ask again."""

from __future__ import annotations

from typing import Any

_TEXT, _TEXTS, _PAIRS, _TRUTH, _COUNT, _OBJECTS = "text", "texts", "pairs", "truth", "count", "objects"
_Shape = dict[str, Any]

_OPTIONS: _Shape = {
    "inputs": _TEXTS,
    "artifacts": _TEXTS,
    "metric_patterns": _TEXTS,
    "metrics_from_output": _TRUTH,
    "no_flags": _TRUTH,
}
_PARTS: dict[str, _Shape] = {
    "command": {"argv": _TEXTS, "typed": _TEXTS, "cwd": _TEXT, "flags": _TEXTS, "withheld": _TEXTS, "options": _OPTIONS},
    "environment": {"name": _TEXT, "variables": _PAIRS, "lock": _PAIRS},
    "origin": {"author": _PAIRS, "ci": _PAIRS, "reproduces": _TEXT, "changed": _TEXTS},
    "code": {
        **dict.fromkeys(("kind", "tree", "snapshot", "folder", "commit", "branch", "remote"), _TEXT),
        **dict.fromkeys(("changed", "withheld", "pointers", "notes"), _TEXTS),
        **dict.fromkeys(("submodules", "left_out"), _OBJECTS),
        "dirty": _TRUTH,
        "changed_count": _COUNT,
    },
}


def shaped(part: str, value: dict[str, Any]) -> dict[str, Any]:
    """A part of a birth with what it should hold. Keys that are not known here may be those of a later runlog, and stay."""
    return _shaped(_PARTS[part], value) if value else value


def _shaped(shape: _Shape, value: dict[str, Any]) -> dict[str, Any]:
    return {key: _part(shape[key], item) if key in shape else item for key, item in value.items() if _fits(shape.get(key), item)}


def _part(shape: Any, item: Any) -> Any:
    return _shaped(shape, item) if isinstance(shape, dict) else item


def _fits(shape: Any, item: Any) -> bool:
    if shape is None or (item is None and shape == _TEXT):
        return True
    if isinstance(shape, dict):
        return isinstance(item, dict)
    match shape:
        case "text":
            return isinstance(item, str) and "\0" not in item
        case "texts":
            return isinstance(item, list) and all(isinstance(word, str) for word in item)
        case "pairs":
            return isinstance(item, dict) and all(isinstance(word, str) for word in item.values())
        case "objects":
            return isinstance(item, list) and all(isinstance(one, dict) for one in item)
        case "truth":
            return isinstance(item, bool)
        case _:
            return isinstance(item, int) and not isinstance(item, bool)
