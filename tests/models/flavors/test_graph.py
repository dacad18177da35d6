"""A graph of PyTorch is loaded by anybody only if nothing in it can run."""

from __future__ import annotations

import json
import shutil
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runlog.errors import BadInput
from runlog.models.flavors.graph import must_be_harmless
from runlog.models.loading import load_native, load_predictor
from runlog.models.saving import save_model
from tests.models.flavors.conftest import Kept

Change = Callable[[dict[str, Any]], object]


def changed(
    source: Path, target: Path, change: Change, more: dict[str, bytes] | None = None, end: str = "models/model.json"
) -> Path:
    """An archive with one document altered, and further files in it."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith(end):
                document = json.loads(data)
                change(document)
                data = json.dumps(document).encode()
            new.writestr(name, data)
        for name, data in (more or {}).items():
            new.writestr(name, data)
    return target


def node(program: dict[str, Any]) -> Any:
    return program["graph_module"]["graph"]["nodes"][0]


def signature(program: dict[str, Any]) -> Any:
    return program["graph_module"]["module_call_graph"][0]["signature"]


def expression(program: dict[str, Any]) -> Any:
    sizes = program["graph_module"]["graph"]["tensor_values"][
        "x" if "x" in program["graph_module"]["graph"]["tensor_values"] else "input"
    ]["sizes"]
    return next(size["as_expr"] for size in sizes if "as_expr" in size)


CHANGES: dict[str, Change] = {
    "a function of any module": lambda program: node(program).update(target="torch.os.system"),
    "a call of anything": lambda program: node(program).update(target="_operator.call"),
    "an operator that reaches for files": lambda program: node(program).update(target="torch.ops.aten.from_file.default"),
    "code as a guard": lambda program: program.update(guards_code=["__import__('os').system('id')"]),
    "code as a size": lambda program: expression(program).update(expr_str="exec(chr(105))"),
    "code as the name of an argument": lambda program: signature(program).update(forward_arg_names=["x=exit()"]),
    "an object of some class": lambda program: node(program)["inputs"][0].update(arg={"as_custom_obj": {"name": "x"}}),
    "a class in a spec": lambda program: signature(program).update(
        in_spec='[1, {"type": "collections.defaultdict", "context": "null", "children_spec": []}]'
    ),
    "a text with anything in it": lambda program: node(program)["inputs"][0].update(arg={"as_string": "a; b"}),
    "words beside": lambda program: node(program)["metadata"].update(custom="{}"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_graph_that_may_run_code_is_refused(kept: Kept, tmp_path: Path, what: str) -> None:
    altered = changed(kept.folder / "net" / "data" / "model.pt2", tmp_path / "model.pt2", CHANGES[what])
    with pytest.raises(BadInput, match="is a graph of PyTorch that may run code when it is loaded"):
        must_be_harmless(altered)


def test_a_graph_with_more_in_its_archive_is_refused(kept: Kept, tmp_path: Path) -> None:
    source = kept.folder / "net" / "data" / "model.pt2"
    for name, data in {
        "model/data/aotinductor/model/x.so": b"",
        "model/extra/y": b"",
        "model/data/sample_inputs/z.pt": b"\x80",
    }.items():
        with pytest.raises(BadInput, match=r"it holds|holds more than tensors"):
            must_be_harmless(changed(source, tmp_path / "model.pt2", lambda program: None, {name: data}))


def test_a_pickled_weight_is_refused(kept: Kept, tmp_path: Path) -> None:
    def pickled(config: dict[str, Any]) -> None:
        next(iter(config["config"].values()))["use_pickle"] = True

    source = kept.folder / "net" / "data" / "model.pt2"
    with pytest.raises(BadInput, match="is pickled"):
        must_be_harmless(changed(source, tmp_path / "model.pt2", pickled, end="model_weights_config.json"))


@pytest.mark.parametrize("data", [b"", b"no archive", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_archive_fails_in_words(kept: Kept, tmp_path: Path, data: bytes) -> None:
    folder = tmp_path / "net"
    shutil.copytree(kept.folder / "net", folder)
    (folder / "data" / "model.pt2").write_bytes(data)
    for trust in (False, True):
        with pytest.raises(BadInput):
            load_native(folder, trust=trust)


def test_a_graph_that_needs_trust_is_kept_with_a_word_of_it(tmp_path: Path) -> None:
    import torch

    class Branched(torch.nn.Module):
        """With a graph inside of the graph, which nobody has looked at yet."""

        def forward(self, rows: Any) -> Any:
            return torch.cond(rows.sum() > 0, lambda rows: rows + 1, lambda rows: rows - 1, (rows,))

    card = save_model(Branched(), tmp_path / "m", example=torch.ones(3, 2), pickle=False)
    assert card.unsafe is not None
    assert card.unsafe.startswith("data/model.pt2 is a graph of PyTorch that may run code when it is loaded: it")
    with pytest.raises(BadInput, match="may run code when it is loaded"):
        load_native(card.folder)
    assert load_predictor(card.folder, trust=True).predict(-torch.ones(3, 2).numpy()).tolist() == [[-2.0, -2.0]] * 3


def test_the_modes_of_the_parts_stay_as_they_are(tmp_path: Path) -> None:
    import torch

    model = torch.nn.Sequential(torch.nn.BatchNorm1d(2), torch.nn.Dropout(0.5))
    model.train()
    model[0].eval()
    save_model(model, tmp_path / "m", example=torch.ones(3, 2), pickle=False)
    assert [part.training for part in model.modules()] == [True, False, True]


def test_modules_of_many_layers_pass(tmp_path: Path) -> None:
    """What people train is not refused: convolutions, attention, recurrence, sizes that depend on each other."""

    import torch

    class Many(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.convolution = torch.nn.Conv2d(1, 4, 3)
            self.norm = torch.nn.BatchNorm2d(4)
            self.attention = torch.nn.MultiheadAttention(4, 2, batch_first=True)
            self.embedding = torch.nn.Embedding(10, 4)
            self.gru = torch.nn.GRU(4, 5, batch_first=True)

        def forward(self, images: Any) -> Any:
            hidden = torch.relu(self.norm(self.convolution(images))).flatten(2).transpose(1, 2)
            hidden = self.attention(hidden, hidden, hidden)[0] + self.embedding(torch.zeros(hidden.shape[0], 1, dtype=torch.long))
            return torch.nn.functional.gelu(self.gru(hidden)[0].reshape(images.shape[0] * 7, -1), approximate="tanh")

    model = Many().eval()
    images = torch.rand(3, 1, 9, 9)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        card = save_model(model, tmp_path / "many", example=images, pickle=False)
    must_be_harmless(tmp_path / "many" / "data" / "model.pt2")
    with torch.no_grad():
        wanted = model(torch.cat([images, images])).numpy()
    assert abs(load_predictor(card.folder).predict(torch.cat([images, images]).numpy()) - wanted).max() < 1e-5
