"""Texts in lines that a terminal does not break."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from runlog.render.columns import width
from runlog.render.wrapping import wrapped


@pytest.mark.parametrize(
    ("text", "most", "lines"),
    [
        ("", 10, [""]),
        ("as it is", 10, ["as it is"]),
        ("a note that is longer", 10, ["a note", "that is", "longer"]),
        ("1 at 2  min 1 at 2  max 3 at 0  (3)", 20, ["1 at 2  min 1 at 2", "max 3 at 0  (3)"]),
        ("1 at 2  min 1 at 2", 8, ["1 at 2", "min 1 at", "2"]),
        ("    an item of a list", 10, ["    an", "    item", "    of a", "    list"]),
        ("a-word/of/many/letters it is", 8, ["a-word/o", "f/many/l", "etters", "it is"]),
        ("👩\u200d🔬e\u0301👩\u200d🔬🇩🇪", 7, ["👩\u200d🔬e\u0301", "👩\u200d🔬🇩🇪"]),
        ("模型が大きい 🚀", 5, ["模型", "が大", "きい", "🚀"]),
    ],
)
def test_lines_break_between_parts_then_words_then_letters(text: str, most: int, lines: list[str]) -> None:
    assert wrapped(text, most) == lines


@given(some.text(some.sampled_from("ab 模🚀"), max_size=60), some.integers(2, 30))
def test_nothing_is_lost_and_no_line_is_too_long(text: str, most: int) -> None:
    lines = wrapped(text, most)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert max(map(width, lines)) <= most
