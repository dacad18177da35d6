"""What a program may hand over, and what the store then holds."""

from __future__ import annotations

import datetime
import enum
import json
import math
import re
from argparse import ArgumentParser
from collections import OrderedDict, UserDict, namedtuple
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import runlog
from runlog.store.document import unplain
from tests.scene import bare_runs, only_run, points, python


class Tensor:
    """Behaves like a torch tensor, as far as anybody outside torch can tell."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def item(self) -> Any:
        if isinstance(self.value, list):
            raise RuntimeError("a Tensor with 2 elements cannot be converted to Scalar")
        return self.value

    def tolist(self) -> Any:
        return self.value

    def __float__(self) -> float:
        return float(self.item())

    def __index__(self) -> int:
        if not isinstance(self.value, int):
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return self.value

    def __bool__(self) -> bool:
        return bool(self.item())

    def __eq__(self, other: object) -> Any:
        return Tensor(self.value == other)

    def __ne__(self, other: object) -> Any:
        return Tensor(self.value != other)

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"tensor({self.value})"


class Broken:
    """Every question about it fails, each in its own way."""

    def __repr__(self) -> str:
        raise ZeroDivisionError("no repr")

    def __str__(self) -> str:
        raise ZeroDivisionError("no str")

    def __float__(self) -> float:
        raise KeyError("no float")

    def __index__(self) -> int:
        raise LookupError("no index")

    def tolist(self) -> Any:
        raise OSError("no list")


class Colour(enum.Enum):
    RED = "red"
    ODD = ("a", "tuple")
    NUMBER = 3


class Level(enum.IntEnum):
    HIGH = 7


class Word(str):
    """A text of a class of its own, as yaml and numpy give them."""

    __slots__ = ()


Point = namedtuple("Point", ["x", "y"])


class Thing:
    def __repr__(self) -> str:
        return "Thing(" + "x" * 2000 + ")"


@pytest.mark.parametrize(
    ("given_value", "kept"),
    [
        (1.5, 1.5),
        (3, 3.0),
        (True, 1.0),
        (float("inf"), math.inf),
        (float("-inf"), -math.inf),
        (-0.0, -0.0),
        (5e-324, 5e-324),
        (2**53, 2.0**53),
        (2**64, 2.0**64),
        (np.float16(1.5), 1.5),
        (np.float32(0.1), 0.10000000149011612),
        (np.float64(0.1), 0.1),
        (np.longdouble(0.5), 0.5),
        (np.int8(-3), -3.0),
        (np.uint64(2**63), 2.0**63),
        (np.bool_(True), 1.0),
        (np.float32("inf"), math.inf),
        (np.array(2.5), 2.5),
        (Tensor(0.25), 0.25),
        (Tensor(3), 3.0),
        (Decimal("0.1"), 0.1),
        (Decimal("Infinity"), math.inf),
        (Fraction(1, 3), 1 / 3),
        (Level.HIGH, 7.0),
    ],
    ids=lambda value: type(value).__name__,
)
def test_metrics(project: Path, given_value: Any, kept: float) -> None:
    with runlog.start_run(strict=True) as run:
        run.log_metric("one", given_value)
        run.log_metrics({"two": given_value, "three": 1.0})
    [bare] = bare_runs(project / ".runlog").values()
    assert bare.points == {"one": [(0, kept)], "two": [(0, kept)], "three": [(0, 1.0)]}
    assert math.copysign(1, bare.points["one"][0][1]) == math.copysign(1, kept)
    assert only_run(project / ".runlog").problems == ()


@pytest.mark.parametrize(
    "nan", [float("nan"), np.float32("nan"), Decimal("NaN"), Tensor(float("nan"))], ids=lambda value: type(value).__name__
)
def test_nan_is_kept_and_is_no_minimum(project: Path, nan: Any) -> None:
    with runlog.start_run(strict=True) as run:
        run.log_metric("loss", nan)
        run.log_metric("loss", 2.0)
        run.log_metric("loss", nan)
        run.log_metric("only", nan)
    [bare] = bare_runs(project / ".runlog").values()
    assert [math.isnan(value) for _, value in bare.points["loss"]] == [True, False, True]
    metrics = only_run(project / ".runlog").metrics
    assert (metrics["loss"].min, metrics["loss"].max, metrics["loss"].step_of_min) == (2.0, 2.0, 1)
    assert math.isnan(metrics["loss"].last)
    assert (metrics["only"].min, metrics["only"].max, metrics["only"].count) == (None, None, 1)


@pytest.mark.parametrize(
    "number", [2**53 + 1, np.int64(2**53 + 1), np.uint64(2**53 + 1), Tensor(2**53 + 1)], ids=lambda value: type(value).__name__
)
def test_more_digits_than_a_float_has_is_told_once(project: Path, number: Any, caplog: pytest.LogCaptureFixture) -> None:
    with runlog.start_run(strict=True) as run:
        for _ in range(3):
            run.log_metric("big", number)
    stored = only_run(project / ".runlog")
    assert points(stored, "big") == [(step, 2.0**53) for step in range(3)]
    told = "metric 'big': 9007199254740993 has more digits than a 64-bit float, stored as 9007199254740992"
    assert stored.problems == (told,)
    assert caplog.messages == [f"runlog: run {run.id}: {told}"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("0.5", "metric 'loss' must be a number, got '0.5'"),
        (b"1", "metric 'loss' must be a number, got b'1'"),
        (None, "metric 'loss' must be a number, got None"),
        (1 + 2j, "metric 'loss' must be one number, got complex (1+2j)"),
        ([1.0, 2.0], "metric 'loss' must be one number, got list [1.0, 2.0]"),
        (np.array([1.0, 2.0]), "metric 'loss' must be one number, got ndarray array([1., 2.])"),
        (Tensor([1.0, 2.0]), "metric 'loss' must be one number, got Tensor tensor([1.0, 2.0])"),
        ({}, "metric 'loss' must be one number, got dict {}"),
        (datetime.date(2026, 1, 2), "metric 'loss' must be one number, got date datetime.date(2026, 1, 2)"),
        (10**400, "metric 'loss' must fit a 64-bit float, got 1" + "0" * 56 + "..."),
        (Decimal("1e400"), "metric 'loss' must fit a 64-bit float, got Decimal('1E+400')"),
        (Fraction(10**400), "metric 'loss' must fit a 64-bit float, got Fraction(1" + "0" * 47 + "..."),
        (Broken(), "metric 'loss' must be one number, got Broken <Broken>"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_number_is_refused_at_once(project: Path, value: Any, said: str) -> None:
    with runlog.start_run(strict=True) as run:
        logs: list[Callable[[], object]] = [
            lambda: run.log_metric("loss", value),
            lambda: run.log_metrics({"fine": 1.0, "loss": value}),
        ]
        for log in logs:
            with pytest.raises(runlog.RunlogError) as refused:
                log()
            assert (refused.value.code, refused.value.message) == ("bad-value", said)
    # All metrics of one call or none.
    assert only_run(project / ".runlog").metrics == {}


def test_nested_metrics_get_dotted_names(project: Path) -> None:
    with runlog.start_run(strict=True) as run:
        run.log_metrics({"train": {"loss": 0.5, "by": {"class": 1}}, "valid": {"loss": 0.25}}, step=3)
    [bare] = bare_runs(project / ".runlog").values()
    assert bare.points == {"train.loss": [(3, 0.5)], "train.by.class": [(3, 1.0)], "valid.loss": [(3, 0.25)]}


@pytest.mark.parametrize(
    "name", ["loss", "train/loss", "ünï код 损失 🎉", "a b", "x" * 250, ".", "..", "CON", "a\\b", "-", "'\"<>&"]
)
def test_names_of_metrics_params_and_tags_may_be_any_line_of_text(project: Path, name: str) -> None:
    with runlog.start_run(strict=True, params={name: 1}, tags={name: "1"}) as run:
        run.log_metric(name, 1.0)
        run.log_metrics({name: 2.0, "other": 1.0})
        run.log_param(name, 2)
        run.set_tag(name, "2")
    [bare] = bare_runs(project / ".runlog").values()
    assert bare.points == {name: [(0, 1.0), (1, 2.0)], "other": [(1, 1.0)]}
    assert (bare.params, bare.tags) == ({name: [1, 2]}, {name: "2"})


@pytest.mark.parametrize(
    "name", ["", " ", "\t", "a\nb", "a\0b", "\x7f", "x" * 251, "\udcff", "a\u2028b", 5, None, b"loss", ("a",)]
)
def test_other_names_are_refused_at_once(project: Path, name: Any) -> None:
    with runlog.start_run(strict=True) as run:
        verbs: list[Callable[[], object]] = [
            lambda: run.log_metric(name, 1.0),
            lambda: run.log_metrics({name: 1.0, "fine": 2.0}),
            lambda: run.log_metrics({name: 1, "fine": 2.0}),
            lambda: run.set_tag(name, "x"),
            lambda: run.set_tags({name: "x"}),
        ]
        if isinstance(name, str):
            verbs += [
                lambda: run.log_param(name, 1),
                lambda: run.log_params({name: 1}),
                lambda: runlog.start_run(params={name: 1}),
            ]
        for verb in verbs:
            with pytest.raises(runlog.RunlogError) as refused:
                verb()
            assert refused.value.code == "bad-name"
    stored = only_run(project / ".runlog")
    assert (stored.metrics, stored.params, stored.tags) == ({}, {}, {})


@pytest.mark.parametrize(
    "step",
    [3, np.int64(3), np.uint8(3), 3.0, np.float32(3), Tensor(3), Decimal(3), Level.HIGH - 4],
    ids=lambda value: type(value).__name__,
)
def test_steps(project: Path, step: Any) -> None:
    with runlog.start_run(strict=True) as run:
        run.log_metric("a", 1.0, step)
        run.log_metrics({"b": 1.0}, step=step)
    [bare] = bare_runs(project / ".runlog").values()
    assert bare.points == {"a": [(3, 1.0)], "b": [(3, 1.0)]}


@pytest.mark.parametrize(
    "step",
    [0.5, "3", "x", float("nan"), float("inf"), 2**63, -(2**63) - 1, [1], Tensor([1, 2]), Broken()],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_step_is_refused_at_once(project: Path, step: Any) -> None:
    with runlog.start_run(strict=True) as run:
        logs: list[Callable[[], object]] = [
            lambda: run.log_metric("a", 1.0, step),
            lambda: run.log_metrics({"a": 1.0}, step=step),
        ]
        for log in logs:
            with pytest.raises(runlog.RunlogError, match=r"^a step must (be a whole number|fit 64 bits), got ") as refused:
                log()
            assert refused.value.code == "bad-value"
    assert only_run(project / ".runlog").metrics == {}


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


def test_what_a_message_shows_stays_on_one_line(project: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2]})
    with runlog.start_run() as run:
        run.log_metric("m", np.ones((2, 2)))
        run.set_name(frame)
        run.use_data(frame)
    assert only_run(project / ".runlog").problems == (
        "metric 'm' must be one number, got ndarray array([[1., 1.], [1., 1.]])",
        "run name must be text, got DataFrame a 0 1 1 2",
        "path must be text, got DataFrame a 0 1 1 2",
    )


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


def test_long_texts_fit(project: Path) -> None:
    with runlog.start_run(strict=True) as run:
        run.log_param("p", "ü" * 65_536)
        run.set_tag("t", "ü" * 65_536)
        run.set_note("ü" * 1_000_000)
    stored = only_run(project / ".runlog")
    assert (stored.params["p"], stored.tags["t"], stored.note) == ("ü" * 65_536, "ü" * 65_536, "ü" * 1_000_000)


@pytest.mark.parametrize("verb", ["params", "tags"])
@pytest.mark.parametrize("given_value", [["a", "b"], "text", 5, [("a", 1)]], ids=lambda value: type(value).__name__)
def test_params_and_tags_come_by_name(project: Path, verb: str, given_value: Any) -> None:
    said = f"^{verb} must be a mapping of names to values, got "
    with pytest.raises(runlog.RunlogError, match=said):
        runlog.start_run(**{verb: given_value})
    with runlog.start_run(strict=True) as run, pytest.raises(runlog.RunlogError, match=said):
        (run.log_params if verb == "params" else run.set_tags)(given_value)


plain_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4),
    max_leaves=8,
)


def same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(plain_data, max_size=5), numbers=st.lists(st.floats(), max_size=20))
def test_plain_data_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, values: list[Any], numbers: list[float]
) -> None:
    store = tmp_path_factory.mktemp("laws") / "store"
    # In lists, for a mapping on its own becomes several params.
    params = {f"p{place}": [value] for place, value in enumerate(values)}
    with runlog.start_run(strict=True, store=store, params=params) as run:
        run.log_params({f"later {name}": value for name, value in params.items()})
        for number in numbers:
            run.log_metric("number", number)
        live = runlog.open_store(store).run(run.id)
        assert same([value for _, value in points(live, "number")], numbers)
    stored = only_run(store)
    for name, value in params.items():
        assert same(stored.params[name], value)
        assert same(stored.params[f"later {name}"], value)
    assert same([value for _, value in points(stored, "number")], numbers)


def test_logging_needs_neither_numpy_nor_pyarrow(tmp_path: Path) -> None:
    script = """\
