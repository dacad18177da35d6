"""Pages and sentences on a terminal that is narrower than they are."""

from __future__ import annotations

from pathlib import Path

import runlog
from tests.scene import on_a_terminal

GREETING = """\
runlog keeps experiments in plain
folders. To begin:

  runlog run --param alpha=0.1 -- \\
    python train.py
      run a program and track it
  runlog ls
      list the runs
  runlog compare <run-ids>
      set runs side by side

runlog --help lists all commands, runlog
help run explains one.
There are no runs here yet: the first
runlog run makes a place for them.
"""


def test_the_first_commands_can_be_pasted(tmp_path: Path) -> None:
    assert on_a_terminal(cwd=tmp_path, columns=40) == GREETING


def test_how_metrics_ended_comes_before_how_they_went(tmp_path: Path) -> None:
    with runlog.start_run(store=tmp_path / ".runlog") as run:
        for step in range(20):
            run.log_metric("training/mean_absolute_error", 123.456 + step, step=step)
    assert on_a_terminal("metrics", cwd=tmp_path, columns=32).splitlines()[:2] == [
        "metric                      last",
        "training/mean_absolute…  142.456",
    ]


def test_doubts_are_broken_between_words(tmp_path: Path) -> None:
    ids = []
    for name in ("one", "two"):
        data = tmp_path / f"{name}.csv"
        data.write_text(name)
        with runlog.start_run(name=name, store=tmp_path / ".runlog") as run:
            run.use_data(data, name="train")
        ids.append(run.id[-6:])
    assert on_a_terminal("compare", "one", "two", cwd=tmp_path, columns=40) == (
        f"run     name\n{ids[0]}  one\n{ids[1]}  two\nnot comparable? input 'train' is other\n  data: {ids[1]}\n"
    )


def test_a_name_of_joined_pictures_is_cut_between_them(tmp_path: Path) -> None:
    family = "👩\u200d👩\u200d👧\u200d👦"
    for place in range(2):
        with runlog.start_run(name=f"模型 训练 {family} é-{place}", store=tmp_path / ".runlog") as run:
            run.log_metric("loss", place)
    lines = on_a_terminal("ls", cwd=tmp_path, columns=40).splitlines()[1:3]
    assert [line[6:].split("finished")[0].strip() for line in lines] == ["模型 训… é-1", "模型 训… é-0"]
