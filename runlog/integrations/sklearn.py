"""scikit-learn, and whatever else fits in its manner: every class that descends from its base of estimators."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from runlog.integrations import importance
from runlog.integrations.parts import first_rows, log_params, packaged
from runlog.integrations.patches import Patches
from runlog.integrations.scores import Scores
from runlog.integrations.settings import Settings
from runlog.integrations.trouble import guarded
from runlog.integrations.watching import quietly, watch
from runlog.tracking.run import Run

_FITS = ("fit", "fit_predict", "fit_transform")
# What validations and searches call for each of their parts; the functions that people call may have been imported by name.
_PARTS = ("_fit_and_score", "_fit_and_predict", "_permutation_test_score", "_incremental_fit_estimator")


def patch_estimators(patches: Patches, base: ModuleType) -> None:
    """Go around the fits of all estimators there are, and of those that are defined later."""
    root: Any = base.BaseEstimator

    def born(cls: Any, /, **kwargs: Any) -> None:
        super(root, cls).__init_subclass__(**kwargs)
        with guarded(f"what {cls.__name__} fits is"):
            _patch(patches, cls)

    patches.attribute(root, "__init_subclass__", classmethod(born))
    for cls in _descendants(root):
        _patch(patches, cls)


def patch_validation(patches: Patches, module: ModuleType) -> None:
    """Validations fit a model many times, and none of those is the model."""
    for name in _PARTS:
        original = getattr(module, name, None)
        if original is not None:
            patches.function(original, quietly)


def _patch(patches: Patches, cls: type) -> None:
    for name in _FITS:
        patches.method(cls, name, _around)


def _descendants(root: type) -> list[type]:
    found: dict[type, None] = {}
    waiting = [root]
    while waiting:
        below: list[type] = type.__subclasses__(waiting.pop())
        for cls in below:
            if cls not in found:
                found[cls] = None
                waiting.append(cls)
    return list(found)


def _around(original: Callable[..., Any], estimator: Any, *args: Any, **kwargs: Any) -> Any:
    if not _is_a_model(estimator):
        return quietly(original, estimator, *args, **kwargs)
    given = functools.partial(_EstimatorFit, original, estimator, args, kwargs)
    return watch(given, functools.partial(original, estimator, *args, **kwargs))


def _is_a_model(estimator: Any) -> bool:
    """What only prepares data is part of something else. A search may not predict, and is one all the same."""
    try:
        if any(cls.__name__ == "BaseSearchCV" for cls in type(estimator).__mro__):
            return True
        return hasattr(estimator, "predict") or hasattr(estimator, "fit_predict")
    except Exception:  # a property of the class that fails before the fit
        return False


class _EstimatorFit:
    """One fit of an estimator."""

    def __init__(self, original: Callable[..., Any], estimator: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.subject = estimator
        self.name = type(estimator).__name__
        self.names = frozenset({self.name, type(estimator).__module__.partition(".")[0]})
        self._given = _arguments(original, estimator, args, kwargs)

    def before(self, run: Run) -> None:
        """Params, as they are before the fit: nothing may look at the data yet, which may be read just once."""
        cls = type(self.subject)
        run.set_tags({"estimator_name": self.name, "estimator_class": f"{cls.__module__}.{cls.__qualname__}"})
        with guarded(f"the params of {self.name} are", run):
            log_params(run, self.subject.get_params(deep=True))

    def after(self, run: Run, settings: Settings, result: Any) -> None:
        """Scores on what it was trained on, what a search found, importances of features, and the model."""
        data = self._given.get("X")
        self._log_scores(run)
        model = self.subject
        if hasattr(model, "cv_results_"):
            with guarded(f"what {self.name} found is", run):
                _log_search(run, model)
            model = getattr(model, "best_estimator_", model)
        with guarded(f"the importances of {self.name}'s features are", run):
            importance.log(run, importance.of_estimator(model, data))
        if settings.models and hasattr(model, "predict"):
            with guarded(f"the model of {self.name} is", run):
                packaged(run, model, first_rows(data), model.predict, settings)

    def _log_scores(self, run: Run) -> None:
        what = f"the training scores of {self.name} are"
        parts: list[Callable[[], Mapping[str, float]]] = []
        with guarded(what, run):
            parts = Scores(self.subject, self._given).parts()
        for part in parts:
            with guarded(what, run):
                run.log_metrics({f"training_{name}": float(value) for name, value in part().items()})


def _arguments(original: Callable[..., Any], estimator: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a fit by name. What does not fit together is for the fit itself to say."""
    try:
        given = dict(inspect.signature(original).bind(estimator, *args, **kwargs).arguments)
    except TypeError:
        return {}
    if "X" not in given and len(given) > 1:
        given["X"] = list(given.values())[1]  # the data comes first, whatever it is called
    return given


def _log_search(run: Run, search: Any) -> None:
    """The table of a search, and its best."""
    results = search.cv_results_
    run.log_table({name: [_cell(value) for value in column] for name, column in results.items()}, "cv_results.csv")
    best = getattr(search, "best_params_", None)
    if best:
        log_params(run, {f"best_{name}": value for name, value in best.items()})
    if hasattr(search, "best_score_"):
        run.log_metric("best_cv_score", search.best_score_)


def _cell(value: Any) -> Any:
    """Numbers as they are; what a search tried may be anything."""
    value = value.tolist() if callable(getattr(value, "tolist", None)) else value
    return value if isinstance(value, int | float | str) or value is None else str(value)
