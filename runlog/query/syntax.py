"""From text to tokens, and how a refusal points at the place it is about."""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, NamedTuple

from runlog.errors import BadQuery

COMPARISONS = ("=", "==", "!=", "<", "<=", ">", ">=")
KEYWORDS = frozenset({"and", "or", "not", "in", "is", "contains", "matches"})

# What other languages write, in ours.
_ELSEWHERE = {
    "&&": "and",
    "&": "and",
    "||": "or",
    "|": "or",
    "!": "not",
    "<>": "!=",
    "=!": "!=",
    "≠": "!=",
    "!==": "!=",
    "===": "=",
    "=<": "<=",
    "≤": "<=",
    "=>": ">=",
    "≥": ">=",
    "=~": "~",
    "~=": "~",
    "~~": "~",
}
_WORD = r"[^\s<>=!~&|≠≤≥()\[\]{},;\"'`]+"
_TOKEN = re.compile(
    rf"""(?P<blank>\s+)
    |(?P<word>{_WORD})
    |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<name>`(?:[^`\\]|\\.)*`)
    |(?P<op>[<>=!~&|≠≤≥]+)
    |(?P<mark>[()\[\],])""",
    re.VERBOSE | re.DOTALL,
)
_NUMBER = re.compile(r"[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?|inf|infinity|nan)", re.IGNORECASE)
_PARTS = re.compile(r"[^a-z0-9]+")
_LONGEST = 200  # letters of a message or hint
_SHOWN = 72  # columns of a filter that a message shows around the place it points at


class Token(NamedTuple):
    """A piece of the text: a bare word, quoted text, a backquoted name, an operator, a bracket or comma, or the end."""

    kind: Literal["word", "text", "name", "op", "mark", "end"]
    value: str  # without quotes
    start: int
    end: int

    @property
    def lower(self) -> str:
        """The word a keyword is compared with; nothing for what was quoted."""
        return self.value.lower() if self.kind == "word" else ""


def lex(text: str, place: int = 0, end: int | None = None) -> list[Token]:
    """All tokens of a text or of a part of it, the last one its end."""
    end = len(text) if end is None else end
    tokens = []
    while place < end:
        found = _TOKEN.match(text, place, end)
        if found is None:
            raise _no_token(text, place)
        if found.lastgroup != "blank":
            tokens.append(_token(text, found))
        place = found.end()
    return [*tokens, Token("end", "", end, end)]


def _token(text: str, found: re.Match[str]) -> Token:
    start, end = found.span()
    match found.lastgroup:
        case "word":
            return Token("word", found[0], start, end)
        case "text":
            return Token("text", _unquoted(found[0]), start, end)
        case "name":
            return Token("name", _unquoted(found[0]), start, end)
        case "op":
            return Token("op", _operator(text, found[0], start), start, end)
        case _:
            return Token("mark", found[0], start, end)


def _unquoted(raw: str) -> str:
    """A backslash is itself, for regular expressions, except before the closing quote or another one."""
    return re.sub(rf"\\([\\{raw[0]}])", r"\1", raw[1:-1])


def _operator(text: str, raw: str, start: int) -> str:
    if raw in COMPARISONS or raw in {"~", "!~"}:
        return raw
    near = _ELSEWHERE.get(raw) or next(iter(nearest(raw, [*COMPARISONS, "~", "!~"])), None)
    hint = f"write {near}" if near else "the operators are = != < <= > >= ~ !~"
    raise refusal(text, start, start + len(raw), f"{quoted(raw)} is no operator", hint)


def _no_token(text: str, place: int) -> BadQuery:
    if text[place] in "\"'`":
        return refusal(text, place, place + 1, f"the quote {text[place]} is never closed", f"close it with {text[place]}")
    return refusal(text, place, place + 1, f"{quoted(text[place])} means nothing here", "put text that holds it in quotes")


def is_word(text: str) -> bool:
    """Whether a text needs no quotes to be one word."""
    return re.fullmatch(_WORD, text) is not None


