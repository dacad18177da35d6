"""Values inside of a column or a request that are lists, objects or maps, as a signature describes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runlog.errors import BadInput


def fit_value(value: Any, spec: Mapping[str, Any], required: bool = True) -> Any:
    """A value of the type that a spec describes, whichever way it is nested."""
    kind = spec["type"]
    if kind == "any":
        return value
    if kind == "array":
        return _array(value, spec, required)
    if kind == "object":
        return _object(value, spec, required)
    if kind == "map":
        return _map(value, spec, required)
    return _scalar(value, str(kind), required)


def _is_gap(value: Any) -> bool:
    return value is None or (isinstance(value, float) and value != value)


def _scalar(value: Any, kind: str, required: bool) -> Any:
    import numpy as np
    import pandas as pd

    from runlog.models.schema import fit_column

    if not required and _is_gap(value):
        return None
    if not np.isscalar(value):
        raise BadInput(f"a {type(value).__name__} stands where the model takes {kind}")
    try:
        return fit_column("", pd.Series(value), {"type": kind})[0]
    except BadInput:
        raise BadInput(f"{value!r} stands where the model takes {kind}") from None


def _array(value: Any, spec: Mapping[str, Any], required: bool) -> Any:
    import numpy as np

    items = spec["items"]
    if (not required or items.get("type") == "any") and (value is None or (_is_list(value) and len(value) == 0)):
        return value
    if not _is_list(value):
        raise BadInput(f"a {type(value).__name__} stands where the model takes a list")
    made = [fit_value(item, items, required) for item in value]
    return np.array(made) if isinstance(value, np.ndarray) else [item.item() if hasattr(item, "item") else item for item in made]


def _is_list(value: Any) -> bool:
    return isinstance(value, list) or hasattr(value, "ndim")


def _object(value: Any, spec: Mapping[str, Any], required: bool) -> Any:
    if not required and not value:
        return value
    if not isinstance(value, Mapping):
        raise BadInput(f"a {type(value).__name__} stands where the model takes an object")
    known: Mapping[str, Any] = spec["properties"]
    missing = [name for name, part in known.items() if part.get("required", True) and name not in value]
    extra = [name for name in value if name not in known]
    if missing or extra:
        raise BadInput(f"an object lacks {missing}" if missing else f"an object has {extra}, which the model does not know")
    return {name: fit_value(item, known[name], known[name].get("required", True)) for name, item in value.items()}


def _map(value: Any, spec: Mapping[str, Any], required: bool) -> Any:
    inner = spec["values"]
    if (not required or inner.get("type") == "any") and not value:
        return value
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise BadInput(f"a {type(value).__name__} stands where the model takes a map")
    return {key: fit_value(item, inner, required) for key, item in value.items()}
