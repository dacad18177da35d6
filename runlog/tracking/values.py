"""What a program hands over, as what a store can hold. Knows numpy, torch and their kin by behaviour and imports none of them."""

from __future__ import annotations

import datetime
import enum
import json
import operator
import os
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from runlog.errors import BadValue
from runlog.store import layout
from runlog.store.document import plain

if TYPE_CHECKING:
    from argparse import Namespace

    from _typeshed import DataclassInstance

    Named = Mapping[str, Any] | Namespace | DataclassInstance

LONGEST_TEXT = 65536
_LONGEST_REPR = 1000
_LARGEST_STEP = 2**63 - 1
_INFINITIES = (float("inf"), float("-inf"))


class Kept(NamedTuple):
    """A value as it is stored, and what the user should know when that is not what was given."""

    value: Any
    note: str | None = None


def to_number(name: str, value: Any) -> Kept:
    """A metric's value as a 64-bit float."""
    if isinstance(value, str | bytes) or value is None:
        raise BadValue(f"metric {name!r} must be a number, got {_shown(value)}")
    try:
        number = float(value)
    except OverflowError:
        raise BadValue(f"metric {name!r} must fit a 64-bit float, got {_shown(value)}") from None
    except Exception:  # it is the value's own code that fails
        raise BadValue(f"metric {name!r} must be one number, got {type(value).__name__} {_shown(value)}") from None
    if number in _INFINITIES and value != number:
        raise BadValue(f"metric {name!r} must fit a 64-bit float, got {_shown(value)}")
    whole = _whole_number(value)
    if whole is not None and int(number) != whole:
        return Kept(number, f"metric {name!r}: {whole} has more digits than a 64-bit float, stored as {int(number)}")
    return Kept(number)


def _whole_number(value: Any) -> int | None:
    try:
        return None if isinstance(value, float) else operator.index(value)
    except TypeError:
        return None


def to_step(step: Any) -> int:
    """A step as a whole number."""
    try:
        number = operator.index(step)
    except Exception:  # it has none, or its own code fails
        number = _integral(step)
    if abs(number) > _LARGEST_STEP:
        raise BadValue(f"a step must fit 64 bits, got {_shown(step)}")
    return number


def _integral(step: Any) -> int:
    try:
        number = float(step)
        if isinstance(step, str) or number != int(number):
            raise ValueError
    except Exception:
        raise BadValue(f"a step must be a whole number, got {_shown(step)}") from None
    return int(number)


def to_time(at: Any) -> int:
    """A moment as nanoseconds after 1970: a datetime (UTC when it names no zone), or seconds."""
    if isinstance(at, datetime.datetime):
        aware = at if at.tzinfo else at.replace(tzinfo=datetime.UTC)
        return int((aware - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)) / datetime.timedelta(microseconds=1)) * 1000
    try:
        nanoseconds = int(float(at) * 1e6) * 1000
    except (TypeError, ValueError, OverflowError):
        raise BadValue(f"a time must be a datetime or seconds after 1970, got {_shown(at)}") from None
    if abs(nanoseconds) > _LARGEST_STEP:
        raise BadValue(f"a time must be seconds after 1970, got {_shown(at)}")
    return nanoseconds


