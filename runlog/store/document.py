"""What every document of the store is made of: plain values and times as JSON, and what is wrong with one that is not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from runlog.errors import BadName, BadValue, Damaged, UnknownFormat

FORMAT = 1
DEEPEST = 100  # lists and objects in each other; a reader must not run out of stack
# What reading a document raises that is not what it should be.
MALFORMED = (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError, BadName)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def time_text(ns: int) -> str:
    """Nanoseconds after 1970 as UTC text with microseconds."""
    moment = _EPOCH + timedelta(microseconds=ns // 1000)
    return moment.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def time_ns(text: object) -> int:
    """The other way round."""
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is not a time")
    return _time_ns(text)


@lru_cache(maxsize=256)  # what is logged together has one time
def _time_ns(text: str) -> int:
    moment = datetime.fromisoformat(text)
    since = (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)) - _EPOCH
    return since // _MICROSECOND * 1000


_SIMPLE = frozenset({str, int, float, bool, type(None)})
_FLOATS = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


def plain(value: Any, depth: int = 0) -> Any:
    """A value as JSON can hold it: the three floats it lacks become objects."""
    if depth > DEEPEST:
        raise BadValue(f"a value is nested more than {DEEPEST} levels deep")
    if isinstance(value, float):
        if value != value:
            return {"float": "NaN"}
        return {"float": "Infinity" if value > 0 else "-Infinity"} if value in (float("inf"), float("-inf")) else value
    if isinstance(value, dict):
        inner = {key: plain(item, depth + 1) for key, item in value.items()}
        return {"dict": inner} if value.keys() in ({"float"}, {"dict"}) else inner
    if isinstance(value, list | tuple):
        return [plain(item, depth + 1) for item in value]
    return value


def unplain(value: Any, depth: int = 0) -> Any:
    """The value that `plain` was given."""
    if depth > DEEPEST:
        raise ValueError(f"a value is nested more than {DEEPEST} levels deep")
    if type(value) in _SIMPLE:
        return value
    if isinstance(value, dict):
        inner = value
        if len(value) == 1:
            if "float" in value:
                return _FLOATS[value["float"]]
            inner = value.get("dict", value)
        if depth < DEEPEST:  # most of what is nested is flat
            return {key: item if type(item) in _SIMPLE else unplain(item, depth + 1) for key, item in inner.items()}
        return {key: unplain(item, depth + 1) for key, item in inner.items()}
    if isinstance(value, list):
        return [unplain(item, depth + 1) for item in value]
    return value


def dump(document: Mapping[str, Any]) -> bytes:
    """A document: indented for people one level deep, one line for each thing below."""
    lines = []
    for key, value in document.items():
        lines.append(f" {_quoted(key)}: {_block(value)}")
    # Half a letter, as in the name of a file that is not UTF-8, becomes a question mark.
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode("utf-8", "replace")


_line = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
_quoted = json.encoder.encode_basestring


def _block(value: Any) -> str:
    if isinstance(value, dict) and value:
        return "{\n" + ",\n".join([f"  {_quoted(key)}: {_line(item)}" for key, item in value.items()]) + "\n }"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(f"  {_line(item)}" for item in value) + "\n ]"
    return _line(value)


def load(name: str, data: bytes) -> dict[str, Any]:
    """The object in a document; what is no object, or of another format, is refused in words."""
    try:
        text = data.decode()
        document = json.loads(text)
        if "\\" in text and "\\u" in text:  # one letter is found much faster than two, and most documents have none
            json.dumps(document, ensure_ascii=False).encode()  # half a letter, which no text can hold
    except (ValueError, RecursionError) as error:
        what = "is empty" if not data.strip(b"\0 \n") else "is not valid JSON"
        raise Damaged(f"{name} {what}", hint="runlog check") from error
    if not isinstance(document, dict):
        raise Damaged(f"{name} holds no object", hint="runlog check")
    check_format(name, document.get("format"))
    return document


def check_format(name: str, found: object) -> None:
    """Refuse a format this runlog does not know, and say which way out there is."""
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise Damaged(f"{name} does not say its format", hint="runlog check")
    if found > FORMAT:
        shown = str(found) if found < 10**9 else "of many digits"
        raise UnknownFormat(
            f"{name} has format {shown}, newer than format {FORMAT} which this runlog knows",
            hint="pip install -U runlog",
        )
    if found < FORMAT:
        raise UnknownFormat(f"{name} has format {found}, older than any that was released")


def read_text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value


def read_maybe_text(value: object) -> str | None:
    return None if value is None else read_text(value)


def read_float(value: object) -> float:
    if type(value) is float:
        return value
    number = unplain(value)
    if not isinstance(number, int | float) or isinstance(number, bool):
        raise TypeError(f"{number!r} is not a number")
    return float(number)


def read_whole(value: object) -> int:
    if type(value) is not int:
        raise TypeError(f"{value!r} is not a whole number")
    return value


def read_object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} is not an object")
    return value


def malformed(name: str, problem: str, error: Exception) -> Damaged:
    """That a document is not what it should be, for one of `MALFORMED`; in one short line whatever was found."""
    text = f"key {error} is missing" if isinstance(error, KeyError) else getattr(error, "message", str(error))
    line = " ".join(text.split())
    return Damaged(f"{name} {problem}: {line if len(line) <= 200 else f'{line[:197]}...'}", hint="runlog check")
