"""The door for other languages: a file to which any process appends one JSON object a line.

A line holds metrics by name. `step` and `time` (seconds after 1970, or ISO text) say where they belong,
`params`, `tags` and `note` hold what their names say. A line that runlog itself adds
every few seconds, with nothing but a time, dates the lines before it.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from runlog.capture.secrets import withheld_word
from runlog.errors import BadName, BadValue
from runlog.records import Entry, Kind, step_after
from runlog.store import layout
from runlog.store.document import DEEPEST, plain, time_ns
from runlog.store.metrics.columns import Columns
from runlog.store.metrics.reading import Contents

_BARE = re.compile(r"(?<=[:,\[\s])([+-]?)(nan|inf|infinity)(?=[\s,}\]])", re.IGNORECASE)
_TRIES = 100  # places at which a whole object may begin after torn ones
_INT64 = 2**63
_decode = json.JSONDecoder().raw_decode
_SPECIAL = {"step", "time", "params", "tags", "note"}


@dataclass(slots=True)
class _Line:
    raw: bytes
    documents: list[dict[str, Any]]  # one, or none, or several that no newline parts
    sound: bool  # false when part of it had to be put aside


def mark(at: int) -> bytes:
    """The line that dates those before it."""
    return json.dumps({"time": at / 1e9}).encode() + b"\n"


def read_door(writer: str, data: bytes) -> Contents:
    """All whole lines of a door. The same bytes always come to the same contents."""
    contents = Contents()
    *whole, torn = data.split(b"\n")
    contents.whole = not torn
    contents.records = len(whole)
    lines = [_parse(raw) for raw in whole]
    opened = layout.named_at(writer)
    times = iter(_dates([document for line in lines for document in line.documents], opened))
    highest: dict[str, int] = {}
    for line in lines:
        for document in line.documents:
            at = next(times)
            line.sound = _take(document, at, contents, highest) and line.sound
            contents.last_sign = max(contents.last_sign, at)
        if not line.sound:
            contents.rejected.append(line.raw)
    contents.last_sign = contents.last_sign or opened
    return contents


def _parse(raw: bytes) -> _Line:
    line = raw.removeprefix(codecs.BOM_UTF8) or raw
    try:
        text, sound = line.decode().strip(), True
    except UnicodeDecodeError:
        text, sound = line.decode("utf-8", "replace").strip(), False
    for variant in _variants(text):
        documents = _objects(variant)
        if documents is not None:
            return _Line(raw, documents, sound)
    # A process that was killed in the middle of a line leaves its piece in front of the next one.
    for variant in _variants(text):
        document = _last_object(variant)
        if document is not None:
            return _Line(raw, [document], sound=False)
    return _Line(raw, [], sound=False)


def _variants(text: str) -> Iterator[str]:
    """A line as it is; then with nan and inf, which C, awk and others print in their own ways, as JSON has them."""
    yield text
    mended = _BARE.sub(_as_json, text)
    if mended != text:
        yield mended


def _objects(text: str) -> list[dict[str, Any]] | None:
    """The objects that a line consists of; none when anything else is in it."""
    found: list[dict[str, Any]] = []
    place = 0
    while place < len(text):
        document, place = _object(text, place)
        if document is None:
            return None
        found.append(document)
        while place < len(text) and text[place].isspace():
            place += 1
    return found


def _last_object(text: str) -> dict[str, Any] | None:
    """The object that ends a line, whatever is before it."""
    place = -1
    for _ in range(_TRIES):
        place = text.find("{", place + 1)
        if place < 0:
            return None
        document, end = _object(text, place)
        if document is not None and end == len(text):
            return document
    return None


def _object(text: str, place: int) -> tuple[dict[str, Any] | None, int]:
    """The object that begins at a place, and where it ends."""
    try:
        document, end = _decode(text, place)
        if not isinstance(document, dict):
            return None, place
        if end - place > 2 * DEEPEST:
            plain(document)  # refuses what is nested too deep for a reader
        if text.find("\\u", place, end) >= 0:
            json.dumps(document, ensure_ascii=False).encode()  # half a letter, which no text can hold
    except (ValueError, RecursionError, BadValue):
        return None, place
    return document, end


def _as_json(found: re.Match[str]) -> str:
    if found[2].lower() == "nan":
        return "NaN"
    return "-Infinity" if found[1] == "-" else "Infinity"


def _dates(documents: list[dict[str, Any]], opened: int) -> list[int]:
    """The time of each object: its own, else that of the next dated one, else of the one before."""
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


def _time(document: dict[str, Any]) -> int:
    """The time an object names, in nanoseconds; 0 when it names none that a store can hold."""
    given = document.get("time")
    at = 0
    try:
        if isinstance(given, str):
            at = time_ns(given)
        elif isinstance(given, int | float) and not isinstance(given, bool):
            at = int(given * 1_000_000) * 1000
    except (ValueError, OverflowError):
        pass
    return at if abs(at) < _INT64 else 0


def _take(document: dict[str, Any], at: int, contents: Contents, highest: dict[str, int]) -> bool:
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
    if isinstance(note := document.get("note"), str):
        contents.entries.append(Entry(at, "note", "", withheld_word("note", "", note)))
    elif "note" in document:
        sound = False
    return _take_points(list(_flat(document)), step, at, contents, highest) and sound


def _take_points(given: list[tuple[str, Any]], step: int | None, at: int, contents: Contents, highest: dict[str, int]) -> bool:
    """Take the points of a line, all at one step; `highest` is that of each metric in the lines before."""
    points = [(name, number) for name, value in given if (number := _number(value)) is not None and _fit(name)]
    if step is None:
        step = step_after(max((highest.get(name, -1) for name, _ in points), default=-1))
    for name, number in points:
        highest[name] = max(highest.get(name, step), step)
        contents.columns.setdefault(name, Columns()).append(step, at, number)
    return len(points) == len(given)


def _take_named(kind: Kind, given: object, at: int, contents: Contents) -> bool:
    if not isinstance(given, dict):
        return False
    sound = True
    for key, value in given.items():
        if not _fit(key):
            sound = False
        elif kind == "tag" and not isinstance(value, str):
            text = "" if value is None else json.dumps(value, ensure_ascii=False)
            contents.entries.append(Entry(at, kind, key, withheld_word(kind, key, text)))
        else:
            contents.entries.append(Entry(at, kind, key, withheld_word(kind, key, value)))
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
    if isinstance(value, str):
        try:
            value = int(value)
        except ValueError:
            value = _number(value)
    if isinstance(value, float):
        value = int(value) if value.is_integer() else None
    return int(value) if isinstance(value, int) and -_INT64 <= value < _INT64 else None
