"""A metric against that of a baseline: single runs, groups, and the laws that hold whatever the numbers are."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runlog.errors import BadInput, UsageError
from runlog.models.gate import Check, Meant, Rules, Tolerance
from runlog.models.gate.comparison import compared, measures
from runlog.models.gate.rules import to_tolerance
from tests.models.gate.scene import run

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False).map(lambda number: round(number, 3))
SEEDS = st.lists(NUMBERS, min_size=1, max_size=4)
TOLERANCES = st.builds(Tolerance, st.floats(0, 10, allow_nan=False), st.booleans())


def check(own: list[float | None], base: list[float | None], way: str = "min", **more: Any) -> Check:
    """The check of one metric that some runs have, and a baseline's have."""
    rules = Rules(directions={"m": way}, **more)  # type: ignore[dict-item]
    candidate, baseline = (
        tuple(run(f"{side}{at}", metrics={} if value is None else {"m": value}) for at, value in enumerate(values))
        for side, values in (("a", own), ("b", base))
    )
    meant = Meant("prod", baseline)
    [measure] = measures(rules, meant, {})
    return compared(measure, candidate, meant, rules)


ONE_PERCENT, A_TENTH = {"tolerance": to_tolerance("1%")}, {"tolerance": to_tolerance("0.1")}
CASES: list[tuple[list[float | None], list[float | None], str, dict[str, Any], str, str]] = [
    ([6.0], [6.0], "min", {}, "ok", "the same"),
    ([5.0], [6.0], "min", {}, "ok", "better by 1 (16.7%)"),
    ([5.0], [6.0], "max", {}, "failed", "worse by 1 (16.7%)"),
    ([6.06], [6.0], "min", ONE_PERCENT, "ok", "worse by 0.06 (1.0%), within 1%"),
    ([6.07], [6.0], "min", ONE_PERCENT, "failed", "worse by 0.07 (1.2%), 1% tolerated"),
    ([6.1], [6.0], "min", A_TENTH, "ok", "worse by 0.1 (1.7%), within 0.1"),
    ([0.3], [0.1], "min", {"tolerance": to_tolerance("200%")}, "ok", "worse by 0.2 (200.0%), within 200%"),
    ([-5.94], [-6.0], "min", ONE_PERCENT, "ok", "worse by 0.06 (1.0%), within 1%"),
    ([-5.9], [-6.0], "min", ONE_PERCENT, "failed", "worse by 0.1 (1.7%), 1% tolerated"),
    ([-6.06], [-6.0], "max", ONE_PERCENT, "ok", "worse by 0.06 (1.0%), within 1%"),
    ([0.01], [0.0], "min", ONE_PERCENT, "failed", "worse by 0.01, and 1% of 0 is 0"),
    ([0.01], [0.0], "min", A_TENTH, "ok", "worse by 0.01, within 0.1"),
    ([math.nan], [6.0], "min", {"allow_missing": True}, "failed", "m of the candidate is NaN"),
    ([math.inf], [6.0], "max", {}, "failed", "m of the candidate is inf"),
    ([6.0], [math.nan], "min", {"allow_missing": True}, "failed", "m of the baseline is NaN"),
    ([None], [6.0], "min", {}, "failed", "the candidate has no m"),
    ([None], [6.0], "min", {"allow_missing": True}, "note", "the candidate has no m"),
    ([6.0], [None], "min", {}, "failed", "the baseline has no m"),
    ([6.0, None], [6.0], "min", {}, "failed", "the candidate has no m in 1 of 2 runs"),
    ([6.0, None], [6.0], "min", {"allow_missing": True}, "ok", "the same"),
    ([6.0, math.nan, math.nan], [6.0], "min", {}, "failed", "m of the candidate is NaN in 2 of 3 runs"),
    ([6.0, 6.2, 6.4], [6.1], "min", {}, "ok", "worse by 0.1 (1.6%), but within chance, p = 0.35, 3 runs against 1 run"),
    (
        [6.0, 6.01, 6.02],
        [5.0, 5.01, 5.02],
        "min",
        {},
        "failed",
        "worse beyond chance by 1 (20.0%), p = 1.3e-08, 3 runs against 3 runs",
    ),
    ([6.0, 6.0], [5.0, 5.0], "min", {}, "failed", "worse beyond chance by 1 (20.0%), p = 0, 2 runs against 2 runs"),
]


@pytest.mark.parametrize(("own", "base", "way", "more", "result", "message"), CASES)
def test_what_is_said(
    own: list[float | None], base: list[float | None], way: str, more: dict[str, Any], result: str, message: str
) -> None:
    found = check(own, base, way, **more)
    assert (found.result, found.message) == (result, message)


@given(SEEDS, SEEDS, TOLERANCES, st.floats(0, 10), st.sampled_from(["min", "max"]))
def test_a_larger_tolerance_never_turns_pass_into_fail(
    own: list[float | None], base: list[float | None], less: Tolerance, by: float, way: str
) -> None:
    more = less._replace(amount=less.amount + by)
    passed = [check(own, base, way, tolerance=tolerance).passed for tolerance in (less, more)]
    assert passed != [True, False]


@given(SEEDS, SEEDS, TOLERANCES)
def test_the_other_direction_of_the_negated_values_is_the_same(own: list[float], base: list[float], tolerance: Tolerance) -> None:
    straight = check([*own], [*base], "min", tolerance=tolerance)
    mirrored = check([-value for value in own], [-value for value in base], "max", tolerance=tolerance)
    assert (straight.result, straight.message) == (mirrored.result, mirrored.message)


@given(SEEDS)
def test_nothing_is_worse_than_itself(values: list[float | None]) -> None:
    assert check(values, values).passed
    assert check(values, values, "max").passed


@given(NUMBERS, NUMBERS)
def test_a_single_run_passes_as_the_numbers_say(own: float, base: float) -> None:
    assert check([own], [base]).passed == (own <= base or math.isclose(own, base, rel_tol=1e-11))


def test_without_names_all_metrics_whose_direction_is_known_are_compared() -> None:
    baseline = Meant("prod", (run(metrics={"rmse": 1, "odd": 2, "auc": 3, "system/error": 4}),))
    assert [(found.name, found.way) for found in measures(Rules(), baseline, {})] == [("auc", "max"), ("rmse", "min")]
    assert [found.name for found in measures(Rules(), baseline, {"odd": "max"})] == ["auc", "odd", "rmse"]
    assert [found.way for found in measures(Rules(metrics=("rmse",)), baseline, {"rmse": "max"})] == ["max"]
    assert [found.name for found in measures(Rules(metrics=("min(rmse)", "metrics.auc")), baseline, {})] == [
        "min(rmse)",
        "metrics.auc",
    ]


def test_what_nobody_knows_the_direction_of_must_be_told() -> None:
    baseline = Meant("prod", (run(metrics={"odd": 1}),))
    with pytest.raises(UsageError, match="whether more of 'odd' is better is not known"):
        measures(Rules(metrics=("odd",)), baseline, {})
    with pytest.raises(BadInput, match="min is of metrics, and "):
        measures(Rules(metrics=("min(params.x)",)), baseline, {})
