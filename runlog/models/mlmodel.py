"""The text of an MLmodel file: block YAML, as MLflow writes it. What runlog writes it also reads without a YAML library."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from runlog.errors import BadInput

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./+-]*")
# What YAML 1.1 takes for something else than text.
_WORDS = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_FLOAT = re.compile(r"[-+]?[0-9]+\.[0-9]*(e[-+][0-9]+)?")
_INT = re.compile(r"-?(0|[1-9][0-9]*)")
_SCALARS: dict[str, Any] = {
    "null": None,
    "true": True,
    "false": False,
    ".inf": math.inf,
    "-.inf": -math.inf,
    ".nan": math.nan,
    "[]": [],
    "{}": {},
}
_KEY = re.compile(r'("(?:[^"\\]|\\.)*"|[A-Za-z_][A-Za-z0-9_./+-]*):(?: (.*))?')
_DEEPEST = 100


def write(document: Mapping[str, Any]) -> str:
    """Plain data as block YAML, keys in order."""
    return "".join(f"{line}\n" for line in _block(document, "", 0))


def _block(value: Any, indent: str, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        raise BadInput("the description of a model is nested too deeply")
    if isinstance(value, Mapping):
        for key in sorted(value):
            yield from _entry(f"{indent}{_text(key)}:", value[key], indent, depth)
    else:
        for item in value:
            yield from _entry(f"{indent}-", item, indent, depth)


def _entry(head: str, value: Any, indent: str, depth: int) -> Iterator[str]:
    if isinstance(value, Mapping | list | tuple) and value:
        yield head
        yield from _block(value, f"{indent}  ", depth + 1)
    else:
        yield f"{head} {_scalar(value)}"


def _scalar(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, Mapping | list | tuple):
        return "{}" if isinstance(value, Mapping) else "[]"
    if isinstance(value, str):
        return _text(value)
    raise BadInput(f"the description of a model is plain data, which {type(value).__name__} is not")


def _float(value: float) -> str:
    if not math.isfinite(value):
        return ".nan" if math.isnan(value) else f"{'-' if value < 0 else ''}.inf"
    text = repr(float(value))
    mantissa, e, exponent = text.partition("e")
    return text if "." in mantissa else f"{mantissa}.0{e}{exponent}"


def _text(text: Any) -> str:
    if not isinstance(text, str):
        raise BadInput(f"the description of a model has names that are text, not {text!r}")
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def read(text: str) -> dict[str, Any]:
    """What an MLmodel file says. One of MLflow's own may need a YAML library."""
    try:
        document = _read(text)
    except (_NotOurs, RecursionError):
        document = _read_any(text)
    if not isinstance(document, dict):
        raise BadInput("an MLmodel file holds names and values, and this one does not")
    return document


class _NotOurs(Exception):
    """YAML of a shape that runlog does not write."""


def _read(text: str) -> Any:
    if text.lstrip().startswith("{"):
        try:
            return json.loads(text)
        except ValueError:
            raise _NotOurs from None
    lines = [(len(line) - len(line.lstrip(" ")), line.lstrip(" ")) for line in text.removesuffix("\n").split("\n")]
    value, end = _value(lines, 0, 0)
    if end != len(lines):
        raise _NotOurs
    return value


def _value(lines: list[tuple[int, str]], start: int, indent: int) -> tuple[Any, int]:
    """The block that begins at a line, and the line after it."""
    if start >= len(lines) or lines[start][0] != indent:
        raise _NotOurs
    is_list = lines[start][1].startswith("-")
    names: dict[str, Any] = {}
    items: list[Any] = []
    at = start
    while at < len(lines) and lines[at][0] == indent:
        key, rest = _head(lines[at][1], is_list)
        value, at = (_known(rest), at + 1) if rest else _value(lines, at + 1, indent + 2)
        if is_list:
            items.append(value)
        elif key in names:
            raise _NotOurs
        else:
            names[key] = value
    return (items if is_list else names), at


def _head(line: str, is_list: bool) -> tuple[str, str]:
    if is_list:
        if line != "-" and not line.startswith("- "):
            raise _NotOurs
        return "", line[2:]
    found = _KEY.fullmatch(line)
    if found is None or (not found[1].startswith('"') and found[1].lower() in _WORDS):
        raise _NotOurs
    return str(_known(found[1])), found[2] or ""


def _known(text: str) -> Any:
    """A scalar as runlog writes it."""
    if text in _SCALARS:
        value = _SCALARS[text]
        return type(value)() if isinstance(value, list | dict) else value
    if text.startswith('"'):
        try:
            return json.loads(text)
        except ValueError:
            raise _NotOurs from None
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    raise _NotOurs


def _read_any(text: str) -> Any:
    try:
        import yaml  # type: ignore[import-untyped,import-not-found,unused-ignore]
    except ImportError as error:
        raise _needs_yaml() from error
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadInput(f"the MLmodel file is no YAML: {str(error).partition(chr(10))[0]}") from error


def _needs_yaml() -> Exception:
    from runlog.errors import OutsideError

    return OutsideError("this MLmodel file needs a YAML library", hint="pip install 'runlog[models]'")
