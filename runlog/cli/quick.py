"""`runlog log loss=0.31 step=5` into the surrounding run, without the weight of a command line: scripts call it in loops.

It does what the whole command does, or nothing: whatever is not plain here is left to that, which also finds the words for
what is wrong. Hence no import but of what costs nothing.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from runlog.store.line import append_line, speaks_of_an_end

# What these mean in a line of a door is not the name of a metric.
RESERVED = frozenset({"time", "params", "tags", "note"})
_LARGEST_STEP = 2**63 - 1


def log(words: Sequence[str]) -> bool:
    """Log plain words into the surrounding run. Whether that was done."""
    door, run = os.environ.get("RUNLOG_METRICS"), os.environ.get("RUNLOG_RUN_DIR")
    if not door or not run or not words:
        return False
    line = plain_line(words, time.time())
    if line is None:
        return False
    try:
        if speaks_of_an_end(run):
            return False
        append_line(door, line)
    except OSError:
        return False
    return True


def plain_line(words: Sequence[str], at: float) -> bytes | None:
    """The line that says some words; none unless every one of them is the plain name of a metric and its value, or the step."""
    values: dict[str, str] = {}
    for word in words:
        name, _, text = word.partition("=")
        value = as_step(text) if name == "step" else as_number(text)
        if value is None or not _is_plain(name) or name in values:
            return None
        values[name] = value
    if not values.keys() - {"step"}:
        return None
    said = "".join(f', "{name}": {value}' for name, value in values.items())
    return f'{{"time": {at!r}{said}}}\n'.encode()


def as_number(text: str) -> str | None:
    """A number as JSON has it, or as Python's reader takes it where JSON has none; none for what is no number."""
    try:
        value = float(text)
    except ValueError:
        return None
    if "_" in text:
        return None
    if value != value:
        return "NaN"
    return repr(value).replace("inf", "Infinity")


def as_step(text: str) -> str | None:
    """A whole number of 64 bits."""
    try:
        step = int(text)
    except ValueError:
        number = as_number(text) or ""
        if not number.endswith(".0"):
            return None
        step = int(float(number))
    return str(step) if abs(step) <= _LARGEST_STEP and "_" not in text else None


def _is_plain(name: str) -> bool:
    return (
        name.isprintable()
        and bool(name.strip())
        and not name.startswith("-")
        and len(name) <= 250
        and name not in RESERVED
        and '"' not in name
        and "\\" not in name
    )
