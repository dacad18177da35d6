"""A program under `runlog run` joins the run around it, and has the params that were said there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import runlog
from tests.scene import only_run, points, python, runlog_cli


def run_python(folder: Path, script: str, *options: str, **settings: str | Path) -> subprocess.CompletedProcess[str]:
    """`runlog run` with a Python program."""
    (folder / "child.py").write_text(script)
    return runlog_cli("run", "--quiet", *options, "--", sys.executable, "child.py", cwd=folder, **settings)


def test_params_of_the_command_line_come_typed(tmp_path: Path) -> None:
    script = "import runlog, json\nprint(json.dumps(runlog.params(alpha=1.0, epochs=10, name='x', code='y', extra=None)))\n"
    given = ["alpha=1", "beta=0.1", "on=true", "none=null", "list=[1,2.5]", "name=5", "code=true", "text=abc", 'dict={"a": 1}']
    done = run_python(tmp_path, script, *(word for pair in given for word in ("-p", pair)), "--param", "empty=")
    assert json.loads(done.stdout) == {
        "alpha": 1.0,
        "epochs": 10,
        "name": "5",
        "code": "true",
        "extra": None,
        "beta": 0.1,
        "on": True,
        "none": None,
        "list": [1, 2.5],
        "text": "abc",
        "dict.a": 1,
        "empty": "",
    }
    assert '"alpha": 1.0' in done.stdout
    assert done.stderr == ""


def test_params_without_a_run_are_the_defaults(tmp_path: Path) -> None:
    script = "import runlog, os\nprint(runlog.params(alpha=0.1, name='x'), runlog.params(), os.listdir())\n"
    assert python(script, cwd=tmp_path).stdout.startswith("{'alpha': 0.1, 'name': 'x'} {} ['script-")


def test_params_in_a_process_that_opened_a_run_itself_are_those_of_the_surrounding_one(tmp_path: Path) -> None:
    script = """\
import runlog
with runlog.start_run(params={"mine": 1}):
    with runlog.start_run(params={"inner": 1}):
        print(runlog.params(alpha=1.0))
"""
    assert run_python(tmp_path, script, "-p", "alpha=0.5").stdout == "{'alpha': 0.5}\n"
    assert python(script, cwd=tmp_path).stdout == "{'alpha': 1.0}\n"


JOIN = """\
import runlog
with runlog.start_run(name="named in code", params={"beta": 2}, tags={"t": "1"}, note="a note") as run:
    run.log_metric("loss", 1.0)
    runlog.log_metric("loss", 2.0)
    run.log_text("text", "a.txt")
runlog.log_metric("after", 1.0)
"""


def test_start_run_joins_the_run_around(tmp_path: Path) -> None:
    script = JOIN.replace('runlog.log_metric("after", 1.0)\n', "")
    done = run_python(tmp_path, script, "-p", "alpha=0.1")
    assert (done.returncode, done.stderr) == (0, "")
    run = only_run(tmp_path / ".runlog")
    assert (run.state, run.name, run.note, run.parent) == ("finished", "named in code", "a note", None)
    assert (dict(run.params), dict(run.tags)) == ({"alpha": 0.1, "beta": 2}, {"t": "1"})
    assert (points(run, "loss"), list(run.artifacts)) == ([(0, 1.0), (1, 2.0)], ["a.txt"])
    assert run.end is not None
    assert (run.end.exit_code, run.problems) == (0, ())


def test_programs_below_a_joined_process_use_the_door_that_is_dated(tmp_path: Path) -> None:
    script = """\
import os, runlog, subprocess
outside = os.environ["RUNLOG_METRICS"]
with runlog.start_run() as run:
    assert os.environ["RUNLOG_METRICS"] == outside
    subprocess.run(["sh", "-c", "echo '{\\"from shell\\": 1}' >> $RUNLOG_METRICS"], check=True)
    with runlog.start_run(nested=True):
        assert os.environ["RUNLOG_METRICS"] != outside
assert os.environ["RUNLOG_METRICS"] == outside
"""
    done = run_python(tmp_path, script, "--name", "outer")
    assert (done.returncode, done.stderr) == (0, "")
    [outer] = [run for run in runlog.open_store(tmp_path / ".runlog").runs() if run.name == "outer"]
    assert points(outer, "from shell") == [(0, 1.0)]


def test_the_verbs_join_the_run_around(tmp_path: Path) -> None:
    script = "import runlog\nrunlog.log_metric('loss', 1.0)\nrunlog.log_param('p', 1)\nrunlog.log_text('x', 'x.txt')\n"
    assert run_python(tmp_path, script).stderr == ""
    run = only_run(tmp_path / ".runlog")
    assert (points(run, "loss"), dict(run.params), list(run.artifacts)) == ([(0, 1.0)], {"p": 1}, ["x.txt"])


def test_the_next_run_of_a_joined_process_is_a_child(tmp_path: Path) -> None:
    script = """\
