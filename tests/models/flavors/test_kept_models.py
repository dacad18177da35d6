"""What is written of each kind of model, and that it says the same when it is loaded again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import runlog
from runlog.models.card import read_card
from runlog.models.loading import load_native, load_predictor
from tests.models.flavors.conftest import FRAMED, KINDS, Kept, ask, numbers, same
from tests.scene import files_below, python

PICKLED = ["function", "pickled_net"]
ALWAYS = ["MLmodel", "conda.yaml", "python_env.yaml", "requirements.txt"]
EXAMPLES = ["input_example.json", "serving_input_example.json"]
FILES = {
    "pipeline": ("sklearn", ["model.skops"]),
    "forest": ("sklearn", ["model.skops"]),
    "classifier": ("sklearn", ["model.skops"]),
    "booster": ("xgboost", ["model.ubj"]),
    "xgb": ("xgboost", ["model.ubj"]),
    "lgb_booster": ("lightgbm", ["model.lgb"]),
    "lgb": ("lightgbm", ["model.skops"]),
    "function": ("function", ["code/runlog_function_1.py", "data/function.pkl"]),
    "net": ("pytorch", ["data/model.pt2"]),
    "pickled_net": ("pytorch", ["data/model.pth", "data/pickle_module_info.txt", "data/weights.safetensors"]),
    "graph": ("onnx", ["model.onnx"]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_files_of_a_model(kept: Kept, kind: str) -> None:
    flavor, own = FILES[kind]
    folder = kept.folder / kind
    card = read_card(folder)
    found = sorted(file.relative_to(folder).as_posix() for file in files_below(folder))
    assert found == sorted(ALWAYS + own + (EXAMPLES if kind != "pickled_net" else []))
    assert card.flavor == flavor
    assert card.metadata["kind"] == kind
    assert (card.unsafe is None) == (kind not in PICKLED)
    assert card.requirements[0] == "mlflow"
    assert not [line for line in card.requirements if "+" in line or line.startswith("runlog")]


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_numbers_from_the_same_object(kept: Kept, kind: str) -> None:
    model = load_native(kept.folder / kind, trust=kind in PICKLED)
    assert same(kind, ask(kind, model, kept.data(kind)), kept.said[kind])
    predictor = load_predictor(kept.folder / kind, trust=kind in PICKLED)
    assert same(kind, numbers(predictor.predict(kept.data(kind))), kept.said[kind])


LOAD_ALL = """
import json, sys
from pathlib import Path
import numpy as np, pandas as pd
import runlog
folder, kinds, framed = Path(sys.argv[1]), json.loads(sys.argv[2]), json.loads(sys.argv[3])
rows = pd.read_parquet(folder / "rows.parquet")
said = {}
for kind in kinds:
    found = runlog.load_predictor(folder / kind).predict(rows if kind in framed else rows.to_numpy("float32"))
    values = next(iter(found.values())) if isinstance(found, dict) else found
    said[kind] = [float(value) for value in np.asarray(values).ravel()]
print(json.dumps(said))
"""


def test_the_same_numbers_in_a_fresh_process(kept: Kept, tmp_path: Path) -> None:
    done = python(LOAD_ALL, kept.folder, json.dumps(KINDS), json.dumps(FRAMED), cwd=tmp_path, RUNLOG_TRUST_MODELS="1")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert [kind for kind in KINDS if not same(kind, said[kind], kept.said[kind])] == []


@pytest.mark.parametrize(("kind", "file"), [("function", "data/function.pkl"), ("pickled_net", "data/model.pth")])
def test_a_pickle_is_refused_until_somebody_vouches_for_it(
    kept: Kept, kind: str, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(runlog.RunlogError) as refused:
        runlog.load_model(kept.folder / kind)
    assert refused.value.message == f"{str(kept.folder / kind / file)!r} is a pickle, and loading it runs whatever code is in it"
    assert refused.value.hint is not None
    assert "trust=True" in refused.value.hint
    for trusted, setting in [(False, "0"), (False, "/elsewhere"), (True, "1"), (True, f"/elsewhere:{kept.folder}")]:
        monkeypatch.setenv("RUNLOG_TRUST_MODELS", setting)
        if trusted:
            assert same(kind, ask(kind, runlog.load_model(kept.folder / kind), kept.data(kind)), kept.said[kind])
        else:
            with pytest.raises(runlog.RunlogError, match="is a pickle"):
                runlog.load_model(kept.folder / kind)


def test_weights_of_a_pickled_module_can_be_had_safely(kept: Kept) -> None:
    from safetensors.torch import load_file

    weights = load_file(kept.folder / "pickled_net" / "data" / "weights.safetensors")
    graph = load_native(kept.folder / "net")
    assert sorted(weights) == sorted(graph.state_dict()) == ["0.bias", "0.weight", "2.bias", "2.weight"]
    assert all(bool((weights[name] == value).all()) for name, value in graph.state_dict().items())


def test_a_graph_takes_any_number_of_rows(kept: Kept) -> None:
    predictor = load_predictor(kept.folder / "net")
    for count in (1, 2, 39):
        assert predictor.predict(kept.data("net")[:count]).shape == (count, 2)


def test_columns_are_taken_by_name(kept: Kept) -> None:
    predictor = load_predictor(kept.folder / "pipeline")
    shuffled = kept.rows[["c", "b", "a"]].assign(other="x")
    assert numbers(predictor.predict(shuffled)) == kept.said["pipeline"]
    with pytest.raises(runlog.RunlogError, match="the model takes a column 'b', and the data has none"):
        predictor.predict(kept.rows[["a", "c"]])


def test_params_of_a_function(kept: Kept) -> None:
    predictor = load_predictor(kept.folder / "function", trust=True)
    assert numbers(predictor.predict(kept.rows, {"by": 0.0, "unknown": 1})) == kept.rows["b"].tolist()


SIGNATURES: dict[str, tuple[Any, Any]] = {
    "pipeline": ([("a", "double"), ("b", "double"), ("c", "double")], [{"type": "double", "required": True}]),
    "xgb": ([("a", "double"), ("b", "double"), ("c", "double")], [{"type": "long", "required": True}]),
    "net": (None, [{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 2]}}]),
}


@pytest.mark.parametrize("kind", SIGNATURES)
def test_the_signature_comes_from_the_example(kept: Kept, kind: str) -> None:
    columns, outputs = SIGNATURES[kind]
    signature = read_card(kept.folder / kind).signature
    assert signature is not None
    if columns is None:
        assert signature.inputs == [{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 3]}}]
    else:
        assert signature.inputs == [{"type": kind, "name": name, "required": True} for name, kind in columns]
    assert signature.outputs == outputs


def test_the_example_is_a_few_rows(kept: Kept) -> None:
    example = json.loads((kept.folder / "pipeline" / "input_example.json").read_text(encoding="utf-8"))
    assert example == {"columns": ["a", "b", "c"], "data": kept.rows[:5].to_numpy().tolist()}
