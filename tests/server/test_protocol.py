"""The same requests to our server and to MLflow's: the same statuses, predictions and codes of errors."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from runlog.models.loading import load_predictor
from runlog.models.saving import save_model
from runlog.server.scoring import application
from tests.scene import ROOT
from tests.server.asking import ask

MLFLOW = ROOT / ".mlflow" / "bin" / "python"
pytestmark = [
    pytest.mark.skipif(not MLFLOW.exists(), reason="`make setup` makes the environment of MLflow"),
    pytest.mark.filterwarnings("ignore:X has feature names"),
]
ROWS = pd.DataFrame(
    {
        "size": [1.5, 2.5, 3.5, 4.0],
        "count": np.array([1, 2, 3, 4], dtype="int64"),
        "kind": ["red", "blue", "red", "green"],
        "new": [True, False, True, False],
    }
)


class Asked(NamedTuple):
    model: str
    body: bytes
    kind: str = "application/json"
    path: str = "/invocations"
    method: str = "POST"


def echo() -> Callable[..., Any]:
    """A function that shows what it was given. It is pickled by value, for it is inside of another."""

    def shown(data: Any, scale: float = 1.0, names: Any = None) -> Any:
        import numpy as np
        import pandas as pd

        if isinstance(data, pd.DataFrame):
            return pd.DataFrame({"types": [str(kind) for kind in data.dtypes], "first": [str(value) for value in data.iloc[0]]})
        if isinstance(data, dict):
            return {
                name: [str(np.asarray(value).dtype), np.asarray(value).tolist(), scale, names] for name, value in data.items()
            }
        return np.asarray(data)

    return shown


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A model with named columns of several types, one of tensors, one that says nothing, and functions that show their input."""
    folder = tmp_path_factory.mktemp("models")
    columns = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["kind"]), remainder="passthrough")
    save_model(make_pipeline(columns, LinearRegression()).fit(ROWS, [1.0, 2.0, 3.0, 4.0]), folder / "columns", example=ROWS)
    numbers = np.arange(12.0).reshape(4, 3) ** 2
    tensor = LinearRegression().fit(numbers, [1.0, 2.0, 3.0, 5.0])
    save_model(tensor, folder / "tensor", example=numbers)
    save_model(tensor, folder / "silent")
    save_model(echo(), folder / "echo")
    odd = {
        "inputs": [
            {"type": "binary", "name": "blob", "required": True},
            {"type": "datetime", "name": "at", "required": True},
            {"type": "integer", "name": "small", "required": False},
            {"type": "array", "items": {"type": "double"}, "name": "list", "required": False},
        ],
    }
    save_model(echo(), folder / "odd", signature=odd)
    params = {
        "inputs": [{"type": "tensor", "name": "x", "tensor-spec": {"dtype": "float32", "shape": [-1, 2]}}],
        "params": [
            {"name": "scale", "type": "double", "default": 2.0, "shape": None},
            {"name": "names", "type": "string", "default": ["a"], "shape": [-1]},
        ],
    }
    save_model(echo(), folder / "params", signature=params)
    return {path.name: path for path in folder.iterdir()}


def parquet(frame: pd.DataFrame) -> bytes:
    file = io.BytesIO()
    frame.to_parquet(file)
    return file.getvalue()


def said(model: str, **document: Any) -> Asked:
    return Asked(model, json.dumps(document).encode())


