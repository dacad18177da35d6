"""A repository with a little history, and git without the settings of whoever runs the tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.capture.code.scene import Project

SETTINGS = """
[user]
    name = Ada
    email = ada@example.org
[init]
    defaultBranch = main
[gc]
    auto = 0
[advice]
    detachedHead = false
[protocol "file"]
    allow = always
"""


@pytest.fixture
def own_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for key in list(os.environ):
        if key.startswith("GIT_"):
            monkeypatch.delenv(key)
    settings = tmp_path / "gitconfig"
    settings.write_text(SETTINGS)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("RUNLOG_CAPTURE", "on")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def empty(own_git: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A repository without a commit."""
    project = Project(tmp_path / "project")
    project.path.mkdir()
    project.git("init", "-q")
    monkeypatch.chdir(project.path)
    return project


@pytest.fixture
def project(empty: Project) -> Project:
    """A repository with two commits, a stash and a reflog."""
    empty.write("train.py", "print('training')\n")
    empty.write("src/model.py", "class Model: ...\n")
    empty.write("src/gone.py", "pass\n")
    empty.write("run.sh", "#!/bin/sh\nexec python train.py\n", executable=True)
    empty.write(".gitignore", "*.log\ndata/\n")
    empty.write("picture.png", bytes(range(256)))
    os.symlink("src/model.py", empty.path / "link.py")
    empty.commit("the first")
    empty.write("train.py", "print('training better')\n")
    empty.commit("the second")
    empty.write("train.py", "print('put aside')\n")
    empty.git("stash", "-q")
    return empty
