"""Texts that are cut and stay different."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from runlog.render.apart import ENDS, MIDDLES, cut_apart, told_apart
from runlog.render.columns import width

LAYERS = [f"layer{place:03}/loss" for place in (0, 1, 12)]


def test_what_tells_texts_apart_is_kept() -> None:
    assert told_apart(LAYERS, 13, 40) == LAYERS
    assert told_apart(LAYERS, 10, 10) == ["layer000/…", "layer001/…", "layer012/…"]
    assert told_apart(LAYERS, 8, 8, MIDDLES) == ["la…00/…", "la…01/…", "lay…12/…"]
    paths = ["/data/long/long/0.csv", "/data/long/long/1.csv", "/data/long/long/1.csv"]
    assert told_apart(paths, 10, 10) == ["/dat…0.csv", "/dat…1.csv", "/dat…1.csv"]
    assert told_apart(["模型模型甲大き", "模型模型乙大き"], 9, 9) == ["模…甲…", "模…乙…"]


def test_there_is_more_room_for_what_would_be_hard_to_read() -> None:
    names = [f"{data}/{name}" for data in ("train", "test") for name in ("mean_absolute_error", "mean_squared_error", "max")]
    assert told_apart(names, 8, 8, MIDDLES) == ["tr…e…a…", "tr…e…s…", "trai…max", "te…e…a…", "te…e…s…", "test/max"]
    assert told_apart(names, 8, 30, MIDDLES) == [
        "train/me…e_error",
        "train/me…d_error",
        "trai…max",
        "test/mea…e_error",
        "test/mea…d_error",
        "test/max",
    ]


def test_what_nothing_tells_apart_is_numbered() -> None:
    texts = ["a" * length for length in range(4, 16)]
    assert told_apart(texts, 6, 6) == [
        "aaaa",
        "aaaaa",
        "aaaaaa",
        *(f"aaa…#{place}" for place in range(4, 10)),
        "aa…#10",
        "aa…#11",
        "aa…#12",
    ]


@given(some.lists(some.text("ab/模", max_size=20), max_size=8), some.integers(8, 24))
def test_different_texts_stay_different_and_are_not_too_wide(texts: list[str], most: int) -> None:
    for ways in (ENDS, MIDDLES):
        found = cut_apart(texts, dict.fromkeys(texts, most), ways)
        for short in filter(None, (found, told_apart(texts, most, most, ways))):
            assert len(set(zip(texts, short, strict=True))) == len(set(texts)) == len(set(short))
            assert all(text == cut if width(text) <= most else width(cut) <= most for text, cut in zip(texts, short, strict=True))


def test_what_tells_texts_apart_is_whole_signs() -> None:
    families = ["👩\u200d👩\u200d👧\u200d👦", "👩\u200d👩\u200d👧\u200d👧", "👩\u200d👩\u200d👦"]
    names = [f"learning-{family}-of-many" for family in families]
    assert told_apart(names, 12, 12) == [f"l…{families[0]}…", f"l…{families[1]}…", f"le…{families[2]}-…"]
    accents = [f"long-names-e{accent}-and-so-on" for accent in "\u0301\u0300"]
    assert told_apart(accents, 7, 7) == ["lo…e\u0301-…", "lo…e\u0300-…"]
