"""Lines as somebody lays them out: `{id} {rmse:.3f}`, a line a run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

from runlog.errors import UsageError
from runlog.render.chosen import Column, texts

# A field, up to a colon that is in no quotes or brackets, and how to write it; doubled braces; or one that stands alone.
_PLACE = re.compile(r"\{((?:`[^`]*`|\"[^\"]*\"|\([^(){}]*\)|[^{}`\"(:])+)(?::([^{}]*))?\}|(\{\{|\}\})|([{}])")
_ESCAPES = {r"\t": "\t", r"\n": "\n", r"\\": "\\"}
_WIDEST = 1000
_WIDTH = re.compile(r"(.?[<>^])?[-+ ]?#?0?([0-9]*)")


class Part(NamedTuple):
    """Text as it stands, and then the field that follows it, if one does."""

    text: str
    title: str = ""
    spec: str = ""


def parse(template: str) -> list[Part]:
    """The parts of a template. `{{` and `}}` are braces, `\\t` and `\\n` what they are elsewhere."""
    parts, text, end = list[Part](), "", 0
    for found in _PLACE.finditer(template):
        text += _unescaped(template[end : found.start()])
        end = found.end()
        title, spec, doubled, alone = found.groups()
        if alone:
            fault = "opens no field" if alone == "{" else "closes none"
            hint = "write {id} for a field, and {{ for a brace"
            raise UsageError(f"{alone!r} at place {found.start() + 1} of --format {fault}", hint=hint)
        if doubled:
            text += doubled[0]
        else:
            parts.append(Part(text, title.strip(), _checked(spec or "")))
            text = ""
    return [*parts, Part(text + _unescaped(template[end:]))]


def lines(parts: Sequence[Part], columns: Mapping[str, Column], count: int) -> list[str]:
    """A line for each of so many runs."""
    cells = [_cells(columns[part.title], part.spec) if part.title else [""] * count for part in parts]
    return ["".join(part.text + column[row] for part, column in zip(parts, cells, strict=True)) for row in range(count)]


def _unescaped(text: str) -> str:
    return re.sub(r"\\[tn\\]", lambda found: _ESCAPES[found[0]], text)


def _checked(spec: str) -> str:
    """How to write a field, as Python writes numbers, text and times."""
    if any(int(digits) > _WIDEST for digits in re.findall(r"[0-9]+", spec)):
        raise UsageError(f"{spec!r} is wider than {_WIDEST}", hint="runlog ls --format '{rmse:>12.3f}'")
    for value in (1.0, 1, ""):
        with suppress(ValueError):
            format(value, spec)
            return spec
    if "%" in spec:
        return spec
    raise UsageError(f"{spec!r} is no way to write a value", hint="runlog ls --format '{rmse:.3f} {name:>20} {started:%Y-%m-%d}'")


def _cells(column: Column, spec: str) -> list[str]:
    plain = texts(column, relative=False, precise=True)
    if not spec:
        return plain
    return [_formatted(value, text, column.holds, spec) for value, text in zip(column.values, plain, strict=True)]


def _formatted(value: Any, text: str, holds: str, spec: str) -> str:
    """A value as it is asked for; where it is of another kind, its text in the width that is asked for."""
    if holds == "time" and value is not None and "%" in spec:
        return format(datetime.fromtimestamp(value / 1e9).astimezone(), spec)
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and holds != "time"
    if is_number:
        with suppress(ValueError):
            return format(value, spec)
    with suppress(ValueError):
        return format(text, spec)
    found = _WIDTH.match(spec)
    aligned, width = (found[1], found[2]) if found else ("", "")
    return format(text, f"{aligned or ('>' if is_number else '')}{width}")
