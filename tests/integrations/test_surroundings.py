"""What autolog leaves of itself: in libraries that come later, in threads and other processes, and nothing when it has ended."""

from __future__ import annotations

import inspect
import os
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cloudpickle
import joblib
import lightgbm
import pytest
import xgboost
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.ensemble import VotingRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.utils.validation import has_fit_parameter

import runlog
from runlog.errors import UsageError
from tests.integrations.conftest import Data
from tests.scene import bare_runs, python, runlog_cli

TRAINING = ["xgboost", "xgboost.training", "xgboost.sklearn", "lightgbm", "lightgbm.engine", "lightgbm.sklearn"]


class Mean(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """An estimator of a user."""

    def __init__(self, shift: float = 0.0) -> None:
        self.shift = shift

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Mean:
        self.mean_ = float(y.mean()) + self.shift
        return self

    def predict(self, X: Any) -> Any:
        return [self.mean_] * len(X)


def runs(project: Path) -> list[dict[str, Any]]:
    return [run.birth for run in bare_runs(project / ".runlog").values()]


def everything() -> dict[str, Any]:
    """What the libraries, and the ways of importing, look like."""
    classes = [Ridge, LinearRegression, VotingRegressor, Mean, xgboost.XGBRegressor, lightgbm.LGBMModel]
    shown: dict[str, Any] = {cls.__name__: dict(vars(cls)) for cls in classes}
    shown["base"] = sorted(vars(BaseEstimator))
    shown["train"] = [vars(sys.modules[name])["train"] for name in TRAINING]
    return shown | {"finders": list(sys.meta_path)}


def test_libraries_are_given_back_as_they_were(project: Path, data: Data) -> None:
    before = everything()
    with runlog.autolog(models=False):
        during = everything()
        with runlog.autolog(several=True, models=False):
            assert xgboost.train is not before["train"][0]
        Ridge().fit(data.rows, data.numbers)
        assert during != before
    assert everything() == before
    runlog.autolog(models=False)
    runlog.autolog(models=False)
    runlog.autolog(False)
    runlog.autolog(False)
    assert everything() == before
    Ridge().fit(data.rows, data.numbers)
    assert len(runs(project)) == 1


def test_whoever_looks_at_a_class_sees_what_it_was(project: Path, data: Data) -> None:
    plain = Mean.fit
    runlog.autolog(models=False)
    assert Mean.fit is plain
    assert list(inspect.signature(Mean().fit).parameters) == ["X", "y", "sample_weight"]
    assert has_fit_parameter(Mean(), "sample_weight")
    assert xgboost.train.__name__ == "train"
    assert pickle.loads(pickle.dumps(xgboost.train)) is xgboost.train
    assert b"runlog" not in cloudpickle.dumps(local_class())


def local_class() -> type:
    class Local(BaseEstimator):  # type: ignore[misc]
        def fit(self, X: Any, y: Any) -> Any:
            return self

        def predict(self, X: Any) -> Any:
            return X

    Local.__module__ = "__main__"
    return Local


def test_an_estimator_of_ones_own_that_is_defined_later(project: Path, data: Data) -> None:
    runlog.autolog(models=False)

    class Later(Mean):
        pass

    class Own(Mean):
        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Own:
            super().fit(X, y)
            return self

    Later(shift=1.0).fit(data.rows, data.numbers)
    Own(shift=2.0).fit(data.rows, data.numbers)
    found = [run.entries for run in bare_runs(project / ".runlog").values()]
    params = sorted(entry["value"] for entries in found for entry in entries if entry.get("param") == "shift")
    assert params == [1.0, 2.0]


def test_threads_have_runs_of_their_own(project: Path, data: Data) -> None:
    runlog.autolog(models=False)

    def fit(alpha: float) -> float:
        return float(Ridge(alpha=alpha).fit(data.rows, data.numbers).coef_[0])

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(fit, range(1, 9)))
    runlog.autolog(False)
    assert found == [fit(alpha) for alpha in range(1, 9)]
    found_runs = bare_runs(project / ".runlog").values()
    assert sorted(run.params["alpha"] for run in found_runs) == [[alpha] for alpha in range(1, 9)]
    assert {entry["end"]["state"] for run in found_runs for entry in run.entries if "end" in entry} == {"finished"}


