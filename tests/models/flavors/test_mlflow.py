"""MLflow, where runlog is not installed, loads and serves what runlog keeps; and the other way round."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import runlog
from runlog.models.card import read_card
from runlog.models.loading import load_predictor
from runlog.models.signature import infer
from tests.models.flavors.conftest import FRAMED, KINDS, MLFLOW, Kept, mlflow_environment, numbers, same

pytestmark = pytest.mark.timeout(300)  # MLflow alone takes several seconds to be imported

ASK_ALL = """
import importlib.util, json, sys
from pathlib import Path
import numpy as np, pandas as pd, mlflow
assert importlib.util.find_spec("runlog") is None
folder, kinds, framed = Path(sys.argv[1]), json.loads(sys.argv[2]), json.loads(sys.argv[3])
rows = pd.read_parquet(folder / "rows.parquet")
said = {}
for kind in kinds:
    model = mlflow.pyfunc.load_model(str(folder / kind))
    found = model.predict(rows if kind in framed else rows.to_numpy("float32"))
    values = next(iter(found.values())) if isinstance(found, dict) else found
    signature = model.metadata.signature
    said[kind] = {
        "numbers": [float(value) for value in np.asarray(values).ravel()],
        "inputs": json.loads(signature.to_dict()["inputs"]) if signature else None,
        "example": None if model.input_example is None else np.asarray(model.input_example).tolist(),
        "kind": model.metadata.metadata["kind"],
        "run": model.metadata.run_id,
    }
