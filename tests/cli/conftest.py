"""A small project with runs in it, and `runlog` in this process: a process for each command would take most of the time."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from runlog.cli import main
from tests.capture.code.conftest import empty, own_git, project
from tests.scene import bare_runs, made_store, project_with

__all__ = ["empty", "own_git", "project"]

SCENE = """
import runlog

def run(name, experiment, rmse, **more):
    with runlog.start_run(experiment=experiment, name=name, params={"alpha": rmse / 100}, **more) as made:
        for step in range(3):
            made.log_metric("rmse", rmse - step / 10, step=step)
        made.log_text(f"weights of {name}\\n" * 1000, "model.txt")

run("ridge", "duration", 6.5, tags={"model": "ridge"})
run("xgb", "duration", 6.1, tags={"model": "xgb"}, note="the tuned one")
run("Größe 模型 🚀", "Other things", 9.9)
"""


@dataclass(frozen=True)
class Answer:
    """What a command wrote, and how it left."""

    status: int
    out: str
    err: str


class Cli(Protocol):
    def __call__(self, *arguments: str, stdin: str = "") -> Answer: ...


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with three runs that have ended. Stores are copied, so it is made once."""
    return made_store(SCENE, tmp_path_factory.mktemp("made"), RUNLOG_CAPTURE="off")


@pytest.fixture
def store(made_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The store of the project that the test stands in."""
    return project_with(made_once, tmp_path, monkeypatch)


@pytest.fixture
def ids(store: Path) -> dict[str, str]:
    """The ids of the runs, by name."""
    return {run.birth["name"]: run_id for run_id, run in bare_runs(store).items()}


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    return _runner(monkeypatch, capsys)


def _runner(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    def run(*arguments: str, stdin: str = "") -> Answer:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["runlog", *arguments])
            patch.setattr(sys, "stdin", io.StringIO(stdin))
            status = main()
        told = capsys.readouterr()
        return Answer(status, told.out, told.err)

    return run


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A project without a store."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def program(folder: Path, code: str, name: str = "train.py") -> list[str]:
    (folder / name).write_text(code)
    return [sys.executable, name]
