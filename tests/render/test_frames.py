"""What was drawn on a terminal, as it looked in the end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from runlog.render.frames import Frames


def shown(text: str, *, size: int = 0, colour: bool = False, height: int = 50) -> str:
    """All of a text, given in pieces of some size."""
    frames = Frames(colour=colour, height=height)
    pieces = [text[at : at + size] for at in range(0, len(text), size)] if size else [text]
    return "".join(map(frames.feed, pieces)) + frames.close()


@pytest.mark.parametrize(
    ("drawn", "seen"),
    [
        ("", ""),
        ("\n", "\n"),
        ("a\nb\n", "a\nb\n"),
        ("no newline", "no newline"),
        ("a\r\nb\r\n", "a\nb\n"),
        ("10%\r20%\r100%\ndone\n", "100%\ndone\n"),
        ("100%\r", "100%"),
        ("long text\rab\n", "abng text\n"),
        ("loading\b\b\bxyz\n", "loadxyz\n"),
        ("\x1b[31mred\x1b[0m\n", "red\n"),
        ("wrong\x1b[2K\rright\n", "right\n"),
        ("0123456789\r0123\x1b[K\n", "0123\n"),
        ("0123456789\r\x1b[3C\x1b[1K\n", "    456789\n"),
        ("ab\x1b[5Gcd\n", "ab  cd\n"),
        ("abcd\x1b[2Dxy\n", "abxy\n"),
        ("\x1b]0;a title\x07text\x1b[?25l\x1b[?25h\n", "text\n"),
        ("bell\x07 and \x00nothing\n", "bell and nothing\n"),
        ("tab\tstays\n", "tab\tstays\n"),
        ("one 0\ntwo 0\x1b[A\rone 1\ntwo 1\x1b[A\rone 2\ntwo 2\n\n", "one 2\ntwo 2\n\n"),
        ("one\ntwo\n\x1b[1A\x1b[2KTWO\nthree\n", "one\nTWO\nthree\n"),
        ("one\ntwo\n\x1b[2F1\n\x1b[9B3\n", "1ne\ntwo\n3\n"),
        ("\x1b[99Aat the top\n", "at the top\n"),
        ("50%\r名前 🎉\n", "名前 🎉\n"),
        ("torn \x1b[3", "torn "),
    ],
)
def test_the_last_frame_is_seen(drawn: str, seen: str) -> None:
    assert shown(drawn) == seen
    assert [shown(drawn, size=size) for size in (1, 2, 3, 5)] == [seen] * 4


@pytest.mark.parametrize(
    ("drawn", "seen"),
    [
        ("\x1b[31mred\x1b[0m plain\n", "\x1b[31mred\x1b[0m plain\n"),
        ("\x1b[31mred\nstill\x1b[m\n", "\x1b[31mred\nstill\x1b[m\n"),
        ("0%\r\x1b[32m100\x1b[0m%\n", "\x1b[32m100\x1b[0m%\n"),
        ("\x1b[1mbold", "\x1b[1mbold\x1b[0m"),
        ("\x1b[1m\x1b[31m0\r1\b2\n", "\x1b[1m\x1b[31m2\x1b[0m\n\x1b[0m"),
    ],
)
def test_colours_are_kept_for_those_who_want_them(drawn: str, seen: str) -> None:
    assert shown(drawn, colour=True) == seen


def test_lines_come_as_soon_as_nothing_can_change_them() -> None:
    frames = Frames()
    assert [frames.feed(text) for text in ("a", "b\nc", "\r1\r", "2\n", "d")] == ["", "ab\n", "", "2\n", ""]
    assert frames.close() == "d"
    waiting = Frames(height=2)
    assert [waiting.feed(f"{number}\n") for number in range(4)] == ["", "", "0\n", "1\n"]
    assert waiting.close() == "2\n3\n"


def test_a_bar_without_end_takes_no_room() -> None:
    frames = Frames()
    for number in range(5000):
        assert frames.feed(f"\r{number:>5} {'#' * 100}") == ""
        assert len(frames._rest) < 100_000
    assert frames.close() == f" 4999 {'#' * 100}"


LETTERS = some.sampled_from(
    ["a", "b", " ", "\n", "\r", "\b", "\x1b[A", "\x1b[2K", "\x1b[K", "\x1b[1m", "\x1b[0m", "\x1b[3C", "ä"]
)


@given(some.lists(LETTERS, max_size=40).map("".join), some.integers(1, 7), some.booleans())
def test_it_does_not_matter_in_which_pieces_output_comes(text: str, size: int, colour: bool) -> None:
    assert shown(text, size=size, colour=colour) == shown(text, colour=colour)


@given(some.text(some.sampled_from("ab \n\tä"), max_size=60), some.integers(0, 5))
def test_plain_text_stays_as_it_is(text: str, height: int) -> None:
    assert shown(text, height=height, size=3) == text
