"""Texts in the columns of a terminal: how wide they are there, cut and padded to a width."""

from __future__ import annotations

import re
import unicodedata

_JOINERS = frozenset("\u200c\u200d")
_AS_PICTURE = "\ufe0f"
_CUT = "…"
# Controls, and marks that are not seen: what a terminal does not show but does.
_OBEYED = frozenset({"Cc", "Cf"})
_COLOUR, _ODD = r"\x1b\[[0-9;]*m", r"[^\n\t -~]"


def shown(text: str) -> str:
    """A text without what a terminal would obey instead of showing it."""
    if text.isprintable():
        return text
    return "".join(map(_shown_letter, text))


def shown_lines(text: str, colours: bool = False) -> str:
    """The same for a text of several lines, which may have tabs; with `colours`, those that are in it stay."""
    pattern = f"{_COLOUR}|{_ODD}" if colours else _ODD
    return re.sub(pattern, lambda found: found[0] if found[0][1:] else _letter_of_lines(found[0]), text)


def _letter_of_lines(letter: str) -> str:
    return _shown_letter(letter) if unicodedata.category(letter) in _OBEYED else letter


def _shown_letter(letter: str) -> str:
    if letter.isprintable() or letter in _JOINERS:
        return letter
    # Marks that turn the direction of writing would turn the rest of the row, too.
    return "" if unicodedata.category(letter) == "Cf" else "\ufffd"


def width(text: str) -> int:
    """How many columns a text takes."""
    return len(text) if text.replace(_CUT, "").isascii() else sum(map(_letter_width, text))


def _letter_width(letter: str) -> int:
    if letter == _AS_PICTURE:
        return 1  # what comes before it grows by one
    if letter in _JOINERS or unicodedata.category(letter) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def cut(text: str, most: int) -> str:
    """A text in so many columns, with an ellipsis in the place of what is missing at its end."""
    if width(text) <= most:
        return text
    return _head(text, most - 1) + _CUT if most > 0 else ""


def cut_inside(text: str, most: int) -> str:
    """The same with the middle missing, for names that differ at their ends."""
    if width(text) <= most:
        return text
    tail = (most - 1) // 2
    return _head(text, most - 1 - tail) + _CUT + _head(text[::-1], tail)[::-1] if most > 0 else ""


def _head(text: str, most: int) -> str:
    if text.isascii():
        return text[:most]
    taken = 0
    for place, letter in enumerate(text):
        taken += _letter_width(letter)
        if taken > most:
            return text[:place]
    return text


def padded(text: str, columns: int, right: bool = False) -> str:
    """A text in exactly so many columns; `right` puts it at their end."""
    blanks = " " * (columns - width(text))
    return blanks + text if right else text + blanks
