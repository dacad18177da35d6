"""Words of a command line as names and values, and values as words again."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from runlog.errors import BadInput, UsageError
from runlog.tracking.values import flat, to_param

# One variable may have 128 kB, and all of them share their room with the command's arguments.
_LONGEST_VARIABLE = 100_000
_ALL_VARIABLES = 400_000
PREFIX = "RUNLOG_PARAM_"
_USAGE = "runlog run --param alpha=0.1 -- <command>"

# JSON insists on digits on both sides of the point; people and programs do not.
_BARE_POINT = re.compile(r"([+-]?)(?:\.(\d+)|(\d+)\.)([eE][+-]?\d+)?")
_PLACE = re.compile(r"\{(\{[^{}]+\})\}|\{([^{}]+)\}")


def pair(option: str, text: str, hint: str) -> tuple[str, str]:
    """`name=value` as its two halves. The hint is a command as it should be."""
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise UsageError(f"{option} {text!r} is not of the form name=value", hint=hint)
    return key, value


def read_param(text: str, usage: str = _USAGE) -> tuple[str, Any]:
    """`alpha=0.1` as a name and a value; `alpha:=0.1` keeps the value a text. `usage`: the command with a param."""
    key, value = pair("--param", text, usage)
    if key.endswith(":") and len(key) > 1:
        return key[:-1], value
    return key, read_value(value)


def read_params(files: Sequence[str], given: Sequence[str], usage: str = _USAGE) -> dict[str, Any]:
    """Params by dotted name, of files and as typed. The command line has the last word over files."""
    found: dict[str, Any] = {}
    for name in files:
        from runlog.tracking.command.params_file import read_params_file

        found |= flat(read_params_file(name))
    for text in given:
        found |= flat(dict([read_param(text, usage)]))
    return found


def settled(params: Mapping[str, Any]) -> dict[str, Any]:
    """Params as the store keeps them, so that a date of a file is one text wherever it is seen. A text stays as it was typed:
    one that holds half a letter may be the name of a file."""
    return {name: value if isinstance(value, str) else to_param(name, value).value for name, value in params.items()}


def read_value(text: str) -> Any:
    """A value as JSON, else as the text it is. `.5` and `5.` are numbers too."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return float(text) if _BARE_POINT.fullmatch(text) else text


def as_word(value: Any) -> str:
    """A value as an argument: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def read_tag(text: str) -> tuple[str, str]:
    """`model=ridge`, or a bare `baseline`."""
    key, _, value = text.partition("=")
    return key, value


def fill(command: Sequence[str], params: Mapping[str, Any]) -> list[str]:
    """The command with `{alpha}` replaced by the value of param `alpha`, and `{{alpha}}` by a literal `{alpha}`.

    Braces around anything that is no param stay as they are. What was put in is not looked at again.
    """

    def value(found: re.Match[str]) -> str:
        literal, name = found.groups()
        known = _known(params, name or literal[1:-1])
        if known is None:
            return str(found[0])
        return str(literal) if literal else known

    filled = [_PLACE.sub(value, word) for word in command]
    if any(_bytes_of(word) is None for word in filled):
        raise BadInput("a param that is filled into the command holds a NUL or half a character, which no argument can")
    return filled


def _bytes_of(word: str) -> int | None:
    """The length of what the system passes on of a word; none for a word that it cannot."""
    try:
        return None if "\0" in word else len(os.fsencode(word))
    except UnicodeEncodeError:
        return None


def _known(params: Mapping[str, Any], name: str) -> str | None:
    """A param as a word; one that was taken apart into `model.depth` and `model.width` as the object it was."""
    if name in params:
        return as_word(params[name])
    parts = {key[len(name) + 1 :]: value for key, value in params.items() if key.startswith(f"{name}.")}
    whole: dict[str, Any] = {}
    for key, value in parts.items():
        *path, last = key.split(".")
        place = whole
        for part in path:
            place = place.setdefault(part, {})
        place[last] = value
    return as_word(whole) if whole else None


def variables(params: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """The params as variables of the environment, and the names of those that it cannot hold. What `shared` tells comes before:
    the last of several has their variable."""
    found: dict[str, str] = {}
    left_out = []
    room = _ALL_VARIABLES
    texts = {name: as_word(params[name]) for *_, name in _sharing(params).values()}
    sizes = {name: _LONGEST_VARIABLE if (size := _bytes_of(text)) is None else size for name, text in texts.items()}
    for name in sorted(texts, key=lambda name: sizes[name]):
        if sizes[name] >= min(room, _LONGEST_VARIABLE):
            left_out.append(name)
            continue
        room -= sizes[name]
        found[_variable(name)] = texts[name]
    return found, left_out


def _variable(name: str) -> str:
    return PREFIX + re.sub(r"[^A-Za-z0-9]", "_", name).upper()


def _sharing(params: Mapping[str, Any]) -> dict[str, list[str]]:
    """The params of each variable, which has the value of the last of them."""
    found: dict[str, list[str]] = {}
    for name in params:
        found.setdefault(_variable(name), []).append(name)
    return found


def shared(params: Mapping[str, Any]) -> list[str]:
    """What there is to say of params that come to the same variable."""
    return [
        f"params {', '.join(map(repr, names[:-1]))} and {names[-1]!r} share variable {variable}: it holds that of {names[-1]!r}"
        for variable, names in _sharing(params).items()
        if len(names) > 1
    ]
