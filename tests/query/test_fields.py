"""Names that exist, and what is asked of them."""

from __future__ import annotations

from pathlib import Path

import pytest

import runlog
from runlog.errors import RunlogError
from runlog.query import Names, bind, field, matches, mentions, notes, order, parse, sort_key, value_of
from runlog.query.expr import AGGREGATES, STEPS, Field
from runlog.records import Metric
from tests.query.scene import NOW, SECOND, record

NAMES = Names(metrics={"rmse", "loss"}, params={"alpha", "loss", "model.depth", "state"}, tags={"fold"})


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("rmse < 1", "metrics.rmse < 1"),
        ("alpha", "params.alpha"),
        ("model.depth > 3 or fold = 1", "params.model.depth > 3 or tags.fold = 1"),
        ("min(loss) < last(loss)", "min(metrics.loss) < metrics.loss"),
        ("step of max(loss) > count(rmse)", "step of max(metrics.loss) > count(metrics.rmse)"),
        ("alpha > `rmse`", "params.alpha > metrics.rmse"),
        ("state = lost", 'state = "lost"'),
        ("status in (lost)", 'state in ("lost")'),
        ("`state` = lost", 'params.state = "lost"'),
        ("'state' = lost", 'params.state = "lost"'),
        ("P.state = x and Tag.`fold` = y", 'params.state = "x" and tags.fold = "y"'),
        ("NOT (Metric.rmse IS NOT NULL)", "not metrics.rmse is not null"),
        ("alpha != null and alpha == null", "params.alpha is not null and params.alpha is null"),
        ("alpha !~ x and alpha ~ y", 'params.alpha not matches "x" and params.alpha matches "y"'),
        ("(rmse and alpha) or not (fold or rmse)", "metrics.rmse and params.alpha or not (tags.fold or metrics.rmse)"),
        ("(rmse or alpha) and fold", "(metrics.rmse or params.alpha) and tags.fold"),
        ("alpha in [1, 'a b',]", 'params.alpha in (1, "a b")'),
    ],
)
def test_bare_names_are_looked_up(text: str, bound: str) -> None:
    assert str(bind(parse(text), NAMES)) == bound


def test_an_aggregate_is_always_of_a_metric() -> None:
    names = Names(metrics={"duration", "loss"}, params={"loss"}, tags={"loss"})
    assert str(bind(parse("min(duration) < 1 and max(loss) > 2"), names)) == "min(metrics.duration) < 1 and max(metrics.loss) > 2"


def test_truths_equal_the_text_of_a_tag() -> None:
    run = record({"tags": {"a": "true", "b": "True"}, "params": {"a": True, "b": "false", "c": 1}})
    texts = ("tags.a = True", "tags.b = True", "tags.b = true", "p.a = TRUE", "p.b = False", "p.b", "p.a = 'true'", "p.c = true")
    assert [matches(parse(text), run, NOW) for text in texts] == [True, True, False, True, True, True, False, False]


def test_names_of_runs() -> None:
    one = record({"params": {"a": 1}, "tags": {"t": ""}})
    other = record({"params": {"b": 1}, "metrics": {"m": [1]}})
    assert Names.of([one, other]) == Names({"m"}, {"a", "b"}, {"t"})


def test_a_prefixed_name_need_not_exist() -> None:
    tree = parse("metrics.nothing < 3 or params.nothing or tags.nothing = x or min(metrics.nothing) < 1")
    assert bind(tree, Names()) == tree
    assert not matches(tree, record({}), NOW)


def test_a_name_that_was_not_looked_up_is_a_bug_and_not_an_answer() -> None:
    with pytest.raises(RunlogError, match="'rmse' was used before it was looked up"):
        matches(parse("rmse < 3"), record({}), NOW)


def test_what_a_filter_mentions() -> None:
    tree = bind(parse("rmse < 1 and (min(loss) < metrics.rmse or not fold) and rmse > 0 and started < today"), NAMES)
    assert [str(found) for found in mentions(tree)] == ["metrics.rmse", "min(metrics.loss)", "tags.fold", "started"]


def test_notes_tell_what_is_probably_not_meant() -> None:
    text = "metrics.rmes < 1 and not tags.fold < 3 and params.x = 1 and metrics.loss contains 3 and rmse = nan"
    assert notes(bind(parse(text), NAMES), NAMES) == (
        "no run has a metric 'rmes': did you mean rmse?",
        "no run has a param 'x'",
        "tags.fold is text and 3 is a number, so < is never true",
        "metrics.loss is a number, and only text can be searched",
    )
    assert notes(bind(parse("rmse < 1 and fold = 3 and `alpha` > 2 and id contains 3"), NAMES), NAMES) == ()


