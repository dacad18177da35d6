"""What may be said beside the data of a request: the params that a model's signature names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runlog.errors import BadInput
from runlog.models.signature import Signature

_WIDENS = {"long": ("integer",), "float": ("integer", "long"), "double": ("integer", "long", "float")}
_PYTHON: dict[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (float,),
    "double": (float,),
    "string": (str,),
    "binary": (bytes,),
}


def conform_params(given: Any, signature: Signature | None) -> dict[str, Any]:
    """Params with the types that are wanted, and defaults for the others. Unknown ones are left out, as MLflow does."""
    specs = signature.params if signature else None
    if not specs:
        return {}
    if given is not None and not isinstance(given, Mapping):
        raise BadInput(f"params are an object of names and values, not a {type(given).__name__}")
    said = {str(name): value for name, value in (given or {}).items()}
    return {spec["name"]: _fit(spec, said[spec["name"]]) if spec["name"] in said else spec.get("default") for spec in specs}


def _fit(spec: Mapping[str, Any], value: Any) -> Any:
    if value is None or spec["type"] in {"object", "any", "map", "array"}:
        return value
    if spec.get("shape"):
        if not isinstance(value, list | tuple):
            raise BadInput(f"param {spec['name']!r} is a list, not {value!r}")
        return [_single(spec, item) for item in value]
    return _single(spec, value)


def _single(spec: Mapping[str, Any], value: Any) -> Any:
    kind = str(spec["type"])
    if kind == "datetime":
        return _moment(spec, value)
    allowed = [found for name in (kind, *_WIDENS.get(kind, ())) for found in _PYTHON.get(name, ())]
    if isinstance(value, bool) and kind != "boolean":
        allowed = []
    if not isinstance(value, tuple(allowed)):
        raise BadInput(f"param {spec['name']!r} is {kind}, not {value!r}")
    return float(value) if kind in {"float", "double"} and isinstance(value, int) else value


def _moment(spec: Mapping[str, Any], value: Any) -> Any:
    import numpy as np

    try:
        found = np.datetime64(value).item()
    except ValueError:
        found = None
    if found is None or isinstance(found, int):
        raise BadInput(f"param {spec['name']!r} is a moment, not {value!r}")
    return found
