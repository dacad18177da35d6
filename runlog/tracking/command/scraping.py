"""Metrics out of what a program prints: `loss: 0.31`, `epoch=3 loss=0.31`, or what a regular expression finds."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from runlog.errors import UsageError

Log = Callable[[dict[str, float], int | None], None]
Hear = Callable[[bytes], None]

# The keys that count the steps, the finest first.
STEPS = ("step", "global_step", "iter", "iteration", "epoch")

_LONGEST_LINE = 1 << 16
_MOST_METRICS = 1000
_EXAMPLE = "--metric-regex 'loss is (?P<loss>\\S+)'"

_NUMBER = r"[-+]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|(?i:nan|inf(?:inity)?))"
# A word and a number with = or : between them. After a bare colon, as in host:80 and 12:30, only numbers with a point count;
# and none that a comma divides, for it may stand for a point or for nothing.
_PAIR = re.compile(
    r"(?<![\w./@-])(?:(?P<part>(?i:train(?:ing)?|valid(?:ation)?|val|test|eval|dev))[ _])?(?P<name>[A-Za-z][\w./@-]*)"
    rf"[\"']?(?:\s*=\s*|\s*:\s+|:(?=[-+]?\d*\.\d))(?P<value>{_NUMBER})(?!,\d)(?=%?\.?(?:[\s,;)\]}}|\"']|$))"
)
_STEP = re.compile(rf"(?i)(?<![\w./-])(?P<name>{'|'.join(STEPS)})[\"']?\s*[:=#]?\s*[\[(]?\s*(?P<value>\d+)(?![\w%]|[.,]\d)")
# What a line must have to be worth a closer look: a sign, or a piece of the name of a step.
_PARTS = ("=", ":", "ep", "EP", "poch", "ter", "TER")
_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")


class Scraper:
    """Reads what a program prints, line by line, and logs what it finds there."""

    def __init__(self, log: Log, patterns: Sequence[re.Pattern[str]], plain: bool) -> None:
        self._log = log
        self._patterns = patterns
        self._plain = plain
        self._names: set[str] = set()
        self._streams: list[_Stream] = []

    def stream(self) -> Hear:
        """Where the bytes of one more stream go."""
        stream = _Stream(self._line)
        self._streams.append(stream)
        return stream.hear

    def close(self) -> None:
        """The last lines may have no end."""
        for stream in self._streams:
            stream.hear(b"\n")

    def _line(self, line: str, stream: _Stream) -> None:
        for pattern in self._patterns:
            self._say(*by_pattern(pattern, line))
        if self._plain:
            values, step = by_words(line)
            stream.step = stream.step if step is None else step
            self._say(values, stream.step)

    def _say(self, values: dict[str, float], step: int | None) -> None:
        known = {name: value for name, value in values.items() if name in self._names or len(self._names) < _MOST_METRICS}
        if known:
            self._names |= known.keys()
            self._log(known, step)


class _Stream:
    """Bytes as lines. Of a line that is drawn over and over, as a progress bar is, the last state counts."""

    def __init__(self, line: Callable[[str, _Stream], None]) -> None:
        self._line = line
        self._rest = b""
        self.step: int | None = None  # the last one that was named; it counts for the lines below

    def hear(self, data: bytes) -> None:
        *whole, rest = (self._rest + data).split(b"\n")
        self._rest = rest[-_LONGEST_LINE:]
        for line in whole:
            if line:
                self._line(_visible(line[-_LONGEST_LINE:].decode("utf-8", "replace")), self)


def _visible(line: str) -> str:
    """What stays to be seen of a line: colours are no text, and what was written over is gone."""
    if "\x1b" in line:
        line = _ESCAPES.sub("", line)
    if "\b" in line:
        line = line.replace("\b", "\r")
    if "\r" in line:
        line = next((part for part in reversed(line.split("\r")) if part.strip()), "")
    return line


def by_words(line: str) -> tuple[dict[str, float], int | None]:
    """The metrics that a line names in so many words, and its step."""
    if not any(part in line for part in _PARTS):
        return {}, None
    steps = {found["name"].lower(): int(found["value"]) for found in _STEP.finditer(line)}
    step = next((steps[name] for name in STEPS if name in steps), None)
    values = {}
    for found in _PAIR.finditer(line):
        name = f"{found['part']}_{found['name']}" if found["part"] else found["name"]
        if name.lower() not in steps:
            values[name] = float(found["value"])
    return values, _fitting(step)


def by_pattern(pattern: re.Pattern[str], line: str) -> tuple[dict[str, float], int | None]:
    """The metrics that a regular expression finds in a line, and the step if a group is named after one."""
    values: dict[str, float] = {}
    step = None
    named = {"name", "value"} <= pattern.groupindex.keys()
    for found in pattern.finditer(line):
        groups = found.groupdict()
        if named:
            groups[groups.pop("name") or ""] = groups.pop("value")
        for name, text in groups.items():
            number = _number(text)
            if number is None or not name:
                continue
            if name in STEPS and number == number and abs(number) < 1e18:
                step = int(number)
            else:
                values[name] = number
    return values, _fitting(step)


def compiled(pattern: str) -> re.Pattern[str]:
    """A regular expression that says which of its groups are metrics."""
    try:
        found = re.compile(pattern)
    except re.error as error:
        raise UsageError(f"--metric-regex {pattern!r} is no regular expression: {error}", hint=_EXAMPLE) from None
    if not found.groupindex:
        raise UsageError(f"--metric-regex {pattern!r} has no named group, so the metric has no name", hint=_EXAMPLE)
    return found


def _number(text: str | None) -> float | None:
    try:
        return float((text or "").strip().rstrip("%,;.)"))
    except ValueError:
        return None


def _fitting(step: int | None) -> int | None:
    return step if step is not None and step < 1 << 63 else None