SPLIT = {"columns": ["new", "kind", "count", "size"], "data": [[True, "red", 3, 2.5], [False, "no such", 1, 1]]}
RECORDS = [{"size": 1, "count": 2, "kind": "blue", "new": False}, {"size": 2.5, "count": 0, "kind": "red", "new": True}]
BLOB = base64.b64encode(b"\x00\xff!").decode()
QUESTIONS = [
    said("columns", dataframe_split=SPLIT),
    said("columns", dataframe_split={**SPLIT, "index": [7, 9]}),
    said("columns", dataframe_records=RECORDS),
    said("columns", dataframe_records=[{**row, "more": "x"} for row in RECORDS]),
    said("columns", dataframe_records=[{**RECORDS[0], "size": None}]),
    said("columns", dataframe_records=[{**RECORDS[0], "count": None}]),
    said("columns", dataframe_records=[{**RECORDS[0], "count": 1.0}]),
    said("columns", dataframe_records=[{**RECORDS[0], "size": "large"}]),
    said("columns", dataframe_records=[{**RECORDS[0], "size": "2.5"}]),
    said("columns", dataframe_records=[{"size": 1.0}]),
    said("columns", dataframe_records=[]),
    said("columns", dataframe_records={"size": 1.0}),
    said("columns", dataframe_split=[1, 2]),
    said("columns", dataframe_split={"columns": ["size"]}),
    said("columns", dataframe_split={"columns": ["size"], "data": [[1, 2]]}),
    said("columns", dataframe_split={"data": [[1, 2]], "rows": []}),
    said("columns", inputs={"size": [1.0, 2.0], "count": [1, 2], "kind": ["red", "blue"], "new": [True, False]}),
    said("columns", inputs={"size": 1.0, "count": 1, "kind": "red", "new": True}),
    said("columns", inputs=RECORDS),
    said("columns", inputs=[1.0, 2.0]),
    said("columns", instances=RECORDS),
    said("columns", instances=[{"size": 1.0, "kind": "red"}, {"size": 1.0}]),
    said("columns", instances={"size": [1.0, 2.0], "count": [1], "kind": ["red", "blue"], "new": [True, False]}),
    said("columns"),
    said("columns", params={}),
    said("columns", dataframe_split=SPLIT, inputs=[1]),
    Asked("columns", b"[1, 2]"),
    Asked("columns", b'"text"'),
    Asked("columns", b"{no json"),
    Asked("columns", b"\xff\xfe"),
    Asked("columns", b"{}", "application/json; charset=latin-1"),
    Asked("columns", json.dumps({"dataframe_records": RECORDS}).encode(), "application/json; charset=UTF-8"),
    Asked("columns", b"{}", "application/json; boundary=x"),
    Asked("columns", b"x", "application/xml"),
    Asked("columns", b"size,count,kind,new\n1.5,2,red,True\n2,3,blue,False\n", "text/csv"),
    Asked("columns", b"size,count,kind,new\nlarge,2,red,True\n", "text/csv"),
    Asked("columns", b"size,count,kind\n1.5,2,red\n", "text/csv"),
    Asked("columns", b"size,count,kind,new\n,2,,True\n", "text/csv"),
    Asked("columns", b"", "text/csv"),
    Asked("columns", b"\xff\xfe", "text/csv"),
    Asked("columns", parquet(ROWS), "application/vnd.apache.parquet"),
    Asked("columns", parquet(ROWS.assign(count=[1.5, 2.5, 3.5, 4.5])), "application/vnd.apache.parquet"),
    Asked("columns", parquet(ROWS.assign(size=[1, 2, 3, 4])), "application/vnd.apache.parquet"),
    Asked("columns", parquet(ROWS.assign(size=[1, 0, 0, 1])), "application/vnd.apache.parquet"),
    Asked("columns", b"no parquet", "application/vnd.apache.parquet"),
    Asked("columns", b"", path="/ping", method="GET"),
    Asked("columns", b"", path="/health", method="GET"),
    Asked("columns", b"", path="/invocations", method="GET"),
    Asked("columns", b"", path="/no/such", method="GET"),
    said("tensor", inputs=[[1, 2, 3], [4, 5, 6]]),
    said("tensor", instances=[[1.5, 2, 3]]),
    said("tensor", inputs=[[1, 2], [4, 5]]),
    said("tensor", inputs=[1, 2, 3]),
    said("tensor", inputs=[["a", "b", "c"]]),
    said("tensor", inputs={"x": [[1, 2, 3]]}),
    said("tensor", inputs=[[1, 2, 3], [4, 5]]),
    said("tensor", dataframe_split={"data": [[1, 2, 3], [4, 5, 6]]}),
    said("tensor", dataframe_split={"columns": ["a", "b", "c"], "data": [["1", "2", "3"]]}),
    said("tensor", dataframe_split={"data": [[1, 2]]}),
    said("silent", inputs=[[1, 2, 3]]),
    said("silent", inputs=[["a", "b", "c"]]),
    said("silent", dataframe_split={"columns": ["a", "b", "c"], "data": [[1, 2, 3]]}),
    Asked("silent", b"a,b,c\n1,2,3\n", "text/csv"),
    said("echo", inputs={"a": [1, 2], "b": ["x"]}),
    said("echo", instances=[{"a": 1, "b": [1, 2]}, {"a": 2.5, "b": [3, 4]}]),
    said("echo", instances=[{"a": 1}, {"a": 2, "b": 1}]),
    said("echo", inputs=[1.5, float("nan"), float("inf")]),
    said("echo", inputs="text"),
    said("echo", dataframe_records=[{"a": 1, "b": "x"}]),
    said("echo", messages=[{"role": "user", "content": "x"}], temperature=0.5),
    said("odd", dataframe_records=[{"blob": BLOB, "at": "2026-11-20T10:00:00", "small": 5, "list": [1.0, 2.5]}]),
    said("odd", dataframe_records=[{"blob": BLOB, "at": "2026-11-20"}]),
    said("odd", dataframe_records=[{"blob": BLOB, "at": "no day"}]),
    said("odd", dataframe_records=[{"blob": BLOB, "at": "2026-11-20", "list": ["x"]}]),
    said("odd", dataframe_records=[{"blob": BLOB, "at": "2026-11-20", "list": 1.0}]),
    said("odd", dataframe_records=[{"blob": 5, "at": "2026-11-20"}]),
    said("params", inputs={"x": [[1, 2], [3, 4]]}),
    said("params", inputs=[[1, 2]], params={"scale": 3, "names": ["b", "c"], "unknown": 1}),
    said("params", inputs=[[1, 2]], params={"scale": "three"}),
    said("params", inputs=[[1, 2]], params={"names": "b"}),
    said("params", inputs=[[1, 2]], params=[1]),
    said("params", inputs={"y": [[1, 2]]}),
    said("params", dataframe_records=[{"x": [1, 2]}, {"x": [3, 4]}]),
    said("params", dataframe_records=[{"x": [1, 2, 3]}]),
]


