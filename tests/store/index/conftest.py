"""A store of many runs, some of them odd."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import runlog
from benchmarks.many import make_store
from runlog.tracking.afterwards import drain
from tests.store.index.scene import RUNS, runlog_edit


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("many") / ".runlog"
    make_store(root, RUNS, 5)
    odd: list[object] = [
        7,
        "7",
        7.0,
        True,
        None,
        [1, 2],
        {"a": 1},
        "text",
        float("nan"),
        float("inf"),
        2**60,
        2**60 + 1,
        -(2**70),
    ]
    for value in odd:
        with runlog.start_run("odd", params={"odd": value}, tags={"model": "odd"}, store=root) as run:
            run.log_metric("late", float(len(repr(value))))
    for value in (float("nan"), float("-inf"), 5.0):
        with runlog.start_run("odd", store=root) as run:
            run.log_metric("late", value)
    runlog_edit(root, "trial-3", tag="strange")
    drain()  # nothing may be done with the logs while tests copy the store
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / ".runlog")
    return tmp_path / ".runlog"
