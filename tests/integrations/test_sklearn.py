"""What a fit of scikit-learn leaves in a run."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor, VotingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, log_loss, mean_squared_error, r2_score
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import runlog
from tests.integrations.conftest import Data
from tests.scene import bare_runs, only_run


def values(run: runlog.StoredRun) -> dict[str, float]:
    return {name: summary.last for name, summary in run.metrics.items()}


def all_runs() -> list[runlog.StoredRun]:
    store = runlog.open_store()
    return sorted((store.run(run_id) for run_id in bare_runs(store.root)), key=lambda run: run.record.created_at)


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def test_a_regressor(project: Path, data: Data) -> None:
    runlog.autolog(models=False)
    model = Ridge(alpha=0.5).fit(data.rows, data.numbers)

    run = only_run(project / ".runlog")
    guess = model.predict(data.rows)
    error = mean_squared_error(data.numbers, guess)
    assert run.record.state == "finished"
    assert run.params == model.get_params()
    assert run.tags == {"estimator_name": "Ridge", "estimator_class": "sklearn.linear_model._ridge.Ridge"}
    assert values(run) == {
        "training_mean_absolute_error": float(np.mean(np.abs(data.numbers - guess))),
        "training_mean_squared_error": error,
        "training_r2_score": r2_score(data.numbers, guess),
        "training_root_mean_squared_error": error**0.5,
        "training_score": r2_score(data.numbers, guess),
    }
    assert list(run.artifacts) == []


def test_a_classifier_and_how_much_its_features_count(project: Path, data: Data) -> None:
    runlog.autolog(models=False)
    model = RandomForestClassifier(5, random_state=1).fit(data.rows, data.classes)

    run = only_run(project / ".runlog")
    found = values(run)
    assert found["training_accuracy_score"] == found["training_score"] == accuracy_score(data.classes, model.predict(data.rows))
    assert found["training_log_loss"] == log_loss(data.classes, model.predict_proba(data.rows))
    assert sorted(found) == [
        f"training_{name}"
        for name in ("accuracy_score", "f1_score", "log_loss", "precision_score", "recall_score", "roc_auc", "score")
    ]
    counts = dict(zip("abc", model.feature_importances_.tolist(), strict=True))
    folder = project / ".runlog/experiments/default" / run.id / "artifacts"
    assert json.loads((folder / "feature_importance.json").read_text()) == counts
    rows = table(folder / "feature_importance.csv")
    assert [row["feature"] for row in rows] == sorted(counts, key=lambda name: -counts[name])
    assert {row["feature"]: float(row["importance"]) for row in rows} == counts


def test_a_pipeline_is_one_fit(project: Path, data: Data) -> None:
    runlog.autolog(models=False)
    make_pipeline(StandardScaler(), RandomForestRegressor(3, random_state=1)).fit(data.rows, data.numbers)

    run = only_run(project / ".runlog")
    assert run.params["randomforestregressor__n_estimators"] == 3
    assert run.params["standardscaler__with_mean"] is True
    assert run.params["standardscaler"] == "StandardScaler()"
    assert run.record.problems == ()
    counts = json.loads((project / ".runlog/experiments/default" / run.id / "artifacts/feature_importance.json").read_text())
    assert sorted(counts) == ["a", "b", "c"]


def test_a_search_is_one_fit_with_its_table_and_its_best(project: Path, data: Data) -> None:
    runlog.autolog(models=False)
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0, 10.0]}, cv=2).fit(data.rows, data.classes)

    run = only_run(project / ".runlog")
    assert run.params["best_C"] == search.best_params_["C"]
    assert values(run)["best_cv_score"] == search.best_score_
    rows = table(project / ".runlog/experiments/default" / run.id / "artifacts/cv_results.csv")
    assert [float(row["param_C"]) for row in rows] == [0.1, 1.0, 10.0]
    assert [float(row["mean_test_score"]) for row in rows] == search.cv_results_["mean_test_score"].tolist()


def test_fits_inside_of_others_are_no_runs(project: Path, data: Data) -> None:
    runlog.autolog(models=False)
    members = [("a", LogisticRegression()), ("b", RandomForestClassifier(2))]
    VotingClassifier(members).fit(data.rows, data.classes)
    assert len(all_runs()) == 1
    cross_val_score(LinearRegression(), data.rows, data.numbers, cv=2)
    cross_val_predict(LinearRegression(), data.rows, data.numbers, cv=2)
    StandardScaler().fit_transform(data.rows)
    assert len(all_runs()) == 1
    assert make_pipeline(StandardScaler(), KMeans(2, n_init=1)).fit_predict(data.rows).shape == (120,)
    assert [run.tags["estimator_name"] for run in all_runs()] == ["VotingClassifier", "Pipeline"]


def test_the_active_run_is_logged_into_and_not_ended(project: Path, data: Data) -> None:
    runlog.autolog(models=False)
    with runlog.start_run(name="mine") as run:
        Ridge().fit(data.rows, data.numbers)
        assert run.state == "running"
        runlog.log_metric("after", 1)
    [stored] = all_runs()
    assert (stored.record.name, stored.params["alpha"], values(stored)["after"]) == ("mine", 1.0, 1.0)


def test_several_fits_are_several_runs_if_asked(project: Path, data: Data) -> None:
    runlog.autolog(models=False)
    with runlog.start_run(name="outer") as outer:
        with runlog.autolog(several=True, models=False):
            for alpha in (0.1, 0.2):
                Ridge(alpha=alpha).fit(data.rows, data.numbers)
        Ridge(alpha=0.3).fit(data.rows, data.numbers)
    assert [(run.record.name, run.record.parent, run.params.get("alpha")) for run in all_runs() if run.id != outer.id] == [
        ("Ridge", outer.id, 0.1),
        ("Ridge", outer.id, 0.2),
    ]
    assert runlog.open_store().run(outer.id).params["alpha"] == 0.3


def test_a_fit_that_fails_fails_as_ever(project: Path, data: Data) -> None:
    with pytest.raises(ValueError, match="Found input variables") as before:
        Ridge().fit(data.rows, data.numbers[:7])
    runlog.autolog(models=False)
    with pytest.raises(ValueError, match="Found input variables") as during:
        Ridge().fit(data.rows, data.numbers[:7])
    assert str(during.value) == str(before.value)
    with pytest.raises(TypeError) as wrong:
        Ridge().fit(data.rows, data.numbers, 1, 2, 3)
    runlog.autolog(False)
    with pytest.raises(TypeError) as plain:
        Ridge().fit(data.rows, data.numbers, 1, 2, 3)
    assert str(wrong.value) == str(plain.value)
    assert [run.record.state for run in all_runs()] == ["failed", "failed"]


def test_what_is_excluded_is_not_logged(project: Path, data: Data) -> None:
    runlog.autolog(models=False, exclude=["Ridge", "xgboost"])
    Ridge().fit(data.rows, data.numbers)
    LinearRegression().fit(data.rows, data.numbers)
    assert [run.tags["estimator_name"] for run in all_runs()] == ["LinearRegression"]
    runlog.autolog(models=False, exclude="sklearn")
    LinearRegression().fit(data.rows, data.numbers)
    assert len(all_runs()) == 1


def fitted(data: Data) -> list[Any]:
    """Everything that random numbers have a part in, and the numbers that are drawn afterwards."""
    np.random.seed(7)
    random.seed(7)
    forest = RandomForestRegressor(4).fit(data.rows, data.numbers)
    guessing = DummyClassifier(strategy="stratified").fit(data.rows, data.classes)
    found = [forest.predict(data.rows).tobytes(), guessing.predict(data.rows).tobytes()]
    search = GridSearchCV(RandomForestRegressor(2), {"max_depth": [2, 3]}, cv=2).fit(data.rows, data.numbers)
    return [*found, search.predict(data.rows).tobytes(), search.best_params_, np.random.rand(), random.random()]


def test_what_is_fitted_is_the_same_to_the_last_bit(project: Path, data: Data) -> None:
    plain = fitted(data)
    with runlog.autolog():
        assert fitted(data) == plain
    assert len(all_runs()) == 3


def test_data_that_can_be_read_only_once_is_read_by_the_fit(project: Path, caplog: pytest.LogCaptureFixture) -> None:
    from sklearn.feature_extraction.text import CountVectorizer

    texts = ["good day", "bad night", "good night", "bad day"]
    runlog.autolog(models=False)
    model = make_pipeline(CountVectorizer(), LogisticRegression()).fit((text for text in texts), [1, 0, 1, 0])
    assert model.predict(texts).tolist() == [1, 0, 1, 0]
    [run] = all_runs()
    assert (run.record.state, run.params["logisticregression__C"]) == ("finished", 1.0)
    [said] = caplog.messages
    assert said.startswith(f"runlog: run {run.id}: autolog: the training scores of Pipeline are not logged: ValueError: ")


def test_an_input_that_may_be_overwritten_has_no_training_scores(project: Path, data: Data) -> None:
    runlog.autolog(models=False)
    LinearRegression(copy_X=False).fit(data.rows.to_numpy().copy(), data.numbers)
    assert only_run(project / ".runlog").metrics == {}


def test_a_score_that_fails_does_not_cost_the_others(project: Path, data: Data, caplog: pytest.LogCaptureFixture) -> None:
    class Odd(LogisticRegression):  # type: ignore[misc]
        def predict_proba(self, X: Any) -> Any:
            raise RuntimeError("no chances")

    runlog.autolog(models=False)
    Odd().fit(data.rows, data.classes)
    run = only_run(project / ".runlog")
    names = ("accuracy_score", "f1_score", "precision_score", "recall_score", "score")
    assert sorted(run.metrics) == [f"training_{name}" for name in names]
    assert run.record.problems == ("autolog: the training scores of Odd are not logged: RuntimeError: no chances",)
    assert len(caplog.messages) == 1


def test_params_that_are_arrays_are_named_by_their_shape(project: Path, data: Data) -> None:
    runlog.autolog(models=False)
    KMeans(2, init=data.rows.to_numpy()[:2], n_init=1).fit(data.rows)
    run = only_run(project / ".runlog")
    assert (run.params["init"], run.params["n_clusters"]) == ("<ndarray of shape (2, 3)>", 2)
    assert list(run.metrics) == ["training_score"]
    assert run.record.problems == ()