def flat(values: Mapping[Any, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Values by dotted name: `{"model": {"depth": 3}}` is `model.depth`. An empty part stays what it is. The names are not
    checked yet; one that has grown too long is not followed any further, for a mapping may hold itself."""
    for key, value in values.items():
        name = before + (key if isinstance(key, str) else str(to_plain("key", key).value))
        parts = _parts(value)
        if parts and len(name) <= layout.MAX_KEY:
            yield from flat(parts, f"{name}.")
        else:
            yield name, value if parts is None else parts


def check_mapping(what: str, values: Any) -> Mapping[Any, Any]:
    """What several names and values are given as."""
    parts = _parts(values)
    if parts is None:
        raise BadValue(f"{what} must be a mapping of names to values, got {_shown(values)}")
    return parts


def _parts(value: Any) -> Mapping[Any, Any] | None:
    """Names and values of a mapping, and of what programs keep their settings in: dataclasses and what argparse read."""
    if type(value) in _PLAIN:
        return None
    if isinstance(value, Mapping):
        return value
    fields = getattr(type(value), "__dataclass_fields__", None)
    if fields is not None:
        return {name: getattr(value, name) for name in fields if hasattr(value, name)}
    argparse = sys.modules.get("argparse")
    return vars(value) if argparse is not None and isinstance(value, argparse.Namespace) else None


def to_param(name: str, value: Any) -> Kept:
    """A param as JSON can hold it. Dates, paths and enums become text; any other thing its own description, with a note."""
    kept = to_plain(f"param {name!r}", value)
    size = _size(name, kept.value)
    if size > LONGEST_TEXT:
        raise BadValue(
            f"param {name!r} may have {LONGEST_TEXT} characters, got {size}",
            hint="log it with log_text() or log_json() instead",
        )
    return kept


def to_plain(what: str, value: Any) -> Kept:
    """Any value as plain data of any size."""
    try:
        kept = _simple(value)
        if kept is None:
            kept = _scalar(value)
    except (RecursionError, BadValue):
        raise BadValue(f"{what} is nested too deeply, or holds itself") from None
    except Exception:  # it is the value's own code that fails
        kept = None
    if kept is None:
        text = _described(value)
        return Kept(text, f"{what} was {_article(value)}, kept as the text {_shown(text)}")
    if isinstance(kept, str) and not kept.isascii() and (whole := _whole_text(kept)) != kept:
        return Kept(whole, f"{what} holds half a letter, kept as {_shown(whole)}")
    return Kept(None if kept is _NONE else kept)


def _whole_text(text: str) -> str:
    """Without halves of letters, as in the name of a file that is not UTF-8. No file of text can hold them."""
    return text.encode("utf-8", "backslashreplace").decode()


def _size(name: str, value: Any) -> int:
    """How many characters a value takes."""
    if isinstance(value, str):
        return len(value)
    if value is None or isinstance(value, float):
        return 1
    try:
        return len(json.dumps(plain(value), ensure_ascii=False))
    except ValueError:  # an int of thousands of digits, which Python refuses to write
        raise BadValue(f"param {name!r} has too many digits to be written") from None


_NONE = object()
_PLAIN = {type(None), bool, int, float, str}


def _simple(value: Any) -> Any:
    """Plain data as it is; none for anything else."""
    if value is None:
        return _NONE
    if isinstance(value, enum.Enum):
        return _simple(value.value) if isinstance(value.value, str | int | float) else value.name
    if isinstance(value, bool | int | float | str):
        return _base(value)
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, os.PathLike):
        return os.fsdecode(os.fspath(value))
    if isinstance(value, list | tuple | set | frozenset):
        ordered = sorted(value, key=repr) if isinstance(value, set | frozenset) else value
        if _PLAIN.issuperset(map(type, ordered)):
            return list(ordered)
        return _all([to_plain("item", item) for item in ordered])
    named = _parts(value)
    if named is not None:
        parts = _all([to_plain("item", item) for item in named.values()])
        return None if parts is None else dict(zip(map(str, named), parts, strict=True))
    return None


def _base(value: Any) -> Any:
    """Without subclasses: numpy's float64 is a float too."""
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


def _all(parts: list[Kept]) -> list[Any] | None:
    return None if any(part.note for part in parts) else [part.value for part in parts]


def _scalar(value: Any) -> Any:
    """Numbers and arrays of numpy, torch, jax, and other numbers: whatever gives itself up as plain data."""
    if callable(getattr(value, "tolist", None)):
        # numpy's moments in nanoseconds would come as bare numbers.
        moments = getattr(getattr(value, "dtype", None), "kind", None) == "M"
        return _simple((value.astype("U") if moments else value).tolist())
    if hasattr(type(value), "__index__"):
        return operator.index(value)
    if not hasattr(type(value), "__float__"):
        return None
    number = float(value)
    return None if number in _INFINITIES and value != number else number


def _described(value: Any) -> str:
    try:
        text = repr(value)
    except Exception:
        text = f"<{type(value).__name__}>"
    return text if len(text) <= _LONGEST_REPR else f"{text[: _LONGEST_REPR - 3]}..."


def _article(value: Any) -> str:
    name = type(value).__name__
    return f"an {name}" if name[0].lower() in "aeiou" else f"a {name}"


def _shown(value: Any) -> str:
    text = _described(value)
    line = " ".join(text.split()) if "\n" in text else text  # arrays and frames describe themselves in several
    return line if len(line) <= 60 else f"{line[:57]}..."


def to_tag(key: str, value: Any) -> str:
    """A tag's value, always text; a bare tag is the empty text."""
    kept = to_param(key, value).value
    if kept is None:
        return ""
    if isinstance(kept, bool):
        return "true" if kept else "false"
    return kept if isinstance(kept, str) else str(kept)
