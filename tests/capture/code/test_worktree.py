"""Whatever state a work tree is in: a run leaves it alone, and its code comes back byte for byte when git has lost the rest."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.capture.code.scene import Project, comes_back, disk, forget_everything, private

Prepare = Callable[[Project], object]


def clean(project: Project) -> None:
    pass


def dirty(project: Project) -> None:
    project.write("train.py", "print('not committed')\n")


def staged(project: Project) -> None:
    project.write("train.py", "print('staged')\n")
    project.git("add", "train.py")


def staged_and_changed_again(project: Project) -> None:
    staged(project)
    project.write("train.py", "print('and changed again')\n")
    project.write("src/gone.py", "x = 1\n")
    project.git("add", "src/gone.py")
    (project.path / "src/gone.py").unlink()


def untracked(project: Project) -> None:
    project.write("new.py", "print('new')\n")
    project.write("deep/er/new file.txt", "new\n")


def ignored(project: Project) -> None:
    project.write("noise.log", "noise\n")
    project.write("data/big.bin", b"\0" * 100)
    dirty(project)


def removed(project: Project) -> None:
    (project.path / "src/gone.py").unlink()


def removed_from_index(project: Project) -> None:
    project.git("rm", "-q", "--cached", "src/gone.py")


def renamed(project: Project) -> None:
    project.git("mv", "src/model.py", "src/better.py")
    os.rename(project.path / "train.py", project.path / "learn.py")


def binary(project: Project) -> None:
    project.write("picture.png", bytes(reversed(range(256))))
    project.write("weights.bin", os.urandom(70_000))


def modes(project: Project) -> None:
    os.chmod(project.path / "run.sh", 0o644)
    os.chmod(project.path / "train.py", 0o755)
    project.write("tool", "#!/bin/sh\n", executable=True)


def links(project: Project) -> None:
    os.unlink(project.path / "link.py")
    os.symlink("nowhere/at all", project.path / "link.py")
    os.symlink("/etc", project.path / "to-a-folder")
    os.unlink(project.path / "train.py")
    os.symlink("run.sh", project.path / "train.py")


def file_becomes_folder(project: Project) -> None:
    (project.path / "train.py").unlink()
    project.write("train.py/__init__.py", "x = 1\n")
    (project.path / "src/model.py").unlink()
    (project.path / "src/gone.py").unlink()
    (project.path / "src").rmdir()
    project.write("src", "a file now\n")


def detached(project: Project) -> None:
    project.git("checkout", "-q", "--detach", "HEAD~1")
    dirty(project)


def strange_names(project: Project) -> None:
    for name in (
        "with blank",
        'quo"te',
        "back\\slash",
        "new\nline",
        "tab\there",
        "Größe 模型",
        "-dash",
        "a'b",
        "$(x)",
        ":colon",
        "#h",
    ):
        project.write(f"names/{name}", f"content of {name!r}\n")
        project.write(f"more/{name}", "committed\n")
    project.write(b"names/latin-\xe9\xff", b"not utf-8\n")
    project.git("add", "more")
    project.git("commit", "-q", "-m", "strange names")
    for name in ('quo"te', "new\nline", "Größe 模型"):
        project.write(f"more/{name}", "changed\n")


def intent_to_add(project: Project) -> None:
    project.write("soon.py", "print('soon')\n")
    project.git("add", "--intent-to-add", "soon.py")


def unmerged(project: Project) -> None:
    project.git("checkout", "-q", "-b", "other", "HEAD~1")
    project.write("train.py", "print('other')\n")
    (project.path / "src/gone.py").unlink()
    project.commit()
    project.git("checkout", "-q", "main")
    project.write("src/gone.py", "y = 2\n")
    project.commit()
    done = subprocess.run(["git", "merge", "other"], cwd=project.path, capture_output=True, check=False)
    assert done.returncode == 1
    assert "UU train.py" in project.git("status", "--porcelain")


def hidden_from_git(project: Project) -> None:
    project.git("update-index", "--assume-unchanged", "train.py")
    project.git("update-index", "--skip-worktree", "src/model.py")
    project.write("train.py", "print('git does not look here')\n")
    project.write("src/model.py", "and not here\n")


def failing_hooks(project: Project) -> None:
    for name in ("pre-commit", "post-index-change", "reference-transaction", "post-checkout", "pre-auto-gc", "fsmonitor"):
        project.write(f".git/hooks/{name}", f"#!/bin/sh\necho {name} >> '{project.path}/hooks-ran'\nexit 1\n", executable=True)
    project.git("config", "core.fsmonitor", ".git/hooks/fsmonitor")
    dirty(project)


def lock_held(project: Project) -> None:
    project.write(".git/index.lock", "")
    dirty(project)


def mixed_line_ends(project: Project) -> None:
    project.git("config", "core.autocrlf", "input")
    project.write("crlf.txt", b"one\r\ntwo\nthree\r\n")
    project.write("fine.txt", b"one\r\ntwo\r\n")
    project.commit()
    dirty(project)


def checked_out_with_crlf(project: Project) -> None:
    project.write(".gitattributes", "*.py text eol=crlf\n*.png binary\n")
    project.commit()
    for path in (project.path / "train.py", project.path / "src/model.py"):
        path.unlink()
    project.git("checkout", "-q", "--", ".")
    assert b"\r\n" in (project.path / "train.py").read_bytes()


def line_ends_changed_later(project: Project) -> None:
    project.write(".gitattributes", "* text=auto\n")
    project.commit()
    project.write("train.py", b"print('training better')\r\n")
    assert project.git("diff", "--stat") == ""


def line_ends_as_they_were(project: Project) -> None:
    """What differs from its blob may be equal to it when it is looked at first, and differ again when it is believed."""
    checked_out_with_crlf(project)
    whole = (project.path / "train.py").read_bytes()
    project.write("train.py", whole.replace(b"\r\n", b"\n"))
    project.run()
    project.write("train.py", whole)
    assert project.git("status", "--porcelain") == ""


def conversion_turned_off(project: Project) -> None:
    project.git("config", "core.autocrlf", "true")
    (project.path / "train.py").unlink()
    project.git("checkout", "-q", "--", ".")
    project.git("config", "core.autocrlf", "false")
    assert b"\r\n" in (project.path / "train.py").read_bytes()


def filtered(project: Project) -> None:
    project.git("config", "filter.turn.clean", "tr a-z n-za-m")
    project.git("config", "filter.turn.smudge", "tr a-z n-za-m")
    project.write(".gitattributes", "*.turned filter=turn\n*.id ident\n*.utf16 working-tree-encoding=UTF-16LE text\n")
    project.write("text.turned", "abc\n")
    project.write("version.id", "$Id$\n")
    project.write("wide.utf16", "wide\n".encode("utf-16-le"))
    project.commit()
    (project.path / "version.id").unlink()
    project.git("checkout", "-q", "--", "version.id")
    assert (project.path / "version.id").read_text() != "$Id$\n"


def split_index(project: Project) -> None:
    project.git("update-index", "--split-index")
    dirty(project)


def newest_index(project: Project) -> None:
    project.git("update-index", "--index-version", "4")
    project.git("update-index", "--untracked-cache")
    untracked(project)
    dirty(project)


def packed_refs(project: Project) -> None:
    project.run()
    project.git("pack-refs", "--all", "--prune")
    dirty(project)


def store_in_git(project: Project) -> None:
    """Stores may be merged by git."""
    project.run()
    (project.path / ".runlog/.gitignore").unlink()
    project.commit("with the store")
    project.run()
    dirty(project)


STATES: list[Prepare] = [
    *(clean, dirty, staged, staged_and_changed_again, untracked, ignored, removed, removed_from_index, renamed, binary, modes),
    *(links, file_becomes_folder, detached, strange_names, intent_to_add, unmerged, hidden_from_git, failing_hooks, lock_held),
    *(
        mixed_line_ends,
        checked_out_with_crlf,
        line_ends_changed_later,
        line_ends_as_they_were,
        conversion_turned_off,
        filtered,
        split_index,
    ),
    *(newest_index, packed_refs, store_in_git),
]


@pytest.mark.parametrize("prepare", STATES, ids=lambda prepare: prepare.__name__)
def test_a_work_tree_in_any_state_is_left_alone_and_comes_back(prepare: Prepare, project: Project, tmp_path: Path) -> None:
    prepare(project)
    before, own = disk(project.path, _is_ignored), private(project.path / ".git")
    run_id = project.run()
    assert private(project.path / ".git") == own
    assert disk(project.path, _is_ignored) == before
    if prepare is failing_hooks:
        assert not (project.path / "hooks-ran").exists()
        project.git("config", "--unset", "core.fsmonitor")
        for hook in (project.path / ".git/hooks").iterdir():
            hook.unlink()
    (project.path / ".git/index.lock").unlink(missing_ok=True)
    forget_everything(project)
    comes_back(project, run_id, before, tmp_path)


def _is_ignored(path: str) -> bool:
    return path.endswith(".log") or path.startswith("data/")
