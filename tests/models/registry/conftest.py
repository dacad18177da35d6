"""A store with runs that have models, made once and copied; two machines that each have a copy."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from runlog.store.store import Store
from runlog.store.stored import StoredRun
from tests.scene import made_store, project_with

SCENE = """
import runlog

def run(name, experiment, rmse, *models):
    with runlog.start_run(experiment=experiment, name=name, params={"alpha": rmse / 100}) as made:
        made.log_metric("rmse", rmse)
        for model in models:
            made.log_text(f"weights of {name}/{model}\\n", f"{model}/weights.txt")
            made.log_text("flavors: {}\\n", f"{model}/MLmodel")

run("ridge", "duration", 6.5, "model")
run("xgb", "duration", 6.1, "model")
run("two", "default", 9.9, "trips", "fares")
run("bare", "duration", 7.7)
"""


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_store(SCENE, tmp_path_factory.mktemp("models"), RUNLOG_CAPTURE="off")


@pytest.fixture
def store(made_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store of the project that the test stands in."""
    return Store.open(project_with(made_once, tmp_path, monkeypatch))


@pytest.fixture
def run(store: Store) -> Callable[[str], StoredRun]:
    """A run of the store by its name."""
    return partial(named, store)


@pytest.fixture
def machines(made_once: Path, tmp_path: Path) -> tuple[Store, Store]:
    """Two copies of one store, on two machines that cannot see each other."""
    return copied(made_once, tmp_path / "here"), copied(made_once, tmp_path / "there")


def copied(store: Path, place: Path) -> Store:
    shutil.copytree(store, place)
    return Store.open(place)


def named(store: Store, name: str) -> StoredRun:
    return next(run for run in store.runs() if run.name == name)
