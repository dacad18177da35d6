"""Promise 10: a store can be moved, renamed, mounted read-only or snapshotted and still be read; reading needs no write."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.scene import WITHOUT_POWERS, environment, files_below, python, tree
from tests.store.damage import Scene

# All commands that read, in one process that is held to permissions even where the tests run as root.
READ = (
    WITHOUT_POWERS
    + """
import contextlib, io, json, sys
from runlog.cli import main
store, whole, failed = sys.argv[1:]
answers = {}
for words in (
    ["ls"],
    ["ls", "--json"],
    ["ls", "-q", "--where", "loss < 1.5", "--sort", "loss"],
    ["ls", "--removed"],
    ["show", whole, "--json"],
    ["show", failed],
    ["compare", whole, failed],
    ["best", "loss"],
    ["logs", whole],
    ["metrics", whole],
    ["metrics", whole, "loss", "--history"],
    ["artifacts", "ls", whole],
    ["artifacts", "cat", whole, "deep/notes.txt"],
    ["params", whole],
    ["export", whole],
    ["exists", "--tag", "model=ridge"],
    ["experiments"],
    ["check"],
):
    sys.argv = ["runlog", "--store", store, *words]
    out, err = io.BytesIO(), io.BytesIO()
    with contextlib.redirect_stdout(io.TextIOWrapper(out)) as one, contextlib.redirect_stderr(io.TextIOWrapper(err)) as two:
        status = main()
        one.flush(), two.flush()
    answers[" ".join(words)] = [status, *(text.getvalue().decode().replace(store, "STORE") for text in (out, err))]
print(json.dumps(answers))
"""
)
WROTE = """
import os, sys
def refuse(event, arguments):
    changes = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.utime"}
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if (event in changes or writes) and str(arguments[0]).startswith(sys.argv[1]):
        os._exit(77)
sys.addaudithook(refuse)
"""


def read(store: Path, scene: Scene, cwd: Path, before: str = "") -> dict[str, list[object]]:
    done = python(before + READ, store, scene.whole.name, scene.failed.name, cwd=cwd)
    assert (done.returncode, done.stderr) == (0, "")
    answers: dict[str, list[object]] = json.loads(done.stdout)
    assert {words: said for words, said in answers.items() if said[0] != 0} == {}
    return answers


def moved(store: Path) -> Path:
    target = store.parent / "a folder of another name" / "renamed ü"
    target.parent.mkdir()
    return Path(shutil.move(store, target))


def copied(store: Path) -> Path:
    """Without times, owners or links, as buckets keep things."""
    target = store.with_name("copy")
    shutil.copytree(store, target, copy_function=shutil.copyfile)
    shutil.rmtree(store)
    return target


def behind_a_link(store: Path) -> Path:
    link = store.with_name("link")
    link.symlink_to(moved(store))
    return link


def read_only(store: Path) -> Path:
    for path in [*store.rglob("*"), store]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    return store


@pytest.mark.parametrize("change", [moved, copied, behind_a_link, read_only])
def test_it_reads_the_same_as_before(scene: Scene, tmp_path: Path, change: Callable[[Path], Path]) -> None:
    before = read(scene.store, scene, tmp_path)
    held = tree(scene.store)
    store = change(scene.store)
    assert read(store, scene, tmp_path) == before
    assert tree(store) == held
    for path in [store, *store.rglob("*")]:
        path.chmod(0o755)


def test_reading_writes_nothing_even_where_it_might(scene: Scene, tmp_path: Path) -> None:
    stamps = {str(path): os.lstat(path).st_mtime_ns for path in [scene.store, *scene.store.rglob("*")]}
    read(scene.store, scene, tmp_path, before=WROTE)
    assert {str(path): os.lstat(path).st_mtime_ns for path in [scene.store, *scene.store.rglob("*")]} == stamps


TRAIN = """
import runlog
with runlog.start_run(experiment="duration") as run:
    run.log_metric("loss", 0.5)
    run.use_data("train.py")
    run.log_artifact("train.py")
"""


def test_no_file_names_the_place_of_the_store(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(TRAIN)
    command = [sys.executable, "-m", "runlog", "run", "--", "python", "train.py"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    documents = files_below(tmp_path / ".runlog")
    assert len(documents) > 8
    assert [path for path in documents if os.fsencode(tmp_path) in path.read_bytes()] == []


KILLED = """
import os, runlog, signal, sys
run = runlog.start_run(store=sys.argv[1])
run.log_metric("loss", 0.5)
print(run.id, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_snapshot_of_a_store_at_work_is_read_and_finished_elsewhere(scene: Scene, tmp_path: Path) -> None:
    """Read-only, what a dead process left can be read, too, though nobody can finish it there."""
    run_id = python(KILLED, scene.store, cwd=tmp_path).stdout.strip()
    snapshot = tmp_path / "snapshot"
    shutil.copytree(scene.store, snapshot)
    read_only(snapshot)
    held = tree(snapshot)
    script = (
        WITHOUT_POWERS
        + """
import runlog, sys
run = runlog.open_store(sys.argv[1]).run(sys.argv[2])
print(run.state, run.metrics["loss"].last, run.history("loss")["value"].to_pylist())
"""
    )
    for store in (snapshot, scene.store):
        assert python(script, store, run_id, cwd=tmp_path).stdout == "lost 0.5 [0.5]\n"
    assert tree(snapshot) == held
    assert list(scene.store.glob(f"experiments/*/{run_id}/metrics/*.parquet"))
    for path in [snapshot, *snapshot.rglob("*")]:
        path.chmod(0o755)
