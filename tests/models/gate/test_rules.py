"""Rules as options and files say them."""

from __future__ import annotations

from pathlib import Path

import pytest

from runlog.errors import BadInput
from runlog.models.gate import Rules, Tolerance
from runlog.models.gate.rules import added, to_directions, to_tolerance, to_tolerances
from runlog.models.gate.rules_file import read_rules

FILE = """
require = ["rmse <= 6.5", "auc >= 0.8"]
no_worse_than = "duration@production"
metrics = ["rmse", "min(loss)"]
confidence = 0.99
allow_missing = true

[tolerance]
rmse = "1%"
val.mae = 0.05

[direction]
rmse = "min"
"my metric" = "max"
"""


def test_a_file_holds_all_of_them(tmp_path: Path) -> None:
    (tmp_path / "gate.toml").write_text(f"\ufeff{FILE}")  # as some editors write it
    assert read_rules(tmp_path / "gate.toml") == Rules(
        require=("rmse <= 6.5", "auc >= 0.8"),
        no_worse_than=("duration@production",),
        metrics=("rmse", "min(loss)"),
        directions={"rmse": "min", "my metric": "max"},
        tolerances={"rmse": Tolerance(0.01, True), "val.mae": Tolerance(0.05)},
        confidence=0.99,
        allow_missing=True,
    )


WRONG = [
    ("requires = []", "has a key 'requires', which no gate knows", "did you mean require?"),
    ("x = 1", "has a key 'x', which no gate knows", "the keys are require, no_worse_than, metrics, tolerance, "),
    ("require = 3", "3 is neither a text nor a list of texts", None),
    ("require = [3]", "[3] is neither a text nor a list of texts", None),
    ("confidence = 95", "95 is no confidence: it lies between 0.5 and 1, as 0.95", None),
    ("confidence = true", "True is no confidence", None),
    ("tolerance = -1", "-1 is no tolerance", None),
    ("tolerance = [1]", "[1] is no tolerance", None),
    ("tolerance = nan", "nan is no tolerance", None),
    ("tolerance = {rmse = '1 percent'}", "'1 percent' is no tolerance", None),
    ("direction = {rmse = 'down'}", "'down' is no direction: it is min or max", "write --direction rmse:min"),
    ("direction = 'min'", "'min' is no table", None),
    ("allow_missing = 'no'", "'no' is neither true nor false", None),
    ("require = ", "is no TOML: ", None),
]


@pytest.mark.parametrize(("text", "message", "hint"), WRONG)
def test_a_mistake_in_it_is_told(text: str, message: str, hint: str | None, tmp_path: Path) -> None:
    (tmp_path / "gate.toml").write_text(text)
    with pytest.raises(BadInput) as told:
        read_rules(tmp_path / "gate.toml")
    assert message in told.value.message
    assert "gate.toml" in told.value.message
    assert hint is None or (told.value.hint or "").startswith(hint)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file or directory"):
        read_rules(tmp_path / "gate.toml")
    (tmp_path / "gate.toml").write_bytes(b"\xff")
    with pytest.raises(BadInput, match="is no TOML"):
        read_rules(tmp_path / "gate.toml")


def test_options_add_to_a_file_and_are_stronger() -> None:
    file = Rules(("a < 1",), ("x",), ("a",), {"a": "min"}, {"a": Tolerance(1)}, Tolerance(0.1, True), 0.99, True)
    options = Rules(("a < 1", "b < 1"), ("y",), ("b",), {"a": "max"}, {"b": Tolerance(2)}, Tolerance(0), allow_unfinished=True)
    both = added(file, options)
    assert both == Rules(
        ("a < 1", "b < 1"),
        ("x", "y"),
        ("a", "b"),
        {"a": "max"},
        {"a": Tolerance(1), "b": Tolerance(2)},
        Tolerance(0),
        0.99,
        True,
        True,
    )
    assert added(file, Rules()) == file


def test_tolerances_as_words() -> None:
    words = ["rmse:1%", "val:loss:0.05", "1e-3"]
    assert to_tolerances(words) == ({"rmse": Tolerance(0.01, True), "val:loss": Tolerance(0.05)}, Tolerance(0.001))
    assert to_tolerance("2.5 %") == Tolerance(0.025, True)
    for wrong in ("-1", "x", "1.2.3", "1%%", "inf", ""):
        with pytest.raises(BadInput, match="is no tolerance"):
            to_tolerance(wrong)
    with pytest.raises(BadInput, match="names no metric"):
        to_tolerances([":1%"])


def test_directions_as_words() -> None:
    assert to_directions(["rmse:min", "val:auc:max"]) == {"rmse": "min", "val:auc": "max"}
    for wrong in ("rmse", "rmse:", "rmse:up", ":min"):
        with pytest.raises(BadInput, match="is no direction"):
            to_directions([wrong])
