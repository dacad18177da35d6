"""`runlog watch`: in a pipe once, on a terminal until somebody leaves."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

import runlog
from runlog.render.columns import width
from runlog.runs import watching
from tests.cli.conftest import Answer, Cli
from tests.scene import begin_python, on_a_terminal
from tests.tracking.programs import Screen

RUNNING = """
import runlog, sys
with runlog.start_run(experiment="e", name="live 模型", tags={"model": "x"}) as run:
    for step in range(4):
        run.log_metric("loss", 4 - step, step=step)
    print(run.id, flush=True)
    sys.stdin.readline()
"""


def test_where_nothing_runs(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with runlog.start_run():
        pass
    assert cli("watch") == Answer(0, "", "nothing is running\n")
    assert on_a_terminal("watch", "--once", cwd=tmp_path) == "nothing is running\n"
    told = "error: only what is running is watched\nhint: runlog ls\n"
    assert cli("watch", "--status", "lost") == cli("watch", "--removed") == Answer(2, "", told)


def test_in_a_pipe_it_looks_once(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with begin_python(RUNNING, cwd=tmp_path) as child:
        assert child.stdout is not None
        run = child.stdout.readline().strip()
        seen = cli("watch", "--tag", "model=x").out
        assert re.sub(r"\t\d+\.\ds\t", "\tTIME\t", seen) == (
            f"run\texperiment\tname\tstate\tfor\tstep\tloss\n{run}\te\tlive 模型\trunning\tTIME\t3\t1\n"
        )
        shown = on_a_terminal("watch", "--once", cwd=tmp_path, columns=40)
        assert re.sub(r" \d+\.\ds ", " 0.1s ", shown) == (
            f"run     name        for  step  loss\n{run[-6:]}  live 模型  0.1s     3  1 █▆▃▁\n"
        )
        narrow = on_a_terminal("watch", "--once", cwd=tmp_path, columns=30)
        assert narrow == f"run     name       loss\n{run[-6:]}  live 模型  1 █▆▃▁\nnot shown: for, step\n"
        assert cli("watch", "--tag", "model=y") == Answer(0, "", "nothing is running\n")


MANY = """
import runlog, sys
with runlog.start_run(name=sys.argv[1] * 200) as run:
    for step in range(3):
        run.log_metrics({name: step + 1 for name in sys.argv[2:]}, step=step)
    print(run.id, flush=True)
    sys.stdin.readline()
"""


def test_curves_are_of_the_metrics_that_most_runs_have_or_that_are_named(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    many = [f"layer{layer}/grad" for layer in range(9)]
    with (
        begin_python(MANY, "n", "acc", "loss", *many, cwd=tmp_path) as one,
        begin_python(MANY, "模", "loss", cwd=tmp_path) as two,
    ):
        for child in (one, two):
            assert child.stdout is not None and child.stdout.readline()

        def shown(*words: str, columns: int) -> list[str]:
            lines = on_a_terminal("watch", "--once", "--sort", "name", *words, cwd=tmp_path, columns=columns).splitlines()
            assert all(width(line) <= columns for line in lines)
            # How long a run takes decides how much of its name is shown.
            return [" ".join(re.sub(r"^.*….* \d[^ ]*s ", "", line).split()) for line in lines]

        assert shown("-m", "loss", "-m", "acc", columns=60) == ["run name for step loss acc", "2 3 ▁▅█ 3 ▁▅█", "2 3 ▁▅█"]
        assert shown(columns=40) == ["run name for loss", "3 ▁▅█", "3 ▁▅█", "not shown: step, acc and 9 more"]
        assert shown(columns=120) == [
            "run name for step loss acc layer0/grad layer1/grad layer2/grad layer3/grad",
            "2 3 ▁▅█ 3 ▁▅█ 3 ▁▅█ 3 ▁▅█ 3 ▁▅█ 3 ▁▅█",
            "2 3 ▁▅█",
            "not shown: layer4/grad, layer5/grad, layer6/grad, layer7/grad, layer8/grad",
        ]
        assert {line.partition("\tstep\t")[2] for line in cli("watch", "-m", "acc").out.splitlines()[:1]} == {"acc"}


def test_in_a_pipe_it_waits_when_asked_to(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with begin_python(RUNNING, cwd=tmp_path) as child:
        assert child.stdout is not None
        run = child.stdout.readline().strip()

        class Ending(watching.Watch):
            """The run ends when it has been seen running."""

            def look(self) -> list[watching.Seen]:
                seen = super().look()
                if child.poll() is None:
                    assert [found.record.state for found in seen] == ["running"]
                    child.communicate("\n", timeout=60)
                return seen

        monkeypatch.setattr(watching, "Watch", Ending)
        told = cli("watch", "--until-done")
        assert re.sub(r"\t\d+\.\ds\t", "\tTIME\t", told.out).splitlines()[1:] == [f"{run}\te\tlive 模型\tfinished\tTIME\t3\t1"]
        assert (told.status, told.err) == (0, "")


def test_on_a_terminal_it_stays_until_all_have_ended(tmp_path: Path) -> None:
    with begin_python(RUNNING, cwd=tmp_path) as child:
        assert child.stdout is not None and child.stdin is not None
        run = child.stdout.readline().strip()
        watching = ["env", "TERM=xterm", sys.executable, "-m", "runlog", "watch", "--until-done"]
        with Screen(tmp_path, watching, size=(20, 60)) as screen:
            screen.until(b"1 running at ")
            assert run[-6:].encode() in screen.shown
            child.stdin.write("\n")
            child.stdin.flush()
            screen.until(b"nothing is running, 1 ended at ")
            assert screen.end() == 0
            # The screen is given back, and what was seen last stays.
            assert b"\x1b[?1049l" in screen.shown
            assert b"finished" in screen.shown.rpartition(b"\x1b[?1049l")[2]


def test_ctrl_c_leaves_in_peace(tmp_path: Path) -> None:
    with begin_python(RUNNING, cwd=tmp_path) as child:
        assert child.stdout is not None
        child.stdout.readline()
        watching = ["env", "TERM=xterm", sys.executable, "-m", "runlog", "watch"]
        with Screen(tmp_path, watching, size=(20, 60)) as screen:
            screen.until(b"1 running at ")
            screen.type(b"\x03")
            assert screen.end() == 0
            assert b"Traceback" not in screen.shown
