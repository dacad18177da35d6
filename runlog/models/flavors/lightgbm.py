"""LightGBM: boosters as its own text, its estimators as skops or as a pickle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runlog.errors import BadInput
from runlog.models.card import Card
from runlog.models.flavors import objects
from runlog.models.flavors.words import Call, How, Saved, bases, full_name, needed, version

NAME = "lightgbm"
_BOOSTER = "lightgbm.basic.Booster"
_FILE = "model.lgb"


def fits(model: Any) -> bool:
    return bool({"lightgbm.Booster", "lightgbm.LGBMModel"} & bases(model))


def save(model: Any, how: How) -> Saved:
    lightgbm = needed("lightgbm", "a LightGBM model")
    if "lightgbm.Booster" in bases(model):
        model.save_model(str(how.folder / _FILE))
        written = objects.Written(_FILE, objects.SKOPS, None, None)
        packages: tuple[str, ...] = ("lightgbm",)
    else:
        written = objects.write(model, how.folder, how.pickle)
        packages = ("lightgbm", "scikit-learn", *(() if written.format == objects.PICKLE else (written.format,)))
    config = {
        "code": None,
        "data": written.file,
        "lgb_version": version(lightgbm),
        "model_class": full_name(model),
        "serialization_format": written.format,
        "skops_trusted_types": written.types,
    }
    pyfunc = {"loader_module": "mlflow.lightgbm", "data": written.file}
    return Saved(config, pyfunc, packages, written.unsafe)


def load(card: Card, trust: bool) -> Any:
    lightgbm = needed("lightgbm", "a LightGBM model")
    config = card.config(NAME)
    file = card.inside(config.get("data", _FILE))
    if config.get("model_class", _BOOSTER) != _BOOSTER:
        return objects.read(file, str(config.get("serialization_format") or objects.CLOUDPICKLE), trust)
    try:
        return lightgbm.Booster(model_file=str(file))
    except Exception as error:
        raise BadInput(f"{str(file)!r} cannot be loaded: {error}") from error


def caller(model: Any) -> Call | None:
    def predict(data: Any, params: Mapping[str, Any]) -> Any:
        return model.predict(data)

    return predict
