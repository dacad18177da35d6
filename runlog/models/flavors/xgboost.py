"""XGBoost: boosters and its estimators, in its own format."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from runlog.errors import BadInput
from runlog.models.card import Card
from runlog.models.flavors.words import Call, How, Saved, accepted, bases, full_name, needed, version
from runlog.models.trust import must_be_trusted

NAME = "xgboost"
_BOOSTER = "xgboost.core.Booster"
_FILE = "model.ubj"


def fits(model: Any) -> bool:
    return bool({"xgboost.Booster", "xgboost.XGBModel"} & bases(model))


def save(model: Any, how: How) -> Saved:
    xgboost = needed("xgboost", "an XGBoost model")
    model.save_model(how.folder / _FILE)
    config = {
        "code": None,
        "data": _FILE,
        "model_class": full_name(model),
        "model_format": "ubj",
        "xgb_version": version(xgboost),
    }
    packages = ("xgboost",) if "xgboost.Booster" in bases(model) else ("xgboost", "scikit-learn")
    return Saved(config, {"loader_module": "mlflow.xgboost", "data": _FILE}, packages)


def load(card: Card, trust: bool) -> Any:
    needed("xgboost", "an XGBoost model")
    config = card.config(NAME)
    file = card.inside(config.get("data", _FILE))
    model = _class(card, str(config.get("model_class") or _BOOSTER), trust)()
    try:
        model.load_model(file)
    except Exception as error:  # its own error, and others
        raise BadInput(f"{str(file)!r} cannot be loaded: {str(error).strip().rpartition(chr(10))[2]}") from error
    return model


def _class(card: Card, name: str, trust: bool) -> Any:
    """The class that a folder names: any of XGBoost's own, and others only if they are trusted."""
    module, _, kind = name.rpartition(".")
    if module.partition(".")[0] != NAME:
        must_be_trusted(trust, card.folder, f"is made by {name}, which is no class of XGBoost")
    try:
        found = getattr(import_module(module), kind)
    except (ImportError, AttributeError, ValueError) as error:
        raise BadInput(f"{str(card.folder)!r} is made by {name}, which cannot be imported") from error
    if not isinstance(found, type) or not {"Booster", "XGBModel"} & {kind.__name__ for kind in found.__mro__}:
        raise BadInput(f"{str(card.folder)!r} is made by {name}, which is no model of XGBoost")
    return found


def caller(model: Any) -> Call | None:
    def predict(data: Any, params: Mapping[str, Any]) -> Any:
        import xgboost

        given = accepted(model.predict, params)
        return model.predict(xgboost.DMatrix(data) if isinstance(model, xgboost.Booster) else data, **given)

    return predict
