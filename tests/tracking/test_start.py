"""How runs begin: new ones, those that go on, and those a surrounding process opened."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import runlog
from tests.scene import WITHOUT_POWERS, bare_runs, begin_python, environment, only_run, points, python, runlog_cli, tree, until


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


def test_a_run_goes_on_in_another_process(tmp_path: Path) -> None:
    first = """\
import runlog
with runlog.start_run(name="first", params={"alpha": 0.1, "kept": 1}, tags={"a": "1"}) as run:
    for n in range(3): run.log_metric("loss", float(n))
    run.log_metric("acc", 0.5, step=10)
    run.log_text("one", "a.txt")
print(run.id)
"""
    run_id = python(first, cwd=tmp_path).stdout.strip()
    store = tmp_path / ".runlog"
    before = only_run(store)
    assert (before.state, before.ended_at is not None) == ("finished", True)

    second = f"""\
import runlog, sys
about = dict(experiment="other", name="second", params={{"alpha": 0.2}}, tags={{"b": "2"}}, note="went on")
with runlog.start_run(run_id={run_id[-6:]!r}, **about) as run:
    assert run.id == {run_id!r}
    print("up", flush=True)
    sys.stdin.readline()
    run.log_metric("loss", 3.0)
    run.log_metric("loss", 4.0)
    run.log_metric("acc", 0.6)
    run.log_metric("new", 1.0)
    run.log_text("two", "b.txt")
"""
    with begin_python(second, cwd=tmp_path) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "up\n", child.communicate()[1]
        running = only_run(store)
        assert (running.state, running.end, running.ended_at) == ("running", None, None)
        assert child.communicate("\n", timeout=100) == ("", "")
    run = only_run(store)
    assert (run.state, run.name, run.note, run.experiment) == ("finished", "second", "went on", "default")
    assert points(run, "loss") == [(0, 0.0), (1, 1.0), (2, 2.0), (3, 3.0), (4, 4.0)]
    assert (points(run, "acc"), points(run, "new")) == ([(10, 0.5), (11, 0.6)], [(0, 1.0)])
    assert (dict(run.params), dict(run.tags)) == ({"alpha": 0.2, "kept": 1}, {"a": "1", "b": "2"})
    assert dict(run.earlier_params) == {"alpha": (0.1,)}
    assert sorted(run.artifacts) == ["a.txt", "b.txt"]
    assert run.created_at == before.created_at
    assert runlog.open_store(store).check().clean


@pytest.mark.parametrize(
    "end", ["1 / 0", "import os; os._exit(1)", "import os; os.kill(os.getpid(), 15)"], ids=["failed", "lost", "killed"]
)
def test_a_run_that_ended_badly_goes_on_and_finishes(tmp_path: Path, end: str) -> None:
    python(f"import runlog\nrunlog.log_metric('loss', 1.0)\n{end}\n", cwd=tmp_path)
    broken = only_run(tmp_path / ".runlog")
    assert broken.state in {"failed", "lost", "killed"}
    python(f"import runlog\nrunlog.start_run(run_id={broken.id!r})\nrunlog.log_metric('loss', 2.0)\n", cwd=tmp_path)
    run = only_run(tmp_path / ".runlog")
    assert (run.state, points(run, "loss")) == ("finished", [(0, 1.0), (1, 2.0)])
    assert run.end is not None
    assert (run.end.error, run.end.signal) == (None, None)


def test_going_on_in_the_same_process(project: Path) -> None:
    with runlog.start_run() as first:
        first.log_metric("loss", 1.0)
    for step in range(3):
        with runlog.start_run(run_id=first.id) as again:
            assert (again.id, again.path, runlog.active_run()) == (first.id, first.path, again)
            runlog.log_metric("loss", float(step))
            assert only_run(project / ".runlog").state == "running"
        assert only_run(project / ".runlog").state == "finished"
    assert points(only_run(project / ".runlog"), "loss") == [(0, 1.0), (1, 0.0), (2, 1.0), (3, 2.0)]


def test_two_processes_go_on_with_one_run(tmp_path: Path) -> None:
    with begin_python("import runlog\nrunlog.log_metric('a', 1.0)\nprint('up', flush=True)\ninput()\n", cwd=tmp_path) as child:
        assert child.stdout is not None
        child.stdout.readline()
        run_id = only_run(tmp_path / ".runlog").id
        script = f"import runlog\nwith runlog.start_run(run_id={run_id!r}) as run:\n    run.log_metric('b', 1.0)\n"
        done = python(script, cwd=tmp_path)
        assert done.returncode == 0
        assert done.stderr == f"runlog: run {run_id} still runs in another process; both now log into it\n"
        child.communicate("\n", timeout=100)
    run = only_run(tmp_path / ".runlog")
    assert (run.state, points(run, "a"), points(run, "b")) == ("finished", [(0, 1.0)], [(0, 1.0)])


def test_a_piece_that_fits_no_run_or_several(project: Path) -> None:
    for _ in range(2):
        with runlog.start_run():
            pass
    with pytest.raises(runlog.RunlogError, match="no run matches 'qqqqqq'") as missing:
        runlog.start_run(run_id="qqqqqq")
    with pytest.raises(runlog.RunlogError, match="'-' fits 2 runs: ") as several:
        runlog.start_run(run_id="-")
    assert (missing.value.code, several.value.code) == ("not-found", "conflict")


GO_ON = """
import runlog
run = runlog.start_run(run_id={run_id!r}, name="gone on")
runlog.log_metric("loss", 0.25)
runlog.log_text("other", "notes.txt")
print(run.id, run.untracked)
"""


def a_run(folder: Path) -> str:
    """The id of a run with a point and an artifact, in a store of its own."""
    first = """
