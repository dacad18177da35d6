"""Python objects as files: skops where it can, which runs no code of the file, else a pickle."""

from __future__ import annotations

import os
import pickle
import sys
import sysconfig
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from runlog.errors import BadInput
from runlog.models.flavors import archives
from runlog.models.flavors.words import needed
from runlog.models.trust import must_be_trusted, untrusted

SKOPS, PICKLE, CLOUDPICKLE = "skops", "pickle", "cloudpickle"
RUNS = "is a pickle, and loading it runs whatever code is in it"

# What skops does not vouch for and cannot be made to run code either: classes that only hold data, and functions that only
# compute. docs/decisions/models.md says more.
_REVIEWED = frozenset(
    [
        "collections.OrderedDict",
        "lightgbm.basic.Booster",
        "lightgbm.sklearn.LGBMClassifier",
        "lightgbm.sklearn.LGBMModel",
        "lightgbm.sklearn.LGBMRanker",
        "lightgbm.sklearn.LGBMRegressor",
        "numpy.dtype",
        "scipy.sparse._csr.csr_matrix",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.cluster._bisect_k_means._BisectingTree",
        "sklearn.cluster._kmeans._kmeans_single_lloyd",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
        "sklearn.neighbors._ball_tree.BallTree",
        "sklearn.neighbors._kd_tree.KDTree",
        "sklearn.tree._tree.Tree",
        "xgboost.core.Booster",
        "xgboost.sklearn.XGBClassifier",
        "xgboost.sklearn.XGBRFClassifier",
        "xgboost.sklearn.XGBRFRegressor",
        "xgboost.sklearn.XGBRanker",
        "xgboost.sklearn.XGBRegressor",
    ]
)
# All that these modules define is of that kind.
_REVIEWED_MODULES = frozenset(
    [
        "sklearn._loss.loss",
        "sklearn.feature_selection._univariate_selection",
        "sklearn.gaussian_process.kernels",
        "sklearn.metrics._classification",
        "sklearn.metrics._dist_metrics",
        "sklearn.metrics._ranking",
        "sklearn.metrics._regression",
        "sklearn.metrics._scorer",
        "sklearn.model_selection._split",
        "sklearn.neural_network._stochastic_optimizers",
    ]
)


_INSTALLED = frozenset({"site-packages", "dist-packages"})


class Written(NamedTuple):
    """How an object was written."""

    file: str
    format: str
    types: list[str] | None  # those that a reader has to trust, as MLflow wants to know
    unsafe: str | None


def write(model: Any, folder: Path, how: bool | None) -> Written:
    """Write an object: as a pickle if `how` is true or nothing else can be done, unless it is false."""
    reason = "it was asked for"
    if not how:
        try:
            return _as_skops(model, folder)
        except _CannotBeSafe as error:
            reason = str(error)
            (folder / "model.skops").unlink(missing_ok=True)
    may_be_pickled(model, how, reason)
    return _as_pickle(model, folder, reason)


def may_be_pickled(model: Any, how: bool | None, reason: str) -> None:
    """Refuse a pickle where the user wants none."""
    if how is False:
        raise BadInput(f"this {type(model).__name__} can only be kept as a pickle: {reason}", hint="leave out pickle=False")


class _CannotBeSafe(Exception):
    """Why skops does not help."""


def _as_skops(model: Any, folder: Path) -> Written:
    try:
        import skops.io
    except ImportError as error:
        missing = str(error.name).partition(".")[0] == "skops"
        raise _CannotBeSafe(
            "skops is not installed: pip install 'runlog[models]'" if missing else "skops cannot be imported"
        ) from error
    file = folder / "model.skops"
    try:
        skops.io.dump(model, file)
        archives.settle(file)
        types = sorted(skops.io.get_untrusted_types(file=file))
        skops.io.load(file, trusted=types)
    except Exception as error:  # it is the code of the object that fails, in whatever way
        raise _CannotBeSafe(f"skops cannot keep it, {type(error).__name__}: {str(error).partition(chr(10))[0]}") from error
    unknown = _unknown(types)
    return Written(file.name, SKOPS, types or None, f"{file.name} {_holds(unknown)}" if unknown else None)


def _as_pickle(model: Any, folder: Path, reason: str) -> Written:
    file = folder / "model.pkl"
    form = dump(model, file)
    return Written(file.name, form, None, f"{file.name} is a pickle: {reason}")


