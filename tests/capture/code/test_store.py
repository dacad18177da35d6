"""Snapshots in the store: written once, told from one another, checked, collected, and never trusted too far."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import runlog
from runlog.capture.code.found import File
from runlog.capture.code.plain import blob_id, tree_id
from runlog.errors import Conflict, Damaged, NotFound
from runlog.runs.collect import Policy, collect, plan
from runlog.store.code.archive import build
from runlog.store.code.names import find
from runlog.store.code.snapshots import DEEPEST
from tests.capture.code.scene import Project, checked_out, disk, private
from tests.scene import environment


def snapshots(project: Project) -> list[Path]:
    return sorted((project.path / ".runlog/code").iterdir(), key=lambda path: path.stat().st_mtime_ns)


def head(path: Path) -> dict[str, object]:
    with zipfile.ZipFile(path) as archive:
        document: dict[str, object] = json.loads(archive.read("snapshot.json"))
    return document


def test_equal_code_is_written_once_whatever_the_commit_is_called(project: Project) -> None:
    first = project.run()
    objects = sorted(path for path in (project.path / ".git/objects").rglob("*") if path.is_file())
    second = project.run()
    project.git("commit", "-q", "--allow-empty", "-m", "nothing new")
    third = project.run()
    codes = [project.code(run_id) for run_id in (first, second, third)]
    assert len({code.tree for code in codes}) == 1
    assert len({code.commit for code in codes}) == 2
    assert len(snapshots(project)) == 1
    refs = project.git("for-each-ref", "--format=%(refname)", "refs/runlog").split()
    assert refs == [f"refs/runlog/{codes[0].tree}"]
    assert len(objects) + 1 == sum(path.is_file() for path in (project.path / ".git/objects").rglob("*"))  # the empty commit


def test_dirty_code_that_is_equal_is_written_once(project: Project) -> None:
    project.write("train.py", "print('not committed')\n")
    first, objects = project.run(), sum(1 for _ in (project.path / ".git/objects").rglob("*"))
    second = project.run()
    assert project.code(first) == project.code(second)
    assert sum(1 for _ in (project.path / ".git/objects").rglob("*")) == objects
    assert len(snapshots(project)) == 1


def test_a_snapshot_after_an_edit_holds_that_edit(project: Project) -> None:
    project.run()
    project.write("train.py", "print('edited')\n")
    (project.path / "src/gone.py").unlink()
    project.write("src/new.py", "1\n")
    run_id = project.run()
    whole, edit = snapshots(project)
    told = head(edit)
    assert told["base"] == whole.name
    assert told["depth"] == 1
    assert told["files"] == {name: f"100644 {_blob(project, name)}" for name in ("train.py", "src/new.py")}
    assert told["removed"] == ["src/gone.py"]
    with zipfile.ZipFile(edit) as archive:
        assert sorted(archive.namelist()) == ["files/src/new.py", "files/train.py", "snapshot.json"]
    assert project.code(run_id).snapshot == edit.name


def _blob(project: Project, name: str) -> str:
    return project.git("hash-object", "--no-filters", name).strip()


def test_a_chain_of_edits_ends_in_a_whole_and_each_of_them_comes_back(project: Project, tmp_path: Path) -> None:
    runs = []
    for number in range(DEEPEST + 3):
        project.write("train.py", f"print({number})\n")
        project.write(f"step-{number}.py", "new\n")
        (project.path / f"step-{number - 2}.py").unlink(missing_ok=True)
        runs.append((project.run(), disk(project.path)))
    depths = [head(path)["depth"] for path in snapshots(project)]
    assert depths == [*range(DEEPEST + 1), 0, 1]
    away = _away(project, tmp_path)
    for number in (0, 5, DEEPEST, DEEPEST + 2):
        run_id, before = runs[number]
        assert disk(checked_out(away, run_id, tmp_path / f"out-{number}").path) == before


def _away(project: Project, tmp_path: Path) -> Path:
    """The store alone, and nothing else of the project."""
    away = tmp_path / "away"
    shutil.copytree(project.path / ".runlog", away / ".runlog")
    os.chdir(away)
    return away


def test_other_programs_read_a_snapshot(project: Project, tmp_path: Path) -> None:
    project.write(b"latin-\xe9", b"bytes\n")
    project.write("Größe", b"text\n")
    code = project.code(project.run())
    with zipfile.ZipFile(project.path / ".runlog/code" / str(code.snapshot)) as archive:
        assert archive.testzip() is None
        assert archive.read("files/Größe") == b"text\n"
        modes = {info.filename: info.external_attr >> 16 for info in archive.infolist()}
    assert modes["files/run.sh"] == 0o100755
    assert modes["files/link.py"] == 0o120000
    assert tree_id({name: File(*str(told).split()) for name, told in _files(project, code.snapshot).items()}) == code.tree


def _files(project: Project, name: str | None) -> dict[str, object]:
    found = head(project.path / ".runlog/code" / str(name))["files"]
    assert isinstance(found, dict)
    return found


def test_check_tells_what_is_wrong_with_a_snapshot_and_the_next_run_writes_it_again(project: Project) -> None:
    project.run()
    project.write("train.py", "print('edited')\n")
    run_id = project.run()
    whole, edit = snapshots(project)
    good = whole.read_bytes()
    whole.write_bytes(good[:-30] + b"x" * 30)
    store = runlog.open_store(project.path)
    assert [(found.kind, found.path, found.severity) for found in store.check().findings] == [
        ("code", f"code/{whole.name}", "damage")
    ]
    assert [found.path for found in store.check(repair=True).findings if found.mended] == [f"code/{whole.name}"]
    problems = {found.problem.split(",")[0].split(" which")[0] for found in store.check().findings}
    assert problems == {f"has its code in {whole.name}", f"is told from {whole.name}"}
    os.rename(project.path / ".git", project.path.parent / "hidden")
    with pytest.raises(NotFound):
        checked_out(project.path, run_id, project.path.parent / "out")
    assert not (project.path.parent / "out").exists()
    os.rename(project.path.parent / "hidden", project.path / ".git")
    project.git("checkout", "-q", "--", ".")
    project.run()
    assert find(project.path / ".runlog", str(head(edit)["tree"])) == edit.name
    assert store.check().clean


def test_garbage_is_what_no_run_has_and_no_run_can_be_about_to_have(project: Project) -> None:
    project.run()
    project.write("train.py", "print('edited')\n")
    second = project.run()
    project.write("train.py", "print('edited again')\n")
    third = project.run()
    store = runlog.open_store(project.path)
    for run in store.runs():
        if run.id != second:
            shutil.rmtree(run.path)
    whole, edit, last = snapshots(project)
    assert plan(store, Policy(), lambda _: {}).litter == ()
    for path in (whole, edit, last):
        os.utime(path, (1e9, 1e9))
    planned = plan(store, Policy(), lambda _: {})
    assert planned.litter == (last,)
    collect(store, planned)
    assert sorted(path.name for path in snapshots(project)) == sorted([whole.name, edit.name])
    assert third and store.check().clean


def _foreign(project: Project, name: str, mode: str = "100644") -> str:
    """A store somebody sent: a run whose snapshot was written by hand."""
    run_id = project.run()
    code = project.code(run_id)
    data = b"#!/bin/sh\ntouch /tmp/owned\n"
    document: dict[str, object] = {
        "format": 1,
        "tree": code.tree,
        "base": None,
        "depth": 0,
        "files": {name: f"{mode} {blob_id(data)}"},
    }
    document |= {"removed": [], "absent": {}}
    whole = build(lambda: json.dumps(document).encode(), [(name, int(mode, 8), data)])
    folder = project.path / ".runlog/code"
    for path in folder.iterdir():
        path.unlink()
    (folder / str(code.snapshot)).write_bytes(whole)
    return run_id


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil", ".git/hooks/post-checkout", "sub/.GIT/config", "a//b", ""])
def test_nothing_of_a_foreign_snapshot_lands_outside_of_the_folder(name: str, project: Project, tmp_path: Path) -> None:
    run_id = _foreign(project, name)
    away = _away(project, tmp_path)
    with pytest.raises(Damaged):
        checked_out(away, run_id, tmp_path / "out" / "here")
    assert not (tmp_path / "out" / "here").exists()
    assert not (tmp_path / "evil").exists()


def test_a_checkout_is_never_laid_over_anything(project: Project, tmp_path: Path) -> None:
    run_id = project.run()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "work.py").write_text("precious\n")
    (tmp_path / "file").write_text("precious\n")
    os.symlink(tmp_path / "empty", tmp_path / "link")
    (tmp_path / "empty").mkdir()
    for name in ("mine", "file", "link"):
        with pytest.raises(Conflict):
            checked_out(project.path, run_id, tmp_path / name)
    assert (tmp_path / "mine" / "work.py").read_text() == "precious\n"
    assert checked_out(project.path, run_id, tmp_path / "empty").worktree


def test_a_checkout_touches_nothing_of_the_work_tree_it_comes_from(project: Project, tmp_path: Path) -> None:
    project.write("train.py", "print('not committed')\n")
    run_id = project.run()
    before, own = disk(project.path), private(project.path / ".git")
    done = checked_out(project.path, run_id, tmp_path / "out")
    assert disk(project.path) == before
    after = private(project.path / ".git")
    assert {name: data for name, data in after.items() if not name.startswith("worktrees/")} == own
    assert project.git("status", "--porcelain", folder=done.path) == " M train.py\n"
    assert project.git("rev-parse", "HEAD", folder=done.path) == project.git("rev-parse", "HEAD")
    assert project.run() and project.git("worktree", "list").count("\n") == 2


def test_no_hook_and_no_filter_has_a_hand_in_a_checkout(project: Project, tmp_path: Path) -> None:
    project.write(".gitattributes", "*.py filter=spoil eol=crlf\n")
    project.write("train.py", b"print('as it is')\n")
    run_id = project.run()
    before = disk(project.path)
    project.git("config", "filter.spoil.smudge", "echo spoiled")
    for name in ("post-checkout", "reference-transaction", "post-index-change"):
        project.write(f".git/hooks/{name}", f"#!/bin/sh\ntouch '{tmp_path}/a-hook-ran'\nexit 1\n", executable=True)
    done = checked_out(project.path, run_id, tmp_path / "out")
    assert done.worktree
    assert disk(done.path) == before
    assert not (tmp_path / "a-hook-ran").exists()


def test_two_stores_that_wrote_the_same_code_merge_by_copying(project: Project, tmp_path: Path) -> None:
    first = project.run()
    other = tmp_path / "other"
    os.rename(project.path / ".runlog", other)
    project.write("train.py", "print('edited')\n")
    between = project.run()
    project.git("checkout", "-q", "--", ".")
    second = project.run()
    shutil.copytree(other, project.path / ".runlog", dirs_exist_ok=True)
    assert len(snapshots(project)) == 3
    assert runlog.open_store(project.path).check().clean
    away = _away(project, tmp_path)
    one, two, three = (disk(checked_out(away, run, tmp_path / run).path) for run in (first, second, between))
    assert one == two != three


RUNS = """
import runlog, sys
sys.stdin.readline()
with runlog.start_run(store=sys.argv[1]) as run:
    print(run.id)
"""


def test_many_runs_that_start_at_once_share_one_snapshot(project: Project) -> None:
    project.write("train.py", "print('not committed')\n")
    project.write("new.py", "new\n")
    command = [sys.executable, "-c", RUNS, str(project.path / ".runlog")]
    pipe = subprocess.PIPE
    children = [
        subprocess.Popen(command, cwd=project.path, env=environment(), stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        for _ in range(8)
    ]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    told = [child.communicate(timeout=100) for child in children]
    assert [err for _, err in told] == [""] * 8
    codes = {project.code(out.strip()).tree for out, _ in told}
    assert len(codes) == 1
    assert project.git("for-each-ref", "--format=%(refname)", "refs/runlog").split() == [f"refs/runlog/{codes.pop()}"]
    assert all(not project.code(out.strip()).notes for out, _ in told)
    assert project.git("status", "--porcelain") == " M train.py\n?? new.py\n"
    project.git("fsck", "--strict", "--no-dangling")
