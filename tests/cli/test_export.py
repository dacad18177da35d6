"""`runlog export`: one tidy table of runs or of points."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import runlog
from tests.cli.conftest import Answer, Cli


@pytest.fixture
def ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two runs, the oldest first."""
    monkeypatch.chdir(tmp_path)
    made = []
    for alpha, note in ((0.5, 'say "hi",\nthen'), (2, "")):
        with runlog.start_run(experiment="e", params={"alpha": alpha, "layers": [1]}, note=note or None) as run:
            run.log_metric("loss", math.nan, step=0, at=1e9)
            run.log_metric("loss", alpha / 3, step=1, at=1e9 + 0.5)
            run.log_metric("acc", 1, step=7, at=1e9)
        made.append(run.id)
    return made


POINTS = [("acc", "7", "01:46:40.000", "1"), ("loss", "0", "01:46:40.000", "nan")]


def test_runs_as_csv(cli: Cli, ids: list[str]) -> None:
    answer = cli("export")
    assert (answer.status, answer.err) == (0, "")
    newest, oldest = csv.DictReader(io.StringIO(answer.out))
    assert [newest["id"], oldest["id"]] == ids[::-1]
    assert (oldest["params.alpha"], oldest["params.layers"], oldest["note"]) == ("0.5", "[1]", 'say "hi",\nthen')
    assert (oldest["metrics.loss"], newest["metrics.loss"]) == ("0.16666666666666666", "0.6666666666666666")
    assert "metrics.acc" not in cli("export", "-m", "loss").out.splitlines()[0]


def test_points_as_csv(cli: Cli, ids: list[str]) -> None:
    answer = cli("export", ids[0][-6:], "--points")
    rows = [f"{ids[0]},{name},{step},2001-09-09T{at}Z,{value}\n" for name, step, at, value in POINTS]
    rows.append(f"{ids[0]},loss,1,2001-09-09T01:46:40.500Z,0.16666666666666666\n")
    assert answer == Answer(0, "run,metric,step,time,value\n" + "".join(rows), "")
    assert cli("export", ids[0], "--points", "-m", "acc").out == "run,metric,step,time,value\n" + rows[0]
    lines = cli("export", "@last~1", "--points", "--jsonl").out.splitlines()
    assert [json.loads(line)["value"] for line in lines][::2] == [1.0, 0.16666666666666666]


def test_types_are_kept(cli: Cli, ids: list[str], tmp_path: Path) -> None:
    assert cli("export", "--parquet", "runs.parquet") == Answer(0, "", "")
    table = pq.read_table(tmp_path / "runs.parquet")
    assert table["params.alpha"].to_pylist() == [2.0, 0.5]
    assert table["id"].to_pylist() == ids[::-1]
    assert cli("export", "--points", "-o", "points.parquet").status == 0
    assert pq.read_table(tmp_path / "points.parquet").num_rows == 6
    first, _ = (json.loads(line) for line in cli("export", "--jsonl").out.splitlines())
    assert (first["params.alpha"], first["params.layers"], first["note"]) == (2, [1], None)


def test_a_metric_that_no_run_has_is_refused(cli: Cli, ids: list[str]) -> None:
    told = "error: none of these runs has a metric 'los'\nhint: did you mean 'loss'?\n"
    assert cli("export", "-m", "los") == cli("export", "--points", "-m", "loss", "-m", "los") == Answer(3, "", told)
    assert cli("export", "--tag", "nothing=1", "-m", "los").status == 0  # where there is no run, none lacks it


def test_what_is_refused(cli: Cli, ids: list[str]) -> None:
    refused = {
        ("--csv", "--jsonl"): "error: --csv and --jsonl exclude each other\nhint: choose one form\n",
        ("--parquet", "-"): "error: Parquet goes to a file\nhint: runlog export --parquet runs.parquet\n",
    }
    for words, told in refused.items():
        assert cli("export", *words) == Answer(2, "", told)
    assert cli("export", "-o", "/nowhere/runs.csv").err == "error: cannot write '/nowhere/runs.csv': no such file or directory\n"


def test_a_file_whose_form_is_not_known_is_not_written(cli: Cli, ids: list[str]) -> None:
    unknown = "cannot tell a form by the ending of 'runs.xlsx': .csv, .jsonl and .parquet are known"
    told = f"error: {unknown}\nhint: runlog export --csv --output runs.xlsx\n"
    assert cli("export", "-o", "runs.xlsx") == Answer(2, "", told)
    assert not Path("runs.xlsx").exists()
    assert cli("export", "--csv", "-o", "runs.txt").status == cli("export", "-o", "runs").status == 0
    assert Path("runs.txt").read_text() == Path("runs").read_text() == cli("export").out


def test_a_file_in_the_place_of_a_run_is_told_where_it_goes(cli: Cli, ids: list[str]) -> None:
    told = "error: no run matches 'my runs.csv'\nhint: runlog export --output 'my runs.csv'\n"
    assert cli("export", "my runs.csv") == Answer(3, "", told)
