"""The picture in the README shows what the commands print."""

from docs import picture
from docs.generate import DOCS


def test_the_picture_is_up_to_date() -> None:
    shown = picture.PATH.read_text(encoding="utf-8")
    assert picture.words(shown) == picture.words(picture.draw(picture.session())), "make docs draws it anew"
    assert "runlog&#160;compare" in shown
    assert "http" not in shown.replace('xmlns="http://www.w3.org/2000/svg"', "")


def test_the_readme_shows_it() -> None:
    assert "(docs/picture.svg)" in (DOCS.parent / "README.md").read_text(encoding="utf-8")
