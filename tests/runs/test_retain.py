"""Which runs rules keep."""

from __future__ import annotations

import pytest

from runlog.errors import NotFound, UsageError
from runlog.records import Artifact, Input, Metric, Process, RunRecord
from runlog.runs.retain import Rules, unkept

NOBODY = Process(0, 0, "", "", "", "")
RUN = RunRecord(
    id="", experiment="e", name=None, state="finished", created_at=0, ended_at=1, parent=None, note=None, params={}, tags={},
    metrics={}, artifacts={}, inputs={}, end=None, last_sign=1, process=NOBODY, host={}, command={}, problems=(), removed=False,
    lost=frozenset(), earlier_params={}, folder="",
)  # fmt: skip


def run(name: str, loss: float | None = None, metric: str = "loss", **changes: object) -> RunRecord:
    if loss is not None:
        changes["metrics"] = {metric: Metric(1, loss, loss, 0, 0, loss, 0, loss, 0, 0, 0)}
    return RUN._replace(id=name, **changes)  # type: ignore[arg-type]


def gone(runs: list[RunRecord], rules: Rules, experiment: str | None = None, **directions: str) -> list[str]:
    """Names of the runs that are not kept."""
    return [run.id for run in unkept(runs, rules, experiment, lambda name: directions)]  # type: ignore[arg-type,return-value]


def test_the_best_of_each_experiment_are_kept() -> None:
    runs = [run("a", 3.0), run("b", 1.0), run("c", 2.0), run("d", 9.0, experiment="f"), run("e", float("nan")), run("g")]
    assert gone(runs, Rules(best=(1, "loss"))) == ["a", "c", "e", "g"]
    assert gone(runs, Rules(best=(2, "loss"))) == ["a", "e", "g"]
    assert gone(runs, Rules(best=(1, "loss")), loss="max") == ["b", "c", "e", "g"]
    assert gone(runs, Rules(best=(1, "loss")), experiment="f") == []


def test_of_equals_the_newest_is_kept() -> None:
    assert gone([run("a", 1.0), run("c", 1.0), run("b", 1.0)], Rules(best=(1, "loss"))) == ["a", "b"]
    assert gone([run("a", 1.0), run("c", 1.0), run("b", 1.0)], Rules(best=(1, "loss")), loss="max") == ["a", "b"]


def test_a_metric_must_exist_and_have_a_direction() -> None:
    with pytest.raises(NotFound, match="no run has a metric 'acc'"):
        gone([run("a", 1.0)], Rules(best=(1, "acc")))
    with pytest.raises(UsageError, match="whether more of 'foo' is better is not known in 'e'") as refused:
        gone([run("a", 1.0, metric="foo")], Rules(best=(1, "foo")))
    assert refused.value.hint == "runlog experiments set e --max foo"
    assert gone([run("a", 1.0, metric="foo"), run("b", 2.0, metric="foo")], Rules(best=(1, "foo")), foo="max") == ["a"]


def test_tagged_new_and_running_runs_are_kept() -> None:
    runs = [run("a", tags={"k": "v"}), run("b", tags={"k": ""}), run("c", ended_at=50), run("d", state="running", ended_at=None)]
    assert gone(runs, Rules(tagged=True)) == ["c"]
    assert gone(runs, Rules(tags=("k",))) == ["c"]
    assert gone(runs, Rules(tags=("k=v", "x"))) == ["b", "c"]
    assert gone(runs, Rules(newer_than=40)) == ["a", "b"]
    assert gone(runs, Rules(newer_than=40, tags=("k=v",))) == ["b"]


def test_a_kept_run_keeps_its_parents_and_its_children() -> None:
    sweep, best, other = run("sweep"), run("best", tags={"keep": ""}, parent="sweep"), run("other", parent="sweep")
    fold = run("fold", parent="best")
    assert gone([sweep, best, other, fold], Rules(tagged=True)) == ["other"]
    assert gone([sweep._replace(tags={"keep": ""}), other], Rules(tagged=True)) == []


def test_a_kept_run_keeps_the_runs_that_made_its_inputs() -> None:
    model = {"model.bin": Artifact("model.bin", 5, "abc", 0, "model.bin")}
    empty = {"empty": Artifact("empty", 0, "e3b0", 0, "empty")}
    used = {"model": Input("model", "m", 5, "abc", 1, 0), "nothing": Input("nothing", "n", 0, "e3b0", 1, 0)}
    maker, source = run("maker", artifacts=model, parent="source"), run("source")
    runs = [maker, source, run("user", inputs=used, tags={"keep": ""}), run("idle", artifacts=empty)]
    assert gone(runs, Rules(tagged=True)) == ["idle"]


def test_runs_of_other_experiments_are_not_judged_but_keep_what_they_depend_on() -> None:
    runs = [run("parent"), run("child", parent="parent", experiment="f"), run("alone")]
    assert gone(runs, Rules(tagged=True), experiment="e") == ["alone"]