def dump(model: Any, file: Path) -> str:
    """Pickle an object into a file; the format."""

    def write_with(library: Any) -> None:
        with open(file, "wb") as out:
            # Not the newest protocol: older Pythons shall read it, as with MLflow.
            library.dump(model, out, protocol=pickle.DEFAULT_PROTOCOL)

    return dump_with(model, write_with)


def dump_with(model: Any, write_with: Callable[[Any], None]) -> str:
    """Pickle an object, with the code of the user's own modules inside where that can be; the format."""
    try:
        import cloudpickle
    except ImportError:
        cloudpickle = None
    try:
        if cloudpickle is None:
            write_with(pickle)
            return PICKLE
        _write_whole(cloudpickle, write_with)
        return CLOUDPICKLE
    except Exception as error:  # it is the code of the object that fails, in whatever way
        raise BadInput(f"this {type(model).__name__} cannot be pickled: {str(error).partition(chr(10))[0]}") from error


def _write_whole(cloudpickle: Any, write_with: Callable[[Any], None]) -> None:
    """Pickle with the code of the user's own modules, for nobody can install them; where such code cannot be pickled, by name."""
    own = [module for module in list(sys.modules.values()) if _is_own(module)]
    for module in own:
        cloudpickle.register_pickle_by_value(module)
    try:
        write_with(cloudpickle)
        return
    except Exception:
        if not own:
            raise
    finally:
        for module in own:
            cloudpickle.unregister_pickle_by_value(module)
    write_with(cloudpickle)


def _is_own(module: Any) -> bool:
    """Whether a module is neither Python's own nor installed."""
    file = getattr(module, "__file__", None)
    if not isinstance(module, ModuleType) or file is None or module.__name__.partition(".")[0] in {"__main__", "runlog"}:
        return False
    folders = {sysconfig.get_paths()[kind] for kind in ("stdlib", "platstdlib")}
    place = Path(os.path.abspath(file))
    return not _INSTALLED.intersection(place.parts) and not any(str(place).startswith(f"{folder}{os.sep}") for folder in folders)


def read(file: Path, form: str, trust: bool) -> Any:
    """The object of a file. What would run code of the file needs trust."""
    if form == SKOPS:
        return _read_skops(file, trust)
    if form not in {PICKLE, CLOUDPICKLE}:
        raise BadInput(f"{str(file)!r} is in an unknown format, {form!r}")
    must_be_trusted(trust, file, RUNS)
    if form == CLOUDPICKLE:
        needed("cloudpickle", f"{file.name!r}")
    return unpickled(file)


def unpickled(file: Path) -> Any:
    """The object of a pickle. Whoever calls this knows that it is trusted."""
    try:
        with open(file, "rb") as opened:
            return pickle.load(opened)
    except ImportError as error:
        raise BadInput(f"{str(file)!r} needs {error.name or 'a module'}, which cannot be imported: {error}") from error
    except Exception as error:  # a pickle may fail in any way
        raise BadInput(f"{str(file)!r} cannot be loaded: {type(error).__name__}: {error}") from error


def _read_skops(file: Path, trust: bool) -> Any:
    io = needed("skops.io", f"{file.name!r}", "'runlog[models]'")
    try:
        types = io.get_untrusted_types(file=file)
        if not trust and (unknown := _unknown(types)):
            raise untrusted(file, _holds(unknown))
        return io.load(file, trusted=types)
    except BadInput:
        raise
    except ImportError as error:
        raise BadInput(f"{str(file)!r} needs {error.name or 'a module'}, which cannot be imported: {error}") from error
    except Exception as error:
        raise BadInput(f"{str(file)!r} cannot be loaded: {type(error).__name__}: {str(error).partition(chr(10))[0]}") from error


def _unknown(types: Iterable[str]) -> list[str]:
    return [name for name in sorted(types) if not _is_reviewed(name)]


def _holds(unknown: list[str]) -> str:
    return f"holds {', '.join(unknown)}, which may run code when it is loaded"


def _is_reviewed(name: str) -> bool:
    """Whether a class or function cannot be made to run code of a file."""
    module, _, own = name.rpartition(".")
    if name in _REVIEWED or module not in _REVIEWED_MODULES:
        return name in _REVIEWED
    # Not what such a module has from another.
    return bool(getattr(getattr(import_module(module), own, None), "__module__", None) == module)