@pytest.fixture(scope="module")
def theirs(models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """How MLflow answers."""
    folder = tmp_path_factory.mktemp("mlflow")
    asked = [
        {"model": str(models[one.model]), "body": base64.b64encode(one.body).decode(), "type": one.kind}
        | {"path": one.path, "method": one.method}
        for one in QUESTIONS
    ]
    (folder / "questions.json").write_text(json.dumps(asked))
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "MLFLOW_TRACKING_URI": f"file://{folder}/runs"}
    script = Path(__file__).with_name("reference.py")
    done = subprocess.run(
        [MLFLOW, script, folder / "questions.json", folder / "answers.json"],
        cwd=folder,
        env={**os.environ, **quiet, "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "true"},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: list[dict[str, Any]] = json.loads((folder / "answers.json").read_text())
    return found


def shape(status: int, body: str) -> Any:
    """What of an answer is the protocol: the predictions, or the code of an error. Its words are everyone's own."""
    if status == 400:
        document = json.loads(body)
        assert document["message"]
        return status, document["error_code"]
    if status in {415, 500}:
        return status, None
    return status, json.loads(body) if body.strip() else body


def test_every_request_is_answered_as_mlflow_does(models: dict[str, Path], theirs: list[dict[str, Any]]) -> None:
    apps = {name: application(load_predictor(folder, trust=True)) for name, folder in models.items()}

    async def ask_all() -> list[dict[str, Any]]:
        return [await ask(apps[one.model], one.method, one.path, {"content-type": one.kind}, one.body) for one in QUESTIONS]

    for one, ours, answer in zip(QUESTIONS, asyncio.run(ask_all()), theirs, strict=True):
        found, expected = shape(**ours), shape(**answer)
        assert repr(found) == repr(expected), (one, ours, answer)
