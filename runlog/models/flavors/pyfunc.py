"""What only MLflow's general flavour describes: code that lies in the folder or in a package, and loads the rest."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from runlog.errors import BadInput, OutsideError, UsageError
from runlog.models.card import Card
from runlog.models.flavors.words import Call, How, Saved, accepted
from runlog.models.trust import must_be_trusted

NAME = "python_function"


def fits(model: Any) -> bool:
    return False


def save(model: Any, how: How) -> Saved:
    raise UsageError(f"runlog writes no model as {NAME!r} alone")


def load(card: Card, trust: bool) -> Any:
    config = card.config(NAME)
    loader = str(config.get("loader_module"))
    must_be_trusted(trust, card.folder, f"is loaded by code ({loader}), which may be or run any code that lies in it")
    add_code(card, config)
    data = card.inside(config["data"]) if config.get("data") else card.folder
    try:
        module = import_module(loader)
        # With a config MLflow's own loaders take it as the second argument.
        settings = [config["config"]] if isinstance(config.get("config"), dict) and config["config"] else []
        return module._load_pyfunc(str(data), *settings)
    except ImportError as error:
        package = (error.name or loader).partition(".")[0]
        raise OutsideError(
            f"the model needs {package}, which cannot be imported: {error}", hint=f"pip install {package}"
        ) from error
    except Exception as error:  # the code of the model
        raise BadInput(f"{str(card.folder)!r} cannot be loaded: {type(error).__name__}: {error}") from error


def add_code(card: Card, config: Mapping[str, Any]) -> None:
    """Let the modules that lie in a folder be imported. Whoever calls this knows that it is trusted."""
    if config.get("code"):
        place = str(card.inside(config["code"]))
        if place not in sys.path:
            sys.path.insert(0, place)


def caller(model: Any) -> Call | None:
    def predict(data: Any, params: Mapping[str, Any]) -> Any:
        given = accepted(model.predict, {"params": dict(params)}) if params else {}
        return model.predict(data, **given)

    return predict
