"""XGBoost: `train`, and the rounds of its estimators, which are scikit-learn's for the rest."""

from __future__ import annotations

import functools
from types import ModuleType
from typing import Any

from runlog.integrations import importance
from runlog.integrations.parts import packaged
from runlog.integrations.patches import Patches
from runlog.integrations.rounds import Training, train
from runlog.integrations.settings import Settings
from runlog.integrations.trouble import guarded
from runlog.tracking.run import Run


def patch(patches: Patches, module: ModuleType) -> None:
    """Go around `xgboost.train`, also where the estimators call it."""
    patches.function(module.train, functools.partial(train, _Training, functools.partial(_ear, module)))


def _ear(module: Any, run: Run) -> Any:
    """A callback that logs the newest value of each metric after each round."""

    class Rounds(module.callback.TrainingCallback):  # type: ignore[misc]
        called = False

        def before_training(self, model: Any) -> Any:
            self.called = True
            return model

        def after_iteration(self, *args: Any, **kwargs: Any) -> bool:
            self.called = True
            with guarded("the rounds of xgboost.train are", run):
                _log_round(run, *args, **kwargs)
            return False

    return Rounds()


def _log_round(run: Run, model: Any, epoch: int, evals_log: Any) -> None:
    newest = {f"{data}-{metric}": values[-1] for data, metrics in evals_log.items() for metric, values in metrics.items()}
    run.log_metrics({name: value[0] if isinstance(value, tuple) else value for name, value in newest.items()}, step=epoch)


class _Training(Training):
    """One call of `xgboost.train`."""

    name = "xgboost.train"
    names = frozenset({"xgboost", "xgboost.train", "Booster"})
    beside = frozenset({"xgb_model"})

    def after(self, run: Run, settings: Settings, result: Any) -> None:
        with guarded("the best round of xgboost.train is", run):
            if "best_iteration" in result.attributes():
                run.log_metrics({"best_iteration": result.best_iteration, "best_score": result.best_score})
        with guarded("the importances of xgboost.train's features are", run):
            importance.log(run, _importances(result))
        if settings.models:
            with guarded("the model of xgboost.train is", run):
                packaged(run, result, _rows(self.given.get("dtrain")), result.inplace_predict, settings)


def _importances(booster: Any) -> dict[str, float]:
    """How much each feature gains; of a linear model, how much it weighs. Several weights for several classes are left out."""
    names = booster.feature_names or [f"f{place}" for place in range(booster.num_features())]
    linear = '"gblinear"' in booster.save_config()
    found = booster.get_score(importance_type="weight" if linear else "gain")
    if any(isinstance(value, list) for value in found.values()):
        return {}
    return {name: float(found.get(name, 0.0)) for name in names}


def _rows(data: Any) -> Any:
    """The first rows of the training data as they were given; none where it is kept in a form that does not give them back."""
    try:
        sparse = data.slice(list(range(min(5, data.num_row())))).get_data().tocoo()
    except Exception:  # a form of its own, as that for histograms
        return None
    import numpy as np

    rows = np.full(sparse.shape, np.nan, dtype=sparse.dtype)
    rows[sparse.row, sparse.col] = sparse.data
    if not data.feature_names:
        return rows
    try:
        import pandas as pd
    except ImportError:
        return rows
    return pd.DataFrame(rows, columns=data.feature_names)
