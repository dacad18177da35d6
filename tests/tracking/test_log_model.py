"""Models into a run and out of it: whole or not at all, never mixed, and never in the way of the job."""

from __future__ import annotations

import random
import signal
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import Ridge

import runlog
from runlog.models.card import read_card
from runlog.models.inrun import models_in
from runlog.models.loading import load_native
from tests.scene import begin_python, in_threads, only_run

ROWS = np.arange(12.0).reshape(6, 2) % 5


def ridge(slope: float = 1.0) -> Any:
    return Ridge(alpha=1e-9).fit(ROWS, ROWS[:, 0] * slope)


def test_a_model_in_a_run(project: Path) -> None:
    with runlog.start_run(strict=True) as run:
        assert run.log_model(ridge(), example=ROWS, metadata={"team": "x"}) == "model"
    stored = only_run(project / ".runlog")
    assert list(stored.artifacts) == [
        "model/conda.yaml",
        "model/input_example.json",
        "model/model.skops",
        "model/python_env.yaml",
        "model/requirements.txt",
        "model/serving_input_example.json",
        "model/MLmodel",
    ]
    [model] = models_in(stored.record)
    assert (model.name, model.path, len(model.files), model.at) == ("model", "model", 7, stored.artifacts["model/MLmodel"].at)
    card = read_card(stored.path / "artifacts" / "model")
    assert (card.run_id, card.name, card.flavor, card.metadata) == (run.id, "model", "sklearn", {"team": "x"})
    assert stored.problems == ()


def test_the_same_name_again_is_another_folder(project: Path) -> None:
    with runlog.start_run(strict=True) as run:
        paths = [run.log_model(ridge(slope), "nets/best") for slope in (1.0, 2.0, 3.0)]
        assert paths == ["nets/best", "nets/best~2", "nets/best~3"]
    models = models_in(only_run(project / ".runlog").record)
    assert [(model.name, model.path) for model in models] == [
        ("best", "nets/best"),
        ("best", "nets/best~2"),
        ("best", "nets/best~3"),
    ]
    assert len({model.digest for model in models}) == 3
    for slope, model in enumerate(models, 1):
        assert runlog.load_model(f"{run.id}/{model.path}").predict([[1.0, 0.0]])[0] == pytest.approx(slope, abs=1e-6)


def test_threads_that_log_under_one_name(project: Path) -> None:
    with runlog.start_run(strict=True) as run:
        in_threads(partial(run.log_model, ridge(slope), "m") for slope in range(1, 5))
    models = models_in(run.read().record)
    assert sorted(model.path for model in models) == ["m", "m~2", "m~3", "m~4"]
    slopes = [load_native(run.path / "artifacts" / model.path).predict([[1.0, 0.0]])[0] for model in models]
    assert sorted(round(slope) for slope in slopes) == [1, 2, 3, 4]


def test_the_module_speaks_to_the_active_run(project: Path) -> None:
    with runlog.start_run(strict=True) as run:
        assert runlog.log_model(ridge(), "m") == "m"
    assert [model.path for model in models_in(run.read().record)] == ["m"]


def test_ways_to_name_the_model_of_a_run(project: Path) -> None:
    with runlog.start_run(strict=True) as run:
        run.log_model(ridge(), "m")
        living = runlog.load_model(run)
    folder = run.path / "artifacts" / "m"
    for what in (run.id, f"{run.id}/m", "@last", run, run.read(), folder, str(folder)):
        assert np.array_equal(runlog.load_model(what).coef_, living.coef_)
    assert runlog.load_predictor("@last").predict([[1.0, 0.0]])[0] == pytest.approx(1, abs=1e-6)


