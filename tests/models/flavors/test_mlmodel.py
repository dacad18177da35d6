"""The text of MLmodel files: what runlog writes is YAML to others, and what it reads is what others read."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped,import-not-found,unused-ignore]
from hypothesis import given
from hypothesis import strategies as st

from runlog.errors import BadInput
from runlog.models import mlmodel

TEXTS = st.text() | st.sampled_from(
    [
        "yes",
        "No",
        "null",
        "~",
        "1.5",
        "1e3",
        "0x1f",
        "1_000",
        "12:30:45",
        "2026-01-01",
        "- a",
        "a: b",
        "#c",
        "",
        " x ",
        "\t",
        "=",
        "<<",
        "\x85",
        "\ufeff",
    ]
)
SCALARS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | TEXTS
DATA = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=20)
DOCUMENTS = st.dictionaries(TEXTS, DATA, min_size=1, max_size=5)


@given(DOCUMENTS)
def test_what_is_written_is_read_back(document: dict[str, Any]) -> None:
    assert mlmodel.read(mlmodel.write(document)) == document


@given(DOCUMENTS)
def test_what_is_written_is_what_a_yaml_library_reads(document: dict[str, Any]) -> None:
    assert yaml.safe_load(mlmodel.write(document)) == document


@given(DOCUMENTS)
def test_what_a_yaml_library_writes_is_read(document: dict[str, Any]) -> None:
    try:
        text = yaml.safe_dump(document, default_flow_style=False)
        wanted = yaml.safe_load(text)
    except yaml.YAMLError:
        return  # it cannot read what it wrote
    assert mlmodel.read(text) == wanted


@given(DOCUMENTS)
def test_a_json_document_is_an_mlmodel_file_too(document: dict[str, Any]) -> None:
    assert mlmodel.read(json.dumps(document)) == document


LINES = st.lists(
    st.sampled_from(
        [
            "a: 1",
            "b:",
            "  - x",
            "- y",
            "  c: null",
            "a: b: c",
            "d: 'q'",
            "e: |",
            "    t",
            "-",
            "f: [1, 2]",
            "yes: 1",
            "? g",
            "h: 01",
        ]
    )
)


@given(LINES)
def test_what_runlog_takes_for_its_own_means_the_same_to_a_yaml_library(lines: list[str]) -> None:
    text = "\n".join(lines) + "\n"
    try:
        found = mlmodel.read(text)
    except BadInput:
        return
    assert found == yaml.safe_load(text)


def test_what_is_no_number() -> None:
    document = {"a": [math.inf, -math.inf, 1e-05, 1e16, 5e-324]}
    assert mlmodel.write({**document, "x": math.nan}).splitlines() == [
        "a:",
        "  - .inf",
        "  - -.inf",
        "  - 1.0e-05",
        "  - 1.0e+16",
        "  - 5.0e-324",
        "x: .nan",
    ]
    assert yaml.safe_load(mlmodel.write(document)) == mlmodel.read(mlmodel.write(document)) == document


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"a": object()}, "the description of a model is plain data, which object is not"),
        ({"a": {1: 2}}, "the description of a model has names that are text, not 1"),
    ],
)
def test_what_is_no_plain_data(document: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput) as refused:
        mlmodel.write(document)
    assert refused.value.message == message


@pytest.mark.parametrize(
    "text", ["", "- a\n", "a: [", "a\n", "{", "a: &x 1\nb: *y\n", "!!python/object/apply:os.system ['id']\n"]
)
def test_what_is_no_mlmodel_file(text: str) -> None:
    with pytest.raises(BadInput, match="MLmodel"):
        mlmodel.read(text)


def test_a_deep_document_is_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(200):
        deep = {"a": deep}
    with pytest.raises(BadInput, match="nested too deeply"):
        mlmodel.write(deep)
    with pytest.raises(BadInput):
        mlmodel.read("a: " + "[" * 20000)
