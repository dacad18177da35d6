"""How shells ask what may follow, and how they want to be answered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from os.path import commonprefix

from runlog.cli.complete import WORDS, Choice, follow

_GOES_ON = ("=", ":")
_SPECIAL = frozenset(" !\"#$&'()*;<>?[\\]^`{|}")


def answer(shell: str, asked: Sequence[str]) -> str:
    """The kind of thing that may follow, then the words. bash gives its line as it is, and gets back what it would insert.
    The others give words, the last one as it was begun, and get a description after each."""
    if shell == "bash":
        return _answer_bash(*asked)
    *words, current = asked
    is_quoted = current[:1] in {"'", '"'} and current[:1] != ""
    if shell == "zsh":
        is_quoted, words = words[0] == "quoted", words[1:]
    else:
        current = Typed(current).current
    kind, choices = follow(words, current, is_quoted)
    return "".join(f"{line}\n" for line in [kind, *(_described(choice) for choice in _on_one_line(choices))])


def _on_one_line(choices: Sequence[Choice]) -> list[Choice]:
    """Without those that hold a newline or worse, which no shell could be told."""
    return [choice for choice in choices if choice[0].isprintable()]


def _described(choice: Choice) -> str:
    word, about = choice
    return f"{word}\t{about}" if about else word


def _answer_bash(line: str, breaks: str, prefixes: str = "$@") -> str:
    typed = Typed(line, breaks, prefixes)
    kind, choices = follow(typed.words[1:], typed.current, bool(typed.quote))
    words = [word for word, _ in _on_one_line(choices)]
    kept = typed.kept
    if len(words) > 1 and not all(word.startswith(typed.current) for word in words):
        # bash would put what they share in the place of what was typed: they are only to be looked at.
        kept = max(kept, len(commonprefix(words)))  # noqa: RUF071, these are no paths
    lines = [kind]
    for word in words:
        rest = _in_bash(word[kept:], typed.quote)
        is_done = kind == WORDS and not typed.quote and not word.endswith(_GOES_ON)
        lines += [] if rest is None else [f"{rest} " if is_done else rest]
    return "".join(f"{each}\n" for each in lines)


def _in_bash(text: str, quote: str) -> str | None:
    """A word as bash wants it typed; none for one that cannot stand in these quotes. A `~` stands for somebody's folder only
    where a word begins, and behind a `=` or `:`."""
    if quote == "'":
        return None if "'" in text else text
    special = frozenset('"$`\\') if quote else _SPECIAL
    typed = "".join(f"\\{letter}" if letter in special else letter for letter in text)
    return typed if quote else re.sub(r"(?<![^=:])~", r"\~", typed)


class Typed:
    """A line that is being typed, as far as the cursor: whole words, and the last one as it was begun.

    `quote` is the one that is open. `kept` counts the letters of the last word that bash leaves as they are and wants no answer
    for: it takes what follows one of the `breaks`, as `=` and `:`, for a word of its own, to which one of the `prefixes`, as
    `@`, belongs itself.
    """

    def __init__(self, line: str, breaks: str = "", prefixes: str = "") -> None:
        self.words: list[str] = []
        self.current = ""
        self.quote = ""
        self.kept = 0
        self._begun = False
        self._escaped = False
        self._kept_outside = 0
        self._breaks = breaks
        self._prefixes = prefixes
        for letter in line:
            self._take(letter)

    def _take(self, letter: str) -> None:
        if self._escaped:
            self._add(letter)
            self._escaped = False
        elif letter == "\\" and self.quote != "'":
            self._escaped = True
        elif self.quote:
            if letter == self.quote:
                self.quote, self.kept = "", self._kept_outside
            else:
                self._add(letter)
        elif letter in "'\"":
            self._kept_outside = self.kept
            self.quote, self.kept, self._begun = letter, len(self.current), True
        elif letter.isspace():
            self._end_word()
        else:
            self._add(letter)
            if letter in self._breaks:
                self.kept = len(self.current) - (letter in self._prefixes)

    def _add(self, letter: str) -> None:
        self.current += letter
        self._begun = True

    def _end_word(self) -> None:
        if self._begun:
            self.words.append(self.current)
        self.current, self.kept, self._begun = "", 0, False