print(json.dumps(said))
"""


def test_mlflow_loads_what_runlog_keeps(kept: Kept, mlflow: Callable[..., Any]) -> None:
    said = mlflow(ASK_ALL, kept.folder, json.dumps(KINDS), json.dumps(FRAMED))
    assert [kind for kind in KINDS if not same(kind, said[kind]["numbers"], kept.said[kind])] == []
    for kind in KINDS:
        signature = read_card(kept.folder / kind).signature
        assert said[kind]["kind"] == kind
        assert said[kind]["inputs"] == (signature.inputs if signature else None)
        assert said[kind]["example"] == (
            None
            if kind == "pickled_net"
            else kept.data(kind)[:5].to_numpy().tolist()
            if kind in FRAMED
            else kept.data(kind)[:5].tolist()
        )


SAVE_ALL = """
import json, sys
from pathlib import Path
import numpy as np, pandas as pd, mlflow, torch, xgboost, lightgbm, onnx
import mlflow.sklearn, mlflow.xgboost, mlflow.lightgbm, mlflow.pytorch, mlflow.onnx
from sklearn.linear_model import Ridge, LogisticRegression
from sklearn.ensemble import RandomForestRegressor
folder, source = Path(sys.argv[1]), Path(sys.argv[2])
rows = pd.read_parquet(source / "rows.parquet"); target = rows.a * 2 - rows.b; array = rows.to_numpy("float32")
tree = ["sklearn.tree._tree.Tree"]
few = dict(n_estimators=4, n_jobs=1)
class Shifted(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input["a"] + (params or {}).get("by", 1.0)
booster = xgboost.train({"nthread": 1}, xgboost.DMatrix(rows, target), 4)
quiet = {"verbose": -1, "num_threads": 1, "min_data_in_leaf": 2}
lgb = lightgbm.train(quiet, lightgbm.Dataset(rows, target), 4)
net = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Tanh()).eval()
graph = onnx.load(source / "graph" / "model.onnx")
pip = {"pip_requirements": ["scikit-learn"]}  # to find them out takes MLflow another process for each
regressor = lightgbm.LGBMRegressor(min_child_samples=2, verbose=-1, **few).fit(rows, target)
saves = {
    "pipeline": (mlflow.sklearn, Ridge().fit(rows, target), {"input_example": rows[:3]}),
    "forest": (mlflow.sklearn, RandomForestRegressor(random_state=0, **few).fit(rows, target), {"skops_trusted_types": tree}),
    "pickled": (mlflow.sklearn, Ridge().fit(rows, target), {"serialization_format": "cloudpickle"}),
    "booster": (mlflow.xgboost, booster, {}),
    "xgb": (mlflow.xgboost, xgboost.XGBClassifier(**few).fit(rows, target > 0), {"model_format": "json"}),
    "lgb_booster": (mlflow.lightgbm, lgb, {}),
    "lgb": (mlflow.lightgbm, regressor, {}),
    "net": (mlflow.pytorch, net, {"input_example": array}),
    "pickled_net": (mlflow.pytorch, net, {"serialization_format": "pickle"}),
    "graph": (mlflow.onnx, graph, {}),
}
mlflow.pyfunc.save_model(folder / "pyfunc", python_model=Shifted(), **pip)
said = {}
for kind, (library, model, options) in saves.items():
    library.save_model(model, str(folder / kind), **options, **pip)
    found = mlflow.pyfunc.load_model(str(folder / kind)).predict(array if kind in ("net", "pickled_net", "graph") else rows)
    values = next(iter(found.values())) if isinstance(found, dict) else found
    said[kind] = [float(value) for value in np.asarray(values).ravel()]
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def from_mlflow(kept: Kept, mlflow: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Kept:
    folder = tmp_path_factory.mktemp("from-mlflow")
    return Kept(folder, kept.rows, mlflow(SAVE_ALL, folder, kept.folder))


SAFE = ["pipeline", "forest", "booster", "xgb", "lgb_booster", "lgb", "net", "graph"]


@pytest.mark.parametrize("kind", [*SAFE, "pickled", "pickled_net"])
def test_runlog_loads_what_mlflow_keeps(from_mlflow: Kept, kind: str) -> None:
    if kind not in SAFE:
        with pytest.raises(runlog.RunlogError, match="is a pickle"):
            load_predictor(from_mlflow.folder / kind)
    predictor = load_predictor(from_mlflow.folder / kind, trust=kind not in SAFE)
    data = from_mlflow.rows if kind == "pickled" else from_mlflow.data(kind)
    assert same(kind, numbers(predictor.predict(data)), from_mlflow.said[kind])


def test_a_model_that_is_mlflows_own_code_names_what_it_needs(from_mlflow: Kept) -> None:
    with pytest.raises(runlog.RunlogError, match=r"is loaded by code \(mlflow\.pyfunc\.model\)"):
        load_predictor(from_mlflow.folder / "pyfunc")
    with pytest.raises(runlog.RunlogError, match="the model needs mlflow, which cannot be imported") as refused:
        load_predictor(from_mlflow.folder / "pyfunc", trust=True)
    assert refused.value.hint == "pip install mlflow"


def test_the_card_of_a_model_from_mlflow(from_mlflow: Kept) -> None:
    card = read_card(from_mlflow.folder / "pipeline")
    assert (card.flavor, card.unsafe, card.run_id) == ("sklearn", None, None)
    assert card.created_at > 0
    assert card.signature == infer(from_mlflow.rows[:3], np.zeros(3))
    assert "scikit-learn" in " ".join(card.requirements)


def test_a_folder_from_mlflow_is_kept_as_it_is(from_mlflow: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with runlog.start_run(strict=True) as run:
        assert run.log_model(from_mlflow.folder / "forest", "forest") == "forest"
    model = runlog.load_model(f"{run.id}/forest")
    assert numbers(model.predict(from_mlflow.rows)) == from_mlflow.said["forest"]


SIGNATURES = """
import json, sys, datetime
import numpy as np, pandas as pd
from mlflow.models import infer_signature
examples = eval(sys.argv[1])
print(json.dumps([json.loads(infer_signature(example).to_dict()["inputs"]) for example in examples]))
"""
EXAMPLES = """[
    pd.DataFrame({"i": [1, 2], "j": np.array([1, 2], "int32"), "k": np.array([1, 2], "uint8")}),
    pd.DataFrame({"f": [0.5, 1], "g": np.array([1, 2], "float32")}),
    pd.DataFrame({"b": [True, False], "s": ["x", "y"], "t": pd.to_datetime(["2026-01-01", "2026-01-02"]), "n": [1.0, None]}),
    pd.DataFrame({"o": ["x", None], "y": [b"x", b"y"], "l": [[1, 2], [3]]}),
    pd.DataFrame(np.zeros((2, 2))),
    pd.Series([1.0, 2.0], name="s"),
    np.zeros((3, 2)), np.zeros(3, "int64"), np.zeros((3, 2, 2), "float32"), np.zeros((2, 1), "bool"), np.array([["x"]]),
    {"x": np.zeros((3, 2)), "y": np.zeros(3, "int32")},
    {"x": 1, "y": "text", "z": [1.5, 2.5]},
    {"x": {"inner": 1, "other": "y"}},
    [{"x": 1, "y": "a"}, {"x": 2}],
    [1.0, 2.0], ["a", "b"], "text", 5, 2.5, True,
]"""


def test_signatures_are_those_of_mlflow(mlflow: Callable[..., Any]) -> None:
    examples = eval(EXAMPLES, {"pd": pd, "np": np})
    for example, wanted in zip(examples, mlflow(SIGNATURES, EXAMPLES), strict=True):
        assert infer(example).inputs == wanted, repr(example)


@contextlib.contextmanager
def served(folder: Path, home: Path) -> Iterator[int]:
    """`mlflow models serve` of a folder; its port."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = int(found.getsockname()[1])
    command = [
        MLFLOW,
        "-m",
        "mlflow",
        "models",
        "serve",
        "-m",
        folder,
        "-p",
        str(port),
        "-h",
        "127.0.0.1",
        "--env-manager",
        "local",
        "-w",
        "1",
    ]
    environment = mlflow_environment(home) | {"PATH": f"{MLFLOW.parent}:{os.environ['PATH']}"}
    with open(home / "serve.log", "w", encoding="utf-8") as log:
        child = subprocess.Popen(
            list(map(str, command)), cwd=home, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield port
    finally:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def answer(port: int, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        return response.read().decode()


def wait_until_it_answers(port: int, log: Path) -> None:
    for _ in range(1200):
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            answer(port, "/ping")
            return
        time.sleep(0.1)
    raise AssertionError(log.read_text(encoding="utf-8"))


def test_mlflow_serves_what_runlog_keeps(kept: Kept, tmp_path: Path) -> None:
    if not MLFLOW.exists():
        pytest.skip("MLflow has no environment here: make setup")
    split = {"columns": list(kept.rows.columns), "data": kept.rows.to_numpy().tolist()}
    with served(kept.folder / "function", tmp_path) as port:
        wait_until_it_answers(port, tmp_path / "serve.log")
        said = json.loads(answer(port, "/invocations", {"dataframe_split": split}))["predictions"]
    assert said == [{"0": number} for number in kept.said["function"]]
