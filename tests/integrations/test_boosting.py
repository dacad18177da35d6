"""XGBoost and LightGBM: params, metrics of every round, and what counts for the model; by `train` and as estimators."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest
import xgboost
from lightgbm import train as train_by_name

import runlog
from tests.integrations.conftest import Data
from tests.scene import only_run, points

pytestmark = pytest.mark.filterwarnings("ignore:The argument 'eval_set' is deprecated")
QUIET: dict[str, Any] = {"verbose": -1, "num_threads": 1, "deterministic": True}


def importances(run: runlog.StoredRun) -> dict[str, float]:
    found: dict[str, float] = json.loads((run.path / "artifacts" / "feature_importance.json").read_text())
    return found


def history(run: runlog.StoredRun, metric: str) -> list[float]:
    found = points(run, metric)
    assert [step for step, _ in found] == list(range(len(found)))
    return [value for _, value in found]


def test_xgboost_train(project: Path, data: Data) -> None:
    train = xgboost.DMatrix(data.rows[:80], data.numbers[:80])
    valid = xgboost.DMatrix(data.rows[80:], data.numbers[80:])
    seen: dict[str, Any] = {}
    runlog.autolog(models=False)
    booster = xgboost.train(
        {"max_depth": 2, "eta": 0.5, "nthread": 1},
        train,
        30,
        evals=[(train, "train"), (valid, "valid")],
        early_stopping_rounds=2,
        evals_result=seen,
        verbose_eval=False,
    )
    run = only_run(project / ".runlog")
    given = {"max_depth": 2, "eta": 0.5, "nthread": 1, "num_boost_round": 30, "early_stopping_rounds": 2, "verbose_eval": False}
    assert run.params == given
    assert history(run, "train-rmse") == seen["train"]["rmse"]
    assert history(run, "valid-rmse") == seen["valid"]["rmse"]
    assert run.metrics["best_iteration"].last == booster.best_iteration
    assert run.metrics["best_score"].last == booster.best_score
    assert importances(run) == booster.get_score(importance_type="gain")
    assert run.record.problems == ()


def test_xgboost_linear_model_and_callbacks_of_the_user(project: Path, data: Data) -> None:
    class Mine(xgboost.callback.TrainingCallback):
        rounds = 0

        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            self.rounds += 1
            return epoch == 3

    train = xgboost.DMatrix(data.rows.to_numpy(), data.numbers)
    mine = Mine()
    params = {"booster": "gblinear", "nthread": 1, "verbosity": 0}
    runlog.autolog(models=False)
    booster = xgboost.train(params, train, 9, evals=[(train, "train")], callbacks=[mine], verbose_eval=False)
    run = only_run(project / ".runlog")
    assert (mine.rounds, len(history(run, "train-rmse"))) == (4, 4)
    assert sorted(importances(run)) == ["f0", "f1", "f2"]
    assert booster.num_boosted_rounds() == 4


def test_xgboost_estimator(project: Path, data: Data) -> None:
    runlog.autolog(models=False)
    model = xgboost.XGBClassifier(n_estimators=4, n_jobs=1)
    model.fit(data.rows, data.classes, eval_set=[(data.rows, data.classes)], verbose=False)
    run = only_run(project / ".runlog")
    assert (run.params["n_estimators"], run.tags["estimator_name"]) == (4, "XGBClassifier")
    assert history(run, "validation_0-logloss") == model.evals_result()["validation_0"]["logloss"]
    assert run.metrics["training_accuracy_score"].last == float(np.mean(model.predict(data.rows) == data.classes))
    assert importances(run) == dict(zip("abc", model.feature_importances_.tolist(), strict=True))


def test_lightgbm_train(project: Path, data: Data) -> None:
    train = lightgbm.Dataset(data.rows[:80], data.numbers[:80])
    valid = lightgbm.Dataset(data.rows[80:], data.numbers[80:], reference=train)
    seen: dict[str, Any] = {}
    runlog.autolog(models=False)
    booster = train_by_name(
        {**QUIET, "metric": ["l1", "l2"]},
        train,
        40,
        valid_sets=[train, valid],
        valid_names=["train", "valid"],
        callbacks=[lightgbm.record_evaluation(seen), lightgbm.early_stopping(2, verbose=False)],
    )
    run = only_run(project / ".runlog")
    assert run.params == {**QUIET, "metric": ["l1", "l2"], "num_boost_round": 40, "keep_training_booster": False}
    for name in ("train", "valid"):
        for metric in ("l1", "l2"):
            assert history(run, f"{name}-{metric}") == seen[name][metric]
    assert run.metrics["best_iteration"].last == booster.best_iteration
    assert run.metrics["best_valid-l1"].last == booster.best_score["valid"]["l1"]
    assert importances(run) == dict(zip("abc", booster.feature_importance("gain").tolist(), strict=True))
    assert run.record.problems == ()


def test_lightgbm_estimator(project: Path, data: Data) -> None:
    runlog.autolog(models=False)
    model = lightgbm.LGBMRegressor(n_estimators=4, **QUIET)
    model.fit(data.rows, data.numbers, eval_set=[(data.rows, data.numbers)])
    run = only_run(project / ".runlog")
    assert (run.params["n_estimators"], run.tags["estimator_name"]) == (4, "LGBMRegressor")
    assert history(run, "training-l2") == model.evals_result_["training"]["l2"]


def test_trees_are_the_same_to_the_last_bit(project: Path, data: Data) -> None:
    def trees() -> list[Any]:
        matrix = xgboost.DMatrix(data.rows, data.numbers)
        deep: dict[str, Any] = {"subsample": 0.5, "seed": 3, "nthread": 1}
        first = xgboost.train(deep, matrix, 5, evals=[(matrix, "train")], verbose_eval=False)
        second = lightgbm.train(
            {**QUIET, "bagging_fraction": 0.5, "bagging_freq": 1}, lightgbm.Dataset(data.rows, data.numbers), 5
        )
        third = xgboost.XGBRegressor(n_estimators=3, subsample=0.5, n_jobs=1).fit(data.rows, data.numbers)
        return [bytes(first.save_raw()), second.model_to_string(), bytes(third.get_booster().save_raw())]

    plain = trees()
    with runlog.autolog():
        assert trees() == plain


def test_wrong_arguments_are_refused_as_ever(project: Path, data: Data) -> None:
    matrix = xgboost.DMatrix(data.rows, data.numbers)

    def refused() -> list[str]:
        found = []
        for wrong in (
            lambda: xgboost.train({"objective": "no such thing"}, matrix, 1),
            lambda: xgboost.train({}, matrix, 1, 2, 3),
            lambda: xgboost.train({}, matrix, 1, evals=[("no matrix", "train")]),
            lambda: lightgbm.train(QUIET, "no data"),  # type: ignore[arg-type]
            lambda: lightgbm.train({**QUIET, "objective": "no such thing"}, lightgbm.Dataset(data.rows, data.numbers)),
        ):
            with pytest.raises(Exception) as error:
                wrong()
            found.append(re.sub(r"\[\d\d:\d\d:\d\d\] |Stack trace.*", "", repr(error.value), flags=re.DOTALL))
        return found

    plain = refused()
    with runlog.autolog(models=False):
        assert refused() == plain
