"""What is done, and said, where a library is not installed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from runlog.errors import OutsideError
from runlog.models import mlmodel
from runlog.models.loading import load_native
from runlog.models.saving import save_model


def ridge() -> Any:
    return Ridge().fit([[1.0], [2.0]], [1.0, 2.0])


def without(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    for name in names:
        monkeypatch.setitem(sys.modules, name, None)


def test_without_skops_a_pickle_is_kept_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "skops", "skops.io")
    card = save_model(ridge(), tmp_path / "m")
    assert card.unsafe == "model.pkl is a pickle: skops is not installed: pip install 'runlog[models]'"
    assert np.array_equal(load_native(tmp_path / "m", trust=True).coef_, ridge().coef_)


def test_without_skops_and_cloudpickle_it_is_a_pickle_of_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "skops", "skops.io", "cloudpickle")
    card = save_model(ridge(), tmp_path / "m")
    assert card.config("sklearn")["serialization_format"] == "pickle"
    assert np.array_equal(load_native(tmp_path / "m", trust=True).coef_, ridge().coef_)


@pytest.mark.parametrize(
    ("missing", "message", "hint"),
    [
        (["skops", "skops.io"], "'model.skops' needs skops.io, which cannot be imported", "pip install 'runlog[models]'"),
        (["sklearn"], "a scikit-learn model needs sklearn, which cannot be imported", "pip install scikit-learn"),
    ],
)
def test_what_a_model_needs_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: list[str], message: str, hint: str
) -> None:
    save_model(ridge(), tmp_path / "m")
    without(monkeypatch, *missing)
    with pytest.raises(OutsideError) as refused:
        load_native(tmp_path / "m")
    assert refused.value.message.startswith(message)
    assert refused.value.hint == hint


def test_a_function_needs_cloudpickle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "cloudpickle")
    with pytest.raises(OutsideError, match="a function as a model needs cloudpickle") as refused:
        save_model(ridge, tmp_path / "m")
    assert refused.value.hint == "pip install 'runlog[models]'"
    assert list(tmp_path.iterdir()) == []


def test_what_runlog_writes_needs_no_library_for_yaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "yaml")
    card = save_model(
        ridge(), tmp_path / "m", example=np.zeros((2, 1)), metadata={"deep": {"list": [1, {"x": None}], "text": "a: b"}}
    )
    assert card.metadata == {"deep": {"list": [1, {"x": None}], "text": "a: b"}}
    with pytest.raises(OutsideError, match="this MLmodel file needs a YAML library") as refused:
        mlmodel.read("a: 'folded\n  text'\n")
    assert refused.value.hint == "pip install 'runlog[models]'"
