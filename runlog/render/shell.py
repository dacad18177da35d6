"""Words for a shell to read: variables set and unset."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence

from runlog.render.columns import shown, width

_SAID = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\", "'": "\\'"}


def exports(variables: Mapping[str, str | None], fish: bool = False) -> str:
    """Lines that give variables their values, and take away those that are to have none."""
    gone = [name for name, value in variables.items() if value is None]
    lines = [_export(name, value, fish) for name, value in variables.items() if value is not None]
    lines += [f"{'set -e' if fish else 'unset'} {' '.join(gone)};\n"] if gone else []
    return "".join(lines)


def _export(name: str, value: str, fish: bool) -> str:
    if fish:
        quoted = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"set -gx {name} '{quoted}';\n"
    return f"export {name}={shlex.quote(value)};\n"


def command(words: Iterable[str]) -> str:
    """A command on one line, as it may be typed."""
    return " ".join(map(_quoted, words))


def command_lines(words: Iterable[str], most: int) -> tuple[str, ...]:
    """The same on lines of so many columns, which a shell reads as one. A word that is longer is left whole."""
    lines = [""]
    for word in map(_quoted, words):
        if lines[-1] and width(f"{lines[-1]} {word} \\") > most:
            lines[-1] += " \\"
            lines.append(word)
        else:
            lines[-1] += f" {word}" if lines[-1] else word
    return tuple(lines)


def _quoted(word: str) -> str:
    """A word for a shell; what a terminal would obey instead of showing it is spelt out."""
    if shown(word) == word:
        return shlex.quote(word)
    return "$'" + "".join(_SAID.get(letter) or _spelt(letter) for letter in word) + "'"


def _spelt(letter: str) -> str:
    if shown(letter) == letter:
        return letter
    return "".join(f"\\x{byte:02x}" for byte in letter.encode("utf-8", "surrogateescape"))


def assignments(variables: Mapping[str, str]) -> str:
    """Lines that give variables their values, in this shell alone."""
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in variables.items())


def flags(values: Mapping[str, str], typed: Mapping[str, Sequence[str]]) -> str:
    """Values as the options of a program; those that were typed in some words, in these."""
    words = [word for name, value in values.items() for word in typed.get(name) or (_flag(name), value)]
    return shlex.join(words) + ("\n" if words else "")


def _flag(name: str) -> str:
    return f"--{name}" if len(name) > 1 else f"-{name}"
