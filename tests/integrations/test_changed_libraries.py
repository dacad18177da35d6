"""Libraries whose insides have changed: what is not logged is named once, and the program gets what it would have got."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from tests.scene import bare_runs, python

# What stands in for a library of another version, and what a program that uses it prints.
CHANGED = {
    "xgboost/__init__.py": """
        from . import training
        from .training import train
        calls = []
        """,
    "xgboost/training.py": """
        def train(settings, /, rounds, *, hooks=()):
            import xgboost
            xgboost.calls.append((settings, rounds, tuple(hooks)))
            return {"trees": rounds}
        """,
    "lightgbm/__init__.py": """
        class Trainer:
            def __call__(self, params, data):
                return len(data)
        train = Trainer()
        """,
    "sklearn/__init__.py": "",
    "sklearn/base.py": """
        class BaseEstimator:
            def get_params(self, deep):
                raise RuntimeError("params are something else now")
        """,
    "sklearn/linear.py": """
        from .base import BaseEstimator
        class Line(BaseEstimator):
            __slots__ = ("slope",)
            def fit(self, table, *, target):
                self.slope = sum(target) / len(table)
                return "fitted"
            def predict(self, table, strict):
                return [self.slope for _ in table]
        class Odd(BaseEstimator):
            fit = staticmethod(lambda *rest: rest)
            @property
            def predict(self):
                raise ZeroDivisionError
        """,
}
PROGRAM = """
import runlog
runlog.autolog(examples=True)
import lightgbm, xgboost
from sklearn.linear import Line, Odd
print(xgboost.train({"a": 1}, 3), xgboost.train({"a": 1}, rounds=4, hooks=[5]), xgboost.calls)
print(lightgbm.train({}, [1, 2]))
line = Line()
print(line.fit([1, 2], target=[3, 4]), line.slope, Line().fit([1], target=[2]), Odd().fit(1, 2))
try:
    line.fit([], target=[])
except ZeroDivisionError as error:
    print(error)
runlog.autolog(False)
print(type(xgboost.train).__name__, xgboost.train is xgboost.training.train, "__init_subclass__" in vars(Line.__mro__[1]))
"""


# Libraries that take callbacks, but none like ours, or that call them in another way.
PICKY = {
    "xgboost/__init__.py": """
        from . import callback
        def train(params, data, callbacks=None):
            for each in callbacks or ():
                each.accept(data)
            if data is None:
                raise ValueError("no data")
            return len(data)
        """,
    "xgboost/callback.py": "class TrainingCallback: pass",
    "lightgbm/__init__.py": """
        def train(params, data, *, callbacks=None):
            for each in callbacks or ():
                each("a round", 1, strict=True)
            return len(data)
        """,
}
PICKY_PROGRAM = """
import runlog
runlog.autolog(models=False)
import lightgbm, xgboost
print(xgboost.train({"a": 1}, [[1, 2], [3, 4]]), lightgbm.train({"b": 2}, [1]))
try:
    xgboost.train({}, None)
except ValueError as error:
    print(error)
"""


def write(folder: Path, library: dict[str, str]) -> None:
    for name, text in library.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(textwrap.dedent(text))


def compared(folder: Path, program: str, begin: str) -> list[str]:
    """What autolog says in a program that prints the same with it and without."""
    plain = python(program.replace(begin, ""), cwd=folder, RUNLOG_CAPTURE="off")
    done = python(program, cwd=folder, RUNLOG_CAPTURE="off")
    assert (plain.returncode, plain.stderr) == (0, "")
    assert (done.returncode, done.stdout) == (0, plain.stdout)
    assert "Traceback" not in done.stderr
    return re.findall(r"^runlog: (?:run \S+: )?autolog: (.*)$", done.stderr, re.MULTILINE)


def test_callbacks_that_are_something_else(tmp_path: Path) -> None:
    write(tmp_path, PICKY)
    named = compared(tmp_path, PICKY_PROGRAM, "runlog.autolog(models=False)")
    assert [line.partition(": ")[0] for line in named] == [
        "the rounds of xgboost.train are not logged",
        "the best round of xgboost.train is not logged",
        "the importances of xgboost.train's features are not logged",
        "the rounds of lightgbm.train are not logged",
        "the best round of lightgbm.train is not logged",
        "the importances of lightgbm.train's features are not logged",
    ]
    found = bare_runs(tmp_path / ".runlog").values()
    assert sorted(map(str, (run.params for run in found))) == ["{'a': [1]}", "{'b': [2]}", "{}"]


def test_other_shapes(tmp_path: Path) -> None:
    write(tmp_path, CHANGED)
    named = compared(tmp_path, PROGRAM, "runlog.autolog(examples=True)")
    assert named == [
        "what lightgbm fits is not logged: TypeError: a Trainer is no plain function",
        "the params of xgboost.train are not logged: KeyError: 'params'",
        "the rounds of xgboost.train are not logged: TypeError: it takes no callbacks",
        "the best round of xgboost.train is not logged: AttributeError: 'dict' object has no attribute 'attributes'",
        "the importances of xgboost.train's features are not logged: "
        "AttributeError: 'dict' object has no attribute 'feature_names'",
        "the model of xgboost.train is not logged: AttributeError: 'dict' object has no attribute 'inplace_predict'",
        "the params of Line are not logged: RuntimeError: params are something else now",
        "the training scores of Line are not logged: RuntimeError: params are something else now",
        "the signature of Line is not logged: TypeError: Line.predict() missing 1 required positional argument: 'strict'",
    ]
    assert [run.birth["params"] for run in bare_runs(tmp_path / ".runlog").values()] == [{}] * 5
