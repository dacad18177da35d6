"""Every example of docs/query.md is what happens."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runlog.errors import RunlogError
from runlog.query import Names, bind, matches, order, parse, sort_key, value_of
from runlog.query.expr import AGGREGATES, ATTRIBUTES, PREFIXES
from runlog.records import RunRecord
from tests.query.scene import NOW, clock_of, record

PAGE = (Path(__file__).parents[2] / "docs" / "query.md").read_text(encoding="utf-8")


def told() -> list[dict[str, Any]]:
    block = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert block
    return [json.loads(line) for line in block[1].splitlines()]


RUNS: list[RunRecord] = [record(run) for run in told()]
NAMES = Names.of(RUNS)


def rows(heading: str) -> list[tuple[str, list[str]]]:
    """(what is typed, runs) of all tables with a heading."""
    found = []
    for table in re.findall(rf"\| {heading} \|\n\|---\|---\|\n((?:\|.*\n)+)", PAGE):
        for row in table.splitlines():
            parts = re.fullmatch(r"\| (`+)(.*?)\1 \| ?(.*) ?\|", row)
            assert parts, row
            # Markdown takes the blanks off that keep backquotes apart.
            typed = parts[2].strip().replace("\\|", "|")
            found.append((typed, [run for run in parts[3].strip().split(", ") if run]))
    return found


@pytest.fixture(autouse=True)
def clock_of_greenwich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield from clock_of("UTC", monkeypatch)


@pytest.mark.parametrize(("text", "wanted"), rows(r"filter \| finds"))
def test_a_filter_finds_what_the_page_says(text: str, wanted: list[str]) -> None:
    found = bind(parse(text), NAMES)
    assert [run.name for run in RUNS if matches(found, run, NOW)] == wanted


@pytest.mark.parametrize(("text", "wanted"), rows(r"sort \| order"))
def test_sorting_is_what_the_page_says(text: str, wanted: list[str]) -> None:
    by = order(text, NAMES)
    found = sorted(RUNS, key=lambda run: sort_key(value_of(by.field, run, NOW), by.descending))
    assert [run.name for run in found] == wanted


@pytest.mark.parametrize("block", re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL))
def test_an_error_is_what_the_page_says(block: str) -> None:
    command, _, wanted = block.partition("\n")
    [text] = shlex.split(command)[4:]
    with pytest.raises(RunlogError) as raised:
        bind(parse(text), NAMES)
    assert f"error: {raised.value.message}\nhint: {raised.value.hint}\n" == wanted


def test_the_page_has_examples_of_everything() -> None:
    assert len(rows(r"filter \| finds")) > 50
    assert len(rows(r"sort \| order")) > 5
    typed = " ".join(text for text, _ in rows(r"filter \| finds"))
    assert [name for name in AGGREGATES if f"{name}(" not in typed and f"`{name}(" not in PAGE] == []
    assert [name for name in ATTRIBUTES if f"`{name}`" not in PAGE] == []
    assert [name for name in PREFIXES if f"`{name}." not in PAGE and name != "attribute"] == []
