"""Texts that are cut to a width and stay different where they are different."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

from runlog.render.columns import borders, cut, cut_inside, width

_CUT = "…"
_ROOM = (0, 16, 24, 32, 40)  # columns to try when there are too few
_PIECES, _PIECE = 2, 8  # gaps in a text that is still easy to read, and columns for each where there are more

Way = Callable[[str, int], str]

ENDS: tuple[Way, ...] = (cut, cut_inside)
MIDDLES: tuple[Way, ...] = (cut_inside,)


def told_apart(texts: Sequence[str], most: int, widest: int, ways: Sequence[Way] = ENDS) -> list[str]:
    """Each text in so many columns, or in more, but at most `widest`, where that takes less to tell it from the others. What
    can be told apart in no way is numbered."""
    if all(width(text) <= most for text in texts):
        return list(texts)
    crowded = _alike({text: ways[-1](text, most) for text in texts})
    best = None
    rooms = dict.fromkeys(max(most, min(room, widest)) for room in (_ROOM if crowded else (0,)))
    for room in rooms:
        found = cut_apart(texts, {text: room if text in crowded else most for text in texts}, ways)
        if found and all(text.count(_CUT) <= max(_PIECES, room // _PIECE) for text in found):
            return found
        best = best or found
    # What takes more would take the place of other columns: only where nothing else tells the texts apart.
    last = {text: max(most, widest) if text in crowded else most for text in texts}
    return best or cut_apart(texts, last, ways) or _numbered(texts, most)


def cut_apart(texts: Sequence[str], mosts: Mapping[str, int], ways: Sequence[Way] = ENDS) -> list[str] | None:
    """Each text in so many columns. Equal texts stay equal and different ones different: what is missing is what `ways` leave
    out, else whatever does not tell it from the others. None where there are too few columns."""
    for way in ways:
        plain = {text: way(text, mosts[text]) for text in texts}
        if not (alike := _alike(plain)):
            return [plain[text] for text in texts]
    branches = _branches(tuple(texts))
    for wanted in (alike, set(texts)) if len(alike) < len(plain) else (alike,):
        found = {text: _telling(text, mosts[text], branches[text]) if text in wanted else plain[text] for text in texts}
        if not _alike(found):
            return [found[text] for text in texts]
    return None


def _alike(found: Mapping[str, str]) -> set[str]:
    """What looks like something else, or like nothing."""
    counts = Counter(found.values())
    return {text for text, short in found.items() if counts[short] > 1 or (short in {"", _CUT} and text != short)}


@lru_cache(maxsize=16)
def _branches(texts: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    """Where each text parts from others: whoever reads these letters knows which of the texts it is."""
    found: dict[str, list[int]] = {text: [] for text in texts}
    waiting = [list(found)]
    while waiting:
        group = waiting.pop()
        if len(group) < 2:
            continue
        place = _parting(min(group), max(group))
        parts = defaultdict(list)
        for text in group:
            found[text].append(place)
            parts[text[place : place + 1]].append(text)
        waiting += parts.values()
    return {text: tuple(places) for text, places in found.items()}


def _parting(first: str, last: str) -> int:
    """How many letters two texts have in common at their beginning."""
    for place, (one, other) in enumerate(zip(first, last, strict=False)):
        if one != other:
            return place
    return min(len(first), len(last))


@lru_cache(maxsize=2000)
def _telling(text: str, most: int, branches: tuple[int, ...]) -> str:
    """A text with the letters that tell it from others, and as many after each of them as there is room for."""
    if width(text) <= most:
        return text
    whole = None if text.isascii() else borders(text)
    for places in ([0, *branches], branches):
        least, beyond = 0, most + 1
        while beyond - least > 1:
            middle = (least + beyond) // 2
            least, beyond = (middle, beyond) if width(_pieces(text, whole, places, middle)) <= most else (least, middle)
        if least:
            return _pieces(text, whole, places, least)
    return ""


def _pieces(text: str, whole: Sequence[int] | None, places: Iterable[int], count: int) -> str:
    """So many letters of a text from each of the places on, with ellipses between them, and more where it may only be cut at
    those of the `whole` text."""
    kept, end = "", 0
    for place in places:
        begin, beyond = place, place + count
        if whole:
            begin, beyond = whole[bisect_right(whole, begin) - 1], whole[bisect_left(whole, min(beyond, len(text)))]
        kept += _CUT + text[begin:beyond] if begin > end + 1 else text[end:beyond]
        end = beyond
    return kept + (_CUT if end < len(text) - 1 else text[end:])


def _numbered(texts: Sequence[str], most: int) -> list[str]:
    """The beginnings of texts with numbers in the place of what tells them apart, in their order."""
    numbers = {text: f"#{place}" for place, text in enumerate(dict.fromkeys(texts), 1)}
    return [text if width(text) <= most else cut(text, max(2, most - len(numbers[text]))) + numbers[text] for text in texts]
