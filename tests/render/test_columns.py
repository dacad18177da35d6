"""Texts in columns."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as some

from runlog.render.columns import borders, cut, cut_inside, padded, shown, shown_lines, width


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("", 0),
        ("ridge", 5),
        ("Größe", 5),
        ("模型", 4),
        ("🚀", 2),
        ("e\u0301", 1),
        ("🇩🇪", 2),
        ("❤\ufe0f", 2),
        ("👩\u200d🔬", 4),
        ("ｱ", 1),
    ],
)
def test_how_wide_a_text_is(text: str, columns: int) -> None:
    assert width(text) == columns


def test_a_text_is_cut_where_it_is_too_wide() -> None:
    assert [cut("learning_rate", most) for most in (13, 12, 5, 1, 0)] == ["learning_rate", "learning_ra…", "lear…", "…", ""]
    assert [cut_inside("learning_rate", most) for most in (13, 12, 5, 1, 0)] == [
        "learning_rate",
        "learni…_rate",
        "le…te",
        "…",
        "",
    ]
    assert [cut("模型が大きい", most) for most in (12, 11, 10, 2)] == ["模型が大きい", "模型が大き…", "模型が大…", "…"]


# Each is one sign: joined pictures, marks, a picture by its selector, a tone of skin, a key, a flag, a letter with a vowel.
SIGNS = ["👩\u200d👩\u200d👧\u200d👦", "e\u0301", "❤\ufe0f", "👍🏽", "1\ufe0f\u20e3", "🇩🇪", "कि", "模", "é", "a", "🚀", "-"]


def test_a_text_is_cut_between_signs() -> None:
    family = SIGNS[0]
    name = f"模型 训练 {family} e\u0301-1"
    assert [cut(name, most) for most in (22, 21, 20, 12, 10)] == [
        name,
        f"模型 训练 {family} e\u0301…",
        f"模型 训练 {family} …",
        "模型 训练 …",
        "模型 训练…",
    ]
    assert [cut_inside(name, most) for most in (21, 17, 9)] == ["模型 训练 … e\u0301-1", "模型 训… e\u0301-1", "模型… e\u0301-1"]
    assert [cut("🇩🇪🇫🇷🇮🇹", most) for most in (6, 5, 4, 3, 2)] == ["🇩🇪🇫🇷🇮🇹", "🇩🇪🇫🇷…", "🇩🇪…", "🇩🇪…", "…"]
    assert cut_inside("👍🏽👍🏿👍🏻-a", 8) == "👍🏽…-a"


@given(some.lists(some.sampled_from(SIGNS)))
def test_borders_are_between_signs(signs: list[str]) -> None:
    text = "".join(signs)
    assert list(borders(text)) == [len("".join(signs[:count])) for count in range(len(signs) + 1)]


def test_what_a_terminal_would_obey_is_not_shown() -> None:
    assert shown("a\x1b[31mb\x07\x00\r\n\u202ec") == "a�[31mb����c"
    assert shown("👩\u200d🔬 e\u0301 模型") == "👩\u200d🔬 e\u0301 模型"


def test_lines_and_colours_stay_where_they_are_meant() -> None:
    assert shown_lines("a\tb\nc\x1b[1mbold\x1b[0m\x1b[2J\r\u202e\u3000é") == "a\tb\nc�[1mbold�[0m�[2J�\u3000é"
    assert shown_lines("\x1b[1;32mbest\x1b[0m\x1b[2J", colours=True) == "\x1b[1;32mbest\x1b[0m�[2J"


@given(some.text(), some.integers(0, 30))
def test_nothing_is_wider_than_it_may_be(text: str, most: int) -> None:
    for short in (cut(shown(text), most), cut_inside(shown(text), most)):
        assert width(short) <= most
        assert width(padded(short, most)) == width(padded(short, most, right=True)) == most
        assert not any(unicodedata.category(letter) == "Cc" for letter in short)
