"""`runlog show`: the whole page of a run."""

from __future__ import annotations

import json
import re
import sys
from ast import literal_eval
from pathlib import Path

import pytest

import runlog
from tests.cli.conftest import Answer, Cli
from tests.scene import on_a_terminal, runlog_cli, shell


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A run that failed, with something of everything in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text("x,y\n")
    with (
        pytest.raises(ValueError, match="too high"),
        runlog.start_run(experiment="duration", name="模型 🚀", params={"alpha": 0.5, "学習率": 1}, note="one\ntwo") as made,
    ):
        for step in range(3):
            made.log_metric("loss", 3 - step, step=step)
        made.log_metric("once", 7)
        made.log_metrics({"broken": float("nan")}, step=0)
        made.log_metrics({"broken": float("nan")}, step=1)
        made.set_tag("good", "")
        made.log_param("alpha", 0.25)
        made.log_param("depth", None)
        made.log_param("k" * 100, "a\x1b[31mb")
        made.log_text("weights\n", "model.txt")
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "best.txt").symlink_to("../data.csv")
        made.log_artifact("out")
        made.use_data("data.csv")
        raise ValueError("the rate is too high\nby far")
    return made.id


def page(text: str, run: str) -> str:
    """A page without what chance, the clock and the machine decide."""
    text = text.replace(run, "ID")
    text = re.sub(r"after \d+\.\ds", "after 0.1s", text)
    text = re.sub(r"sha256 [0-9a-f]{12}", "sha256 HASH", text)
    return re.sub(r"^(started|command|host|author)( +).*(\n {12}.*)*$", r"\1\2…", text, flags=re.MULTILINE)


PAGE = f"""\
run         ID
name        模型 🚀
experiment  duration
state       failed after 0.1s
started     …
command     …
host        …
note        one
            two

error
  ValueError: the rate is too high
  by far

params
  alpha   0.25  (before: 0.5)
  学習率  1
  depth   null
  {"k" * 100}  a�[31mb

tags
  good

metrics
  broken  nan at 1  (2)
  loss    1 at 2  min 1 at 2  max 3 at 0  (3)
  once    7

inputs
  data.csv  data.csv  4 B  sha256 HASH

artifacts
  model.txt     8 B  sha256 HASH
  out/best.txt  4 B  sha256 HASH  a symbolic link
"""

PAGE_40 = f"""\
run         ID
name        模型 🚀
experiment  duration
state       failed after 0.1s
started     …
command     …
host        …
note        one
            two

error
  ValueError: the rate is too high
  by far

params
  alpha   0.25  (before: 0.5)
  学習率  1
  depth   null
  {"k" * 38}
  {"k" * 38}
  {"k" * 24}
          a�[31mb

tags
  good

metrics
  broken  nan at 1  (2)
  loss    1 at 2  min 1 at 2  max 3 at 0
          (3)
  once    7

inputs
  data.csv  data.csv  4 B
            sha256 HASH

artifacts
  model.txt     8 B  sha256 HASH
  out/best.txt  4 B  sha256 HASH
                a symbolic link
"""


def test_all_of_it_on_a_page(cli: Cli, run: str, tmp_path: Path) -> None:
    answer = cli("show")
    assert (answer.status, page(answer.out, run), answer.err) == (0, PAGE, "")
    assert page(on_a_terminal("show", run[-6:], cwd=tmp_path, columns=400), run) == PAGE
    assert page(on_a_terminal("show", run[-6:], cwd=tmp_path, columns=40), run) == PAGE_40
    assert page(cli("show", "模型 🚀").out, run) == PAGE


ARGUMENTS = ["", "x y", "it's", "two\nlines\t\\", "a\x1b[31mb", "模型", "--epochs=10", "$HOME", "*", *["word" * 9] * 9]


def test_the_command_can_be_typed_again(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is shown in a pipe, and as it is wrapped on a terminal: what bash makes of it is the command that was run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "said.py").write_text("import sys, pathlib; pathlib.Path('said').write_text(ascii(sys.argv[1:]))\n")
    assert runlog_cli("run", "-q", "--", sys.executable, "said.py", *ARGUMENTS, cwd=tmp_path).returncode == 0
    assert literal_eval((tmp_path / "said").read_text()) == ARGUMENTS
    for shown in (cli("show").out, on_a_terminal("show", cwd=tmp_path, columns=60)):
        [command] = re.findall(r"^command +(.*(?:\n {12}.*)*)", shown, re.MULTILINE)
        (tmp_path / "said").unlink()
        assert shell(command, cwd=tmp_path, sh="bash").returncode == 0
        assert literal_eval((tmp_path / "said").read_text()) == ARGUMENTS
    assert len(command.splitlines()) > 9


def test_all_of_it_for_programs(cli: Cli, run: str) -> None:
    document = json.loads(cli("show", run[-6:], "--json").out)
    assert (document["id"], document["state"], document["name"]) == (run, "failed", "模型 🚀")
    assert document["params"] == {"alpha": 0.25, "学習率": 1, "depth": None, "k" * 100: "a\x1b[31mb"}
    assert document["error"]["message"] == "the rate is too high\nby far"
    assert document["metrics"]["loss"] == {
        "last": 1, "last_step": 2, "min": 1, "step_of_min": 2, "max": 3, "step_of_max": 0, "first": 3, "count": 3,
    }  # fmt: skip
    assert [used["name"] for used in document["inputs"]] == ["data.csv"]


def test_a_run_that_is_not_there(cli: Cli, run: str) -> None:
    assert cli("show", "nothing-like-it") == Answer(3, "", "error: no run matches 'nothing-like-it'\nhint: runlog ls\n")
    for back in ("1", "99999999999999999999"):
        few = f"error: there are not enough runs for @last~{back}\nhint: runlog ls\n"
        assert cli("show", f"@last~{back}") == Answer(3, "", few)
    assert cli("show", "@last2").err == "error: '@last2' names no run\nhint: write @last or @last~2\n"
    with runlog.start_run(name="模型 🚀"):
        pass
    twice = cli("show", "模型 🚀")
    assert twice.status == 4
    assert twice.err.startswith("error: 2 runs are named '模型 🚀': ")
    made = []
    for _ in range(5):
        with runlog.start_run(name="same") as started:
            made.append(started.id)
    newest = sorted(made, key=lambda run_id: (run_id[:15], made.index(run_id)), reverse=True)
    several = f"error: 5 runs are named 'same': {', '.join(newest[:4])}, ...\nhint: give the id\n"
    assert cli("show", "same") == Answer(4, "", several)


def test_who_ran_it_and_where(cli: Cli, run: str) -> None:
    process = runlog.open_store().run(run).record.process
    document = json.loads(cli("show", "--json").out)["process"]
    assert document == {"host": process.host, "user": process.user, "pid": process.pid}
    assert f"\nhost        {process.user}@{process.host} (" in cli("show").out
