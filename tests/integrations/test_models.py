"""The models that autolog keeps: with a signature, with an example if asked, and as good as those that were fitted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import xgboost
from sklearn.feature_selection import RFECV
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV

import runlog
from runlog.models.card import read_card
from tests.integrations.conftest import Data
from tests.scene import bare_runs, only_run

COLUMNS = [{"type": "double", "name": name, "required": True} for name in "abc"]


def kept(project: Path) -> Path:
    return only_run(project / ".runlog").path / "artifacts" / "model"


def test_an_estimator(project: Path, data: Data) -> None:
    runlog.autolog()
    model = Ridge().fit(data.rows, data.numbers)
    card = read_card(kept(project))
    assert card.signature is not None
    assert (card.signature.inputs, card.signature.outputs) == (COLUMNS, [{"type": "double", "required": True}])
    assert card.example is None
    assert runlog.load_model(kept(project)).predict(data.rows).tobytes() == model.predict(data.rows).tobytes()


def test_the_best_of_a_search_with_an_example(project: Path, data: Data) -> None:
    runlog.autolog(examples=True)
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2).fit(data.rows, data.classes)
    loaded = runlog.load_model(kept(project))
    assert type(loaded).__name__ == "LogisticRegression"
    assert loaded.get_params() == search.best_estimator_.get_params()
    example = read_card(kept(project)).example
    assert example is not None
    assert example["type"] == "dataframe"


def test_a_search_that_keeps_no_model(project: Path, data: Data) -> None:
    runlog.autolog()
    GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2, refit=False).fit(data.rows, data.classes)
    run = only_run(project / ".runlog")
    assert list(run.artifacts) == ["cv_results.csv"]
    assert run.record.problems == ()


def test_a_selection_of_features_is_its_own_model(project: Path, data: Data) -> None:
    runlog.autolog()
    chosen = RFECV(Ridge(), cv=2).fit(data.rows, data.numbers)
    run = only_run(project / ".runlog")
    assert run.record.problems == ()
    assert "cv_results.csv" in list(run.artifacts)
    loaded = runlog.load_model(kept(project), trust=True)
    assert loaded.predict(data.rows).tobytes() == chosen.predict(data.rows).tobytes()


def test_boosters(project: Path, data: Data) -> None:
    holes = data.rows.mask(data.rows > 1.5)
    runlog.autolog()
    first = xgboost.train({"nthread": 1}, xgboost.DMatrix(holes, data.numbers), 3)
    second = lightgbm.train({"verbose": -1, "num_threads": 1}, lightgbm.Dataset(data.rows, data.numbers), 3)
    runlog.autolog(False)
    expected: list[Any] = [first.predict(xgboost.DMatrix(holes)), second.predict(data.rows)]
    found = sorted(bare_runs(project / ".runlog").values(), key=lambda run: run.birth["created_at"])
    for run, rows, guess in zip(found, [holes, data.rows], expected, strict=True):
        folder = run.folder / "artifacts" / "model"
        signature = read_card(folder).signature
        assert signature is not None
        assert signature.columns == ["a", "b", "c"]
        assert np.array_equal(runlog.load_predictor(folder).predict(rows), guess)


def test_every_model_of_a_run_is_kept(project: Path, data: Data) -> None:
    runlog.autolog()
    with runlog.start_run():
        Ridge(alpha=1.0).fit(data.rows, data.numbers)
        Ridge(alpha=2.0).fit(data.rows, data.numbers)
    folder = only_run(project / ".runlog").path / "artifacts"
    assert runlog.load_model(folder / "model").alpha == 1.0
    assert runlog.load_model(folder / "model~2").alpha == 2.0