@pytest.mark.parametrize(
    ("text", "name", "descending"),
    [
        ("rmse", "metrics.rmse", False),
        ("-rmse", "metrics.rmse", True),
        ("+rmse", "metrics.rmse", False),
        (" - min(loss) ", "min(metrics.loss)", True),
        ("step of min(loss) DESC", "step of min(metrics.loss)", True),
        ("alpha asc", "params.alpha", False),
        ("-alpha desc", "params.alpha", False),
        ("-`state`", "params.state", True),
        ("-state", "state", True),
        ("params.`a b` desc", "params.`a b`", True),
    ],
)
def test_orders(text: str, name: str, descending: bool) -> None:
    by = order(text, NAMES)
    assert (str(by.field), by.descending) == (name, descending)


def test_the_values_of_all_fields() -> None:
    run = record(
        {
            "id": "20261120-213012-k3f9x2",
            "experiment": "duration",
            "name": "ridge",
            "state": "failed",
            "started": NOW - 90 * SECOND,
            "ended": NOW - 30 * SECOND,
            "exit_code": 3,
            "parent": "20261119-000000-aaaaaa",
            "note": "n",
            "user": "ada",
            "host": "node7",
            "params": {"alpha": [1, 2], "none": None},
            "tags": {"fold": ""},
            "metrics": {"loss": [3.0, 1.0, 2.0], "nan": [float("nan")]},
        }
    )
    wanted = {
        "id": "20261120-213012-k3f9x2",
        "experiment": "duration",
        "name": "ridge",
        "state": "failed",
        "started": NOW - 90 * SECOND,
        "ended": NOW - 30 * SECOND,
        "duration": 60.0,
        "exit_code": 3,
        "parent": "20261119-000000-aaaaaa",
        "note": "n",
        "user": "ada",
        "host": "node7",
        "params.alpha": [1, 2],
        "params.none": None,
        "params.other": None,
        "tags.fold": "",
        "tags.other": None,
        "metrics.loss": 2.0,
        "min(metrics.loss)": 1.0,
        "max(metrics.loss)": 3.0,
        "first(metrics.loss)": 3.0,
        "count(metrics.loss)": 3,
        "step of min(metrics.loss)": 1,
        "step of max(metrics.loss)": 0,
        "step of last(metrics.loss)": 2,
        "step of first(metrics.loss)": 0,
        "min(metrics.nan)": None,
        "metrics.other": None,
    }
    found = {text: value_of(field(text, Names()), run, NOW) for text in wanted}
    assert found == wanted


def test_every_aggregate_is_something_of_a_metric() -> None:
    names = set(Metric._fields)
    calls = [*AGGREGATES, *(f"step of {name}" for name in STEPS)]
    assert len(calls) == 9
    assert {field(f"{call}(a)", Names(metrics={"a"})).what for call in calls} <= names


def test_what_a_field_holds() -> None:
    texts = ["metrics.a", "min(metrics.a)", "params.a", "tags.a", "name", "state", "started", "duration", "exit_code"]
    holds = ["number", "number", "any", "text", "text", "state", "time", "length", "number"]
    assert [field(text, Names()).holds for text in texts] == holds


def test_two_fields_are_equal_wherever_they_were_written() -> None:
    assert field("rmse", NAMES) == field("  metrics.rmse", NAMES) == Field("metric", "rmse", "last")
    assert len({field("rmse", NAMES), field("last(rmse)", NAMES)}) == 1


def test_values_of_many_types_sort_together() -> None:
    nan = float("nan")
    values = [None, "b", 2, True, nan, [1], "a", -1.5, False, None, {"x": 1}]
    up = sorted(values, key=sort_key)
    assert repr(up) == "[-1.5, 2, False, True, 'a', 'b', [1], {'x': 1}, nan, None, None]"
    down = sorted(values, key=lambda value: sort_key(value, descending=True))
    assert repr(down) == "[2, -1.5, True, False, 'b', 'a', {'x': 1}, [1], nan, None, None]"


def test_runs_of_a_real_store(tmp_path: Path) -> None:
    store = tmp_path / "store"
    for name, alpha in (("ridge", 0.1), ("forest", 0.5), ("xgb", "0.5")):
        with runlog.start_run(experiment="e", name=name, params={"alpha": alpha}, tags={"fold": 3}, store=store) as run:
            for step, value in enumerate((0.9, 0.3, len(name) / 10)):
                run.log_metric("val/loss", value, step=step)
    records = [run.record for run in runlog.open_store(store).runs()]
    names = Names.of(records)

    def found(text: str) -> set[str | None]:
        tree = bind(parse(text), names)
        return {run.name for run in records if matches(tree, run, max(run.created_at for run in records) + SECOND)}

    assert found("alpha > 0.2") == {"forest"}
    assert found("alpha = 0.5") == {"forest", "xgb"}
    assert found("alpha = '0.5' and fold = 3") == {"xgb"}
    assert found("val/loss > min(val/loss) and step of min(val/loss) = 1") == {"ridge", "forest"}
    assert found("state = finished and started >= yesterday and duration < 10 min and ended is not null") == {
        "ridge",
        "forest",
        "xgb",
    }
    assert found(f"id = {records[0].id}") == {records[0].name}
