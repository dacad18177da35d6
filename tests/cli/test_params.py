"""`runlog params`: for people, for programs, for a shell."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

import runlog
from tests.cli.conftest import Answer, Cli, program

PARAMS = {
    "alpha": 0.1,
    "model": {"depth": 3, "layers": [1, 2]},
    "text": "it's a 'test'\n$(exit 1)",
    "none": None,
    "yes": True,
    "5": "5",
    "nan": float("nan"),
    "ä b": 1,
}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    with runlog.start_run(params=PARAMS, store=tmp_path / ".runlog") as made:
        pass
    return made.id


def test_a_line_each(cli: Cli, run: str) -> None:
    assert cli("params") == Answer(
        0,
        "alpha=0.1\nmodel.depth=3\nmodel.layers=[1, 2]\n"
        "text=it's a 'test'\\n$(exit 1)\nnone=null\nyes=true\n5=5\nnan=nan\nä b=1\n",
        "",
    )


def test_some_values_alone(cli: Cli, run: str) -> None:
    assert cli("params", run, "model.depth", "alpha") == Answer(0, "3\n0.1\n", "")
    unknown = f"error: run {run} has no param 'alfa'\nhint: did you mean 'alpha'?\n"
    assert cli("params", run, "alfa") == Answer(3, "", unknown)


def test_a_value_alone_is_what_was_stored(cli: Cli, run: str) -> None:
    assert cli("params", run, "text") == Answer(0, f"{PARAMS['text']}\n", "")


def test_a_param_in_the_place_of_a_run_leads_to_the_newest_run(cli: Cli, run: str) -> None:
    assert cli("params", "alpha") == Answer(3, "", "error: no run matches 'alpha'\nhint: runlog params @last alpha\n")
    assert cli("params", "ä b") == Answer(3, "", "error: no run matches 'ä b'\nhint: runlog params @last 'ä b'\n")


def test_json(cli: Cli, run: str) -> None:
    shown = '{\n  "alpha": 0.1,\n  "none": null,\n  "5": "5",\n  "nan": {\n    "float": "NaN"\n  }\n}\n'
    assert cli("params", run, "alpha", "none", "5", "nan", "--json") == Answer(0, shown, "")


def test_a_shell_reads_them(cli: Cli, run: str) -> None:
    lines = cli("params", "--shell").out
    script = f'{lines}printf "%s|" "$RUNLOG_PARAM_ALPHA" "$RUNLOG_PARAM_MODEL_DEPTH" "$RUNLOG_PARAM_TEXT" "$RUNLOG_PARAM_YES"'
    done = subprocess.run(["sh", "-euc", script], capture_output=True, text=True, check=True)
    assert done.stdout == "0.1|3|it's a 'test'\n$(exit 1)|true|"
    assert "RUNLOG_PARAM_ALPHA=0.1\n" in lines
    assert all(line.startswith("RUNLOG_PARAM_") for line in lines.replace("\n$(exit 1)'", "'").splitlines())


def test_a_shell_is_told_which_params_share_a_variable(cli: Cli, store: Path) -> None:
    with runlog.start_run(params={"a-b": 1, "a_b": 2, "a.b": 3}):
        pass
    told = "note: params 'a-b', 'a_b' and 'a.b' share variable RUNLOG_PARAM_A_B: it holds that of 'a.b'\n"
    assert cli("params", "--shell") == Answer(0, "RUNLOG_PARAM_A_B=3\n", told)


def test_options_for_a_program(cli: Cli, run: str) -> None:
    line = cli("params", run, "alpha", "model.layers", "text", "ä b", "--flags").out
    assert shlex.split(line) == ["--alpha", "0.1", "--model.layers", "[1, 2]", "--text", str(PARAMS["text"]), "--ä b", "1"]
    assert line.endswith("\n")


PROGRAM = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--fast", action="store_true")
parser.add_argument("--cuda", action=argparse.BooleanOptionalAction)
parser.add_argument("--learning-rate", type=float)
parser.add_argument("--sizes", type=int, nargs="+")
parser.add_argument("--name")
print(parser.parse_args())
"""


def test_flags_of_a_program_come_back_as_it_takes_them(cli: Cli, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(work)
    words = [*program(work, PROGRAM), "--fast", "--no-cuda", "--learning-rate", "1e-3", "--sizes", "1", "2", "--name", "a  b"]
    assert cli("run", "-q", "--", *words).status == 0
    line = cli("params", "@last", "--flags").out
    assert line == "--fast --no-cuda --learning-rate 1e-3 --sizes 1 2 --name 'a  b'\n"
    script = f'eval "{shlex.join(words[:2])} $1"'
    again = subprocess.run(["sh", "-c", script, "sh", line], capture_output=True, text=True, check=False)
    said = "Namespace(fast=True, cuda=False, learning_rate=0.001, sizes=[1, 2], name='a  b')\n"
    assert (again.returncode, again.stdout, again.stderr) == (0, said, "")


def test_one_form_at_a_time(cli: Cli, run: str) -> None:
    assert cli("params", "--json", "--flags") == Answer(
        2, "", "error: --json and --flags exclude each other\nhint: choose one form\n"
    )
