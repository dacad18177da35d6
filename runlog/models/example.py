"""An example of what a model takes, kept beside it as MLflow does: to be looked at, and to try a served model with."""

from __future__ import annotations

import base64
import datetime
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from runlog.errors import BadInput

FILE, SERVING = "input_example.json", "serving_input_example.json"
_ROWS = 5
_GAPS = {"NAType", "NaTType"}


class Example(NamedTuple):
    """What was given, and a few rows of it."""

    whole: Any
    few: Any
    params: dict[str, Any]


def given(example: Any) -> Example | None:
    """An example as a user hands it over; with params as a pair, as in MLflow. The first rows of many are enough."""
    if example is None:
        return None
    params: dict[str, Any] = {}
    if isinstance(example, tuple) and len(example) == 2 and isinstance(example[1], Mapping):
        example, params = example[0], dict(example[1])
    whole = _known(example)
    return Example(whole, few(whole), params)


def _known(data: Any) -> Any:
    """A tensor as an array, a frame of another library as one of pandas: as MLflow knows them."""
    library = type(data).__module__.partition(".")[0]
    if library == "torch":
        return data.detach().cpu().numpy()
    return data.to_pandas() if library in {"polars", "pyarrow"} and hasattr(data, "to_pandas") else data


def packages(example: Example) -> tuple[str, ...]:
    """The libraries that the data is from."""
    library = type(example.few).__module__.partition(".")[0]
    return (library,) if library in {"numpy", "pandas", "scipy"} else ()


def few(data: Any) -> Any:
    """The first rows."""
    if hasattr(data, "iloc"):
        return data.iloc[:_ROWS]
    if isinstance(data, tuple):
        return tuple(few(part) for part in data)
    if isinstance(data, Mapping):
        return {name: few(part) if hasattr(part, "shape") else part for name, part in data.items()}
    return data[:_ROWS] if isinstance(data, list) or getattr(data, "ndim", 0) > 0 else data


def write(example: Example, folder: Path) -> dict[str, Any] | None:
    """Write an example; what an MLmodel file says of it. None where MLflow has no words for it, as for several tensors."""
    if isinstance(example.few, tuple):
        return None
    info: dict[str, Any] = {"artifact_path": FILE, "serving_input_path": SERVING}
    data, serving = _documents(example.few, info)
    if example.params:
        info["example_params"] = "true"
        data, serving = {"inputs": data, "params": example.params}, {**serving, "params": example.params}
    (folder / FILE).write_text(json.dumps(_plain(data)), encoding="utf-8")
    (folder / SERVING).write_text(json.dumps(_plain(serving), indent=2), encoding="utf-8")
    return info


def _documents(data: Any, info: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    if hasattr(data, "iloc") and hasattr(data, "columns"):
        split = {"columns": data.columns.tolist(), "data": [list(row) for row in data.itertuples(index=False, name=None)]}
        info |= {"type": "dataframe", "pandas_orient": "split"}
        return split, {"dataframe_split": split}
    if hasattr(data, "toarray"):
        data = data.toarray()
    arrays = hasattr(data, "shape") or (isinstance(data, Mapping) and any(hasattr(part, "shape") for part in data.values()))
    info["type"] = "ndarray" if arrays else "json_object"
    return data, {"inputs": data}


def _plain(value: Any) -> Any:
    """As JSON can hold it, and MLflow reads it back: bytes as base64, what is no number as null."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode("ascii")
    if value is None or (isinstance(value, float) and not math.isfinite(value)) or type(value).__name__ in _GAPS:
        return None
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, bool | int | float | str):
        return value
    raise BadInput(f"an example holds numbers, texts, times and bytes, not {type(value).__name__}")
