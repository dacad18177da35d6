"""LightGBM: `train`, and the rounds of its estimators, which are scikit-learn's for the rest."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

from runlog.integrations import importance
from runlog.integrations.parts import first_rows, packaged
from runlog.integrations.patches import Patches
from runlog.integrations.rounds import Training, train
from runlog.integrations.settings import Settings
from runlog.integrations.trouble import guarded
from runlog.tracking.run import Run


def patch(patches: Patches, module: ModuleType) -> None:
    """Go around `lightgbm.train`, also where the estimators call it."""
    patches.function(module.train, functools.partial(train, _Training, _Rounds))


class _Rounds:
    """A callback that logs the value of each metric after each round: before the one that may stop the training, which is 30."""

    def __init__(self, run: Run) -> None:
        self.called = False
        self.order = 25
        self._run = run

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        self.called = True
        with guarded("the rounds of lightgbm.train are", self._run):
            self._log(*args, **kwargs)

    def _log(self, env: Any) -> None:
        found = {f"{item[0]}-{item[1]}": item[2] for item in env.evaluation_result_list or ()}
        self._run.log_metrics(found, step=env.iteration)


class _Training(Training):
    """One call of `lightgbm.train`."""

    name = "lightgbm.train"
    names = frozenset({"lightgbm", "lightgbm.train", "Booster"})
    beside = frozenset({"init_model"})

    def __init__(self, original: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        super().__init__(original, args, kwargs)
        self._rows = None
        with guarded("the first rows of lightgbm.train's data are"):
            self._rows = first_rows(getattr(self.given.get("train_set"), "data", None))

    def after(self, run: Run, settings: Settings, result: Any) -> None:
        with guarded("the best round of lightgbm.train is", run):
            if result.best_iteration > 0:
                best = {f"best_{data}-{name}": value for data, all in result.best_score.items() for name, value in all.items()}
                run.log_metrics({"best_iteration": result.best_iteration, **best})
        with guarded("the importances of lightgbm.train's features are", run):
            names, values = result.feature_name(), result.feature_importance(importance_type="gain")
            importance.log(run, importance.named(names, values))
        if settings.models:
            with guarded("the model of lightgbm.train is", run):
                packaged(run, result, self._rows, result.predict, settings)
