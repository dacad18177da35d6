"""How runs begin: what is said of them, and where they are kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import runlog
from tests.scene import bare_runs, environment, only_run, python, tree, until


def test_everything_that_can_be_said_at_the_start(project: Path) -> None:
    with runlog.start_run("first", "name", {"alpha": 0.1, "model": {"depth": 3}}, {"a": "b", "bare": ""}, "a note") as run:
        pass
    [bare] = bare_runs(project / ".runlog").values()
    expected = {
        "experiment": "first",
        "name": "name",
        "params": {"alpha": 0.1, "model.depth": 3},
        "tags": {"a": "b", "bare": ""},
        "note": "a note",
        "parent": None,
        "id": run.id,
    }
    assert {key: bare.birth[key] for key in expected} == expected
    assert bare.birth["process"]["pid"] == os.getpid()
    assert run.path == bare.folder


def test_the_command_and_the_folder_are_recorded(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    with runlog.start_run(store=tmp_path / ".runlog"):
        pass
    script = below / "train.py"
    script.write_text("import runlog\nrunlog.start_run()\n")
    subprocess.run([sys.executable, "-u", "train.py", "--epochs", "3"], cwd=below, env=environment(), check=True, timeout=100)
    newest = next(runlog.open_store(tmp_path / ".runlog").runs())
    commands = [run.record.command for run in runlog.open_store(tmp_path / ".runlog").runs()]
    assert {"argv": ["python", "-u", "train.py", "--epochs", "3"], "cwd": "a/b"} in [
        {key: command[key] for key in ("argv", "cwd")} for command in commands
    ]
    assert newest.record.host["python"] == ".".join(map(str, sys.version_info[:3]))


def test_a_script_below_finds_the_store_above(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    for folder in (below, tmp_path / "a", tmp_path):
        assert python("import runlog\nrunlog.log_metric('loss', 1.0)\n", cwd=folder).stderr == ""
    assert len(list(runlog.open_store(tmp_path / ".runlog").runs())) == 3
    assert not list(tmp_path.glob("a/**/.runlog"))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"experiment": ""}, "bad-name"),
        ({"experiment": ".."}, "bad-name"),
        ({"experiment": "a/b"}, "bad-name"),
        ({"experiment": "a\0b"}, "bad-name"),
        ({"experiment": "x" * 300}, "bad-name"),
        ({"experiment": "CON"}, "bad-name"),
        ({"experiment": 5}, "bad-name"),
        ({"name": ""}, "bad-name"),
        ({"name": "a\nb"}, "bad-name"),
        ({"params": {"": 1}}, "bad-name"),
        ({"tags": {"a\nb": "x"}}, "bad-name"),
        ({"run_id": "qqqqqq"}, "usage"),
    ],
    ids=str,
)
def test_what_cannot_be_stored_raises_at_once_and_makes_nothing(project: Path, arguments: dict[str, object], code: str) -> None:
    with pytest.raises(runlog.RunlogError) as refused:
        runlog.start_run(**arguments)  # type: ignore[arg-type]
    assert refused.value.code == code
    assert tree(project) == {}
    assert runlog.active_run() is None


def test_a_program_with_names_that_are_no_text(tmp_path: Path) -> None:
    """Arguments and folders of Latin-1 are still met."""
    folder = os.path.join(os.fsencode(tmp_path), b"caf\xe9")
    os.mkdir(folder)
    script = tmp_path / "train.py"
    script.write_text(
        "import runlog, sys\nwith runlog.start_run(strict=True, note=sys.argv[1]) as run:\n    run.set_tag('t', sys.argv[1])\n"
    )
    command: list[bytes | str] = [sys.executable, str(script), b"\xff.csv"]
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, check=False, timeout=100)
    assert (done.returncode, done.stderr) == (0, b"")
    [path] = Path(os.fsdecode(folder)).glob(".runlog/experiments/default/2*/run.json")
    birth = json.loads(path.read_bytes())
    assert (birth["command"]["argv"][-1], birth["note"]) == ("?.csv", "?.csv")


def test_the_cluster_s_own_ids_are_kept(tmp_path: Path) -> None:
    ids = {"SLURM_JOB_ID": "4711", "SLURM_ARRAY_TASK_ID": "3", "SLURM_PROCID": "0", "SLURM_JWT": "secret"}
    python("import runlog\nrunlog.start_run()\n", cwd=tmp_path, **ids)
    [bare] = bare_runs(tmp_path / ".runlog").values()
    assert bare.birth["host"]["slurm"] == {"job_id": "4711", "array_task_id": "3", "rank": "0"}
    assert b"secret" not in (bare.folder / "run.json").read_bytes()


def test_experiment_of_the_environment(tmp_path: Path) -> None:
    python("import runlog\nrunlog.start_run()\n", cwd=tmp_path, RUNLOG_EXPERIMENT="from outside")
    assert only_run(tmp_path / ".runlog").experiment == "from outside"


def test_many_processes_begin_a_store_at_once(tmp_path: Path) -> None:
    script = "import runlog\nfor n in range(5):\n    with runlog.start_run(strict=True) as run: run.log_metric('n', float(n))\n"
    (tmp_path / "train.py").write_text(script)
    command = [sys.executable, "train.py"]
    children = [subprocess.Popen(command, cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, text=True) for _ in range(4)]
    assert [(child.communicate(timeout=100)[1], child.returncode) for child in children] == [("", 0)] * 4
    runs = list(runlog.open_store(tmp_path / ".runlog").runs())
    assert len(runs) == 20
    assert {run.state for run in runs} == {"finished"}
    until(lambda: not os.listdir(tmp_path / ".runlog" / "live"), "all runs to be settled")
