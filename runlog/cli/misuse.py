"""A command line that cannot be read: what is wrong with it, in the user's own words, and what was probably meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from runlog.cli.complete import Line
from runlog.errors import UsageError

_EXTRA = re.compile(r"Got unexpected extra argument(?:s|\(s\))? \((.*)\)", re.DOTALL)
_COLOURS = frozenset({"--color", "--colour", "--no-color", "--no-colour"})
_NUMBERS = {"int": "a whole number", "float": "a number"}


def misuse(error: Any, arguments: Sequence[str]) -> UsageError:
    """Typer's refusal of some arguments, as runlog says it."""
    line = Line(arguments)
    command = " ".join(["runlog", *line.path])
    helped = f"{command} --help"
    match type(error).__name__:
        case "NoSuchOption":
            if error.option_name == "-C":
                return UsageError("-C comes before the command", hint=f"runlog -C DIR {' '.join(line.path)}")
            if error.option_name == "--format" and "--json" in line.signature.options:
                return UsageError("there is no option '--format'", hint=f"{command} --json")
            near = _nearest(error.option_name, line.signature.options)
            meant = f"NO_COLOR=1 {command}" if error.option_name in _COLOURS else f"{command} {near}" if near else helped
            return UsageError(f"there is no option {error.option_name!r}", hint=meant)
        case "MissingParameter":
            return UsageError(f"{_called(error.param)} is missing", hint=_example(error) or helped)
        case "BadOptionUsage":
            several = re.search(r"requires ([0-9]+)", error.message)
            wants = f"needs {several[1]} values" if several else "needs a value"
            return UsageError(f"{error.option_name} {wants if 'requires' in error.message else 'takes no value'}", hint=helped)
        case "BadParameter":
            return UsageError(_bad_value(error), hint=helped)
        case _:
            return UsageError(_other(str(error.format_message()), line, command), hint=helped)


def _example(error: Any) -> str | None:
    """How the command is used, as its help says."""
    about = getattr(getattr(getattr(error, "ctx", None), "command", None), "epilog", None) or ""
    return about.removeprefix("Example: ") or None


def _nearest(option: str, known: Iterable[str]) -> str | None:
    """The option that was meant; of a single letter nobody knows. The dashes, which all have, make none of them likely."""
    from runlog.query.syntax import nearest

    long = {name[2:] for name in known if name.startswith("--")} if option.startswith("--") else set()
    return next((f"--{name}" for name in nearest(option[2:], long, 1)), None)


def _called(param: Any) -> str:
    """An argument as the help calls it, an option by its longest name."""
    if param is None:
        return "an argument"
    return str(param.metavar or param.name) if param.param_type_name == "argument" else str(max(param.opts, key=len))


def _bad_value(error: Any) -> str:
    message = error.message.rstrip(".")
    found = re.fullmatch(r"('.*') is not a valid (\w+)(?: range)?", message, re.DOTALL)
    if found and found[2] in _NUMBERS:
        return f"{_called(error.param)} takes {_NUMBERS[found[2]]}, not {found[1]}"
    return f"{_called(error.param)}: {message}"


def _other(message: str, line: Line, command: str) -> str:
    found = _EXTRA.match(message)
    if found:
        return f"{command} takes no {'further ' if line.signature.arguments else ''}argument {found[1]!r}"
    # Typer's sentences begin with a capital; an option or a metavariable keeps its own letters.
    message = message.rstrip(".")
    return message[:1].lower() + message[1:]
