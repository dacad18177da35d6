"""What a program may hand over as a metric or a step, and what the store then holds."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import runlog
from tests.scene import bare_runs, only_run, points
from tests.tracking.odd_values import Broken, Level, Tensor


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
