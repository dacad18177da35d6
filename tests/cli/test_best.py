"""`runlog best`, and `@best:` wherever a run is named."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

import runlog
from tests.cli.conftest import Answer, Cli


@pytest.fixture
def sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Runs by name. The last values of `loss` are 3, 1, 1, NaN and none, the lowest ones 1, 1, 0.5 and 2."""
    monkeypatch.chdir(tmp_path)
    curves: dict[str, list[float]] = {"first": [1, 3], "second": [2, 1], "third": [0.5, 1], "nan": [2, math.nan], "none": []}
    ids = {}
    for name, values in curves.items():
        with runlog.start_run(
            experiment="one", name=name, tags={"good": ""} if name == "first" else {}, store=tmp_path / ".runlog"
        ) as run:
            for value in values:
                run.log_metric("loss", value)
                run.log_metric("odd", value)
        ids[name] = run.id
    return ids


def test_the_best_by_name_of_the_metric_or_as_told(cli: Cli, sweep: dict[str, str]) -> None:
    best = {
        ("loss",): ["third"],
        ("loss", "--max"): ["first"],
        ("odd", "--min"): ["third"],
        ("loss", "-n", "2"): ["third", "second"],
        ("loss", "-n", "0"): ["third", "second", "first"],
        ("loss", "-n", "9"): ["third", "second", "first"],
        ("loss", "--max", "-n", "9"): ["first", "third", "second"],
        ("min(loss)",): ["third"],
        ("min(loss)", "--max"): ["nan"],
        ("metrics.loss",): ["third"],
        ("loss", "--tag", "good"): ["first"],
    }
    for words, names in best.items():
        assert cli("best", *words) == Answer(0, "".join(f"{sweep[name]}\n" for name in names), ""), words


def test_it_is_a_selector_too(cli: Cli, sweep: dict[str, str]) -> None:
    assert cli("params", "@best:loss") == Answer(0, "", "")
    assert cli("metrics", "@best:loss", "loss", "--csv").out.splitlines()[1] == "loss,1,1,0.5,0,1,1,0.5,0,2"
    nothing = "error: '@best:' names no metric\nhint: write @best:rmse\n"
    assert cli("show", "@best:") == Answer(5, "", nothing)


def test_what_is_said_of_an_experiment_counts(cli: Cli, sweep: dict[str, str]) -> None:
    assert cli("experiments", "set", "one", "--max", "loss", "--min", "odd").status == 0
    assert cli("best", "loss") == Answer(0, f"{sweep['first']}\n", "")
    assert cli("best", "odd") == Answer(0, f"{sweep['third']}\n", "")
    with runlog.start_run(experiment="other") as run:
        run.log_metric("loss", 2)
    unlike = "whether more of 'loss' is better is not the same in 'one' and 'other': say --max or --min"
    assert cli("best", "loss") == Answer(2, "", f"error: {unlike}\nhint: runlog best loss --max\n")
    assert cli("best", "loss", "-e", "other") == Answer(0, f"{run.id}\n", "")


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["odd"], 2, "whether more of 'odd' is better is not known: say --max or --min\nhint: runlog best odd --max"),
        (["los"], 3, "no run has a metric 'los'\nhint: did you mean 'loss'?"),
        (["loss", "--status", "failed"], 3, "there is no run to be the best by 'loss'\nhint: runlog ls"),
        (["loss", "-e", "nope"], 3, "there is no experiment 'nope'\nhint: runlog experiments ls"),
        (["loss", "-e", "oen"], 3, "there is no experiment 'oen'; the nearest is 'one'\nhint: runlog experiments ls"),
        (["loss", "--max", "--min"], 2, "--max and --min exclude each other\nhint: runlog best loss --max"),
        (["loss", "--sort", "odd"], 2, "the best come first, so --sort means nothing here\nhint: runlog best loss"),
    ],
)
def test_a_mistake_is_a_clear_error(cli: Cli, sweep: dict[str, str], words: list[str], status: int, message: str) -> None:
    assert cli("best", *words) == Answer(status, "", f"error: {message}\n")


def test_nan_never_wins(cli: Cli, sweep: dict[str, str]) -> None:
    assert cli("rm", "first", "second", "third").status == 0
    message = "error: 'loss' is a number in none of these runs\nhint: runlog ls\n"
    assert cli("best", "loss") == Answer(3, "", message)
    assert cli("best", "max(loss)") == Answer(0, f"{sweep['nan']}\n", "")


def test_a_winner_that_has_not_finished_or_is_infinite_is_noted(cli: Cli, sweep: dict[str, str]) -> None:
    with pytest.raises(ZeroDivisionError), runlog.start_run() as failed:
        failed.log_metric("loss", -math.inf)
        raise ZeroDivisionError
    going = json.loads(cli("start", "--json").out)["id"]
    assert cli("log", "--run", going, "loss=0.5").status == 0
    notes = f"note: run {failed.id} has failed\nnote: 'loss' is infinite in run {failed.id}\n"
    assert cli("best", "loss") == Answer(0, f"{failed.id}\n", notes)
    two = f"{failed.id}\n{going}\n{sweep['third']}\n"
    assert cli("best", "loss", "-n", "3") == Answer(0, two, f"{notes}note: run {going} still runs\n")
    assert cli("best", "loss", "--status", "finished") == Answer(0, f"{sweep['third']}\n", "")
    assert cli("params", "@best:loss") == Answer(0, "", "")
    assert cli("finish", going, "-q", "--state", "killed").status == 0
    assert cli("best", "loss", "--status", "killed") == Answer(0, f"{going}\n", f"note: run {going} was killed\n")
