"""`runlog ls`: which columns are shown."""

from __future__ import annotations

from pathlib import Path

import pytest

import runlog
from tests.cli.conftest import Answer, Cli
from tests.scene import on_a_terminal


@pytest.fixture
def ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Runs of which much is known, the oldest first."""
    monkeypatch.chdir(tmp_path)
    made = []
    for number in range(3):
        params = {"alpha": 0.1 * (number + 1), "model": ["ridge"], "a,b": number}
        with runlog.start_run(name=f"run-{number}", params=params, tags={"model": "r", "good": ""} if number else {}) as run:
            for name in ("accuracy", "loss", "mae", "rmse", "val_loss", "val_rmse"):
                run.log_metric(name, 2 + number / 3, step=0)
                run.log_metric(name, 1 + number / 3, step=1)
        made.append(run.id)
    return made


def rows(answer: Answer) -> list[list[str]]:
    assert (answer.status, answer.err) == (0, "")
    return [line.split("\t") for line in answer.out.splitlines()]


def test_those_that_were_chosen_in_their_order_and_no_others(cli: Cli, ids: list[str]) -> None:
    assert rows(
        cli("ls", "--cols", "rmse,name", "--cols", "params.alpha, min(loss) ,step of max(mae),`a,b`,tags.model,good")
    ) == [
        ["run", "rmse", "name", "params.alpha", "min(loss)", "step of max(mae)", "`a,b`", "tags.model", "good"],
        [ids[2], "1.6666666666666665", "run-2", "0.30000000000000004", "1.6666666666666665", "0", "2", "r", "yes"],
        [ids[1], "1.3333333333333333", "run-1", "0.2", "1.3333333333333333", "0", "1", "r", "yes"],
        [ids[0], "1", "run-0", "0.1", "1", "0", "0", "", ""],
    ]
    assert rows(cli("ls", "-n", "1", "--cols", "state,exit_code,parent,experiment,params.model")) == [
        ["run", "state", "exit_code", "parent", "experiment", "params.model"],
        [ids[2], "finished", "", "", "default", '["ridge"]'],
    ]
    assert cli("ls", "-n", "1", "--cols", "rmse", "--csv").out == f"run,rmse\n{ids[2]},1.6666666666666665\n"


def test_times_and_lengths_are_numbers_for_programs_and_short_for_people(cli: Cli, ids: list[str], tmp_path: Path) -> None:
    [heading, first, *_] = rows(cli("ls", "--cols", "started,duration,ended"))
    assert heading == ["run", "started", "duration", "ended"]
    assert first[1].startswith("20") and float(first[2]) >= 0 and first[3].startswith("20")
    shown = on_a_terminal("ls", "--cols", "duration,alpha,rmse", "-n", "1", cwd=tmp_path, columns=60).splitlines()
    assert shown[0] == "run     duration  alpha     rmse"
    assert shown[1].split()[0::2] == [ids[2][-6:], "0.3"] and shown[1].endswith("    0.3  1.66667")


def test_a_table_for_a_pull_request_has_times_that_stay_true(cli: Cli, ids: list[str]) -> None:
    heading, _, row, *_ = cli("ls", "-n", "1", "--md", "--cols", "rmse,started").out.splitlines()
    assert heading == "| run | rmse | started |"
    assert row.startswith(f"| {ids[2][-6:]} | 1.66667 | 20") and "ago" not in row


def test_on_a_narrow_terminal_the_first_of_them_come_first(ids: list[str], tmp_path: Path) -> None:
    columns = "val_rmse,val_loss,rmse,mae,loss,accuracy"
    shown = on_a_terminal("ls", "--cols", columns, cwd=tmp_path, columns=40).splitlines()
    assert shown[0].split() == ["run", "val_rmse", "val_loss", "rmse"]
    assert shown[-1] == "not shown: mae, loss, accuracy"


def test_what_is_asked_about_is_on_the_screen(ids: list[str], tmp_path: Path) -> None:
    def headings(*words: str) -> list[str]:
        return on_a_terminal("ls", *words, cwd=tmp_path, columns=60).splitlines()[0].split()

    assert headings() == ["run", "name", "state", "started", "took", "accuracy", "loss"]
    assert "val_rmse" in headings("--sort", "-val_rmse")
    assert "val_loss" in headings("--where", "val_loss < 99")
    assert "alpha" in headings("--where", "params.alpha > 0 and not tags.never")
    assert "tags.model" not in headings() and "tags.model" in headings("--sort", "tags.model")


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (
            ("--cols", "rmes"),
            5,
            "error: no run has a metric, param or tag 'rmes' (column 1)\n  rmes\n  ^^^^\nhint: did you mean rmse?\n",
        ),
        (
            ("--cols", "model"),
            4,
            "error: 'model' is a param and a tag (column 1)\n  model\n  ^^^^^\nhint: write params.model or tags.model\n",
        ),
        (("--cols", ","), 2, "error: --cols names no column\nhint: runlog ls --cols name,rmse\n"),
        (
            ("--cols", "rmse", "--json"),
            2,
            "error: --cols is about a table, and --json prints none\nhint: runlog ls --csv --cols name,rmse\n",
        ),
        (
            ("--cols", "rmse", "-q"),
            2,
            "error: --cols is about a table, and -q prints none\nhint: runlog ls --csv --cols name,rmse\n",
        ),
    ],
)
def test_what_cannot_be_shown(cli: Cli, ids: list[str], words: tuple[str, ...], status: int, message: str) -> None:
    assert cli("ls", *words) == Answer(status, "", message)


def test_a_prefix_names_what_no_run_needs_to_have(cli: Cli, ids: list[str]) -> None:
    assert rows(cli("ls", "-n", "1", "--cols", "metrics.never,params.never,tags.never")) == [
        ["run", "metrics.never", "params.never", "tags.never"],
        [ids[2], "", "", ""],
    ]


def test_without_runs_there_are_no_columns(cli: Cli, ids: list[str]) -> None:
    assert cli("ls", "--cols", "rmse", "--status", "failed") == Answer(0, "", "no runs fit: runlog ls shows all\n")
