"""What a program wrote to its terminal, as it looked in the end: of a progress bar that was drawn a thousand times, the last."""

from __future__ import annotations

import re

_COLOUR = re.compile(r"\x1b\[[0-9;:]*m")
# Whatever is not simply text or a colour: carriage returns, steps back, other control characters, escape sequences.
_MOVE = re.compile(r"[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]|\x1b(?!\[[0-9;:]*m)")
_BEYOND_RETURNS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_TOKEN = re.compile(
    r"""(?P<text>[^\x00-\x08\x0b-\x1f\x7f-\x9f]+)
    |\x1b\[(?P<numbers>[0-9;:<=>?]*)[ -/]*(?P<command>[@-~])
    |\x1b[\]PX^_].*?(?:\x07|\x1b\\|\Z)
    |\x1b\[[0-9;:<=>?]*[ -/]*\Z
    |\x1b[ -/]*[0-~]
    |(?P<control>.)""",
    re.VERBOSE | re.DOTALL,
)
_LONG = 1 << 16

_Cell = tuple[str, str]  # the colours, and the letter


class Frames:
    """Reads output as it comes and gives it back line by line, as soon as no later word can change a line.

    A program that draws several bars at once climbs up to the first one and draws all of them anew: `height` lines wait for
    that. Without `colour` the text is bare.
    """

    def __init__(self, *, colour: bool = False, height: int = 0) -> None:
        self._colour = colour
        self._height = height
        self._lines: list[str] = []
        self._row = 0
        self._style = ""
        self._rest = ""

    def feed(self, text: str) -> str:
        """Take more output; the lines that are done with."""
        whole, newline, rest = text.rpartition("\n")
        if newline:
            whole, self._rest = self._rest + whole, rest
            self._take(whole)
        else:
            self._rest += rest
        if len(self._rest) > _LONG and not _BEYOND_RETURNS.search(self._rest):
            # Hours of a bar that has no newline yet.
            drawn, back, last = self._rest.rpartition("\r")
            self._rest = _last_frame(drawn) + back + last
        return self._done(max(0, min(self._row, len(self._lines)) - self._height))

    def close(self) -> str:
        """What is left: lines that waited, and one that never ended."""
        if self._rest:
            self._take(self._rest)
            self._lines[-1] += "\0"  # has no newline
            self._rest = ""
        ended = self._done(len(self._lines)).replace("\0\n", "")
        return f"{ended}\x1b[0m" if self._colour and self._style else ended

    def _done(self, count: int) -> str:
        lines, self._lines = self._lines[:count], self._lines[count:]
        self._row = max(0, self._row - count)
        return "".join(f"{line}\n" for line in lines)

    def _take(self, text: str) -> None:
        if not self._colour and "\x1b" in text:
            text = _COLOUR.sub("", text)
        if self._row == len(self._lines) and not _MOVE.search(text):
            self._learn(text)
            # Only the last of many lines can be reached; the others stay together and are done with in a moment.
            self._lines += text.rsplit("\n", self._height)
            self._row = len(self._lines)
            return
        for line in text.split("\n"):
            self._take_line(line)

    def _take_line(self, line: str) -> None:
        if "\r" in line and not _BEYOND_RETURNS.search(line):
            line = _last_frame(line)
        if self._row == len(self._lines) and not _MOVE.search(line):
            self._learn(line)
            self._lines.append(line)
        else:
            self._draw(line)
        self._row += 1

    def _learn(self, text: str) -> None:
        """The colours that a text leaves behind."""
        if "\x1b" in text:
            for found in _COLOUR.finditer(text):
                self._set_style(found[0])

    def _set_style(self, sequence: str) -> None:
        self._style = "" if sequence in {"\x1b[m", "\x1b[0m"} else self._style[-100:] + sequence

    def _draw(self, line: str) -> None:
        """Draw a line as a terminal does, over what is there."""
        cells, column = self._cells(self._row), 0
        for token in _TOKEN.finditer(line):
            if text := token["text"]:
                cells += [("", " ")] * (column - len(cells))
                cells[column : column + len(text)] = [(self._style, letter) for letter in text]
                column += len(text)
            elif command := token["command"]:
                cells, column = self._obey(command, token, cells, column)
            elif token["control"] == "\r":
                column = 0
            elif token["control"] == "\b":
                column = max(0, column - 1)
        self._put(cells)

    def _obey(self, command: str, token: re.Match[str], cells: list[_Cell], column: int) -> tuple[list[_Cell], int]:
        """What an escape sequence does to the line and to the place in it."""
        given = token["numbers"].partition(";")[0]
        number = int(given) if given.isascii() and given.isdigit() and len(given) < 5 else 0
        steps = number or 1
        match command:
            case "m" if self._colour:
                self._set_style(token[0])
            case "K":
                cells = _erased(cells, column, number)
            case "A" | "F":
                cells = self._go(cells, max(0, self._row - steps))
            case "B" | "E":
                cells = self._go(cells, min(self._row + steps, len(self._lines)))
            case "C":
                column += steps
            case "D":
                column = max(0, column - steps)
            case "G":
                column = steps - 1
        return cells, 0 if command in "EF" else column

    def _go(self, cells: list[_Cell], row: int) -> list[_Cell]:
        if cells or self._row < len(self._lines):
            self._put(cells)
        self._row = row
        return self._cells(row)

    def _put(self, cells: list[_Cell]) -> None:
        self._lines += [""] * (self._row + 1 - len(self._lines))
        self._lines[self._row] = _as_text(cells)

    def _cells(self, row: int) -> list[_Cell]:
        """A line that may be drawn over, letter by letter."""
        cells: list[_Cell] = []
        style = ""
        for token in _TOKEN.finditer(self._lines[row] if row < len(self._lines) else ""):
            if text := token["text"]:
                cells += [(style, letter) for letter in text]
            else:
                style = "" if token[0] in {"\x1b[m", "\x1b[0m"} else style + token[0]
        return cells


def _last_frame(line: str) -> str:
    """What is left to see of a line that was drawn over and over: a shorter frame leaves the end of a longer one."""
    frames = line.split("\r")
    seen = frames[-1]
    for frame in reversed(frames):
        if len(frame) > len(seen):
            seen += frame[len(seen) :]
    return seen


def _erased(cells: list[_Cell], column: int, what: int) -> list[_Cell]:
    if what == 0:
        return cells[:column]
    return [("", " ")] * (column + 1) + cells[column + 1 :] if what == 1 else []


def _as_text(cells: list[_Cell]) -> str:
    parts = []
    before = ""
    for style, letter in cells:
        if style != before:
            parts.append(("\x1b[0m" if before else "") + style)
            before = style
        parts.append(letter)
    return "".join(parts) + ("\x1b[0m" if before else "")
