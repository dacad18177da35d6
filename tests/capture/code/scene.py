"""Real repositories, what git's own files say of them, and a future in which everything a branch held is gone."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import runlog
from runlog.records import Code
from runlog.runs.checkout import CheckedOut, checkout
from runlog.runs.find import find_one
from runlog.tracking import coding
from runlog.tracking.afterwards import drain

Disk = dict[bytes, tuple[str, bytes]]


@dataclass(frozen=True)
class Project:
    """A folder that somebody works in."""

    path: Path

    def git(self, *words: str, stdin: bytes = b"", folder: Path | None = None) -> str:
        command = ["git", "-C", str(folder or self.path), "-c", "protocol.file.allow=always", *words]
        done = subprocess.run(command, input=stdin, capture_output=True, check=False)
        assert done.returncode == 0, (words, done.stderr)
        return os.fsdecode(done.stdout)

    def write(self, name: str | bytes, content: str | bytes = "", *, executable: bool = False) -> None:
        place = os.path.join(os.fsencode(self.path), os.fsencode(name))
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        os.chmod(place, 0o755 if executable else 0o644)

    def commit(self, message: str = "something") -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--no-verify", "-m", message)
        return self.git("rev-parse", "HEAD").strip()

    def run(self) -> str:
        """A run in this folder; its id."""
        coding.forget()  # or a second run at once would not look again
        with runlog.start_run(store=self.path / ".runlog") as run:
            pass
        drain()  # or the thread would drop the log while a test copies the store
        return run.id

    def code(self, run_id: str) -> Code:
        code = Code.of(runlog.open_store(self.path).run(run_id).record.code)
        assert code is not None
        return code


def inner(path: Path) -> Project:
    """A repository to lie in another."""
    project = Project(path)
    path.mkdir(parents=True)
    project.git("init", "-q")
    project.write("lib.py", "def f(): ...\n")
    project.write("data.bin", bytes(range(256)))
    project.commit("a library")
    return project


def private(folder: Path) -> dict[str, bytes]:
    """Every file of git's own, but for the objects and our refs: index, HEAD, branches, stash, reflogs, settings."""
    found = {}
    for path in sorted(folder.rglob("*")):
        below = path.relative_to(folder).as_posix()
        ours = below.startswith("objects/") or "refs/runlog" in below or "/objects/" in below
        if path.is_file() and not ours:
            found[below] = path.read_bytes()
    return found


def disk(folder: Path, ignored: Callable[[str], bool] = lambda _: False) -> Disk:
    """Everything in a folder, byte for byte, but for git's and runlog's own."""
    found: Disk = {}
    top = os.fsencode(folder)
    for here, folders, names in os.walk(top):
        folders[:] = [name for name in folders if name not in {b".git", b".runlog"}]
        links = [name for name in folders if os.path.islink(os.path.join(here, name))]
        for name in (*names, *links):
            path = os.path.join(here, name)
            below = os.path.relpath(path, top)
            if name not in {b".git", b".runlog"} and not ignored(os.fsdecode(below)):
                found[below] = _content(path)
    return found


def _content(path: bytes) -> tuple[str, bytes]:
    info = os.lstat(path)
    if stat.S_ISLNK(info.st_mode):
        return "link", os.readlink(path)
    with open(path, "rb") as file:
        return "program" if info.st_mode & 0o100 else "file", file.read()


def forget_everything(project: Project) -> None:
    """Rewrite history from nothing, delete every branch, tag, stash and reflog, and collect garbage at once."""
    project.git("symbolic-ref", "HEAD", "refs/heads/rewritten")
    project.git("read-tree", "--empty")
    project.git("-c", "core.hooksPath=/dev/null", "commit", "-q", "--allow-empty", "-m", "all is new")
    for name in project.git("for-each-ref", "--format=%(refname)").split():
        if not name.startswith("refs/runlog/") and name != "refs/heads/rewritten":
            project.git("update-ref", "-d", name)
    project.git("reflog", "expire", "--expire=now", "--all")
    project.git("gc", "-q", "--prune=now")


def checked_out(store: Path, run_id: str, target: Path, *, plain: bool = False) -> CheckedOut:
    opened = runlog.open_store(store)
    return checkout(opened, find_one(opened, run_id).record, target, plain=plain)


def comes_back(
    project: Project, run_id: str, before: Disk, tmp_path: Path, *, worktree: bool = True, in_store: Disk | None = None
) -> None:
    """The code of a run comes back: from the repository as work tree and as files, and from a store that was copied away."""
    os.chdir(project.path)
    done = checked_out(project.path, run_id, tmp_path / "as-worktree")
    assert done.worktree == worktree
    assert disk(done.path) == before
    if worktree:
        assert project.git("status", "--porcelain", folder=done.path) is not None
        project.git("worktree", "remove", "--force", str(done.path))
    assert disk(checked_out(project.path, run_id, tmp_path / "as-files", plain=True).path) == before
    away = tmp_path / "away"
    away.mkdir()
    shutil.copytree(project.path / ".runlog", away / ".runlog", symlinks=True)
    os.chdir(away)
    assert disk(checked_out(away, run_id, tmp_path / "from-store").path) == (before if in_store is None else in_store)
    assert runlog.open_store(away).check().clean
