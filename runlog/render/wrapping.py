"""Texts in lines that a terminal does not break."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from runlog.render.columns import borders, width

# A value has parts, which are told apart by more than one blank, and those have words.
_BREAKS = (re.compile("( {2,})"), re.compile("( )"))


def wrapped(text: str, most: int) -> list[str]:
    """A line as several of at most so many columns, all of them with its blanks in front."""
    bare = text.lstrip(" ")
    indent = text[: max(0, min(len(text) - len(bare), most // 2 - 1))]
    return [indent + line for line in _filled(bare, most - len(indent), _BREAKS)]


def _filled(text: str, most: int, breaks: Sequence[re.Pattern[str]]) -> list[str]:
    if width(text) <= most:
        return [text]
    if not breaks:
        return list(_broken(text, most))
    lines: list[str] = []
    line, blank = "", ""
    for place, piece in enumerate(breaks[0].split(text)):
        if place % 2:
            blank = piece
        elif width(line + blank + piece) <= most:
            line += blank + piece
        else:
            lines += [line] if line else []
            *whole, line = _filled(piece, most, breaks[1:])
            lines += whole
    return [*lines, line]


def _broken(word: str, most: int) -> Iterator[str]:
    """A word that is longer than a line, sign by sign."""
    line = ""
    for begin, end in pairwise(borders(word)):
        if line and width(line + word[begin:end]) > most:
            yield line
            line = ""
        line += word[begin:end]
    yield line
