"""Texts in the columns of a terminal: how wide they are there, cut and padded to a width."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_JOINER = "\u200d"
_JOINERS = frozenset("\u200c\u200d")
_AS_PICTURE = "\ufe0f"
_FIRST_MARK = "\u0300"
_TONES, _FLAGS = frozenset(map(chr, range(0x1F3FB, 0x1F400))), frozenset(map(chr, range(0x1F1E6, 0x1F200)))
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
    return _head(text, most - 1 - tail) + _CUT + _tail(text, tail) if most > 0 else ""


def _head(text: str, most: int) -> str:
    return text[:most] if text.isascii() else text[: _reached(text, borders(text), most)]


def _tail(text: str, most: int) -> str:
    return text[len(text) - most :] if text.isascii() else text[_reached(text, borders(text)[::-1], most) :]


def _reached(text: str, places: Sequence[int], most: int) -> int:
    """The last of some places that so many columns reach from the first one."""
    reached = places[0]
    for place in places[1:]:
        most -= width(text[min(reached, place) : max(reached, place)])
        if most < 0:
            break
        reached = place
    return reached


def borders(text: str) -> Sequence[int]:
    """Where a text may be cut: not in what is one sign, as a letter with its marks, joined pictures, or the two letters of a
    flag."""
    if max(text, default="") < _FIRST_MARK:
        return range(len(text) + 1)
    found = [0]
    for place in range(1, len(text)):
        if text[place] < _FIRST_MARK or not _is_joined(text, found[-1], place):
            found.append(place)
    return [*found, len(text)]


def _is_joined(text: str, begin: int, place: int) -> bool:
    """Whether a letter belongs to the sign that begins before it."""
    letter = text[place]
    if letter in _JOINERS or letter in _TONES or text[place - 1] == _JOINER:
        return True
    if letter in _FLAGS:
        return place - begin == 1 and text[begin] in _FLAGS
    return unicodedata.category(letter)[0] == "M"


def padded(text: str, columns: int, right: bool = False) -> str:
    """A text in exactly so many columns; `right` puts it at their end."""
    blanks = " " * (columns - width(text))
    return blanks + text if right else text + blanks
