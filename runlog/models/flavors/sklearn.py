"""scikit-learn: estimators and pipelines, as skops or as a pickle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runlog.models.card import Card
from runlog.models.flavors import objects
from runlog.models.flavors.words import Call, How, Saved, accepted, bases, needed, version

NAME = "sklearn"


def fits(model: Any) -> bool:
    return "sklearn.BaseEstimator" in bases(model)


def save(model: Any, how: How) -> Saved:
    sklearn = needed("sklearn", "a scikit-learn model", "scikit-learn")
    written = objects.write(model, how.folder, how.pickle)
    config = {
        "code": None,
        "pickled_model": written.file,
        "serialization_format": written.format,
        "sklearn_version": version(sklearn),
        "skops_trusted_types": written.types,
    }
    pyfunc = {"loader_module": "mlflow.sklearn", "model_path": written.file, "predict_fn": "predict"}
    packages = ("scikit-learn", *_packages(written.format))
    return Saved(config, pyfunc if hasattr(model, "predict") else None, packages, written.unsafe, (written.file,))


def _packages(form: str) -> tuple[str, ...]:
    return () if form == objects.PICKLE else (form,)


def load(card: Card, trust: bool) -> Any:
    config = card.config(NAME)
    needed("sklearn", "a scikit-learn model", "scikit-learn")
    file = card.inside(config.get("pickled_model", "model.pkl"))
    return objects.read(file, str(config.get("serialization_format") or objects.PICKLE), trust)


def caller(model: Any) -> Call | None:
    if not hasattr(model, "predict"):
        return None

    def predict(data: Any, params: Mapping[str, Any]) -> Any:
        return model.predict(data, **accepted(model.predict, params))

    return predict
