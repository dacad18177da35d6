"""PyTorch: modules as an exported graph, which needs no class to be loaded, or as a pickle."""

from __future__ import annotations

import copy
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runlog.errors import BadInput
from runlog.models.card import Card
from runlog.models.flavors import graph, objects
from runlog.models.flavors.words import Call, How, Saved, bases, needed, version
from runlog.models.trust import must_be_trusted

NAME = "pytorch"
_FOLDER, _GRAPH, _PICKLE, _WEIGHTS = "data", "model.pt2", "model.pth", "weights.safetensors"
# What MLflow's loader reads to know which module unpickles; the standard one reads what cloudpickle wrote, too.
_PICKLED_BY = "pickle_module_info.txt"


def fits(model: Any) -> bool:
    return "torch.Module" in bases(model)


def save(model: Any, how: How) -> Saved:
    torch = needed("torch", "a PyTorch model")
    folder = how.folder / _FOLDER
    folder.mkdir()
    reason = "it was asked for" if how.pickle else _export(torch, model, how.example, folder / _GRAPH)
    written: tuple[str, ...] = ()
    if reason is not None:
        objects.may_be_pickled(model, how.pickle, reason)
        _pickle(model, folder)
        written = (f"{_FOLDER}/{_PICKLE}",)
    config = {"code": None, "model_data": _FOLDER, "pytorch_version": version(torch)}
    pyfunc = {
        "loader_module": "mlflow.pytorch",
        "data": _FOLDER,
        "config": {"device": None},
        "pickle_module_name": "pickle" if reason else "mlflow.pytorch.pickle_module",
    }
    unsafe = f"{_FOLDER}/{_PICKLE} is a pickle: {reason}" if reason else _doubts(folder / _GRAPH)
    packages = ("torch", "cloudpickle") if reason else ("torch",)
    return Saved(config, pyfunc, packages, unsafe, written)


def _doubts(file: Path) -> str | None:
    """Why a graph is not loaded by everybody, as one with operators of other libraries."""
    try:
        graph.must_be_harmless(file)
    except BadInput as error:
        return error.message.replace(repr(str(file)), f"{_FOLDER}/{_GRAPH}")
    return None


def _export(torch: Any, model: Any, example: Any, file: Path) -> str | None:
    """Write the graph of a module; why that cannot be."""
    if example is None:
        return "to keep it as a graph needs an example of its input, as example=X"
    if isinstance(model, torch.jit.ScriptModule):
        return "a script module cannot be exported as a graph"
    modes = {part: part.training for part in model.modules()}
    try:
        # A graph stays on the device it was made on, and has to be loaded where there may be no other.
        exported = model if _device(model) in {None, "cpu"} else copy.deepcopy(model).to("cpu")
        arrays = [_at_least_two(torch, _tensor(torch, part)) for part in (example if isinstance(example, tuple) else (example,))]
        exported.eval()
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # about torch's own code
            shapes = tuple({0: torch.export.Dim.AUTO} if array.ndim else None for array in arrays)
            torch.export.save(torch.export.export(exported, tuple(arrays), dynamic_shapes=shapes), file)
            _check(torch, torch.export.load(file).module(), exported, arrays)
        return None
    except Exception as error:  # it is the code of the module that fails, in whatever way
        file.unlink(missing_ok=True)
        return f"it cannot be exported as a graph, {type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
    finally:
        for part, mode in modes.items():
            part.training = mode


def _device(model: Any) -> str | None:
    """The kind of device a module computes on; none where it has no weights."""
    weight = next(iter(model.state_dict().values()), None)
    return None if weight is None else str(weight.device).partition(":")[0]


def _check(torch: Any, loaded: Any, model: Any, arrays: list[Any]) -> None:
    """A graph holds one way through the module: it must lead to the same end."""
    given, wanted = loaded(*arrays), model(*arrays)
    if isinstance(wanted, torch.Tensor) and not torch.allclose(given, wanted, equal_nan=True):
        raise BadInput("the graph does not compute what the module does")


def _tensor(torch: Any, part: Any) -> Any:
    if hasattr(part, "iloc"):
        return torch.from_numpy(part.to_numpy(dtype="float32"))
    return part if isinstance(part, torch.Tensor) else torch.from_numpy(part)


def _at_least_two(torch: Any, tensor: Any) -> Any:
    """With one row the graph would be made for one row."""
    return tensor.repeat(2, *[1] * (tensor.ndim - 1)) if tensor.ndim and tensor.shape[0] == 1 else tensor


def _pickle(model: Any, folder: Path) -> None:
    """The module as a pickle, and its weights as a file that anybody may load safely."""
    import torch

    objects.dump_with(model, lambda library: torch.save(model, folder / _PICKLE, pickle_module=library))
    (folder / _PICKLED_BY).write_text("pickle", encoding="utf-8")
    try:
        from safetensors.torch import save_model
    except ImportError:
        return
    if any(True for _ in model.state_dict()):
        save_model(model, str(folder / _WEIGHTS))


def load(card: Card, trust: bool) -> Any:
    torch = needed("torch", "a PyTorch model")
    folder = card.inside(card.config(NAME).get("model_data", _FOLDER))
    pickled = folder if os.path.isfile(folder) else folder / _PICKLE
    if os.path.isfile(pickled):
        must_be_trusted(trust, pickled, objects.RUNS)
        return _loaded(pickled, lambda: torch.load(pickled, map_location="cpu", weights_only=False)).eval()
    file = folder / _GRAPH
    if not os.path.isfile(file):
        raise BadInput(f"{str(folder)!r} holds neither {_GRAPH} nor {_PICKLE}")
    if not trust:
        graph.must_be_harmless(file)
    return _loaded(file, lambda: torch.export.load(file).module())


def _loaded(file: Path, how: Any) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about torch's own code
            return how()
    except Exception as error:
        raise BadInput(f"{str(file)!r} cannot be loaded: {type(error).__name__}: {str(error).partition(chr(10))[0]}") from error


def caller(model: Any) -> Call | None:
    def predict(data: Any, params: Mapping[str, Any]) -> Any:
        import torch

        device = _device(model) or "cpu"
        with torch.no_grad():
            output = model(*(tensor.to(device) for tensor in _inputs(torch, data)), **params)
        if not isinstance(output, torch.Tensor):
            return output
        array = output.detach().cpu().numpy()
        return _framed(array, data) if hasattr(data, "iloc") else array

    return predict


def _inputs(torch: Any, data: Any) -> list[Any]:
    if isinstance(data, tuple):
        return [_tensor(torch, part) for part in data]
    if isinstance(data, list):
        return [torch.tensor(data, dtype=torch.float32)]
    return [_tensor(torch, data)]


def _framed(array: Any, data: Any) -> Any:
    """As MLflow answers a frame."""
    import pandas as pd

    return pd.DataFrame(array, index=data.index)