def test_a_run_without_a_model_or_with_several(project: Path) -> None:
    with runlog.start_run(strict=True) as run:
        run.log_text("x", "MLmodel")
        with pytest.raises(runlog.RunlogError, match="has no model"):
            runlog.load_model(run)
        run.log_model(ridge(), "a")
        run.log_model(ridge(), "b")
        with pytest.raises(runlog.RunlogError, match="has several models: a, b"):
            runlog.load_model(run)
    with pytest.raises(runlog.RunlogError) as refused:
        runlog.load_model("nothing@production")
    assert refused.value.status in {3, 4}


def test_a_model_that_was_altered_is_refused(project: Path) -> None:
    with runlog.start_run(strict=True) as run:
        run.log_model(ridge(), "m")
    file = run.path / "artifacts" / "m" / "model.skops"
    file.chmod(0o644)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    for what in (run, run.id, f"{run.id}/m"):
        with pytest.raises(runlog.RunlogError, match=r"is damaged: 'm/model\.skops' is not what was logged") as refused:
            runlog.load_model(what)
        assert refused.value.status == 6
    (run.path / "artifacts" / "m" / "MLmodel").unlink()
    with pytest.raises(runlog.RunlogError, match="is not whole: 'm/MLmodel' is missing or altered"):
        runlog.load_model(run.id)


def test_the_model_of_a_run_that_goes_on(project: Path) -> None:
    with runlog.start_run(strict=True) as run:
        pass
    with runlog.start_run(run_id=run.id, strict=True) as again:
        again.log_model(ridge(), "m")
    assert {artifact.path == artifact.file for artifact in again.read().artifacts.values()} == {False}
    assert np.array_equal(runlog.load_model(run.id).coef_, ridge().coef_)


def test_a_model_that_cannot_be_kept_costs_the_job_nothing(project: Path, caplog: pytest.LogCaptureFixture) -> None:
    with runlog.start_run() as run:
        assert run.log_model(object()) is None
        assert run.log_model(object()) is None
        run.log_metric("after", 1)
    stored = only_run(project / ".runlog")
    assert (stored.state, stored.metrics["after"].last, dict(stored.artifacts)) == ("finished", 1, {})
    message = "object is no model: it has no predict and cannot be called"
    assert stored.problems == (f"{message} (hint: log a trained estimator, a module, a function, or the folder it was saved to)",)
    assert len(caplog.messages) == 1
    assert not [entry.name for entry in (stored.path).iterdir() if "artifacts" in entry.name]


def test_a_strict_run_raises(project: Path) -> None:
    with runlog.start_run(strict=True) as run:
        with pytest.raises(runlog.RunlogError, match="object is no model"):
            run.log_model(object())
        with pytest.raises(runlog.RunlogError, match="leaves the run"):
            run.log_model(ridge(), "../m")


def test_whoever_logs_a_pickle_is_told(project: Path, caplog: pytest.LogCaptureFixture) -> None:
    with runlog.start_run(strict=True) as run:
        run.log_model(ridge(), pickle=True)
    assert caplog.messages == [
        f"runlog: run {run.id}: model 'model' will only be loaded by those who trust it: model.pkl is a pickle: it was asked for"
    ]
    assert run.read().problems == ()


KILLED = """
import runlog
from sklearn.linear_model import Ridge
model = Ridge().fit([[1.0], [2.0]], [1.0, 2.0])
run = runlog.start_run(strict=True)
while True:
    print(run.log_model(model, "m"), flush=True)
"""


def test_a_killed_process_leaves_whole_models_alone(project: Path) -> None:
    """Whatever moment it was, every model that the run shows can be loaded, and each that was acknowledged is shown."""
    with begin_python(KILLED, cwd=project) as child:
        assert child.stdout is not None
        told = [child.stdout.readline().strip() for _ in range(random.randrange(2, 6))]
        child.send_signal(signal.SIGKILL)
        told += child.stdout.read().split()
    run = only_run(project / ".runlog")
    shown = [model.path for model in models_in(run.record)]
    assert set(told) <= set(shown)
    for path in shown:
        assert load_native(run.path / "artifacts" / path).predict([[3.0]])[0] == pytest.approx(3, abs=1)
