"""A failing log call never kills the training job: it is told once, recorded in the run, and the job goes on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import runlog
from tests.scene import WITHOUT_POWERS, begin_python, ended, environment, only_run, points, python, tree

FAILING = """\
import runlog
run = runlog.start_run()
for step in range(3):
    run.log_metric("loss", f"no number {step}")
    run.log_metric("loss", [step])
    run.log_metrics({"acc": None, "fine": 1.0})
    run.log_metric("loss", 1.0, step=step + 0.5)
    run.log_metric("", 1.0)
    run.log_metric("good", float(step))
    run.log_param("p", "x" * (70_000 + step))
    run.set_tag("a\\nb", "x")
    run.set_tag("good", "yes")
    run.log_artifact("nowhere.bin")
    run.log_text("text", "../outside.txt")
    run.log_table(5, "t.csv")
    run.log_figure("no figure", "f.png")
    run.log_image("no image", "i.png")
    run.use_data("nowhere.csv")
    run.log_text("text", "good.txt")
print("trained")
"""
TOLD = [
    "metric 'loss' must be a number, got 'no number 0'",
    "metric 'loss' must be one number, got list [0]",
    "metric 'acc' must be a number, got None",
    "a step must be a whole number, got 0.5",
    "metric name is empty",
    "param 'p' may have 65536 characters, got 70000 (hint: log it with log_text() or log_json() instead)",
    "tag name 'a\\nb' holds a control character",
    "there is no file 'nowhere.bin'",
    "artifact path '../outside.txt' leaves the run (hint: give a relative path without '..')",
    "this int is no table",
    "cannot draw a str: it is no figure of matplotlib or plotly",
    "an image has height x width (x 1, 3 or 4 channels), got one value",
    "there is no file 'nowhere.csv'",
]


def test_each_kind_of_failure_is_told_once_and_recorded_and_the_job_goes_on(tmp_path: Path) -> None:
    done = python(FAILING, cwd=tmp_path)
    run = only_run(tmp_path / ".runlog")
    assert (done.returncode, done.stdout) == (0, "trained\n")
    assert done.stderr == "".join(f"runlog: run {run.id}: {message}\n" for message in TOLD)
    assert run.problems == tuple(TOLD)
    assert run.state == "finished"
    assert points(run, "good") == [(0, 0.0), (1, 1.0), (2, 2.0)]
    assert (list(run.metrics), dict(run.params), dict(run.tags), list(run.artifacts)) == (
        ["good"],
        {},
        {"good": "yes"},
        ["good.txt"],
    )


@pytest.mark.parametrize("how", ["argument", "variable"])
def test_strict_raises(tmp_path: Path, how: str) -> None:
    script = "import runlog\nwith runlog.start_run({}) as run:\n    run.log_metric('loss', 'no number')\n"
    if how == "argument":
        done = python(script.format("strict=True"), cwd=tmp_path)
    else:
        done = python(script.format(""), cwd=tmp_path, RUNLOG_STRICT="1")
    assert done.returncode == 1
    assert done.stderr.endswith("runlog.errors.BadValue: metric 'loss' must be a number, got 'no number'\n")
    assert only_run(tmp_path / ".runlog").state == "failed"


def test_an_argument_outweighs_the_variable(tmp_path: Path) -> None:
    script = "import runlog\nwith runlog.start_run(strict=False) as run:\n    run.log_metric('loss', 'no number')\n"
    assert python(script, cwd=tmp_path, RUNLOG_STRICT="1").returncode == 0


def test_warnings_go_through_logging_and_can_be_silenced(tmp_path: Path) -> None:
    script = """\
import logging, runlog
logging.getLogger("runlog").setLevel(logging.ERROR)
runlog.log_metric("loss", "x")
"""
    done = python(script, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert only_run(tmp_path / ".runlog").problems == ("metric 'loss' must be a number, got 'x'",)


def test_a_program_without_stderr_goes_on(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text("import runlog\nrunlog.log_metric('loss', 'x')\nrunlog.log_metric('loss', 1.0)\n")
    shell = f'exec "{sys.executable}" "{script}" 2>&-'
    assert subprocess.run(["sh", "-c", shell], cwd=tmp_path, env=environment(), check=False, timeout=100).returncode == 0
    assert points(only_run(tmp_path / ".runlog"), "loss") == [(0, 1.0)]


TRAIN = """\
import os, runlog, subprocess
run = runlog.start_run(experiment="e", params={"alpha": 0.1})
runlog.log_metric("loss", 0.5)
runlog.log_text("text", "notes.txt")
with runlog.start_run(name="child", nested=True) as child:
    child.log_metric("loss", 0.25)
