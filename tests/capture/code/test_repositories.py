"""Repositories of every kind: cut short, without a commit, not ours, not readable, not there."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

import runlog
from runlog.capture.code.git import Git
from tests.capture.code.scene import Project, checked_out, comes_back, disk, forget_everything, inner, private
from tests.scene import WITHOUT_POWERS, python


def test_a_work_tree_of_git_where_none_can_be_made_is_plain_files(project: Project, tmp_path: Path) -> None:
    run_id = project.run()
    (project.path / ".git/worktrees").write_text("in the way\n")
    done = checked_out(project.path, run_id, tmp_path / "out")
    assert not done.worktree
    assert disk(done.path) == disk(project.path)


def test_another_work_tree_of_the_repository(project: Project, tmp_path: Path) -> None:
    project.run()
    linked = Project(tmp_path / "linked")
    project.git("worktree", "add", "-q", "-b", "side", str(linked.path))
    inside = Project(project.path / "inside")
    project.git("worktree", "add", "-q", "-b", "inside", str(inside.path))
    linked.write("train.py", "print('on the side')\n")
    os.chdir(linked.path)
    before, own = disk(linked.path), private(project.path / ".git")
    run_id = linked.run()
    assert private(project.path / ".git") == own
    assert linked.code(run_id).branch == "side"
    forget_everything(linked)
    forget_everything(project)
    comes_back(linked, run_id, before, tmp_path)
    os.chdir(project.path)
    assert not any(path.startswith("inside") for path in project.code(project.run()).changed)


def test_a_repository_without_a_commit(empty: Project, tmp_path: Path) -> None:
    nothing = empty.run()
    assert empty.code(nothing).commit is None
    empty.write("train.py", "print('first')\n")
    empty.write("staged.py", "x\n")
    empty.git("add", "staged.py")
    before = disk(empty.path)
    run_id = empty.run()
    code = empty.code(run_id)
    assert (code.commit, code.branch, code.dirty, code.changed) == (None, "main", True, ("staged.py", "train.py"))
    empty.git("gc", "-q", "--prune=now")
    comes_back(empty, run_id, before, tmp_path, worktree=True)


def test_a_shallow_clone(project: Project, tmp_path: Path) -> None:
    clone = Project(tmp_path / "clone")
    project.git("clone", "-q", "--depth", "1", f"file://{project.path}", str(clone.path))
    os.chdir(clone.path)
    clone.write("train.py", "print('shallow')\n")
    before = disk(clone.path)
    run_id = clone.run()
    assert clone.code(run_id).remote == f"file://{project.path}"
    clone.git("remote", "remove", "origin")
    forget_everything(clone)
    comes_back(clone, run_id, before, tmp_path)


def test_a_sparse_checkout_comes_back_as_sparse_as_it_was(project: Project, tmp_path: Path) -> None:
    project.git("sparse-checkout", "set", "--no-cone", "/*.py", "/run.sh")
    project.write("train.py", "print('sparse')\n")
    assert not (project.path / "src").exists()
    before = disk(project.path)
    run_id = project.run()
    assert project.code(run_id).changed == ("train.py",)
    forget_everything(project)
    project.git("sparse-checkout", "disable")
    os.chdir(project.path)
    done = checked_out(project.path, run_id, tmp_path / "again")
    assert disk(done.path) == before
    assert project.git("status", "--porcelain", folder=done.path) == " M train.py\n"


def test_a_repository_with_sha256(tmp_path: Path, own_git: None) -> None:
    project = Project(tmp_path / "project")
    project.path.mkdir()
    project.git("init", "-q", "--object-format=sha256")
    project.write("train.py", "print('long ids')\n")
    project.commit()
    project.write("train.py", "print('longer ids')\n")
    os.chdir(project.path)
    before = disk(project.path)
    run_id = project.run()
    assert len(project.code(run_id).tree or "") == 64
    forget_everything(project)
    comes_back(project, run_id, before, tmp_path)


def test_files_of_lfs_stay_pointers_and_are_filled_in_from_what_lfs_has_here(project: Project, tmp_path: Path) -> None:
    """git-lfs need not be there: its filter is played by two small programs."""
    weights = os.urandom(3000)
    oid = hashlib.sha256(weights).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(weights)}\n"
    kept = project.path / ".git/lfs/objects" / oid[:2] / oid[2:4] / oid
    kept.parent.mkdir(parents=True)
    kept.write_bytes(weights)
    project.git("config", "filter.lfs.clean", f"cat > /dev/null; printf '{pointer}'".replace("\n", "\\n"))
    project.git("config", "filter.lfs.smudge", f"cat > /dev/null; cat '{kept}'")
    project.write(".gitattributes", "*.weights filter=lfs diff=lfs merge=lfs -text\n")
    project.write("model.weights", weights)
    project.commit("a model")
    assert project.git("status", "--porcelain") == ""
    assert project.git("show", "HEAD:model.weights") == pointer
    before = disk(project.path)
    run_id = project.run()
    code = project.code(run_id)
    assert (code.dirty, code.pointers) == (False, ("model.weights",))
    assert code.tree == project.git("rev-parse", "HEAD^{tree}").strip()
    forget_everything(project)
    with_pointer = {**before, b"model.weights": ("file", pointer.encode())}
    comes_back(project, run_id, before, tmp_path, in_store=with_pointer)
    kept.unlink()
    os.chdir(project.path)
    done = checked_out(project.path, run_id, tmp_path / "without")
    assert disk(done.path) == with_pointer
    assert done.missing == {"model.weights": "git LFS has it: git lfs pull"}


def test_ten_thousand_files(empty: Project, tmp_path: Path) -> None:
    for number in range(10_000):
        empty.write(f"package_{number % 97}/module_{number}.py", f"value = {number}\n")
    empty.commit("many")
    for number in range(0, 10_000, 200):
        empty.write(f"package_{number % 97}/module_{number}.py", f"value = -{number}\n")
    before = disk(empty.path)
    run_id = empty.run()
    assert empty.code(run_id).changed_count == 50
    forget_everything(empty)
    comes_back(empty, run_id, before, tmp_path)


def test_a_repository_that_git_does_not_trust(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """GIT_TEST_ASSUME_DIFFERENT_OWNER is how git's own tests make somebody else the owner."""
    monkeypatch.setattr("runlog.capture.code.git._KEPT", ("GIT_CONFIG_", "GIT_TEST_ASSUME_DIFFERENT_OWNER"))
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    code = project.code(project.run())
    assert (code.kind, code.commit) == ("files", None)
    assert code.notes == (
        "git does not trust this repository, which belongs to another user: "
        f"git config --global --add safe.directory {project.path}",
    )
    monkeypatch.delenv("GIT_TEST_ASSUME_DIFFERENT_OWNER")
    assert project.code(project.run()).kind == "git"


