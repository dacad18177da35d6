"""A store that format 1 was released with, written by `session.py` and killed in the middle: read for ever."""

import math
import shutil
from pathlib import Path

import pytest

import runlog
from tests.scene import points

GOLDEN = Path(__file__).parent / "format-1"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return Path(shutil.copytree(GOLDEN, tmp_path / "store"))


def check_reading(runs: dict[str | None, runlog.StoredRun]) -> None:
    """What the session said, whether it lies in logs or in documents."""
    ridge = runs["ridge"]
    odd = ridge.params["odd"]
    assert {key: value for key, value in ridge.params.items() if key != "odd"} == {"alpha": 0.2, "model.depth": 3}
    assert math.isnan(odd)
    assert ridge.earlier_params == {"alpha": (0.1,)}
    assert ridge.tags == {"model": "ridge", "bare": ""}
    assert (ridge.state, ridge.note, ridge.experiment) == ("finished", "größer", "duration")
    assert points(ridge, "rmse") == [(step, 6.5 - step / 100) for step in range(100)]
    assert (ridge.metrics["rmse"].min, ridge.metrics["rmse"].step_of_min) == (5.51, 99)
    assert ridge.metrics["final"].last == math.inf
    assert ridge.artifact("model/weights.txt").read_text() == "weights\n"
    assert ridge.inputs["train"].path == "session.py"
    assert runs["child"].parent == ridge.id
    failed = runs[None]
    assert (failed.experiment, failed.state) == ("Größe 模型 🚀", "failed")
    assert failed.end is not None and failed.end.error is not None
    assert failed.end.error["message"] == "no such luck"
    killed = runs["killed"]
    assert killed.state == "lost"
    assert points(killed, "loss") == [(1, 0.5), (2, 0.25)]
    assert killed.problems == ("1 line of the metrics file could not be read and was kept aside",)


def named(store: runlog.Store) -> dict[str | None, runlog.StoredRun]:
    return {run.name: run for run in store.runs()}


def test_a_store_of_format_1_is_read_as_it_was_left(store: Path) -> None:
    check_reading(named(runlog.Store.open(store)))


def test_a_store_of_format_1_reads_the_same_when_it_is_settled(store: Path) -> None:
    opened = runlog.open_store(store)
    opened.check(repair=True)
    assert opened.check().clean
    check_reading(named(opened))