def is_number(text: str) -> bool:
    """Whether a word reads as a number."""
    return _NUMBER.fullmatch(text) is not None


def to_number(text: str) -> int | float:
    """A number as it was typed. Python refuses to read integers of thousands of digits, and no store holds one."""
    digits = text.lstrip("+-")
    return int(text) if digits.isdigit() and len(digits) <= 300 else float(text)


@lru_cache(maxsize=64)
def regex(pattern: str) -> re.Pattern[str]:
    """A regular expression, searched for anywhere in a text."""
    with warnings.catch_warnings():
        # Python warns of patterns it may read differently one day.
        warnings.simplefilter("ignore")
        return re.compile(pattern)


def nearest(word: str, known: Iterable[str], most: int = 3) -> list[str]:
    """The names most like a word: written in other capitals, else mistyped or holding it as a part."""
    import difflib

    low = word.lower()[:100]
    names: dict[str, list[str]] = {}
    for name in sorted(known):
        names.setdefault(name.lower(), []).append(name)
    if low in names:
        return names[low][:most]
    close = difflib.get_close_matches(low, names, most)
    likeness = [difflib.SequenceMatcher(None, low, name).ratio() for name in close]
    close = [name for name, ratio in zip(close, likeness, strict=True) if ratio > likeness[0] - 0.1]
    holding = [name for name in sorted(names, key=len) if low in _PARTS.split(name) or (len(low) >= 3 and low in name)]
    return [name for low in dict.fromkeys([*close, *holding]) for name in names[low]][:most]


def did_you_mean(choices: list[str]) -> str | None:
    """A hint that names one or several things."""
    if not choices:
        return None
    *others, last = choices
    return f"did you mean {', '.join(others)} or {last}?" if others else f"did you mean {last}?"


def suggestion(word: str, known: Iterable[str]) -> str | None:
    """A hint that names what a mistyped name may have been meant for."""
    return did_you_mean([repr(name) for name in nearest(word, known)])


def quoted(word: str) -> str:
    """What the user typed, on one line and not too long."""
    return repr(word if len(word) <= 60 else f"{word[:57]}...")


def refusal(text: str, start: int, end: int, problem: str, hint: str | None = None) -> BadQuery:
    """Why a text cannot be read, with a line that points at the place."""
    return BadQuery(pointed(text, start, end, problem), hint and _one_line(hint))


def pointed(text: str, start: int, end: int, problem: str) -> str:
    """A message with the text below it and carets below the place it is about."""
    first, last = _window(text, start)
    before = "…" if first else ""
    after = "…" if last < len(text) else ""
    line = "".join(map(_shown, text[first:last]))
    blanks = len(before) + sum(map(_width, text[first:start]))
    carets = max(1, sum(map(_width, text[start : min(end, last)])))
    return f"{_one_line(problem)} (column {start + 1})\n  {before}{line}{after}\n  {' ' * blanks}{'^' * carets}"


def _one_line(text: str) -> str:
    """What may hold a name of any length and letters."""
    line = "".join(map(_shown, text))
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _window(text: str, start: int) -> tuple[int, int]:
    """The part of a long text that is shown."""
    if sum(map(_width, text[: 2 * _SHOWN])) <= _SHOWN and len(text) <= 2 * _SHOWN:
        return 0, len(text)
    first = _reach(text, start, -1, _SHOWN // 2)
    return first, _reach(text, first, 1, _SHOWN)


def _reach(text: str, place: int, step: int, columns: int) -> int:
    """How far one comes in so many columns."""
    limit = 0 if step < 0 else len(text)
    for _ in range(2 * columns):
        if place == limit:
            break
        columns -= _width(text[min(place, place + step)])
        if columns < 0:
            break
        place += step
    return place


def _shown(letter: str) -> str:
    if letter.isspace():
        return " "
    return "\ufffd" if unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Cn", "Co"} else letter


def _width(letter: str) -> int:
    """Columns on a terminal."""
    if unicodedata.combining(letter) or unicodedata.category(letter) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
