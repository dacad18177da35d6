"""Any Python function, or object with a `predict`: a pickle, for there is no other way. MLflow loads it without runlog, by a
small module that lies beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runlog.models.card import Card
from runlog.models.flavors import objects
from runlog.models.flavors.words import Call, How, Saved, accepted, needed, version
from runlog.models.trust import must_be_trusted

NAME = "function"
_FOLDER, _FILE = "data", "function.pkl"
_LOADER = "runlog_function_1"
_SOURCE = '''"""Written by runlog, and it needs none: how MLflow loads the function that lies in ../data."""

import inspect
import os

import cloudpickle


class _Function:
    def __init__(self, function):
        self.function = function

    def predict(self, data, params=None):
        call = getattr(self.function, "predict", self.function)
        known = inspect.signature(call).parameters
        takes_all = any(param.kind is param.VAR_KEYWORD for param in known.values())
        return call(data, **{name: value for name, value in (params or {}).items() if takes_all or name in known})


def _load_pyfunc(path):
    with open(os.path.join(path, "function.pkl"), "rb") as file:
        return _Function(cloudpickle.load(file))
'''


def fits(model: Any) -> bool:
    return callable(model) or callable(getattr(model, "predict", None))


def save(model: Any, how: How) -> Saved:
    cloudpickle = needed("cloudpickle", "a function as a model", "'runlog[models]'")
    objects.may_be_pickled(model, how.pickle, "nothing else holds a function")
    for name in (_FOLDER, "code"):
        (how.folder / name).mkdir()
    objects.dump(model, how.folder / _FOLDER / _FILE)
    (how.folder / "code" / f"{_LOADER}.py").write_text(_SOURCE, encoding="utf-8")
    file = f"{_FOLDER}/{_FILE}"
    config = {"flavor": NAME, "data": file, "cloudpickle_version": version(cloudpickle)}
    pyfunc = {"loader_module": _LOADER, "data": _FOLDER, "code": "code"}
    return Saved(config, pyfunc, ("cloudpickle",), f"{file} is a pickle: nothing else holds a function", (file,))


def load(card: Card, trust: bool) -> Any:
    file = card.inside(card.config("runlog").get("data", f"{_FOLDER}/{_FILE}"))
    must_be_trusted(trust, file, objects.RUNS)
    needed("cloudpickle", f"{file.name!r}")
    return objects.unpickled(file)


def caller(model: Any) -> Call | None:
    call = getattr(model, "predict", model)

    def predict(data: Any, params: Mapping[str, Any]) -> Any:
        return call(data, **accepted(call, params))

    return predict
