"""Laws of signatures, whatever the data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runlog.errors import BadInput
from runlog.models import mlmodel, signature
from runlog.models.signature import Signature, infer, of_document

NAMES = st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=4, unique=True)
DTYPES = ["bool", "int8", "int32", "int64", "uint8", "uint32", "float32", "float64", "datetime64[ns]", "object"]
TYPES = {
    "bool": "boolean",
    "int8": "integer",
    "int32": "integer",
    "int64": "long",
    "uint8": "integer",
    "uint32": "long",
    "float32": "float",
    "float64": "double",
    "datetime64[ns]": "datetime",
    "object": "string",
}


@st.composite
def frames(draw: st.DrawFn) -> tuple[Any, list[str], list[bool]]:
    """A frame, the kinds of its columns, and which of them have gaps."""
    names = draw(NAMES)
    kinds = draw(st.lists(st.sampled_from(DTYPES), min_size=len(names), max_size=len(names)))
    gaps = [draw(st.booleans()) and kind in {"float32", "float64", "object"} for kind in kinds]
    count = draw(st.integers(2, 5))
    columns: dict[str, Any] = {}
    for name, kind, has_gap in zip(names, kinds, gaps, strict=True):
        values = np.array(["x"] * count, object) if kind == "object" else np.zeros(count).astype("int64").astype(kind)
        if has_gap:
            values[draw(st.integers(0, count - 1))] = None if kind == "object" else np.nan
        columns[name] = pd.Series(values, dtype=kind)
    return pd.DataFrame(columns), kinds, gaps


@given(frames())
@settings(max_examples=60)
def test_each_column_has_its_type_and_whether_it_is_needed(drawn: tuple[Any, list[str], list[bool]]) -> None:
    frame, kinds, gaps = drawn
    assert infer(frame).inputs == [
        {"type": TYPES[kind], "name": name, "required": not gap}
        for name, kind, gap in zip(frame.columns, kinds, gaps, strict=True)
    ]
    assert infer(frame[::-1]) == infer(frame)
    assert infer(frame).columns == list(frame.columns)


@given(frames())
@settings(max_examples=30)
def test_a_signature_survives_an_mlmodel_file(drawn: tuple[Any, list[str], list[bool]]) -> None:
    found = infer(drawn[0], np.zeros(3), {"k": 1, "l": ["a"]})
    assert of_document(mlmodel.read(mlmodel.write({"signature": found.document()}))["signature"]) == found
    assert signature.given(found.document()) == signature.given(found) == signature.given(found._asdict()) == found


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.sampled_from(["float32", "float64", "int64", "bool"]))
def test_a_tensor_has_any_number_of_rows(shape: list[int], dtype: str) -> None:
    found = infer(np.zeros(shape, dtype))
    assert found == Signature([{"type": "tensor", "tensor-spec": {"dtype": dtype, "shape": [-1, *shape[1:]]}}])
    assert infer(np.zeros([shape[0] + 1, *shape[1:]], dtype)) == found
    assert (found.takes_tensors, found.columns) == (True, None)


def test_a_flat_prediction_for_columns_is_a_column() -> None:
    frame = pd.DataFrame({"a": [1.0]})
    assert infer(frame, np.zeros(1)).outputs == [{"type": "double", "required": True}]
    assert infer(frame.to_numpy(), np.zeros(1)).outputs == [
        {"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1]}}
    ]


@pytest.mark.parametrize("document", [5, {"inputs": 5}, {"inputs": "[1]"}, {"inputs": [{"name": "x"}]}, {"outputs": "{"}])
def test_what_is_no_signature(document: Any) -> None:
    with pytest.raises(BadInput, match="signature"):
        of_document(document)