def test_a_machine_without_git(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    run_id = project.run()
    code = project.code(run_id)
    assert (code.kind, code.notes) == ("files", ("git is not installed",))
    found = disk(checked_out(project.path, run_id, tmp_path / "out").path)
    wanted = {b"train.py", b"src/model.py", b"src/gone.py", b"run.sh", b"link.py"}
    assert found == {name: content for name, content in disk(project.path).items() if name in wanted}


READ_ONLY = (
    WITHOUT_POWERS
    + """
import runlog, sys
with runlog.start_run(store=sys.argv[1]) as run:
    print(run.id)
"""
)


def test_a_repository_that_can_only_be_read(project: Project, tmp_path: Path) -> None:
    project.write("train.py", "print('not committed')\n")
    before = disk(project.path)
    inside = [project.path / ".git", *(project.path / ".git").rglob("*")]
    folders = [path for path in inside if path.is_dir()]
    for folder in folders:
        folder.chmod(0o555)
    try:
        done = python(READ_ONLY, tmp_path / "store" / ".runlog", cwd=project.path)
    finally:
        for folder in folders:
            folder.chmod(0o755)
    assert done.returncode == 0, done.stderr
    away = Project(tmp_path / "store")
    code = away.code(done.stdout.strip())
    assert code.notes == ("the repository can only be read, so the snapshot is in the store alone",)
    assert project.git("for-each-ref", "refs/runlog") == ""
    os.chdir(away.path)
    found = disk(checked_out(away.path, done.stdout.strip(), tmp_path / "out").path)
    assert {name: content for name, content in found.items() if not name.startswith(b"script-")} == before


def test_a_run_below_a_hook_or_an_alias_looks_at_where_it_is(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = inner(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.path))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index-of-a-commit"))
    run_id = project.run()
    monkeypatch.undo()
    assert project.code(run_id).commit == project.git("rev-parse", "HEAD").strip()


def test_beside_and_inside_of_a_bare_repository(project: Project, tmp_path: Path) -> None:
    bare = project.path / "mirror.git"
    project.git("clone", "-q", "--bare", str(project.path), str(bare))
    before = disk(project.path)
    run_id = project.run()
    comes_back(project, run_id, before, tmp_path)
    os.chdir(bare)
    assert project.code(project.run()).kind == "files"


def test_git_that_fails_costs_the_run_nothing(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "bin"
    broken.mkdir()
    (broken / "git").write_text("#!/bin/sh\necho 'fatal: something is broken' >&2\nexit 128\n")
    (broken / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{broken}:{os.environ['PATH']}")
    code = project.code(project.run())
    assert (code.kind, code.notes) == ("files", ("git rev-parse: something is broken",))


def test_a_repository_that_lacks_an_object_is_captured_as_far_as_it_goes(project: Project, tmp_path: Path) -> None:
    blob = project.git("rev-parse", "HEAD:src/model.py").strip()
    (project.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    project.write("train.py", "print('not committed')\n")
    code = project.code(project.run())
    assert (code.kind, code.changed, code.snapshot) == ("git", ("train.py",), None)
    assert code.notes == (f"the store has no copy of the code: git has no object {blob}",)


def test_a_folder_that_the_repository_around_ignores_is_a_project_of_its_own(project: Project, tmp_path: Path) -> None:
    project.write(".gitignore", "/experiments/\n")
    project.commit()
    mine = Project(project.path / "experiments/mine")
    mine.write("train.py", "print('mine')\n")
    os.chdir(mine.path)
    with runlog.start_run(store=tmp_path / "store") as run:
        pass
    code = runlog.open_store(tmp_path / "store").run(run.id).record.code
    assert code["kind"] == "files"
    assert disk(checked_out(tmp_path / "store", run.id, tmp_path / "out").path) == disk(mine.path)
    os.chdir(project.path / "src")
    assert project.code(project.run()).folder == "src"


def test_a_repository_of_somebodys_home_is_not_that_of_the_folders_in_it(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(project.path))
    os.chdir(project.path / "src")
    assert project.code(project.run()).kind == "files"


def test_git_that_takes_too_long_is_not_waited_for_again(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "bin"
    slow.mkdir()
    (slow / "git").write_text('#!/bin/sh\necho "$*" >> $ASKED\nexec sleep 100\n')
    (slow / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow}:{os.environ['PATH']}")
    monkeypatch.setenv("ASKED", str(tmp_path / "asked"))
    monkeypatch.setattr("runlog.capture.code.git.PATIENCE_S", 1)
    code = project.code(project.run())
    assert (code.kind, code.notes) == ("files", ("git rev-parse took longer than 1 s",))
    assert (tmp_path / "asked").read_text().count(" rev-parse ") == 1


def test_git_settings_of_the_user_change_nothing(project: Project, tmp_path: Path) -> None:
    for key, value in {
        "status.showUntrackedFiles": "no",
        "status.branch": "true",
        "status.short": "true",
        "color.ui": "always",
        "core.quotePath": "true",
        "core.pager": "false",
        "diff.noprefix": "true",
        "core.logAllRefUpdates": "always",
        "commit.gpgSign": "true",
        "core.splitIndex": "true",
        "feature.manyFiles": "true",
        "index.skipHash": "true",
        "submodule.recurse": "true",
        "core.untrackedCache": "true",
    }.items():
        project.git("config", key, value)
    project.write("train.py", "print('odd settings')\n")
    project.write("new file.py", "new\n")
    before, own = disk(project.path), private(project.path / ".git")
    run_id = project.run()
    assert private(project.path / ".git") == own
    project.git("config", "commit.gpgSign", "false")
    forget_everything(project)
    comes_back(project, run_id, before, tmp_path)


def test_git_is_asked_few_times_for_code_that_is_known(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    attempt = Git.attempt

    def counted(self: Git, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        asked.append(words[0])
        return attempt(self, *words, stdin=stdin)

    project.run()
    monkeypatch.setattr(Git, "attempt", counted)
    project.run()
    assert asked == ["rev-parse", "config", "status"]
    asked.clear()
    project.write("train.py", "print('not committed')\n")
    project.run()
    asked.clear()
    project.run()
    assert asked == ["rev-parse", "config", "status", "hash-object", "update-index", "write-tree"]
    shutil.rmtree(project.path / ".runlog/code")
