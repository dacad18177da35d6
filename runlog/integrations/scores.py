"""How well an estimator does on what it was trained on, by the names that MLflow gives these metrics."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

_OVERWRITES = {"copy_X", "copy_x", "copy"}


class Scores:
    """The scores of an estimator on the data of its fit, part by part: one that fails does not cost the others. There are none of
    an estimator that may have overwritten its input."""

    def __init__(self, estimator: Any, given: Mapping[str, Any]) -> None:
        self._estimator = estimator
        self._data, self._truth, self._weight = given.get("X"), given.get("y"), given.get("sample_weight")
        self._found: dict[str, float] = {}

    def parts(self) -> list[Callable[[], Mapping[str, float]]]:
        """What gives each part of the scores, in the order in which they are to be asked."""
        if self._data is None or not hasattr(self._estimator, "predict") or _may_overwrite(self._estimator):
            return []
        if self._truth is None:
            return [self._own]
        from sklearn.base import is_classifier, is_regressor

        if is_classifier(self._estimator):
            return [self._of_classifier, self._of_probabilities, self._own]
        return [self._of_regressor, self._own] if is_regressor(self._estimator) else [self._own]

    def _of_regressor(self) -> Mapping[str, float]:
        self._found = _of_regressor(self._estimator.predict(self._data), self._truth, self._weight)
        return self._found

    def _of_classifier(self) -> Mapping[str, float]:
        self._found = _of_classifier(self._estimator.predict(self._data), self._truth, self._weight)
        return self._found

    def _of_probabilities(self) -> Mapping[str, float]:
        if not self._found or not hasattr(self._estimator, "predict_proba"):
            return {}
        return _of_probabilities(self._estimator.predict_proba(self._data), self._truth, self._weight)

    def _own(self) -> Mapping[str, float]:
        return _own_score(self._estimator, self._data, self._truth, self._weight, self._found)


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


def _of_classifier(guess: Any, truth: Any, weight: Any) -> dict[str, float]:
    from sklearn import metrics

    if getattr(guess, "ndim", 1) > 1:
        return {}  # several answers to each question, for which most scores are not defined
    shared: dict[str, Any] = {"average": "weighted", "sample_weight": weight, "zero_division": 0}
    return {
        "accuracy_score": metrics.accuracy_score(truth, guess, sample_weight=weight),
        "precision_score": metrics.precision_score(truth, guess, **shared),
        "recall_score": metrics.recall_score(truth, guess, **shared),
        "f1_score": metrics.f1_score(truth, guess, **shared),
    }


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
    from sklearn.base import ClassifierMixin, RegressorMixin

    score = getattr(type(estimator), "score", None)
    if score is ClassifierMixin.score and "accuracy_score" in found:
        return {"score": found["accuracy_score"]}
    if score is RegressorMixin.score and "r2_score" in found:
        return {"score": found["r2_score"]}
    if not hasattr(estimator, "score"):
        return {}
    weights = {} if weight is None else {"sample_weight": weight}
    return {"score": estimator.score(data, truth, **weights)}
