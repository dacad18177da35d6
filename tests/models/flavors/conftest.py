"""One small model of each kind, trained once, kept once, and the numbers it gives."""

from __future__ import annotations

import json
import os
import subprocess
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from runlog.models.saving import save_model
from tests.scene import ROOT

MLFLOW = ROOT / ".mlflow" / "bin" / "python"
FRAMED = ["pipeline", "forest", "classifier", "booster", "xgb", "lgb_booster", "lgb", "function"]
ARRAYS = ["net", "pickled_net", "graph"]
KINDS = FRAMED + ARRAYS


class Kept(NamedTuple):
    """Where the models lie, one folder for each; the data they are asked about; and what they said when they were trained."""

    folder: Path
    rows: Any
    said: dict[str, list[float]]

    def data(self, kind: str) -> Any:
        return self.rows if kind in FRAMED else self.rows.to_numpy("float32")


def numbers(prediction: Any) -> list[float]:
    """A prediction of any shape as plain numbers."""
    values = next(iter(prediction.values())) if isinstance(prediction, dict) else prediction
    return [float(value) for value in np.asarray(values).ravel()]


def same(kind: str, got: list[float], wanted: list[float]) -> bool:
    """To the last bit, but for what computes with 32 bits in an order of its own."""
    return np.allclose(got, wanted, rtol=1e-5 if kind in ARRAYS else 1e-12, atol=0)


def scaled(data: Any, by: float = 2.0) -> Any:
    """A function as people write them."""
    return data["a"] * by + data["b"]


def trained(rows: Any) -> dict[str, Any]:
    import lightgbm
    import torch
    import xgboost
    from skl2onnx import to_onnx
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    target = rows.a * 2 - rows.b
    few: dict[str, Any] = {"n_estimators": 5, "n_jobs": 1}
    quiet = {"verbose": -1, "num_threads": 1, "min_data_in_leaf": 2}
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2)).eval()
    ridge = Ridge().fit(rows.to_numpy("float32"), target)
    return {
        "pipeline": make_pipeline(StandardScaler(), Ridge()).fit(rows, target),
        "forest": RandomForestRegressor(random_state=0, **few).fit(rows, target),
        "classifier": LogisticRegression().fit(rows, target > 0),
        "booster": xgboost.train({"nthread": 1}, xgboost.DMatrix(rows, target), 5),
        "xgb": xgboost.XGBClassifier(**few).fit(rows, target > 0),
        "lgb_booster": lightgbm.train(quiet, lightgbm.Dataset(rows, target), 5),
        "lgb": lightgbm.LGBMRegressor(min_child_samples=2, verbose=-1, **few).fit(rows, target),
        "function": scaled,
        "net": net,
        "pickled_net": net,
        "graph": to_onnx(ridge, rows[:1].to_numpy("float32")),
    }


def ask(kind: str, model: Any, data: Any) -> list[float]:
    """What a model says, asked in the way of its own library."""
    if kind == "booster":
        import xgboost

        return numbers(model.predict(xgboost.DMatrix(data)))
    if kind in {"net", "pickled_net"}:
        import torch

        with torch.no_grad():
            return numbers(model(torch.from_numpy(data)).numpy())
    if kind == "graph":
        import onnxruntime

        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        return numbers(session.run(None, {session.get_inputs()[0].name: data})[0])
    return numbers(model(data) if kind == "function" else model.predict(data))


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    folder = tmp_path_factory.mktemp("models")
    drawn = np.random.default_rng(3)
    rows = pd.DataFrame(drawn.normal(size=(40, 3)).astype("float32").astype("float64"), columns=["a", "b", "c"])
    rows.to_parquet(folder / "rows.parquet")
    found = Kept(folder, rows, {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of eight libraries
        for kind, model in trained(rows).items():
            data = found.data(kind)
            found.said[kind] = ask(kind, model, data)
            save_model(model, folder / kind, example=None if kind == "pickled_net" else data, metadata={"kind": kind})
    return found


@pytest.fixture(scope="session")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Run a script where MLflow is and runlog is not; the JSON that it prints last."""
    if not MLFLOW.exists():
        pytest.skip("MLflow has no environment here: make setup")
    home = tmp_path_factory.mktemp("mlflow")

    def run(script: str, *arguments: str | Path) -> Any:
        command = [str(MLFLOW), "-W", "ignore", "-c", script, *map(str, arguments)]
        done = subprocess.run(command, cwd=home, env=mlflow_environment(home), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.splitlines()[-1])

    return run


def mlflow_environment(home: Path) -> dict[str, str]:
    """No network, no word to anybody, and nothing of this project on the path."""
    settings = {
        "HOME": str(home),
        "MLFLOW_TRACKING_URI": f"sqlite:///{home}/mlflow.db",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "OMP_NUM_THREADS": "1",
    }
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("RUNLOG", "PYTHON", "VIRTUAL_ENV", "MLFLOW"))
    }
    return kept | settings
