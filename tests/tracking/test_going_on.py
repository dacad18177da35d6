"""Runs that go on: in another process or the same, from another place, and where nothing can be written."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import runlog
from tests.scene import WITHOUT_POWERS, begin_python, only_run, points, python, tree


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
    with pytest.raises(runlog.RunlogError, match="'20' fits 2 runs: ") as several:
        runlog.start_run(run_id="20")
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
