"""A text as commands take it: as a word, from a file, from standard input, or none to take one back."""

from __future__ import annotations

import sys
from pathlib import Path

from runlog.errors import BadInput, UsageError, reason_of


def given(text: str | None, file: str, clear: bool) -> str | None:
    """The text that was given, if one was. Ways that exclude each other are refused."""
    ways = [way for way, used in (("a text", text is not None), ("--file", file), ("--clear", clear)) if used]
    if len(ways) > 1:
        raise UsageError(f"{ways[0]} and {ways[1]} exclude each other", hint="give one of them")
    if "-" in (text, file):
        return sys.stdin.read().rstrip("\n")
    if not file:
        return text
    try:
        return Path(file).read_text(encoding="utf-8").rstrip("\n")
    except OSError as error:
        raise BadInput(f"cannot read {file!r}: {reason_of(error)}") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{file!r} is not a text in UTF-8") from error