import runlog
with runlog.start_run(experiment="Ridge", name="first") as run:
    run.log_metric("loss", 0.5)
    run.log_text("text", "notes.txt")
print(run.id)
"""
    return python(first, cwd=folder).stdout.strip()


@pytest.mark.parametrize("closed", [".runlog/experiments/*/2*", ".runlog/**/"])
def test_a_run_of_a_store_that_cannot_be_written_goes_on_in_a_temporary_one(tmp_path: Path, closed: str) -> None:
    """And the two are one run when the stores are merged, as the warning says."""
    run_id = a_run(tmp_path)
    (tmp_path / "tmp").mkdir()
    for folder in tmp_path.glob(closed):
        folder.chmod(0o555)
    before = tree(tmp_path / ".runlog")
    script = WITHOUT_POWERS + GO_ON.format(run_id=run_id)
    for _ in range(2):
        done = python(script, cwd=tmp_path, TMPDIR=tmp_path / "tmp")
        assert (done.returncode, done.stdout) == (0, f"{run_id} False\n")
        [spool] = (tmp_path / "tmp").glob("runlog-*/.runlog")
        told = f"; this run is kept in {spool}: copy it onto your store afterwards, stores merge that way\n"
        assert re.fullmatch("runlog: cannot .*: permission denied" + re.escape(told), done.stderr)
    elsewhere = {path: data for path, data in tree(tmp_path / ".runlog").items() if not path.startswith("live")}
    assert elsewhere == {path: data for path, data in before.items() if not path.startswith("live")}
    kept = only_run(spool)
    assert (kept.id, kept.name, kept.state, points(kept, "loss")) == (run_id, "gone on", "finished", [(1, 0.25), (2, 0.25)])
    assert runlog.open_store(spool).check().clean

    for folder in tmp_path.glob(".runlog/**/"):
        folder.chmod(0o755)
    shutil.copytree(tmp_path / ".runlog", tmp_path / "other")
    shutil.copytree(spool, tmp_path / ".runlog", dirs_exist_ok=True)
    shutil.copytree(tmp_path / "other", spool, dirs_exist_ok=True)
    assert {path: data for path, data in tree(spool).items() if path[:4] != "live"} == {
        path: data for path, data in tree(tmp_path / ".runlog").items() if path[:4] != "live"
    }
    merged = only_run(tmp_path / ".runlog")
    assert (merged.id, merged.name, merged.state) == (run_id, "gone on", "finished")
    assert points(merged, "loss") == [(0, 0.5), (1, 0.25), (2, 0.25)]
    assert merged.artifact("notes.txt").read_text() == "other"
    assert (merged.path / "artifacts" / "notes.txt").read_text() == "text"
    assert runlog.open_store(tmp_path / ".runlog").check().clean


def test_going_on_where_nothing_can_be_written_raises_when_strict(tmp_path: Path) -> None:
    run_id = a_run(tmp_path)
    for folder in tmp_path.glob(".runlog/experiments/*/2*"):
        folder.chmod(0o555)
    done = python(WITHOUT_POWERS + GO_ON.format(run_id=run_id), cwd=tmp_path, TMPDIR=tmp_path, RUNLOG_STRICT="1")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"runlog.errors.StoreError: cannot go on with run {run_id}: permission denied"
    assert list(tmp_path.glob("runlog-*")) == []


def test_a_run_of_which_nothing_can_be_read_cannot_go_on_but_the_job_does(tmp_path: Path) -> None:
    run_id = a_run(tmp_path)
    for birth in tmp_path.glob(".runlog/experiments/*/2*/run.json"):
        birth.write_text("{")
    done = python(GO_ON.format(run_id=run_id), cwd=tmp_path)
    birth_name = next(tmp_path.glob(".runlog/experiments/*/2*/run.json")).relative_to(tmp_path / ".runlog")
    assert done.stderr == f"runlog: cannot go on with run {run_id}: {birth_name} is not valid JSON; this is a new run\n"
    run = only_run(tmp_path / ".runlog")
    assert (done.returncode, done.stdout) == (0, f"{run.id} False\n")
    assert (run.name, run.parent, points(run, "loss")) == ("gone on", run_id, [(0, 0.25)])
    strict = python(GO_ON.format(run_id=run_id), cwd=tmp_path, RUNLOG_STRICT="1")
    assert strict.stderr.splitlines()[-1].startswith(f"runlog.errors.Damaged: {birth_name} is not valid JSON")


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


def test_the_cluster_s_own_ids_are_kept(tmp_path: Path) -> None:
    ids = {"SLURM_JOB_ID": "4711", "SLURM_ARRAY_TASK_ID": "3", "SLURM_PROCID": "0", "SLURM_JWT": "secret"}
    python("import runlog\nrunlog.start_run()\n", cwd=tmp_path, **ids)
    [bare] = bare_runs(tmp_path / ".runlog").values()
    assert bare.birth["host"]["slurm"] == {"job_id": "4711", "array_task_id": "3", "rank": "0"}
    assert b"secret" not in (bare.folder / "run.json").read_bytes()


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
