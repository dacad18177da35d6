"""What holds for all that a program hands over: its names, its text, what comes back and what it costs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import runlog
from tests.scene import bare_runs, only_run, points, python


@pytest.mark.parametrize(
    "name", ["loss", "train/loss", "ünï код 损失 🎉", "a b", "x" * 250, ".", "..", "CON", "a\\b", "-", "'\"<>&"]
)
def test_names_of_metrics_params_and_tags_may_be_any_line_of_text(project: Path, name: str) -> None:
    with runlog.start_run(strict=True, params={name: 1}, tags={name: "1"}) as run:
        run.log_metric(name, 1.0)
        run.log_metrics({name: 2.0, "other": 1.0})
        run.log_param(name, 2)
        run.set_tag(name, "2")
    [bare] = bare_runs(project / ".runlog").values()
    assert bare.points == {name: [(0, 1.0), (1, 2.0)], "other": [(1, 1.0)]}
    assert (bare.params, bare.tags) == ({name: [1, 2]}, {name: "2"})


@pytest.mark.parametrize(
    "name", ["", " ", "\t", "a\nb", "a\0b", "\x7f", "x" * 251, "\udcff", "a\u2028b", 5, None, b"loss", ("a",)]
)
def test_other_names_are_refused_at_once(project: Path, name: Any) -> None:
    with runlog.start_run(strict=True) as run:
        verbs: list[Callable[[], object]] = [
            lambda: run.log_metric(name, 1.0),
            lambda: run.log_metrics({name: 1.0, "fine": 2.0}),
            lambda: run.log_metrics({name: 1, "fine": 2.0}),
            lambda: run.set_tag(name, "x"),
            lambda: run.set_tags({name: "x"}),
        ]
        if isinstance(name, str):
            verbs += [
                lambda: run.log_param(name, 1),
                lambda: run.log_params({name: 1}),
                lambda: runlog.start_run(params={name: 1}),
            ]
        for verb in verbs:
            with pytest.raises(runlog.RunlogError) as refused:
                verb()
            assert refused.value.code == "bad-name"
    stored = only_run(project / ".runlog")
    assert (stored.metrics, stored.params, stored.tags) == ({}, {}, {})


def test_what_a_message_shows_stays_on_one_line(project: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2]})
    with runlog.start_run() as run:
        run.log_metric("m", np.ones((2, 2)))
        run.set_name(frame)
        run.use_data(frame)
    assert only_run(project / ".runlog").problems == (
        "metric 'm' must be one number, got ndarray array([[1., 1.], [1., 1.]])",
        "run name must be text, got DataFrame a 0 1 1 2",
        "path must be text, got DataFrame a 0 1 1 2",
    )


def test_long_texts_fit(project: Path) -> None:
    with runlog.start_run(strict=True) as run:
        run.log_param("p", "ü" * 65_536)
        run.set_tag("t", "ü" * 65_536)
        run.set_note("ü" * 1_000_000)
    stored = only_run(project / ".runlog")
    assert (stored.params["p"], stored.tags["t"], stored.note) == ("ü" * 65_536, "ü" * 65_536, "ü" * 1_000_000)


@pytest.mark.parametrize("verb", ["params", "tags"])
@pytest.mark.parametrize("given_value", [["a", "b"], "text", 5, [("a", 1)]], ids=lambda value: type(value).__name__)
def test_params_and_tags_come_by_name(project: Path, verb: str, given_value: Any) -> None:
    said = f"^{verb} must be a mapping of names to values, got "
    with pytest.raises(runlog.RunlogError, match=said):
        runlog.start_run(**{verb: given_value})
    with runlog.start_run(strict=True) as run, pytest.raises(runlog.RunlogError, match=said):
        (run.log_params if verb == "params" else run.set_tags)(given_value)


plain_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4),
    max_leaves=8,
)


def same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(plain_data, max_size=5), numbers=st.lists(st.floats(), max_size=20))
def test_plain_data_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, values: list[Any], numbers: list[float]
) -> None:
    store = tmp_path_factory.mktemp("laws") / "store"
    # In lists, for a mapping on its own becomes several params.
    params = {f"p{place}": [value] for place, value in enumerate(values)}
    with runlog.start_run(strict=True, store=store, params=params) as run:
        run.log_params({f"later {name}": value for name, value in params.items()})
        for number in numbers:
            run.log_metric("number", number)
        live = runlog.open_store(store).run(run.id)
        assert same([value for _, value in points(live, "number")], numbers)
    stored = only_run(store)
    for name, value in params.items():
        assert same(stored.params[name], value)
        assert same(stored.params[f"later {name}"], value)
    assert same([value for _, value in points(stored, "number")], numbers)


def test_logging_needs_neither_numpy_nor_pyarrow(tmp_path: Path) -> None:
    script = """\
import sys, runlog
assert not {"numpy", "pyarrow", "pandas", "torch"} & set(sys.modules), sys.modules.keys()
class Scalar:
    def item(self): return 0.5
    def tolist(self): return 0.5
    def __float__(self): return 0.5
run = runlog.start_run(params={"lr": Scalar()})
run.log_metric("loss", Scalar())
run.log_metrics({"a": Scalar(), "b": 1})
run.log_param("p", Scalar())
runlog.set_tag("t", Scalar())
runlog.log_text("x", "x.txt")
print(sorted({"numpy", "pyarrow", "pandas", "torch"} & set(sys.modules)))
run.finish()
print(sorted({"pandas", "torch"} & set(sys.modules)))
"""
    done = python(script, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("[]\n[]\n", "")
    stored = only_run(tmp_path / ".runlog")
    assert (dict(stored.params), dict(stored.tags)) == ({"lr": 0.5, "p": 0.5}, {"t": "0.5"})
    assert points(stored, "loss") == [(0, 0.5)]
    assert stored.problems == ()


def test_numpy_scalars_bring_in_no_pyarrow(tmp_path: Path) -> None:
    script = """\
import sys, numpy as np, runlog
with runlog.start_run(params={"lr": np.float32(0.5), "shape": np.array([1, 2])}) as run:
    run.log_metric("loss", np.float64(0.25), step=np.int64(3))
    print("pyarrow" in sys.modules)
"""
    done = python(script, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("False\n", "")
    stored = only_run(tmp_path / ".runlog")
    assert (dict(stored.params), points(stored, "loss")) == ({"lr": 0.5, "shape": [1, 2]}, [(3, 0.25)])
