"""docs/compare.md says what compare does."""

import re
from pathlib import Path

from docs.generate import DOCS
from runlog.runs import comparable
from runlog.runs.direction import direction

PAGE = (DOCS / "compare.md").read_text(encoding="utf-8")


def test_every_kind_of_doubt_is_described() -> None:
    kinds = {kind for kind, *_ in comparable._DIFFERENCES}
    kinds |= set(re.findall(r'Doubt\("([a-z]+)"', Path(comparable.__file__).read_text(encoding="utf-8")))
    assert kinds == set(re.findall(r"^\| `([a-z]+)` \|", PAGE, re.MULTILINE))


def test_names_are_known_as_the_page_says() -> None:
    less, more = re.findall(r"by the name: (.*?) the less the better, (.*?) the more", PAGE)[0]
    assert {direction(name) for name in re.findall(r"`(\w+)`", less)} == {"min"}
    assert {direction(name) for name in re.findall(r"`(\w+)`", more)} == {"max"}