line = '{"from_shell": 1}'
subprocess.run(["sh", "-c", f"echo '{line}' >> \\"$RUNLOG_METRICS\\""], check=True)
print("trained", run.untracked)
"""


def a_file(store: Path) -> str:
    store.write_text("not a store")
    return f"{store} is a file where a store must be"


def a_newer_store(store: Path) -> str:
    store.mkdir()
    (store / "store.json").write_text('{"format": 99}')
    return f"{store}/store.json has format 99, newer than format 1 which this runlog knows"


def another_folder(store: Path) -> str:
    store.mkdir()
    (store / "holiday.jpg").touch()
    return f"{store} is not empty and not a runlog store: it holds 'holiday.jpg'"


def below_a_file(store: Path) -> str:
    store.parent.rmdir()
    store.parent.touch()
    return f"{store} lies below a file"


def read_only_store(store: Path) -> str:
    assert python("import runlog\nrunlog.start_run()\n", cwd=store.parent, RUNLOG_STORE=store).returncode == 0
    for folder in [store, *store.rglob("*")]:
        if folder.is_dir():
            folder.chmod(0o555)
    return "cannot create " + str(store / "experiments" / "e") + ": permission denied"


def read_only_project(store: Path) -> str:
    store.parent.chmod(0o555)
    return f"cannot create {store}: permission denied"


@pytest.mark.parametrize("trouble", [a_file, a_newer_store, another_folder, below_a_file, read_only_store, read_only_project])
def test_a_run_that_cannot_be_kept_in_its_store_is_kept_in_a_temporary_one(tmp_path: Path, trouble: object) -> None:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "project").mkdir()
    store = tmp_path / "project" / ".runlog"
    assert callable(trouble)
    reason = trouble(store)
    done = python(WITHOUT_POWERS + TRAIN, cwd=tmp_path, RUNLOG_STORE=store, TMPDIR=tmp_path / "tmp")
    [folder] = (tmp_path / "tmp").glob("runlog-*")
    spool = folder / ".runlog"
    assert (done.returncode, done.stdout) == (0, "trained False\n")
    assert done.stderr == (
        f"runlog: {reason}; this run is kept in {spool}: copy it onto your store afterwards, stores merge that way\n"
    )
    runs = {"child" if run.parent else run.experiment: run for run in runlog.open_store(spool).runs()}
    assert (runs["e"].state, points(runs["e"], "loss"), points(runs["e"], "from_shell")) == ("finished", [(0, 0.5)], [(0, 1.0)])
    assert (runs["child"].parent, points(runs["child"], "loss")) == (runs["e"].id, [(0, 0.25)])

    # As the warning says.
    with runlog.start_run(store=tmp_path / "mine", name="before"):
        pass
    shutil.copytree(spool, tmp_path / "mine", dirs_exist_ok=True)
    copied = {run.id: run for run in runlog.open_store(tmp_path / "mine").runs()}
    assert points(copied[runs["e"].id], "loss") == [(0, 0.5)]
    assert copied[runs["e"].id].artifact("notes.txt").read_text() == "text"
    assert len(copied) == 3
    assert runlog.open_store(tmp_path / "mine").check().clean

    strict = python(WITHOUT_POWERS + TRAIN, cwd=tmp_path, RUNLOG_STORE=store, TMPDIR=tmp_path / "tmp", RUNLOG_STRICT="1")
    assert strict.returncode == 1
    assert reason in strict.stderr.splitlines()[-1]
    for path in [store.parent, *store.parent.rglob("*")]:
        path.chmod(0o755)


def others(folder: Path) -> None:
    folder.mkdir()
    os.chown(folder, 12345, 12345)


def open_to_all(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o777)


def a_link(folder: Path) -> None:
    (folder.parent / "elsewhere").mkdir()
    folder.symlink_to("elsewhere")


def a_broken_link(folder: Path) -> None:
    folder.symlink_to("nowhere")


SQUATTERS = [open_to_all, a_link, a_broken_link, Path.touch, *([others] if os.geteuid() == 0 else [])]


@pytest.mark.parametrize("squat", SQUATTERS)
def test_a_temporary_folder_that_somebody_else_may_read_or_write_is_not_used(
    tmp_path: Path, squat: Callable[[Path], object]
) -> None:
    """Anybody may make a folder in the place of temporary files, before the user does."""
    squat(tmp_path / "runlog-ada")
    before = tree(tmp_path)
    (tmp_path / "project").mkdir()
    a_file(tmp_path / "project" / ".runlog")
    for _ in range(2):
        done = python(TRAIN, cwd=tmp_path / "project", TMPDIR=tmp_path, LOGNAME="ada")
        assert (done.returncode, done.stdout) == (0, "trained False\n")
        assert f"this run is kept in {tmp_path}/runlog-ada.2/.runlog: " in done.stderr
    mine = tmp_path / "runlog-ada.2"
    assert mine.stat().st_mode & 0o777 == 0o700
    assert len(list(runlog.open_store(mine / ".runlog").runs())) == 4
    assert {path: data for path, data in tree(tmp_path).items() if path in before} == before


def test_a_user_with_a_name_that_is_a_path_stays_in_the_folder_of_temporary_files(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    a_file(tmp_path / ".runlog")
    done = python(TRAIN, cwd=tmp_path, TMPDIR=tmp_path / "tmp", LOGNAME="../ada")
    assert f"this run is kept in {tmp_path}/tmp/runlog-..-ada/.runlog: " in done.stderr


def test_where_nothing_can_be_written_the_job_goes_on_untracked(tmp_path: Path) -> None:
    nothing = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))\n"
    done = python(nothing + TRAIN, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "trained True\n")
    reason, rest = done.stderr.splitlines()[0].split("; ")
    assert reason.startswith("runlog: cannot write ")
    assert reason.endswith(": file too large")
    assert rest == "no other place could be written either, so this run is not tracked"
    assert len(done.stderr.splitlines()) == 2  # the child's, too
    assert list(tmp_path.glob(".runlog/experiments/*/*")) == []


def test_an_untracked_run_takes_everything(tmp_path: Path) -> None:
    script = """\
