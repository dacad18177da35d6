"""What a program may hand over as a param, and what the store then holds."""

from __future__ import annotations

import datetime
import math
import re
from argparse import ArgumentParser
from collections import OrderedDict, UserDict
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pytest

import runlog
from runlog.store.document import unplain
from tests.scene import bare_runs, only_run
from tests.tracking.odd_values import Broken, Colour, Level, Point, Tensor, Thing, Word


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (0.1, 0.1),
        (3, 3),
        (2**80, 2**80),
        (True, True),
        (None, None),
        ("", ""),
        ("ünï\nкод", "ünï\nкод"),
        (Word("word"), "word"),
        (float("inf"), math.inf),
        (float("-inf"), -math.inf),
        (np.float32(0.5), 0.5),
        (np.float64(0.1), 0.1),
        (np.int64(2**60), 2**60),
        (np.bool_(False), False),
        (np.str_("text"), "text"),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (np.array(5), 5),
        (np.datetime64("2026-01-02"), "2026-01-02"),
        (np.datetime64("2026-01-02T03:04:05.000000006"), "2026-01-02T03:04:05.000000006"),
        (np.array(["2026-01-02"], "M8[D]"), ["2026-01-02"]),
        (pd.Timestamp("2026-01-02T03:04:05"), "2026-01-02T03:04:05"),
        (pd.Series([1, 2]), [1, 2]),
        (Tensor(0.5), 0.5),
        (Tensor([1, 2]), [1, 2]),
        (Decimal("0.1"), 0.1),
        (Fraction(1, 4), 0.25),
        (Colour.RED, "red"),
        (Colour.ODD, "ODD"),
        (Colour.NUMBER, 3),
        (Level.HIGH, 7),
        (Path("data/train.csv"), "data/train.csv"),
        (PurePosixPath("/abs"), "/abs"),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (datetime.datetime(2026, 1, 2, 3, tzinfo=datetime.UTC), "2026-01-02T03:00:00+00:00"),
        (datetime.time(3, 4), "03:04:00"),
        (datetime.timedelta(hours=1, milliseconds=500), 3600.5),
        ([1, "a", None, [2.5]], [1, "a", None, [2.5]]),
        ((1, 2), [1, 2]),
        (Point(1, 2), [1, 2]),
        ({3, 1, 2}, [1, 2, 3]),
        (frozenset({"b", "a"}), ["a", "b"]),
        ([], []),
        ({}, {}),
        ([{"a": 1, 2: "b"}], [{"a": 1, "2": "b"}]),
        ([{"float": "NaN"}, {"dict": 1}], [{"float": "NaN"}, {"dict": 1}]),
        ([float("inf"), np.float32(1), Colour.RED], [math.inf, 1.0, "red"]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_params(project: Path, value: Any, kept: Any) -> None:
    with runlog.start_run(strict=True, params={"at birth": value}) as run:
        run.log_param("one", value)
        run.log_params({"two": value})
    stored = only_run(project / ".runlog")
    assert dict(stored.params) == {"at birth": kept, "one": kept, "two": kept}
    assert {type(found) for found in stored.params.values()} == {type(kept)}
    assert stored.problems == ()
    [bare] = bare_runs(project / ".runlog").values()
    assert [unplain(bare.birth["params"]["at birth"]), *(unplain(bare.params[name][0]) for name in ("one", "two"))] == [kept] * 3


def test_nan_is_a_param(project: Path) -> None:
    with runlog.start_run(strict=True, params={"a": float("nan")}) as run:
        run.log_param("b", np.float32("nan"))
        run.log_param("a", float("nan"))
    stored = only_run(project / ".runlog")
    assert [math.isnan(stored.params[name]) for name in "ab"] == [True, True]
    assert dict(stored.earlier_params) == {}  # NaN again is no change
    [bare] = bare_runs(project / ".runlog").values()
    assert bare.birth["params"] == {"a": {"float": "NaN"}}


@pytest.mark.parametrize(
    ("value", "kept", "note"),
    [
        (1 + 2j, "(1+2j)", "was a complex, kept as the text"),
        (b"\xff\x00", "b'\\xff\\x00'", "was a bytes, kept as the text"),
        (object, "<class 'object'>", "was a type, kept as the text"),
        (Thing(), "Thing(" + "x" * 991 + "...", "was a Thing, kept as the text"),
        (Broken(), "<Broken>", "was a Broken, kept as the text"),
        ([1, Broken()], "<list>", "was a list, kept as the text"),
        ({Broken(): 1}.keys(), "<dict_keys>", "was a dict_keys, kept as the text"),
        (Decimal("1e400"), "Decimal('1E+400')", "was a Decimal, kept as the text"),
        (range(3), "range(0, 3)", "was a range, kept as the text"),
        ("caf\udce9", "caf\\udce9", "holds half a letter, kept as"),
        (Path("caf\udce9"), "caf\\udce9", "holds half a letter, kept as"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_plain_data_is_kept_as_text_with_a_note(
    project: Path, value: Any, kept: str, note: str, caplog: pytest.LogCaptureFixture
) -> None:
    with runlog.start_run(strict=True, params={"birth": value}) as run:
        run.log_param("p", value)
        run.log_param("p", value)
    stored = only_run(project / ".runlog")
    assert dict(stored.params) == {"birth": kept, "p": kept}
    shown = repr(kept) if len(repr(kept)) <= 60 else f"{repr(kept)[:57]}..."
    assert stored.problems == (f"param 'birth' {note} {shown}", f"param 'p' {note} {shown}")
    assert len(caplog.messages) == 2


def test_nested_params_get_dotted_names(project: Path) -> None:
    params: dict[Any, Any] = {
        "model": {"depth": 3, "layers": {"first": {"units": 8}}, "empty": {}},
        "list": [{"a": 1}],
        5: "int key",
        1.5: {None: "none key"},
        True: 1,
        Colour.RED: 2,
        "ключ": OrderedDict(x=MappingProxyType({"y": UserDict(z=1)})),
    }
    with runlog.start_run(strict=True, params=params) as run:
        run.log_params({"later": params})
    expected = {
        "model.depth": 3,
        "model.layers.first.units": 8,
        "model.empty": {},
        "list": [{"a": 1}],
        "5": "int key",
        "1.5.None": "none key",
        "True": 1,
        "red": 2,
        "ключ.x.y.z": 1,
    }
    stored = only_run(project / ".runlog")
    assert dict(stored.params) == {**expected, **{f"later.{name}": value for name, value in expected.items()}}


@dataclass
class Model:
    depth: int = 3
    late: int = field(init=False)


@dataclass
class Config:
    lr: float = 0.1
    model: Model = field(default_factory=Model)
    empty: dict[str, Any] = field(default_factory=dict)


def test_params_may_be_a_dataclass_or_what_argparse_read(project: Path) -> None:
    parser = ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(["--seed", "7"])
    args.config = Config()
    with runlog.start_run(strict=True, params=args) as run:
        run.log_params(Config(lr=0.2))
        run.log_param("all", [Config(), args])
    one = {"lr": 0.1, "model": {"depth": 3}, "empty": {}}
    stored = only_run(project / ".runlog")
    assert dict(stored.params) == {
        "seed": 7, "config.lr": 0.1, "config.model.depth": 3, "config.empty": {},
        "lr": 0.2, "model.depth": 3, "empty": {}, "all": [one, {"seed": 7, "config": one}],
    }  # fmt: skip
    assert stored.problems == ()


def itself() -> dict[str, Any]:
    found: dict[str, Any] = {}
    found["again"] = found
    return found


def list_in_itself() -> list[Any]:
    found: list[Any] = []
    found.append(found)
    return found


@pytest.mark.parametrize(
    ("value", "code", "said"),
    [
        ("x" * 65_537, "bad-value", "param 'p' may have 65536 characters, got 65537"),
        (np.zeros(100_000), "bad-value", "param 'p' may have 65536 characters, got 500000"),
        ({"q": ["x" * 40_000] * 2}, "bad-value", "param 'p.q' may have 65536 characters, got 80008"),
        (10**5000, "bad-value", "param 'p' has too many digits to be written"),
        ([10**5000], "bad-value", "param 'p' has too many digits to be written"),
        (list_in_itself(), "bad-value", "param 'p' is nested too deeply, or holds itself"),
        (itself(), "bad-name", None),
    ],
    ids=["text", "array", "list", "int", "ints", "list in itself", "dict in itself"],
)
def test_what_is_too_much_is_refused_at_once_and_the_others_are_kept(
    project: Path, value: Any, code: str, said: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(runlog.RunlogError) as refused:
        runlog.start_run(params={"p": value})
    assert (refused.value.code, said or refused.value.message) == (code, refused.value.message)
    assert not (project / ".runlog").exists()
    with runlog.start_run() as run:
        run.log_params({"before": 1, "p": value, "after": 2})
    stored = only_run(project / ".runlog")
    assert dict(stored.params) == {"before": 1, "after": 2}
    assert len(stored.problems) == len(caplog.messages) == 1
    with runlog.start_run(strict=True) as run, pytest.raises(runlog.RunlogError, match=re.escape(refused.value.message)):
        run.log_param("p", value)
