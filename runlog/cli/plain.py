"""Command lines so plain that they can be read without Typer, which takes longer to import than most answers take.

Whatever is not plain here, a help option or a mistake, is left to the whole command line, which finds the words for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runlog.cli.grammar import Option, own_options

_NUMBER = "N"


def options_of(command: str, words: Sequence[str]) -> dict[str, Any] | None:
    """The options that some words give to a command that takes nothing else; none for words that are not plain."""
    known = own_options(command)
    found: dict[str, Any] = {}
    rest = iter(words)
    for word in rest:
        name, equals, text = word.partition("=") if word.startswith("--") else (word, "", "")
        option = known.get(name)
        if option is None or name in {"--help", "-h"}:
            return None
        value = _value(option, text if equals else next(rest, None) if option.metavar else None, bool(equals))
        if value is None:
            return None
        _put(found, option, value)
    return found


def _value(option: Option, text: str | None, attached: bool) -> Any:
    """What an option is given; none if that is not what it takes."""
    if not option.metavar:
        return None if attached else True
    if option.metavar == _NUMBER:
        return int(text) if text is not None and text.isascii() and text.isdigit() else None
    return text


def _put(found: dict[str, Any], option: Option, value: Any) -> None:
    name = option.names[0].removeprefix("--").replace("-", "_")
    if option.repeats:
        found.setdefault(name, []).append(value)
    else:
        found[name] = value
