"""`runlog metrics`: what metrics came to, their curves, and every point."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

import pytest

import runlog
from tests.cli.conftest import Answer, Cli
from tests.scene import on_a_terminal

AT = 1795210212.5


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    with runlog.start_run(store=tmp_path / ".runlog") as made:
        for step in range(100):
            made.log_metric("loss", (100 - step) / 8, step=step, at=AT + step / 1000)
            made.log_metric("val/acc", math.nan if step > 60 else step / 3, step=step, at=AT)
        made.log_metric("once", 12345678.9012345, step=7, at=AT)
        made.log_metric("up", math.inf, step=-2, at=AT)
    return made.id


SUMMARY = """\
metric	last	last_step	min	step_of_min	max	step_of_max	first	first_step	count
loss	0.125	99	0.125	99	12.5	0	12.5	0	100
once	12345678.9012345	7	12345678.9012345	7	12345678.9012345	7	12345678.9012345	7	1
up	inf	-2	inf	-2	inf	-2	inf	-2	1
val/acc	nan	99	0	0	20	60	0	0	100
"""

PICTURE_160 = """\
metric   curve                    last          min    at          max    at        first  points
loss     ██▇▇▆▆▅▅▄▄▃▃▂▂▁▁        0.125        0.125 *  99         12.5     0         12.5     100
once                       1.23457e+07  1.23457e+07        1.23457e+07        1.23457e+07       1
up                                 inf          inf                inf                inf       1
val/acc  ▁▁▂▃▄▅▆▇█×××××××          nan            0     0           20 *  60            0     100
"""

PICTURE_40 = """\
metric   curve                    last
loss     ██▇▇▆▆▅▅▄▄▃▃▂▂▁▁        0.125
once                       1.23457e+07
up                                 inf
val/acc  ▁▁▂▃▄▅▆▇█×××××××          nan
"""


def test_in_a_pipe_every_digit_is_there(cli: Cli, run: str) -> None:
    assert cli("metrics") == Answer(0, SUMMARY, "")
    assert cli("metrics", run, "--csv").out == SUMMARY.replace("\t", ",")
    assert cli("metrics", "-q") == Answer(0, "loss\nonce\nup\nval/acc\n", "")
    header, loss, once, *_ = SUMMARY.splitlines(keepends=True)
    assert cli("metrics", run, "once", "loss").out == header + once + loss


def test_on_a_terminal_curves_are_drawn(run: str, tmp_path: Path) -> None:
    assert on_a_terminal("metrics", cwd=tmp_path, columns=160) == PICTURE_160
    narrow = on_a_terminal("metrics", cwd=tmp_path, columns=40)
    assert narrow == f"{PICTURE_40}not shown: min, at, max, at and 2 more\n"


def test_json(cli: Cli, run: str) -> None:
    [once, up] = json.loads(cli("metrics", run, "once", "up", "--json").out)
    assert once["last"] == 12345678.9012345
    assert up == {
        "metric": "up",
        "last": {"float": "Infinity"},
        "last_step": -2,
        "min": {"float": "Infinity"},
        "step_of_min": -2,
        "max": {"float": "Infinity"},
        "step_of_max": -2,
        "first": {"float": "Infinity"},
        "first_step": -2,
        "count": 1,
    }


def test_every_point(cli: Cli, run: str, tmp_path: Path) -> None:
    told = cli("metrics", run, "once", "loss", "--history")
    rows = [line.split("\t") for line in told.out.splitlines()]
    assert rows[0] == ["metric", "step", "time", "value"]
    assert rows[1] == ["once", "7", "2026-11-20T21:30:12.500Z", "12345678.9012345"]
    assert rows[2] == ["loss", "0", "2026-11-20T21:30:12.500Z", "12.5"]
    assert rows[-1] == ["loss", "99", "2026-11-20T21:30:12.599Z", "0.125"]
    assert [(int(row[1]), float(row[3])) for row in rows[2:]] == [(step, (100 - step) / 8) for step in range(100)]
    assert list(csv.reader(io.StringIO(cli("metrics", run, "once", "loss", "--history", "--csv").out))) == rows
    documents = [dict(zip(rows[0], row, strict=True)) | {"step": int(row[1]), "value": float(row[3])} for row in rows[1:]]
    assert json.loads(cli("metrics", run, "once", "loss", "--history", "--json").out) == documents
    by_line = cli("metrics", run, "once", "loss", "--history", "--jsonl").out.splitlines()
    assert [json.loads(line) for line in by_line] == documents
    whole = cli("metrics", "--history", "--csv").out.splitlines()
    assert len(whole) == 203
    assert whole[-1] == "val/acc,99,2026-11-20T21:30:12.500Z,nan"


def test_every_point_on_a_terminal(cli: Cli, run: str, tmp_path: Path) -> None:
    shown = on_a_terminal("metrics", run, "once", "up", "--history", cwd=tmp_path, columns=40)
    lines = [line.rsplit(maxsplit=1)[0] for line in shown.splitlines() if line]
    assert lines == ["once", "step        value", "   7  1.23457e+07", "up", "step  value", "  -2    inf"]


def test_a_run_that_is_being_written(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with runlog.start_run(store=tmp_path / ".runlog") as made:
        nothing = Answer(0, "", f"run {made.id} has no metrics\n")
        assert cli("metrics") == nothing
        assert cli("metrics", "--json") == Answer(0, "[]\n", "")
        assert cli("metrics", "--history", "--json") == Answer(0, "[]\n", "")
        made.log_metrics({"b": 1.0, "a": 2.0}, step=3, at=AT)
        lines = "metric,step,time,value\na,3,2026-11-20T21:30:12.500Z,2\nb,3,2026-11-20T21:30:12.500Z,1\n"
        assert cli("metrics", "--history", "--csv") == Answer(0, lines, "")


def test_a_metric_that_is_not_there(cli: Cli, run: str) -> None:
    message = f"error: run {run} has no metric 'los'\nhint: did you mean 'loss'?\n"
    assert cli("metrics", run, "los") == Answer(3, "", message)
    assert cli("metrics", run, "los", "--history") == Answer(3, "", message)


def test_a_metric_in_the_place_of_a_run_leads_to_the_newest_run(cli: Cli, run: str) -> None:
    assert cli("metrics", "loss") == Answer(3, "", "error: no run matches 'loss'\nhint: runlog metrics @last loss\n")
    two = "error: no run matches 'val/acc'\nhint: runlog metrics @last val/acc 'a b'\n"
    assert cli("metrics", "val/acc", "a b") == Answer(3, "", two)
    assert cli("metrics", "lost") == Answer(3, "", "error: no run matches 'lost'\nhint: runlog ls\n")
    assert cli("metrics", run, "los") == Answer(3, "", f"error: run {run} has no metric 'los'\nhint: did you mean 'loss'?\n")