import runlog
with runlog.start_run(experiment="in code"): runlog.log_metric("loss", 1.0)
with runlog.start_run(name="second"): runlog.log_metric("loss", 2.0)
runlog.start_run(name="third")
runlog.log_metric("loss", 3.0)
runlog.start_run(name="fourth")
with runlog.start_run(name="fifth", nested=True): pass
"""
    assert run_python(tmp_path, script, "--name", "first").stderr == ""
    runs = {run.name: run for run in runlog.open_store(tmp_path / ".runlog").runs()}
    names = {run.id: run.name for run in runs.values()}
    assert {run.experiment for run in runs.values()} == {"in code"}
    assert {name: names.get(run.parent or "") for name, run in runs.items()} == {
        "first": None,
        "second": "first",
        "third": "first",
        "fourth": "first",
        "fifth": "fourth",
    }
    assert {name: points(run, "loss") for name, run in runs.items() if run.metrics} == {
        "first": [(0, 1.0)],
        "second": [(0, 2.0)],
        "third": [(0, 3.0)],
    }
    assert {run.state for run in runs.values()} == {"finished"}


def test_names_of_the_command_line_outweigh_those_in_code_but_experiments_in_code_count(tmp_path: Path) -> None:
    script = "import runlog\nrunlog.start_run(experiment='in code', name='in code')\n"
    run_python(tmp_path, script, "--name", "on the line", RUNLOG_STORE=tmp_path / "one")
    run = only_run(tmp_path / "one")
    assert (run.name, run.experiment) == ("on the line", "in code")
    assert [found.id for found in runlog.open_store(tmp_path / "one").runs(experiment="in code")] == [run.id]

    run_python(tmp_path, script, "--experiment", "on the line", RUNLOG_STORE=tmp_path / "two")
    run = only_run(tmp_path / "two")
    assert (run.name, run.experiment) == ("in code", "on the line")


@pytest.mark.parametrize(
    ("body", "status", "state", "error"),
    [
        ("raise ValueError('no such luck')", 1, "failed", "ValueError"),
        ("sys.exit(3)", 3, "failed", None),
        ("runlog.finish('failed')", 0, "finished", None),
    ],
)
def test_the_program_s_end_is_the_run_s(tmp_path: Path, body: str, status: int, state: str, error: str | None) -> None:
    done = run_python(tmp_path, f"import runlog, sys\nrunlog.log_metric('loss', 1.0)\n{body}\n")
    assert done.returncode == status
    run = only_run(tmp_path / ".runlog")
    assert run.end is not None
    assert (run.state, run.end.exit_code, run.end.error and run.end.error["type"]) == (state, status, error)
    assert points(run, "loss") == [(0, 1.0)]


def test_a_joined_process_that_is_killed(tmp_path: Path) -> None:
    done = run_python(
        tmp_path, "import runlog, os, signal\nrunlog.log_metric('loss', 1.0)\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert done.returncode == 128 + 9
    run = only_run(tmp_path / ".runlog")
    assert run.end is not None
    assert (run.state, run.end.signal, points(run, "loss")) == ("killed", "SIGKILL", [(0, 1.0)])


def test_another_store_in_code_is_another_run(tmp_path: Path) -> None:
    script = "import runlog\nwith runlog.start_run(store='elsewhere', name='own'): runlog.log_metric('loss', 1.0)\n"
    assert run_python(tmp_path, script).stderr == ""
    assert only_run(tmp_path / ".runlog").metrics == {}
    assert points(only_run(tmp_path / "elsewhere"), "loss") == [(0, 1.0)]
    same = "import runlog\nwith runlog.start_run(store='.runlog'): runlog.log_metric('loss', 1.0)\n"
    assert run_python(tmp_path, same).stderr == ""
    assert len(list(runlog.open_store(tmp_path / ".runlog").runs())) == 2


def test_a_run_around_that_is_gone_is_told_and_the_job_goes_on(tmp_path: Path) -> None:
    script = "import runlog\nrunlog.log_metric('loss', 1.0)\nprint(runlog.params(a=1))\n"
    with runlog.start_run(store=tmp_path / "store"):
        pass
    gone = "20260102-030405-abcdef"
    done = python(script, cwd=tmp_path, RUNLOG_STORE=tmp_path / "store", RUNLOG_RUN_ID=gone)
    assert (done.returncode, done.stdout) == (0, "{'a': 1}\n")
    assert done.stderr == (
        f"runlog: cannot join run {gone}: no run matches '{gone}' (hint: runlog ls)\n"
        f"runlog: cannot read the parameters of run {gone}: no run matches '{gone}' (hint: runlog ls)\n"
    )
    assert points(next(runlog.open_store(tmp_path / "store").runs()), "loss") in ([(0, 1.0)], [])
    assert sorted(len(run.metrics) for run in runlog.open_store(tmp_path / "store").runs()) == [0, 1]


def test_a_run_within_runlog_run_within_a_run(tmp_path: Path) -> None:
    script = """\
import runlog, subprocess, sys
with runlog.start_run(name="outer", experiment="tuning"):
    command = [sys.executable, "-m", "runlog", "run", "--quiet", "--name", "wrapped", "--"]
    subprocess.run([*command, sys.executable, "-c", "import runlog; runlog.log_metric('loss', 1.0)"], check=True)
    subprocess.run([sys.executable, "-c", "import runlog; runlog.log_metric('loss', 2.0)"], check=True)
"""
    assert python(script, cwd=tmp_path).stderr == ""
    runs = {run.name: run for run in runlog.open_store(tmp_path / ".runlog").runs()}
    assert (runs["outer"].parent, runs["wrapped"].parent) == (None, runs["outer"].id)
    assert (runs["outer"].experiment, runs["wrapped"].experiment) == ("tuning", "tuning")
    assert (points(runs["outer"], "loss"), points(runs["wrapped"], "loss")) == ([(0, 2.0)], [(0, 1.0)])
