"""Arrays as a signature of tensors wants them: of its shapes and types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runlog.errors import BadInput
from runlog.models.signature import Specs


def fit_tensors(data: Any, specs: Specs) -> Any:
    """One array, or arrays by name, from arrays or from the columns of a frame."""
    if all(spec.get("name") is not None for spec in specs):
        return _named(data, specs)
    import numpy as np
    import pandas as pd

    spec = specs[0]["tensor-spec"]
    if isinstance(data, pd.Series):
        data = pd.DataFrame(data)
    if isinstance(data, pd.DataFrame):
        return _of_frame(data, spec)
    if isinstance(data, np.ndarray) or hasattr(data, "tocsr"):
        return _fit("the input", data, spec)
    raise BadInput(f"the model takes an array, not a {type(data).__name__}")


def _named(data: Any, specs: Specs) -> dict[str, Any]:
    import numpy as np
    import pandas as pd

    names = [spec["name"] for spec in specs]
    if len(specs) == 1 and isinstance(data, np.ndarray):
        data = {names[0]: data}
    if not isinstance(data, Mapping | pd.DataFrame):
        raise BadInput(f"the model takes arrays by name, not a {type(data).__name__}")
    missing = [name for name in names if name not in data]
    if missing:
        raise BadInput(f"the model takes {missing}, which the data does not have")
    if isinstance(data, pd.DataFrame):
        return {spec["name"]: _of_column(spec["name"], data[spec["name"]], spec["tensor-spec"]) for spec in specs}
    for name in names:
        if not isinstance(data[name], np.ndarray):
            raise BadInput(f"the model takes an array as {name!r}, not a {type(data[name]).__name__}")
    return {spec["name"]: _fit(repr(spec["name"]), data[spec["name"]], spec["tensor-spec"]) for spec in specs}


def _of_frame(frame: Any, spec: Mapping[str, Any]) -> Any:
    if frame.empty:
        raise BadInput("the data has no rows")
    if len(frame.columns) == 1:
        return _of_column(None, frame[frame.columns[0]], spec)
    if list(spec["shape"]) != [-1, len(frame.columns)]:
        raise BadInput(
            f"the model takes an array of the shape {tuple(spec['shape'])}, and the data has {len(frame.columns)} columns"
        )
    return _fit("the data", frame.to_numpy(), spec)


def _of_column(name: Any, column: Any, spec: Mapping[str, Any]) -> Any:
    """An array from the values of a column: numbers, or the parts of a flattened array in each row."""
    import numpy as np

    what = "the data" if name is None else f"column {name!r}"
    shape = list(spec["shape"])
    first = column.iloc[0] if len(column) else None
    try:
        if first is None or np.isscalar(first):
            if shape not in ([-1], [-1, 1]):
                raise BadInput(f"{what} has single values, and the model takes an array of the shape {tuple(shape)}")
            return _fit(what, np.array(column, dtype=spec["dtype"]).reshape(shape), spec)
        whole = np.vstack(column.tolist()).reshape(shape)
    except ValueError as error:
        raise BadInput(f"{what} cannot be brought into the shape {tuple(shape)}: {error}") from error
    if len(whole) != len(column):
        raise BadInput(f"{what} cannot be brought into the shape {tuple(shape)}")
    return whole.astype(spec["dtype"]) if isinstance(first, list) else _fit(what, whole, spec)


def _fit(what: str, array: Any, spec: Mapping[str, Any]) -> Any:
    import numpy as np

    shape, dtype = list(spec["shape"]), spec["dtype"]
    ragged = array.dtype.kind == "O" and array.ndim == 1
    if (shape == [-1] and dtype == "object") or (ragged and -1 in shape[1:]):
        return array
    if len(shape) != len(array.shape) or any(want not in {-1, have} for want, have in zip(shape, array.shape, strict=True)):
        raise BadInput(f"{what} has the shape {tuple(array.shape)}, and the model takes {tuple(shape)}")
    have = array.dtype
    if have != np.dtype(dtype) and not (have.kind in "US" and np.dtype(dtype).kind == have.kind):
        raise BadInput(f"{what} is an array of {have}, and the model takes {dtype}")
    return array