@pytest.mark.parametrize("backend", ["threading", "multiprocessing"])
def test_workers_of_joblib_do_not_log(project: Path, data: Data, backend: str) -> None:
    runlog.autolog(models=False)
    with joblib.parallel_config(backend=backend, n_jobs=2):
        VotingRegressor([("a", Ridge()), ("b", LinearRegression())]).fit(data.rows, data.numbers)
    assert len(runs(project)) == 1


def test_a_forked_child_does_not_log_until_it_asks(project: Path, data: Data) -> None:
    runlog.autolog(models=False)
    child = os.fork()
    if child == 0:
        Ridge().fit(data.rows, data.numbers)
        runlog.autolog(models=False)
        Ridge(alpha=7.0).fit(data.rows, data.numbers)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert [run.params["alpha"] for run in bare_runs(project / ".runlog").values()] == [[7.0]]


LATER = """
import sys
import runlog
runlog.autolog(models=False)
assert not {"sklearn", "xgboost", "lightgbm", "numpy", "pandas"} & set(sys.modules), sys.modules
import numpy
rows, numbers = numpy.arange(20.0).reshape(10, 2), numpy.arange(10.0)
from xgboost import DMatrix, XGBRegressor, train
train({"nthread": 1}, DMatrix(rows, numbers), 2)
import lightgbm
lightgbm.train({"verbose": -1, "min_data_in_leaf": 1}, lightgbm.Dataset(rows, numbers), 2)
from sklearn.linear_model import Ridge
Ridge().fit(rows, numbers)
XGBRegressor(n_estimators=2, n_jobs=1).fit(rows, numbers)
from sklearn.model_selection import cross_val_score
cross_val_score(Ridge(), rows, numbers, cv=2)
"""


def test_libraries_that_are_imported_later(tmp_path: Path) -> None:
    done = python(LATER, cwd=tmp_path, RUNLOG_CAPTURE="off")
    assert (done.returncode, done.stderr) == (0, "")
    found = sorted(bare_runs(tmp_path / ".runlog").values(), key=lambda run: run.birth["created_at"])
    assert [run.tags.get("estimator_name") for run in found] == [None, None, "Ridge", "XGBRegressor"]


def test_autolog_of_something_else_is_refused() -> None:
    with pytest.raises(UsageError) as error:
        runlog.autolog("sklearn")  # type: ignore[arg-type]
    assert (error.value.message, error.value.hint) == (
        "autolog takes True or False, not 'sklearn'",
        "runlog.autolog(exclude=['xgboost'])",
    )
    with pytest.raises(UsageError) as error:
        runlog.autolog(several=3)  # type: ignore[arg-type]
    assert (error.value.message, error.value.hint) == ("several is True or False, not 3", "runlog.autolog(several=True)")


def test_a_library_that_is_mistyped_is_told(project: Path, caplog: pytest.LogCaptureFixture) -> None:
    runlog.autolog(exclude=["sklern", "catboost", "sklearn", "Ridge", "xgboost.train"])
    assert [record.getMessage() for record in caplog.records] == [
        "runlog: autolog: exclude names 'sklern', which is no library that autolog knows: did you mean 'sklearn'?"
    ]


JOINED = """
import runlog
runlog.autolog(models=False)
from sklearn.linear_model import Ridge
for alpha in (1, 2):
    Ridge(alpha=alpha).fit([[1.0], [2.0]], [1.0, 2.0])
with runlog.autolog(several=True, models=False):
    Ridge(alpha=3).fit([[1.0], [2.0]], [1.0, 2.0])
"""


def test_the_run_around_the_program_is_logged_into(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(JOINED)
    done = runlog_cli("run", "-q", "--", sys.executable, "train.py", cwd=tmp_path, RUNLOG_CAPTURE="off")
    assert done.returncode == 0, done.stderr
    around, below = sorted(bare_runs(tmp_path / ".runlog").values(), key=lambda run: run.birth["created_at"])
    assert (around.params["alpha"], below.params["alpha"]) == ([1, 2], [3])
    assert below.birth["parent"] == around.birth["id"]
