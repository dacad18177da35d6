"""`runlog _complete`: what may follow on a command line that somebody is typing. The scripts of `runlog completion` ask it.

It knows the commands by a table that is generated, for importing one costs more than a key may take. Whatever goes wrong, it
says nothing: an error in the middle of a prompt helps nobody.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress

from runlog.cli.grammar import ALIASES, Signature, signatures
from runlog.cli.topics import TOPICS

Choice = tuple[str, str]  # a word, and what it is
# What a shell does better by itself is left to it under one of these names.
FILES, FOLDERS, PROGRAMS, WORDS = "files", "folders", "programs", "words"


def complete(arguments: Sequence[str]) -> int:
    """Answer a shell: which kind of thing may follow, then the words, a line each."""
    with suppress(*([] if os.environ.get("RUNLOG_DEBUG") else [Exception])):
        from runlog.cli.shells import answer

        sys.stdout.write(answer(arguments[0], arguments[1:]))
        sys.stdout.flush()
    return 0


def follow(words: Sequence[str], current: str, is_quoted: bool = False) -> tuple[str, list[Choice]]:
    """What may stand in the place of the word that was begun after some others. Where that is in quotes, a filter may have
    blanks."""
    line = Line(words, is_quoted)
    if line.is_program:
        return (FILES if line.given else PROGRAMS), []
    if line.open_option:
        return line.open_value(current)
    option, equals, begun = current.partition("=")
    if equals and option.startswith("--") and option in line.signature.options:
        kind, found = line.values_of(option, begun)
        return kind, [(f"{option}={word}", about) for word, about in found]
    if current.startswith("-") and not line.no_options:
        return WORDS, _beginning(current, line.options(current))
    return line.next_word(current)


class Line:
    """The words before the one that is typed: which command, what it was given, and which option waits for its value."""

    def __init__(self, words: Sequence[str], is_quoted: bool = False) -> None:
        self.path: list[str] = []
        self.given: list[str] = []
        self.options_given: dict[str, str] = {}
        self.open_option = ""
        self.open_values: list[str] = []
        self.no_options = False
        self.is_quoted = is_quoted
        self._table = signatures()
        for word in words:
            self._take(word)

    def _take(self, word: str) -> None:
        if self.open_option:
            self.options_given[self.open_option] = word
            del self.open_values[0]
            self.open_option = self.open_option if self.open_values else ""
        elif self.no_options or not word.startswith("-") or word == "-":
            self._take_word(word)
        elif word == "--":
            self.no_options = True
        else:
            name, _, value = word.partition("=")
            self.options_given[name] = value
            known = self.signature.options.get(word)
            self.open_values = known.metavar.split() if known else []  # an option may take several
            self.open_option = word if self.open_values else ""

    def _take_word(self, word: str) -> None:
        path = [*self.path, ALIASES.get(word, word)]
        if not self.given and " ".join(path) in self._table:
            self.path = path
        else:
            self.given.append(word)
            # What follows the program's name is its own.
            self.no_options = self.no_options or self.path == ["run"]

    @property
    def signature(self) -> Signature:
        return self._table[" ".join(self.path)]

    @property
    def is_program(self) -> bool:
        return self.path == ["run"] and self.no_options

    def options(self, current: str) -> list[Choice]:
        """The options that may stand here; those of one letter only where nothing longer was begun."""
        found = []
        for name, option in self.signature.options.items():
            is_new = option.repeats or not self.options_given.keys() & set(option.names)
            if is_new and (name.startswith("--") or not current.startswith("--")):
                found.append((name, option.about))
        return found

    def open_value(self, current: str) -> tuple[str, list[Choice]]:
        return self._values(self.open_values[0], self.open_option, current)

    def values_of(self, option: str, current: str) -> tuple[str, list[Choice]]:
        return self._values(self.signature.options[option].metavar, option, current)

    def next_word(self, current: str) -> tuple[str, list[Choice]]:
        """What may follow that is no option: a command, or an argument of one."""
        if not self.path and self.given[:1] == ["help"]:
            topics = [] if self.given[1:] else [(name, topic.about) for name, topic in TOPICS.items()]
            return WORDS, _beginning(current, [*Line(self.given[1:])._commands(), *topics])
        if not self.given and (commands := self._commands()):
            about_help = [] if self.path else [("help", "Explain a command")]
            return WORDS, _beginning(current, [*commands, *about_help])
        kind, found = WORDS, []
        for metavar in self.signature.expected(len(self.given)):
            kind, words = self._values(metavar, "", current)
            found += words
        return (WORDS if found else kind), found

    def _commands(self) -> list[Choice]:
        names = [(name.split(), found.about) for name, found in self._table.items() if name]
        return [(name[-1], about) for name, about in names if name[:-1] == self.path]

    def _values(self, metavar: str, option: str, current: str) -> tuple[str, list[Choice]]:
        """What an option or argument may be, by what its help calls it."""
        if metavar == "PATH" and option:
            return FILES, []  # as an argument it is one that a run has
        if metavar in _LEFT_TO_THE_SHELL:
            return _LEFT_TO_THE_SHELL[metavar], []
        if metavar in _FIXED:
            return WORDS, _beginning(current, [(word, "") for word in _FIXED[metavar].split()])
        from runlog.cli.suggesting import suggest

        return WORDS, suggest(self, metavar, option, current)


def _beginning(current: str, choices: Iterable[Choice]) -> list[Choice]:
    return [choice for choice in choices if choice[0].startswith(current)]


_LEFT_TO_THE_SHELL = {"FILE": FILES, "GLOB": FILES, "PATH[:DEST]": FILES, "NAME=PATH": FILES, "DIR": FOLDERS}
_FIXED = {
    "STAGE": "staging production archived none",
    "STATE": "running finished failed killed lost",
    "END": "finished failed killed",
    "WHEN": "1h 1d 2d 1w today yesterday",
    "TIME": "90s 10m 2h",
    "SHELL": "bash zsh fish",
}
