"""Code without git; and what is too large, too much or too secret to be captured, with git or without."""

from __future__ import annotations

import os
import shutil
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

import runlog
from runlog.capture.code import plain, untracked
from runlog.capture.code.plain import PlainFolder
from runlog.errors import NotFound
from runlog.tracking import coding
from tests.capture.code.scene import Project, checked_out, disk

TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" * 2


@pytest.fixture
def folder(own_git: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project without a repository."""
    project = Project(tmp_path / "project")
    project.write("train.py", "print('training')\n")
    project.write("src/model.py", "class Model: ...\n")
    project.write("run.sh", "#!/bin/sh\n", executable=True)
    project.write("Makefile", "all:\n")
    project.write("requirements-dev.txt", "pytest\n")
    os.symlink("src/model.py", project.path / "link.py")
    monkeypatch.chdir(project.path)
    return project


def everything(store: Path) -> bytes:
    """All bytes of a store, with what is packed in its archives."""
    found = []
    for path in sorted(store.rglob("*")):
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                found += [archive.read(name) for name in archive.namelist()]
        if path.is_file():
            found.append(path.read_bytes())
    return b"".join(found)


def objects(project: Project) -> bytes:
    """The contents of every object of a repository."""
    names = [line.split()[0] for line in project.git("cat-file", "--batch-check", "--batch-all-objects").splitlines()]
    return os.fsencode(project.git("cat-file", "--batch", stdin="".join(f"{name}\n" for name in names).encode()))


def test_source_files_are_captured_and_data_is_not(folder: Project, tmp_path: Path) -> None:
    before = disk(folder.path)
    for name in ("data.csv", "weights.pt", "results.parquet", "picture.png", "notes", "venv/pyvenv.cfg", "venv/x.py"):
        folder.write(name, "not code\n")
    for name in (
        ".hidden/x.py",
        "node_modules/x.js",
        "__pycache__/x.py",
        "a.egg-info/x.py",
        "conda-env/pyvenv.cfg",
        "conda-env/y.py",
    ):
        folder.write(name, "not ours\n")
    run_id = folder.run()
    code = folder.code(run_id)
    assert (code.kind, code.commit, code.dirty, code.notes) == ("files", None, False, ())
    assert disk(checked_out(folder.path, run_id, tmp_path / "out").path) == before
    again = folder.code(folder.run())
    assert again == code
    folder.git("init", "-q")
    folder.write(".gitignore", "*\n!train.py\n!src\n!src/*.py\n!run.sh\n!Makefile\n!requirements-dev.txt\n!link.py\n!.git*\n")
    folder.git("add", ".")
    (folder.path / ".gitignore").unlink()
    folder.git("rm", "-q", "--cached", ".gitignore")
    assert folder.git("write-tree").strip() == code.tree


def test_the_folder_of_the_store_is_the_project(folder: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.run()
    monkeypatch.chdir(folder.path / "src")
    code = folder.code(folder.run())
    assert code.folder == "src"
    assert len(list((folder.path / ".runlog/code").iterdir())) == 1


def test_an_edit_makes_another_tree_and_is_told_from_the_one_before(folder: Project, tmp_path: Path) -> None:
    first = folder.run()
    folder.write("train.py", "print('better')\n")
    second = folder.run()
    assert folder.code(first).tree != folder.code(second).tree
    away = tmp_path / "away"
    shutil.copytree(folder.path / ".runlog", away / ".runlog")
    os.chdir(away)
    assert (checked_out(away, first, tmp_path / "1").path / "train.py").read_text() == "print('training')\n"
    assert (checked_out(away, second, tmp_path / "2").path / "train.py").read_text() == "print('better')\n"


def test_a_folder_that_is_no_project_gives_the_files_of_the_command(
    folder: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(plain, "MOST_VISITED", 5)
    monkeypatch.setattr(sys, "orig_argv", ["python", "src/model.py", "--seed", "3", "/etc/hosts"])
    run_id = folder.run()
    assert folder.code(run_id).notes == (
        "the folder holds too much to be a project, so only the files of the command were captured",
    )
    assert disk(checked_out(folder.path, run_id, tmp_path / "out").path).keys() == {b"src/model.py"}


def test_home_is_no_project(folder: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder.path))
    assert "too much" in folder.code(folder.run()).notes[0]


def test_a_folder_below_home_is_a_project_although_the_store_is_at_home(
    folder: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".runlog").mkdir()
    (tmp_path / ".runlog/store.json").write_text('{"format": 1}')
    before = disk(folder.path)
    with runlog.start_run() as run:
        assert run.store.root == tmp_path / ".runlog"
    assert disk(checked_out(tmp_path, run.id, tmp_path / "out").path) == before


def test_what_is_too_large_is_left_out_and_named(folder: Project) -> None:
    with open(folder.path / "generated.py", "wb") as file:
        file.truncate(plain.MOST_BYTES + 1)
    assert folder.code(folder.run()).left_out == {"generated.py": "larger than 2 MB"}


def test_untracked_files_have_limits_and_those_beyond_are_named(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with open(project.path / "huge.bin", "wb") as file:
        file.truncate(untracked.MOST_BYTES + 1)
    clean = project.code(project.run())
    assert not clean.dirty
    assert clean.left_out == {"huge.bin": "larger than 10 MB"}
    monkeypatch.setattr(untracked, "MOST_FILES", 3)
    for name in ("a.dat", "b.dat", "new-0.py", "new-1.py", "z.py"):
        project.write(name, "new\n")
    run_id = project.run()
    code = project.code(run_id)
    assert code.left_out == {}
    assert code.notes == ("left out: 3 of 6 files that git was not told of; 3 are captured",)
    untouched = {name: content for name, content in disk(project.path).items() if name not in {b"a.dat", b"b.dat", b"huge.bin"}}
    assert disk(checked_out(project.path, run_id, tmp_path / "out").path) == untouched
    monkeypatch.setattr(untracked, "MOST_IN_ALL", 9)
    code = project.code(project.run())
    why = "more than 0 MB that git was not told of"
    assert code.left_out == {"z.py": why, "a.dat": why, "b.dat": why, "huge.bin": "larger than 10 MB"}


def test_a_large_tracked_file_comes_from_the_repository_only(project: Project, tmp_path: Path) -> None:
    project.write("large.bin", os.urandom(11 << 20))
    project.commit("large")
    before = disk(project.path)
    run_id = project.run()
    assert project.code(run_id).notes == ("the store has the code without, for their size, 'large.bin'",)
    assert disk(checked_out(project.path, run_id, tmp_path / "out").path) == before
    away = tmp_path / "away"
    shutil.copytree(project.path / ".runlog", away / ".runlog")
    os.chdir(away)
    done = checked_out(away, run_id, tmp_path / "elsewhere")
    assert done.missing == {"large.bin": "larger than 10 MB"}
    assert disk(done.path) == {name: content for name, content in before.items() if name != b"large.bin"}


def test_code_too_large_for_the_store_is_told_from_its_commit(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from runlog.store.code import snapshots

    monkeypatch.setattr(snapshots, "MOST_IN_ALL", 100)
    project.write("train.py", "print('changed')\n")
    (project.path / "src/gone.py").unlink()
    before = disk(project.path)
    run_id = project.run()
    away = Project(tmp_path / "away")
    shutil.copytree(project.path / ".runlog", away.path / ".runlog")
    [snapshot] = (away.path / ".runlog/code").iterdir()
    with zipfile.ZipFile(snapshot) as archive:
        assert sorted(archive.namelist()) == ["files/train.py", "snapshot.json"]
    os.chdir(away.path)
    with pytest.raises(NotFound, match="the store has only what differs from commit"):
        checked_out(away.path, run_id, tmp_path / "out")
    project.git("clone", "-q", str(project.path), str(tmp_path / "clone"))
    os.chdir(tmp_path / "clone")
    assert disk(checked_out(away.path, run_id, tmp_path / "out").path) == before


def test_secrets_enter_neither_the_store_nor_the_repository(project: Project, tmp_path: Path) -> None:
    project.write(".env", f"TOKEN={TOKEN}\n")
    project.write("keys/id_rsa", f"{TOKEN}\n")
    project.write("notebook.py", f"token = '{TOKEN}'\nprint('new')\n")
    project.write("train.py", f"import os\nos.environ['GITHUB_TOKEN'] = '{TOKEN}'\nprint('training')\n")
    project.git("remote", "add", "origin", f"https://ada:{TOKEN}@example.org/ada/project.git")
    run_id = project.run()
    code = project.code(run_id)
    assert set(code.withheld) == {".env", "keys/id_rsa", "notebook.py"}
    assert code.remote == "https://example.org/ada/project.git"
    assert TOKEN.encode() not in everything(project.path / ".runlog")
    # What is tracked is in the repository as it was, for there it belongs; what is not never gets there.
    assert objects(project).count(TOKEN.encode()) == 1
    done = checked_out(project.path, run_id, tmp_path / "out")
    assert (done.path / "train.py").read_text() == (project.path / "train.py").read_text()
    assert (done.path / "notebook.py").read_text() == "token = '<withheld>'\nprint('new')\n"
    assert not (done.path / ".env").exists()
    assert done.missing == dict.fromkeys([".env", "keys/id_rsa", "notebook.py"], "secret")
    away = tmp_path / "away"
    shutil.copytree(project.path / ".runlog", away / ".runlog")
    os.chdir(away)
    done = checked_out(away, run_id, tmp_path / "elsewhere")
    assert "'<withheld>'" in (done.path / "train.py").read_text()
    assert done.missing["train.py"] == "what looks like a secret in it"


def test_secrets_without_git(folder: Project) -> None:
    folder.write("settings.py", f"API_KEY = '{TOKEN}'\n")
    folder.write("secrets.toml", f"key = '{TOKEN}'\n")
    assert set(folder.code(folder.run()).withheld) == {"settings.py", "secrets.toml"}
    assert TOKEN.encode() not in everything(folder.path / ".runlog")


def test_an_encrypted_file_is_captured_as_git_has_it(project: Project, tmp_path: Path) -> None:
    project.git("config", "filter.git-crypt.clean", "tr a-z n-za-m")
    project.git("config", "filter.git-crypt.smudge", "tr a-z n-za-m")
    project.write(".gitattributes", "*.vault filter=git-crypt\n")
    project.write("pass.vault", "open sesame\n")
    project.commit("encrypted")
    run_id = project.run()
    assert b"open sesame" not in everything(project.path / ".runlog") + objects(project)
    project.write("pass.vault", "open wide sesame\n")
    assert project.code(project.run()).withheld == ("pass.vault",)
    assert b"open wide" not in everything(project.path / ".runlog") + objects(project)
    assert (checked_out(project.path, run_id, tmp_path / "out").path / "pass.vault").read_text() == "bcra frfnzr\n"


def test_runs_in_quick_succession_look_once(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr("runlog.tracking.young.time", SimpleNamespace(monotonic=lambda: clock[0]))
    looked = []
    capture = coding._capture

    def counted(*given: object) -> dict[str, object]:
        looked.append(given)
        clock[0] += 0.1
        return capture(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(coding, "_capture", counted)
    coding.forget()
    for _ in range(19):
        clock[0] += 0.1
        with runlog.start_run(store=project.path / ".runlog"):
            pass
    assert len(looked) == 1
    clock[0] += 0.2
    with runlog.start_run(store=project.path / ".runlog"):
        pass
    assert len(looked) == 2
    shutil.rmtree(project.path / ".runlog/code")
    with runlog.start_run(store=project.path / ".runlog"):
        pass
    assert len(looked) == 3


def test_what_cannot_be_captured_is_a_problem_of_the_run(folder: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> PlainFolder:
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr("runlog.capture.code.plain.PlainFolder", broken)
    run_id = folder.run()
    record = runlog.open_store(folder.path).run(run_id).record
    assert record.code == {}
    assert record.problems == ("code was not captured: RuntimeError: the disk is on fire",)
