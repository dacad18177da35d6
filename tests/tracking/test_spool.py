"""A run that cannot be kept in its store is kept in a temporary one, and where that fails the job goes on untracked."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import runlog
from tests.scene import WITHOUT_POWERS, points, python, tree

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
