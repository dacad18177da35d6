"""How a model folder comes to be: which format, what is refused, and what is left when it fails."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import runlog
from runlog.errors import BadInput
from runlog.models import mlmodel
from runlog.models.card import read_card
from runlog.models.loading import load_native, load_predictor
from runlog.models.saving import save_model
from tests.scene import python

ROWS = np.arange(24.0).reshape(12, 2) % 7
TARGET = ROWS[:, 0] * 2 - ROWS[:, 1]


class Own(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """An estimator of the user's."""

    def fit(self, rows: Any, target: Any) -> Own:
        self.mean_ = float(np.mean(target))
        return self

    def predict(self, rows: Any) -> Any:
        return np.full(len(rows), self.mean_)


def ridge() -> Any:
    return Ridge().fit(ROWS, TARGET)


def estimators() -> dict[str, Any]:
    from sklearn import (
        cluster,
        compose,
        decomposition,
        ensemble,
        gaussian_process,
        naive_bayes,
        neighbors,
        neural_network,
        svm,
        tree,
    )
    from sklearn.model_selection import GridSearchCV
    from sklearn.preprocessing import OneHotEncoder
    from xgboost import XGBRegressor

    few = {"n_estimators": 3, "random_state": 0}
    columns = compose.ColumnTransformer([("one", OneHotEncoder(handle_unknown="ignore"), [0])], remainder="passthrough")
    return {
        "tree": tree.DecisionTreeRegressor(),
        "forest": ensemble.RandomForestClassifier(**few),
        "extra": ensemble.ExtraTreesRegressor(**few),
        "gradient": ensemble.GradientBoostingRegressor(**few),
        "histogram": ensemble.HistGradientBoostingRegressor(max_iter=3),
        "isolation": ensemble.IsolationForest(**few),
        "neighbours": neighbors.KNeighborsRegressor(3),
        "support": svm.SVR(),
        "process": gaussian_process.GaussianProcessRegressor(),
        "net": neural_network.MLPRegressor(hidden_layer_sizes=(3,), max_iter=3, random_state=0),
        "bayes": naive_bayes.GaussianNB(),
        "cluster": cluster.KMeans(2, random_state=0),
        "search": GridSearchCV(Ridge(), {"alpha": [1, 2]}, cv=2, scoring="neg_root_mean_squared_error"),
        "boosted": make_pipeline(decomposition.PCA(2), XGBRegressor(n_estimators=2, n_jobs=1)),
        "columns": make_pipeline(columns, decomposition.PCA(2), Ridge()),
    }


ESTIMATORS = [
    "tree",
    "forest",
    "extra",
    "gradient",
    "histogram",
    "isolation",
    "neighbours",
    "support",
    "process",
    "net",
    "bayes",
    "cluster",
    "search",
    "boosted",
    "columns",
]


def test_all_of_them_are_tried() -> None:
    assert list(estimators()) == ESTIMATORS