import resource, runlog
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
import runlog.tracking.beating
runlog.tracking.beating.FLUSH_S = 0.05
import time
with runlog.start_run(system=True) as run:
    run.log_metric("a", 1.0)
    run.log_metrics({"a": 1, "b": 2})
    run.log_params({"p": object()})
    run.set_tag("t")
    run.log_text("x", "x.txt")
    run.log_artifact("nowhere")
    run.set_note("note")
    time.sleep(0.3)
    print(run, run._repr_html_())
print(run)
"""
    done = python(script, cwd=tmp_path)
    assert done.returncode == 0
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert re.sub(r"\d{8}-\d{6}-\w{6}", "ID", done.stdout) == "<run ID untracked> &lt;run ID untracked>\n<run ID untracked>\n"


@pytest.mark.parametrize("what", ["run", "store"])
@pytest.mark.parametrize("when", ["beaten", "finished"])
def test_a_run_that_is_deleted_while_it_runs_is_told_and_the_job_goes_on(tmp_path: Path, what: str, when: str) -> None:
    script = f"""\
import runlog, runlog.tracking.beating, shutil, sys, time
if {when == "beaten"}:
    runlog.tracking.beating.FLUSH_S = 0.05
run = runlog.start_run()
run.log_metric("loss", 1.0)
shutil.rmtree(run.path if {what == "run"} else run.store.root)
run.log_metric("loss", 2.0)
if {when == "beaten"}:
    time.sleep(1)
run.log_metric("loss", 3.0)
run.log_param("p", 1)
run.finish()
print(run.path)
import os, pathlib
if {when == "finished"}:
    assert not [fd for fd in pathlib.Path("/proc/self/fd").iterdir() if fd.is_symlink() and ".log" in os.readlink(fd)]
