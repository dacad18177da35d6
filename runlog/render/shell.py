"""Words for a shell to read: variables set and unset."""

from __future__ import annotations

import shlex
from collections.abc import Mapping


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


def assignments(variables: Mapping[str, str]) -> str:
    """Lines that give variables their values, in this shell alone."""
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in variables.items())


def flags(values: Mapping[str, str]) -> str:
    """Values as the options of a program."""
    return " ".join(f"{_flag(name)} {shlex.quote(value)}" for name, value in values.items()) + ("\n" if values else "")


def _flag(name: str) -> str:
    return shlex.quote(f"--{name}" if len(name) > 1 else f"-{name}")