@pytest.mark.parametrize("name", ESTIMATORS)
def test_what_scikit_learn_makes_needs_no_trust(name: str, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged
        model = estimators()[name].fit(ROWS, (TARGET > 0) * 1)
    card = save_model(model, tmp_path / "m", pickle=False)
    assert card.unsafe is None
    # Memory may be laid out in another order, and sums with it.
    assert np.allclose(load_native(tmp_path / "m").predict(ROWS), model.predict(ROWS), rtol=1e-12, atol=0)


def test_a_pickle_when_it_is_asked_for(tmp_path: Path) -> None:
    card = save_model(ridge(), tmp_path / "m", pickle=True)
    assert card.unsafe == "model.pkl is a pickle: it was asked for"
    assert card.config("sklearn")["serialization_format"] == "cloudpickle"
    assert np.array_equal(load_native(tmp_path / "m", trust=True).predict(ROWS), ridge().predict(ROWS))


def test_a_pickle_where_nothing_else_can_be_done(tmp_path: Path) -> None:
    model = make_pipeline(FunctionTransformer(lambda rows: rows * 2), Ridge()).fit(ROWS, TARGET)
    with pytest.raises(runlog.RunlogError, match="this Pipeline can only be kept as a pickle: skops cannot keep it"):
        save_model(model, tmp_path / "m", pickle=False)
    assert list(tmp_path.iterdir()) == []
    card = save_model(model, tmp_path / "m")
    assert card.unsafe is not None
    assert card.unsafe.startswith("model.pkl is a pickle: skops cannot keep it")
    assert np.array_equal(load_native(tmp_path / "m", trust=True).predict(ROWS), model.predict(ROWS))


def test_a_class_of_the_users_own_needs_trust_to_be_loaded(tmp_path: Path) -> None:
    model = Own().fit(ROWS, TARGET)
    card = save_model(model, tmp_path / "m")
    assert card.unsafe is not None
    assert card.unsafe.endswith("Own, which may run code when it is loaded")
    with pytest.raises(runlog.RunlogError, match=r"holds .*Own, which may run code when it is loaded"):
        load_native(tmp_path / "m")
    assert np.array_equal(load_native(tmp_path / "m", trust=True).predict(ROWS), model.predict(ROWS))


def test_a_folder_cannot_vouch_for_itself(tmp_path: Path) -> None:
    save_model(Own().fit(ROWS, TARGET), tmp_path / "m")
    document = mlmodel.read((tmp_path / "m" / "MLmodel").read_text(encoding="utf-8"))
    assert [name.rpartition(".")[2] for name in document["flavors"]["sklearn"]["skops_trusted_types"]] == ["Own"]
    with pytest.raises(runlog.RunlogError, match="which may run code when it is loaded"):
        load_native(tmp_path / "m")


def test_a_reviewed_module_vouches_only_for_its_own(tmp_path: Path) -> None:
    """Numbers of a search in a module that only computes, which has imported what does more."""
    from runlog.models.flavors.objects import _is_reviewed

    assert _is_reviewed("sklearn.metrics._regression.mean_squared_error")
    assert not _is_reviewed("sklearn.metrics._regression.warnings")
    assert not _is_reviewed("sklearn.metrics._regression.np")
    assert not _is_reviewed("sklearn.metrics._scorer.Bunch")
    assert not _is_reviewed("os.system")


def test_an_old_style_pickle_loads_without_cloudpickle(tmp_path: Path) -> None:
    """As MLflow wrote them for years: no word of the format, which is then pickle."""
    import pickle

    (tmp_path / "model.pkl").write_bytes(pickle.dumps(ridge()))
    (tmp_path / "MLmodel").write_text(
        "flavors:\n  sklearn:\n    pickled_model: model.pkl\n    sklearn_version: 1.0.0\n", encoding="utf-8"
    )
    with pytest.raises(runlog.RunlogError, match="is a pickle"):
        load_native(tmp_path)
    assert np.array_equal(load_native(tmp_path, trust=True).predict(ROWS), ridge().predict(ROWS))


class Doubled:
    """Anything that predicts."""

    def __init__(self, by: int) -> None:
        self.by = by

    def predict(self, rows: Any) -> Any:
        return rows[:, 0] * self.by


def test_an_object_that_predicts(tmp_path: Path) -> None:
    card = save_model(Doubled(3), tmp_path / "m", example=ROWS)
    assert card.flavor == "function"
    assert card.signature is not None
    assert card.signature.outputs == [{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1]}}]
    assert np.array_equal(load_predictor(tmp_path / "m", trust=True).predict(ROWS), ROWS[:, 0] * 3)


def test_a_function_brings_the_code_of_its_project(tmp_path: Path) -> None:
    """Also what it uses of other modules, in a process that can import none of them."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "parts.py").write_text("def twice(x):\n    return x * 2\n", encoding="utf-8")
    (project / "whole.py").write_text(
        "import parts\nfrom parts import twice\n\ndef four_times(x):\n    return twice(twice(x))\n", encoding="utf-8"
    )
    keep = """