"""
    done = python(script, cwd=tmp_path)
    assert done.returncode == 0
    run_id = Path(done.stdout.strip()).name
    assert done.stderr == f"runlog: run {run_id}: the folder of the run is gone: {done.stdout}"
    if what == "run":
        store = runlog.open_store(tmp_path / ".runlog")
        assert list(store.runs()) == []
        assert store.recover() == []
    else:
        assert not (tmp_path / ".runlog").exists()


def test_a_folder_that_becomes_read_only_costs_no_point(tmp_path: Path) -> None:
    script = (
        WITHOUT_POWERS
        + """
import os, runlog
run = runlog.start_run()
run.log_metric("loss", 1.0)
for folder in (run.path, run.path / "live"):
    os.chmod(folder, 0o555)
run.log_metric("loss", 2.0)
run.log_text("text", "notes.txt")
run.log_text("text", "more.txt")
run.finish()
print("trained")
"""
    )
    done = python(script, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "trained\n")
    assert [line.split(": ", 2)[2] for line in done.stderr.splitlines()] == [
        "cannot keep notes.txt: permission denied",
        "cannot keep more.txt: permission denied",
        f"cannot create {next((tmp_path / '.runlog/experiments/default').glob('2*'))}/metrics: permission denied",
    ]
    [folder] = (tmp_path / ".runlog" / "experiments" / "default").glob("2*")
    for path in (folder, folder / "live"):
        path.chmod(0o755)
    run = only_run(tmp_path / ".runlog")
    assert (run.state, points(run, "loss"), list(run.artifacts)) == ("finished", [(0, 1.0), (1, 2.0)], [])


# A limit on the size of files: what lies beyond it is refused, and a record across it is cut short, as on a full disk.
FULL = """\
import os, resource, runlog, sys, time
import runlog.tracking.beating
runlog.tracking.beating.FLUSH_S = 0.05
def room(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
run = runlog.start_run()
run.log_metric("loss", 0.0, step=0)
[log] = (run.path / "live").iterdir()
"""


@pytest.mark.parametrize("room", [0, 8, 20])
def test_a_full_disk_costs_nothing_once_there_is_room_again(tmp_path: Path, room: int) -> None:
    script = (
        FULL
        + f"""
before = time.time()
room(log.stat().st_size + {room} if {room} else 0)
for step in range(1, 6):
    run.log_metric("loss", float(step), step=step)
    run.log_metrics({{"a": 1.0, "b": 2.0}}, step=step)
run.log_metric("loss", 6.0, step=6, at=1_700_000_000)
run.log_param("alpha", 0.1)
run.set_tag("model", "ridge")
run.log_text("too much" * 1000, "lost.txt")
after = time.time()
time.sleep(0.2)
print(before, after)
room(resource.RLIM_INFINITY)
if len(sys.argv) > 1:
    run.finish()
else:
    time.sleep(1)
    run.log_metric("loss", 7.0, step=7)
    os._exit(0)
"""
    )
    for arguments, state in ([], "lost"), (["finish"], "finished"):
        folder = tmp_path / state
        folder.mkdir()
        done = python(script, *arguments, cwd=folder)
        assert done.returncode == 0, done.stderr
        run = only_run(folder / ".runlog")
        assert [line.partition(f"{run.id}: ")[2] for line in done.stderr.splitlines()] == list(run.problems)
        assert {problem for problem in run.problems if "keep" not in problem} <= {
            "cannot log: file too large",
            "cannot log: no space left on device",
        }
        assert len(run.problems) == len(set(run.problems)) <= 3
        loss = [(step, float(step)) for step in range(8 if state == "lost" else 7)]
        assert (run.state, points(run, "loss")) == (state, loss)
        assert (points(run, "a"), points(run, "b")) == ([(s, 1.0) for s in range(1, 6)], [(s, 2.0) for s in range(1, 6)])
        assert (dict(run.params), dict(run.tags), list(run.artifacts)) == ({"alpha": 0.1}, {"model": "ridge"}, [])
        # Each at the time it was logged, not when there was room for it.
        before, after = map(float, done.stdout.split())
        times = [at.timestamp() for at in run.history("loss")["time"].to_pylist()]
        assert all(before - 0.001 <= at <= after for at in times[1:6])
        assert times[6] == 1_700_000_000
        assert runlog.open_store(folder / ".runlog").check().clean


def test_a_disk_that_stays_full_costs_what_came_since_and_nothing_before(tmp_path: Path) -> None:
    script = (
        FULL
        + "room(0)\nfor step in range(1, 1000): run.log_metric('loss', float(step), step=step)\nrun.finish()\nprint('trained')\n"
    )
    done = python(script, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "trained\n")
    assert "cannot log: file too large\n" in done.stderr
    assert len(done.stderr.splitlines()) <= 2
    run = only_run(tmp_path / ".runlog")
    assert (run.state, points(run, "loss")) == ("lost", [(0, 0.0)])


def test_what_waits_for_a_full_disk_does_not_fill_the_memory(tmp_path: Path) -> None:
    script = (
        FULL
        + """
room(0)
for step in range(1000): run.log_metric("loss", float(step), step=step)
room(resource.RLIM_INFINITY)
"""
    )
    script = script.replace("FLUSH_S = 0.05", "FLUSH_S = 600").replace(
        "run = ", "import runlog.tracking.voice as v; v._WAITING = 100\nrun = ", 1
    )
    assert python(script, cwd=tmp_path).returncode == 0
    # The latest are kept.
    assert points(only_run(tmp_path / ".runlog"), "loss") == [(0, 0.0), *((step, float(step)) for step in range(900, 1000))]


def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    """In a small filesystem of its own, where the system lets a user mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    private = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    mount = f"mount -t tmpfs -o size=256k none '{disk}'"
    if shutil.which("unshare") is None or subprocess.run([*private, mount], capture_output=True, check=False).returncode != 0:
        pytest.skip("this user may not mount a small filesystem")
    script = tmp_path / "train.py"
    script.write_text("""\
import os, runlog
os.chdir("disk")
with runlog.start_run(params={"alpha": 0.1}) as run:
    run.log_metric("loss", 1.0)
    with open("filler", "wb", buffering=0) as filler:
        try:
            while True:
                filler.write(b"x" * 512)
        except OSError:
            pass
    for step in range(1, 500):
        run.log_metric("loss", 1.0, step=step)
    run.log_text("y" * 100_000, "notes.txt")
    os.remove("filler")
stored = runlog.open_store().run(run.id)
steps = stored.history("loss")["step"].to_pylist()
assert steps == list(range(500)), steps
assert (stored.state, dict(stored.params), dict(stored.artifacts)) == ("finished", {"alpha": 0.1}, {}), stored
print("\\n".join(stored.problems))
""")
    command = [*private, f"{mount} && exec '{sys.executable}' '{script}'"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.splitlines()) == {
        "cannot log: no space left on device",
        "cannot keep notes.txt: no space left on device",
    }


def test_a_run_that_ends_while_threads_log_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    script = """\
import runlog, threading
run = runlog.start_run(strict=True)
begun = threading.Barrier(5)
counts = {}
def train(name):
    begun.wait()
    try:
        for step in range(10**9):
            run.log_metric(name, float(step), step)
            counts[name] = step + 1
    except runlog.RunlogError:
        pass
threads = [threading.Thread(target=train, args=(f"m{n}",)) for n in range(4)]
[thread.start() for thread in threads]
begun.wait()
run.finish()
[thread.join() for thread in threads]
print(counts)
"""
    done = python(script, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    counts = eval(done.stdout)
    run = only_run(tmp_path / ".runlog")
    assert run.state == "finished"
    for name, count in counts.items():
        # The call that was under way may have come through as well.
        assert points(run, name)[:count] == [(step, float(step)) for step in range(count)]
        assert len(points(run, name)) <= count + 1
    assert runlog.open_store(tmp_path / ".runlog").check().clean


def test_a_job_is_not_held_up_by_its_end(tmp_path: Path) -> None:
    """Closing stdin of a program that waits for it: the helper thread must not keep the process."""
    with begin_python("import runlog, sys\nrunlog.log_metric('a', 1.0)\nsys.stdin.read()\n", cwd=tmp_path) as child:
        assert child.stdin is not None
        child.stdin.close()
        assert ended(child) == 0
    assert only_run(tmp_path / ".runlog").state == "finished"
    assert os.listdir(tmp_path / ".runlog" / "live") == []