import sys, runlog
assert not {"numpy", "pyarrow", "pandas", "torch"} & set(sys.modules), sys.modules.keys()
class Scalar:
    def item(self): return 0.5
    def tolist(self): return 0.5
    def __float__(self): return 0.5
run = runlog.start_run(params={"lr": Scalar()})
run.log_metric("loss", Scalar())
run.log_metrics({"a": Scalar(), "b": 1})
run.log_param("p", Scalar())
runlog.set_tag("t", Scalar())
runlog.log_text("x", "x.txt")
print(sorted({"numpy", "pyarrow", "pandas", "torch"} & set(sys.modules)))
run.finish()
print(sorted({"pandas", "torch"} & set(sys.modules)))
"""
    done = python(script, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("[]\n[]\n", "")
    stored = only_run(tmp_path / ".runlog")
    assert (dict(stored.params), dict(stored.tags)) == ({"lr": 0.5, "p": 0.5}, {"t": "0.5"})
    assert points(stored, "loss") == [(0, 0.5)]
    assert stored.problems == ()


def test_numpy_scalars_bring_in_no_pyarrow(tmp_path: Path) -> None:
    script = """\
import sys, numpy as np, runlog
with runlog.start_run(params={"lr": np.float32(0.5), "shape": np.array([1, 2])}) as run:
    run.log_metric("loss", np.float64(0.25), step=np.int64(3))
    print("pyarrow" in sys.modules)
"""
    done = python(script, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("False\n", "")
    stored = only_run(tmp_path / ".runlog")
    assert (dict(stored.params), points(stored, "loss")) == ({"lr": 0.5, "shape": [1, 2]}, [(3, 0.25)])
