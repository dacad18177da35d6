"""How well an estimator does on what it was trained on, by the names that MLflow gives these metrics."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

_OVERWRITES = {"copy_X", "copy_x", "copy"}


def training(estimator: Any, given: Mapping[str, Any]) -> dict[str, float]:
    """Scores of a classifier or a regressor; of others their own score, and none of one that may have overwritten its input."""
    data, truth = given.get("X"), given.get("y")
    if data is None or not hasattr(estimator, "predict") or _may_overwrite(estimator):
        return {}
    weight = given.get("sample_weight")
    found: dict[str, float] = {}
    if truth is not None:
        from sklearn.base import is_classifier, is_regressor

        if is_classifier(estimator):
            found = _of_classifier(estimator, data, truth, weight)
        elif is_regressor(estimator):
            found = _of_regressor(estimator.predict(data), truth, weight)
    own = _own_score(estimator, data, truth, weight, found)
    return {f"training_{name}": float(value) for name, value in {**found, **own}.items()}


def _may_overwrite(estimator: Any) -> bool:
    params = estimator.get_params(deep=True)
    return any(value is False and name.rpartition("__")[2] in _OVERWRITES for name, value in params.items())


def _of_regressor(guess: Any, truth: Any, weight: Any) -> dict[str, float]:
    from sklearn import metrics

    squared = float(metrics.mean_squared_error(truth, guess, sample_weight=weight))
    return {
        "mean_squared_error": squared,
        "root_mean_squared_error": math.sqrt(squared),
        "mean_absolute_error": metrics.mean_absolute_error(truth, guess, sample_weight=weight),
        "r2_score": metrics.r2_score(truth, guess, sample_weight=weight),
    }


def _of_classifier(estimator: Any, data: Any, truth: Any, weight: Any) -> dict[str, float]:
    from sklearn import metrics

    guess = estimator.predict(data)
    if getattr(guess, "ndim", 1) > 1:
        return {}  # several answers to each question, for which most scores are not defined
    shared: dict[str, Any] = {"average": "weighted", "sample_weight": weight, "zero_division": 0}
    found = {
        "accuracy_score": metrics.accuracy_score(truth, guess, sample_weight=weight),
        "precision_score": metrics.precision_score(truth, guess, **shared),
        "recall_score": metrics.recall_score(truth, guess, **shared),
        "f1_score": metrics.f1_score(truth, guess, **shared),
    }
    if hasattr(estimator, "predict_proba"):
        found |= _of_probabilities(estimator.predict_proba(data), truth, weight)
    return found


def _of_probabilities(chances: Any, truth: Any, weight: Any) -> dict[str, float]:
    from sklearn import metrics

    if chances.shape[1] < 2:
        return {}
    scores = chances[:, 1] if chances.shape[1] == 2 else chances
    return {
        "log_loss": metrics.log_loss(truth, chances, sample_weight=weight),
        "roc_auc": metrics.roc_auc_score(truth, scores, average="weighted", sample_weight=weight, multi_class="ovo"),
    }


def _own_score(estimator: Any, data: Any, truth: Any, weight: Any, found: Mapping[str, float]) -> dict[str, float]:
    """What the estimator itself calls its score, without predicting once more where that is known."""
    kind = type(estimator)
    from sklearn.base import ClassifierMixin, RegressorMixin

    score = getattr(kind, "score", None)
    if score is ClassifierMixin.score and "accuracy_score" in found:
        return {"score": found["accuracy_score"]}
    if score is RegressorMixin.score and "r2_score" in found:
        return {"score": found["r2_score"]}
    if not hasattr(estimator, "score"):
        return {}
    weights = {} if weight is None else {"sample_weight": weight}
    return {"score": estimator.score(data, truth, **weights)}