import whole
from pathlib import Path
from runlog.models.saving import save_model
save_model(whole.four_times, Path("m"))
"""
    assert python(keep, cwd=project, PYTHONPATH=project).returncode == 0
    ask = "import sys, runlog\nprint(runlog.load_predictor(sys.argv[1], trust=True).predict(3))"
    assert python(ask, project / "m", cwd=tmp_path).stdout == "12\n"


def test_files_of_any_kind_come_back_as_a_path(tmp_path: Path) -> None:
    source = tmp_path / "weights"
    (source / "sub").mkdir(parents=True)
    (source / "sub" / "w.bin").write_bytes(b"1234")
    card = save_model(source, tmp_path / "m")
    found = load_native(tmp_path / "m")
    assert (card.flavor, found, (found / "sub" / "w.bin").read_bytes()) == (
        "files",
        tmp_path / "m" / "files" / "weights",
        b"1234",
    )
    with pytest.raises(runlog.RunlogError, match="makes no predictions: it holds files"):
        load_predictor(tmp_path / "m").predict(ROWS)


def test_what_is_given_is_kept(tmp_path: Path) -> None:
    said = {"inputs": [{"name": "x", "type": "double"}], "outputs": [{"type": "double"}]}
    card = save_model(
        ridge(), tmp_path / "m", signature=said, requirements=["scikit-learn>=1"], metadata={"team": "α"}, run_id="r", name="n"
    )
    assert card.signature is not None
    assert card.signature.inputs == said["inputs"]
    assert (card.requirements, card.metadata, card.run_id, card.name) == (("scikit-learn>=1",), {"team": "α"}, "r", "n")
    assert (tmp_path / "m" / "requirements.txt").read_text(encoding="utf-8") == "scikit-learn>=1\n"


def test_an_example_with_params_dates_and_gaps(tmp_path: Path) -> None:
    rows = pd.DataFrame({"at": pd.to_datetime(["2026-01-01", None]), "x": [1.5, None], "s": ["a", None]})
    card = save_model(lambda data, k: data["x"] * k, tmp_path / "m", example=(rows, {"k": 2}))
    example = json.loads((tmp_path / "m" / "input_example.json").read_text(encoding="utf-8"))
    assert example == {
        "inputs": {"columns": ["at", "x", "s"], "data": [["2026-01-01T00:00:00", 1.5, "a"], [None, None, None]]},
        "params": {"k": 2},
    }
    assert card.signature is not None
    assert [(spec["name"], spec["type"], spec["required"]) for spec in card.signature.inputs or []] == [
        ("at", "datetime", False),
        ("x", "double", False),
        ("s", "string", False),
    ]
    assert card.signature.params == [{"name": "k", "type": "long", "default": 2, "shape": None}]
    assert load_predictor(tmp_path / "m", trust=True).predict(rows).tolist()[0] == 3.0


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        (object(), {}, "object is no model: it has no predict and cannot be called"),
        (5, {}, "int is no model: it has no predict and cannot be called"),
        ("nowhere", {}, "there is no file or folder 'nowhere'"),
        (ridge(), {"flavor": "tensorflow"}, "there is no flavor 'tensorflow'"),
        (ridge(), {"signature": 5}, "int is no signature"),
        (ridge(), {"signature": {"in": []}}, "a signature has inputs, outputs and params, not 'in'"),
        (ridge(), {"signature": {"inputs": "{"}}, "the inputs of the signature are no JSON"),
        (ridge(), {"metadata": {"x": object()}}, "the description of a model is plain data, which object is not"),
        (ridge(), {"example": object()}, "an example holds numbers, texts, times and bytes, not object"),
        (len, {"pickle": False}, "this builtin_function_or_method can only be kept as a pickle: nothing else holds a function"),
    ],
)
def test_what_cannot_be_kept(model: Any, options: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(runlog.RunlogError) as refused:
        save_model(model, tmp_path / "m", **options)
    assert refused.value.message == message
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_stays_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "x").write_text("x", encoding="utf-8")
    with pytest.raises(runlog.RunlogError, match="is there already") as refused:
        save_model(ridge(), tmp_path / "m")
    assert refused.value.status == 4


CARDS = {
    "no flavors": ("a: 1\n", "names no flavors"),
    "an unknown flavor": ("flavors:\n  spark:\n    x: 1\n", "holds a model of spark, and runlog loads"),
    "a file outside": ("flavors:\n  xgboost:\n    data: ../x\n", "which lies outside of the model folder"),
    "an absolute file": ("flavors:\n  onnx:\n    data: /etc/passwd\n", "which lies outside of the model folder"),
    "a missing file": ("flavors:\n  lightgbm:\n    data: x\n", "the model folder has no 'x'"),
    "a class of anything": ("flavors:\n  xgboost:\n    data: MLmodel\n    model_class: os.system\n", "no class of XGBoost"),
    "another class of XGBoost": (
        "flavors:\n  xgboost:\n    data: MLmodel\n    model_class: xgboost.DMatrix\n",
        "no model of XGBoost",
    ),
    "code": ("flavors:\n  python_function:\n    loader_module: os\n", "is loaded by code"),
    "a format nobody knows": (
        "flavors:\n  sklearn:\n    pickled_model: MLmodel\n    serialization_format: x\n",
        "unknown format, 'x'",
    ),
    "no skops": ("flavors:\n  sklearn:\n    pickled_model: MLmodel\n    serialization_format: skops\n", "cannot be loaded"),
    "no booster": ("flavors:\n  xgboost:\n    data: MLmodel\n", "cannot be loaded"),
    "no text of LightGBM": ("flavors:\n  lightgbm:\n    data: MLmodel\n", "cannot be loaded"),
    "no graph": ("flavors:\n  onnx:\n    data: MLmodel\n", "cannot be loaded"),
}


@pytest.mark.parametrize("what", CARDS)
def test_a_folder_that_cannot_be_loaded(what: str, tmp_path: Path) -> None:
    text, message = CARDS[what]
    (tmp_path / "MLmodel").write_text(text, encoding="utf-8")
    with pytest.raises(runlog.RunlogError) as refused:
        load_predictor(tmp_path)
    assert message in refused.value.message
    assert "\n" not in refused.value.message


def test_a_folder_without_an_mlmodel_file(tmp_path: Path) -> None:
    with pytest.raises(runlog.RunlogError, match="is no model folder: it has no MLmodel"):
        read_card(tmp_path)


def test_a_flavor_that_a_model_is_not_of(tmp_path: Path) -> None:
    for flavor in ("xgboost", "lightgbm", "onnx", "pytorch", "files"):
        with pytest.raises(BadInput) as error:
            save_model(ridge(), tmp_path / "model", flavor=flavor)
        assert (error.value.message, error.value.hint) == (f"Ridge is no {flavor} model", "flavor='sklearn', or none at all")
    assert list(tmp_path.iterdir()) == []


def test_an_example_that_a_model_cannot_predict_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    with runlog.start_run() as run:
        run.log_model(ridge(), "fitted", example=ROWS)
        run.log_model(Ridge(), "unfitted", example=ROWS)
        run.log_model(Ridge(), "none")
    assert [record.getMessage() for record in caplog.records] == [
        f"runlog: run {run.id}: model 'unfitted' could not predict its example, so its signature has no outputs: is it fitted?"
    ]
