"""Data as a model's signature wants it: converted where nothing is lost, refused where it does not fit, by MLflow's rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from runlog.errors import BadInput
from runlog.models.nested import fit_value
from runlog.models.signature import Signature, Specs
from runlog.models.tensors import fit_tensors

DTYPES = {
    "boolean": "bool",
    "integer": "int32",
    "long": "int64",
    "float": "float32",
    "double": "float64",
    "string": "object",
    "binary": "object",
    "datetime": "datetime64[ns]",
}


def name_of(spec: Mapping[str, Any]) -> Any:
    """The name of a column or tensor; none of one that has none."""
    return spec.get("name")


def is_required(spec: Mapping[str, Any]) -> bool:
    """Whether a column must be there. Old files say `optional`."""
    return bool(spec.get("required", not spec.get("optional", False)))


def is_named(specs: Specs) -> bool:
    """Whether columns or tensors are known by name."""
    return bool(specs) and all(name_of(spec) is not None for spec in specs)


def pairs(frame: Any, specs: Specs) -> list[tuple[Any, dict[str, Any]]]:
    """The columns of a frame with what is said of each; of columns without names, by place."""
    if is_named(specs):
        return [(name_of(spec), spec) for spec in specs if name_of(spec) in frame.columns]
    return list(zip(frame.columns, specs, strict=False))


def convert(frame: Any, signature: Signature | None, before: int = 0) -> Any:
    """A frame that was read from text, with each column as the type that the model takes. So many rows came `before` it."""
    if signature is None or not signature.inputs:
        return frame
    if signature.takes_tensors and not is_named(signature.inputs):
        kind = signature.inputs[0]["tensor-spec"]["dtype"]
        columns = [(name, {"type": "tensor", "tensor-spec": {"dtype": kind}}) for name in frame.columns]
    else:
        columns = pairs(frame, signature.inputs)
    made = frame.copy(deep=False)
    for name, spec in columns:
        cast = _cast(spec)
        try:
            made[name] = cast(made[name])
        except Exception as error:
            raise _no_such(name, spec, made[name], cast, before, error) from error
    return made


def _cast(spec: Mapping[str, Any]) -> Callable[[Any], Any]:
    """How a whole column becomes of its type."""
    import pandas as pd

    kind = spec["type"]
    if kind == "tensor":
        dtype = spec["tensor-spec"]["dtype"]
        return lambda column: column if len(column) and isinstance(column.iloc[0], list) else column.astype(dtype)
    if kind == "binary":
        return lambda column: column.map(_decoded)
    if kind == "datetime":
        return lambda column: pd.to_datetime(column).astype("datetime64[ns]")
    if kind == "string":
        return lambda column: column if isinstance(column.dtype, pd.StringDtype) else column.astype(object)
    if kind in DTYPES:
        return lambda column: column.astype(DTYPES[kind])
    return lambda column: column.map(lambda value: fit_value(value, spec))


def _decoded(text: Any) -> bytes:
    import base64

    return text if isinstance(text, bytes) else base64.b64decode(bytes(text, "utf-8"))


def _no_such(
    name: Any, spec: Mapping[str, Any], column: Any, cast: Callable[[Any], Any], before: int, error: Exception
) -> BadInput:
    """Which value it is that does not fit."""
    kind = spec["tensor-spec"]["dtype"] if spec["type"] == "tensor" else spec["type"]
    for place in range(len(column)):
        try:
            cast(column.iloc[place : place + 1])
        except Exception:
            return BadInput(f"column {name!r} cannot be read as {kind}: row {before + place + 1} is {shown(column.iloc[place])}")
    return BadInput(f"column {name!r} cannot be read as {kind}: {error}")


def shown(value: Any) -> str:
    """A value in a message."""
    if value is None or value != value:
        return "empty"
    text = repr(value.item() if hasattr(value, "item") else value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def conform(data: Any, signature: Signature | None) -> Any:
    """Any data as the model takes it: a frame with just its columns in their order, or tensors of its shapes."""
    if signature is None or not signature.inputs:
        return data
    if signature.takes_tensors:
        return fit_tensors(data, signature.inputs)
    frame = _as_frame(data, signature.inputs)
    if is_named(signature.inputs):
        _must_have(frame, signature.inputs)
    elif len(frame.columns) < len(signature.inputs):
        raise BadInput(f"the model takes {len(signature.inputs)} columns, and the data has {len(frame.columns)}")
    import pandas as pd

    return pd.DataFrame({name: fit_column(name, frame[name], spec) for name, spec in pairs(frame, signature.inputs)})


def _must_have(frame: Any, specs: Specs) -> None:
    missing = [name_of(spec) for spec in specs if is_required(spec) and name_of(spec) not in frame.columns]
    if missing:
        known = {name_of(spec) for spec in specs}
        extra = [name for name in frame.columns if name not in known]
        more = f"; it has {extra}, which the model does not know" if extra else ""
        raise BadInput(f"the model takes {missing}, which the data does not have{more}")


def _as_frame(data: Any, specs: Specs) -> Any:
    import numpy as np
    import pandas as pd

    if isinstance(data, pd.DataFrame):
        return data
    try:
        if np.isscalar(data):
            return pd.DataFrame([data])
        if isinstance(data, np.ndarray) and len(specs) == 1 and is_named(specs):
            return pd.DataFrame({name_of(specs[0]): data})
        if isinstance(data, Mapping):
            return _frame_of_mapping(data, specs)
        if isinstance(data, list | np.ndarray | pd.Series):
            return pd.DataFrame(data)
    except Exception as error:
        raise BadInput(f"the model takes a table, and this is none: {error}") from error
    raise BadInput(f"the model takes a table, not a {type(data).__name__}")


def _frame_of_mapping(data: Mapping[str, Any], specs: Specs) -> Any:
    """One row of what is not to be taken apart; else a column for each name."""
    import numpy as np
    import pandas as pd

    def single(value: Any) -> bool:
        return np.isscalar(value) or value is None or (isinstance(value, list) and all(isinstance(item, str) for item in value))

    if any(spec["type"] in {"array", "object"} for spec in specs) or all(map(single, data.values())):
        return pd.DataFrame([data])
    if all(isinstance(value, np.ndarray) and value.shape == () and value.dtype.kind == "U" for value in data.values()):
        return pd.DataFrame([data])
    flat = {name: value.tolist() if getattr(value, "ndim", 1) > 1 else value for name, value in data.items()}
    return pd.DataFrame(flat)


def fit_column(name: Any, column: Any, spec: Mapping[str, Any]) -> Any:
    """A column of the type that is wanted, if that is so or can be had without losing anything."""
    import numpy as np
    import pandas as pd

    kind = spec["type"]
    if kind not in DTYPES:
        values = [fit_value(value, spec, is_required(spec)) for value in column]
        return pd.Series(values, index=column.index, name=name)
    if column.dtype == object and kind not in {"binary", "string"}:
        column = column.infer_objects()
    if kind in {"binary", "string"} and (column.dtype == object or isinstance(column.dtype, pd.StringDtype)):
        return column
    if column.dtype == DTYPES[kind] or (kind == "boolean" and column.dtype == object):
        return column
    if kind == "datetime" and (column.dtype.kind == "M" or column.dtype == object):
        return _moments(name, column)
    wanted = np.dtype({"string": "str", "binary": "bytes"}.get(kind, DTYPES[kind]))
    if _keeps_everything(column, wanted):
        return column.astype(wanted)
    raise BadInput(f"column {name!r} is {column.dtype}, and the model takes {kind}{_about_gaps(column, wanted)}")


def _moments(name: Any, column: Any) -> Any:
    try:
        return column.astype("datetime64[ns]")
    except (TypeError, ValueError) as error:
        raise BadInput(f"column {name!r} cannot be read as datetime: {error}") from error


def _keeps_everything(column: Any, wanted: Any) -> bool:
    import pandas as pd

    have = column.dtype
    if have.kind == wanted.kind:
        return bool(have.itemsize <= wanted.itemsize)
    if have.kind == "u" and wanted.kind == "i":
        return bool(have.itemsize < wanted.itemsize)
    if have.kind in "iu" and wanted == "float64" and have.itemsize <= 6:
        return True
    return bool(have == "int64" and wanted.kind == "f" and all(pd.isnull(value) or value in {0, 1} for value in column))


def _about_gaps(column: Any, wanted: Any) -> str:
    gaps = column.dtype == "float64" and wanted.kind in "iu" and column.hasnans
    return ": whole numbers with gaps are floats, so declare the column as double" if gaps else ""
