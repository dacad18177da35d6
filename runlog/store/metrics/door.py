"""The door for other languages: a file to which any process appends one JSON object a line.

A line holds metrics by name. `step` and `time` (seconds after 1970, or ISO text) say where they belong,
`params`, `tags` and `note` hold what their names say. A line that runlog itself adds
every few seconds, with nothing but a time, dates the lines before it.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from runlog.errors import BadName
from runlog.records import Entry, Kind
from runlog.store import layout
from runlog.store.format import time_ns
from runlog.store.metrics.columns import Columns
from runlog.store.metrics.reading import Contents

_BARE = re.compile(r"(?<=[:,\[\s])([+-]?)(nan|inf|infinity)(?=[\s,}\]])", re.IGNORECASE)
_SPECIAL = {"step", "time", "params", "tags", "note"}


@dataclass(slots=True)
class _Line:
    raw: bytes
    document: dict[str, Any] | None
    sound: bool  # false when part of it had to be put aside


def mark(at: int) -> bytes:
    """The line that dates those before it."""
    return json.dumps({"time": at / 1e9}).encode() + b"\n"


def read_door(writer: str, data: bytes) -> Contents:
    """All whole lines of a door. The same bytes always come to the same contents."""
    contents = Contents()
    whole, _, torn = data.rpartition(b"\n")
    contents.whole = not torn
    lines = [_parse(raw) for raw in whole.split(b"\n")] if whole or data else []
    contents.records = len(lines)
    opened = _opened(writer)
    times = _dates([line.document for line in lines], opened)
    counts: dict[str, int] = {}
    for line, at in zip(lines, times, strict=True):
        sound = line.sound
        if line.document is not None:
            sound = _take(line.document, at, contents, counts) and sound
            contents.last_sign = max(contents.last_sign, at)
        if not sound:
            contents.rejected.append(line.raw)
    contents.last_sign = contents.last_sign or opened
    return contents


def _opened(writer: str) -> int:
    """The second in which the writer was named: all that is known of a line that nothing dates."""
    moment = datetime.strptime(writer[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    return int(moment.timestamp()) * 1_000_000_000


def _parse(raw: bytes) -> _Line:
    text = raw.decode("utf-8", "replace").strip()
    if not text:
        return _Line(raw, None, sound=True)
    document = _object(text)
    if document is not None:
        return _Line(raw, document, sound=True)
    # A process that was killed in the middle of a line leaves its piece in front of the next one.
    for place in range(1, len(text)):
        if text[place] == "{" and (document := _object(text[place:])) is not None:
            return _Line(raw, document, sound=False)
    return _Line(raw, None, sound=False)


def _object(text: str) -> dict[str, Any] | None:
    if not text.startswith("{"):
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        try:
            # C, awk and others print nan and inf in their own ways.
            document = json.loads(_BARE.sub(_as_json, text))
        except (ValueError, RecursionError):
            return None
    return document if isinstance(document, dict) else None


def _as_json(found: re.Match[str]) -> str:
    if found[2].lower() == "nan":
        return "NaN"
    return "-Infinity" if found[1] == "-" else "Infinity"


def _dates(documents: list[dict[str, Any] | None], opened: int) -> list[int]:
    """The time of each line: its own, else that of the next dated line, else of the one before."""
    own = [_time(document) for document in documents]
    times = [0] * len(own)
    following = 0
    for place in range(len(own) - 1, -1, -1):
        following = own[place] or following
        times[place] = following
    before = opened
    for place, at in enumerate(times):
        times[place] = before = at or before
    return times


def _time(document: dict[str, Any] | None) -> int:
    given = (document or {}).get("time")
    try:
        if isinstance(given, str):
            return time_ns(given)
        if isinstance(given, int | float) and not isinstance(given, bool):
            return int(given * 1_000_000) * 1000
    except (ValueError, OverflowError):
        pass
    return 0


def _take(document: dict[str, Any], at: int, contents: Contents, counts: dict[str, int]) -> bool:
    """Take what a line says; false when something in it could not be taken."""
    sound = "time" not in document or _time(document) != 0
    step = document.get("step")
    if step is not None:
        step = _whole_number(step)
        sound = sound and step is not None
    if "params" in document:
        sound = _take_named("param", document["params"], at, contents) and sound
    if "tags" in document:
        sound = _take_named("tag", document["tags"], at, contents) and sound
    if "note" in document:
        contents.entries.append(Entry(at, "note", "", str(document["note"])))
    for name, value in _flat(document):
        number = _number(value)
        if number is None or not _fit(name):
            sound = False
            continue
        counted = counts.get(name, 0)
        counts[name] = counted + 1
        contents.columns.setdefault(name, Columns()).append(counted if step is None else step, at, number)
    return sound


def _take_named(kind: Kind, given: object, at: int, contents: Contents) -> bool:
    if not isinstance(given, dict):
        return False
    sound = True
    for key, value in given.items():
        if not _fit(key):
            sound = False
        elif kind == "tag":
            contents.entries.append(Entry(at, kind, key, value if isinstance(value, str) else json.dumps(value)))
        else:
            contents.entries.append(Entry(at, kind, key, value))
    return sound


def _flat(document: dict[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in document.items():
        if not before and key in _SPECIAL:
            continue
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield before + key, value


def _fit(name: str) -> bool:
    try:
        layout.check_key("metric", name)
    except BadName:
        return False
    return True


def _number(value: object) -> float | None:
    if isinstance(value, str | int | float):
        try:
            return float(value)
        except (ValueError, OverflowError):
            return None
    return None


def _whole_number(value: object) -> int | None:
    number = _number(value)
    if number is None or number != number or abs(number) >= 2**63 or number != int(number):
        return None
    return int(value) if isinstance(value, int) else int(number)


def line(document: dict[str, Any]) -> bytes:
    """A line as runlog itself writes it, dated."""
    return json.dumps({"time": time.time(), **document}, ensure_ascii=False).encode() + b"\n"
