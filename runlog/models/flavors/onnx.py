"""ONNX: a graph for any runtime."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runlog.errors import BadInput
from runlog.models.card import Card
from runlog.models.flavors.words import Call, How, Saved, needed, version

NAME = "onnx"
_FILE = "model.onnx"
_LARGEST = 1 << 31  # of one message of protobuf


def fits(model: Any) -> bool:
    return type(model).__name__ == "ModelProto" and (type(model).__module__ or "").partition(".")[0] == NAME


def save(model: Any, how: How) -> Saved:
    onnx = needed("onnx", "an ONNX model")
    onnx.save_model(model, how.folder / _FILE, save_as_external_data=model.ByteSize() >= _LARGEST)
    config = {
        "code": None,
        "data": _FILE,
        "onnx_session_options": None,
        "onnx_version": version(onnx),
        "providers": ["CUDAExecutionProvider", "CPUExecutionProvider"],
    }
    return Saved(config, {"loader_module": "mlflow.onnx", "data": _FILE}, ("onnx", "onnxruntime"))


def load(card: Card, trust: bool) -> Any:
    onnx = needed("onnx", "an ONNX model")
    file = card.inside(card.config(NAME).get("data", _FILE))
    try:
        return onnx.load(file)
    except Exception as error:
        raise BadInput(f"{str(file)!r} cannot be loaded: {str(error).partition(chr(10))[0]}") from error


def caller(model: Any) -> Call | None:
    runtime = needed("onnxruntime", "a prediction of an ONNX model")
    session = runtime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    kinds = {given.name: given.type for given in session.get_inputs()}
    names = [output.name for output in session.get_outputs()]

    def predict(data: Any, params: Mapping[str, Any]) -> Any:
        outputs = dict(zip(names, session.run(names, _feed(data, kinds)), strict=True))
        return _frame(outputs) if hasattr(data, "iloc") else outputs

    return predict


def _feed(data: Any, kinds: Mapping[str, str]) -> dict[str, Any]:
    """The arrays that a graph takes. Numbers of 64 bits become those of 32 where only they are taken, as in MLflow."""
    import numpy as np

    if isinstance(data, Mapping):
        arrays = {str(name): np.asarray(value) for name, value in data.items()}
    elif len(kinds) == 1:
        arrays = {next(iter(kinds)): data.to_numpy() if hasattr(data, "to_numpy") else np.asarray(data)}
    elif hasattr(data, "columns"):
        arrays = {name: data[name].to_numpy() for name in kinds if name in data.columns}
    else:
        raise BadInput(f"this model has several inputs, {', '.join(kinds)}: give a frame or a mapping with these names")
    return {
        name: array.astype(np.float32) if kinds.get(name) == "tensor(float)" and array.dtype == np.float64 else array
        for name, array in arrays.items()
    }


def _frame(outputs: Mapping[str, Any]) -> Any:
    """Outputs as a frame, where each is one column."""
    import numpy as np
    import pandas as pd

    columns = {name: np.asarray(output) for name, output in outputs.items()}
    if any(column.ndim > 1 and column.shape[1:] != (1,) * (column.ndim - 1) for column in columns.values()):
        return dict(outputs)
    return pd.DataFrame({name: column.reshape(-1) for name, column in columns.items()})
