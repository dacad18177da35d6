"""Words of a command line as names and values, and back."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runlog.errors import BadInput, UsageError
from runlog.tracking.command.words import as_word, fill, read_param, read_tag, read_value, variables

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.text("abcxyz._-", min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("0.10", 0.1),
        ("1e-3", 0.001),
        (".5", 0.5),
        ("-.5e2", -50.0),
        ("5.", 5.0),
        ("true", True),
        ("null", None),
        ('"1"', "1"),
        ("[1, 2]", [1, 2]),
        ('{"a": 1}', {"a": 1}),
        ("", ""),
        ("True", "True"),
        ("007", "007"),
        ("1.2.3", "1.2.3"),
        (".", "."),
        ("12:30", "12:30"),
        ("[1", "[1"),
        ("[" * 100_000, "[" * 100_000),
        ("9" * 5000, "9" * 5000),
        ("a=b", "a=b"),
    ],
)
def test_a_value_is_json_else_text(text: str, value: Any) -> None:
    assert read_value(text) == value
    assert type(read_value(text)) is type(value)


@given(JSON)
def test_every_json_value_is_read_as_it_is(value: Any) -> None:
    assert read_value(json.dumps(value)) == value


def test_a_colon_keeps_a_param_a_text() -> None:
    assert read_param("alpha=0.1") == ("alpha", 0.1)
    assert read_param("alpha:=0.1") == ("alpha", "0.1")
    assert read_param("url:=a=b:=c") == ("url", "a=b:=c")
    assert read_param("note=a=b") == ("note", "a=b")
    assert read_param("empty=") == ("empty", "")


@pytest.mark.parametrize("text", ["alpha", "=1", "", " =1"])
def test_a_param_without_name_or_value_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_param(text)
    assert caught.value.message == f"--param {text!r} is not of the form name=value"
    assert caught.value.hint == "runlog run --param alpha=0.1 -- <command>"


def test_tags_may_be_bare() -> None:
    assert [read_tag(text) for text in ("model=ridge", "baseline", "a=b=c", "a=")] == [
        ("model", "ridge"),
        ("baseline", ""),
        ("a", "b=c"),
        ("a", ""),
    ]


def test_placeholders_are_filled() -> None:
    params = {"alpha": 0.1, "name": "a b", "on": True, "none": None, "list": [1, "x"]}
    assert fill(["--alpha={alpha}", "{name}", "{on}{none}", "{list}", "{alpha}{alpha}"], params) == [
        "--alpha=0.1",
        "a b",
        "truenull",
        '[1, "x"]',
        "0.10.1",
    ]


def test_doubled_braces_are_literal_and_other_braces_stay() -> None:
    params = {"alpha": 0.1}
    words = ["{{alpha}}", "{{beta}}", "{beta}", "{}", "${HOME}", "{'alpha': 1}", "{alpha", "alpha}", "{ alpha }", "{{{alpha}}}"]
    assert fill(words, params) == [
        "{alpha}",
        "{{beta}}",
        "{beta}",
        "{}",
        "${HOME}",
        "{'alpha': 1}",
        "{alpha",
        "alpha}",
        "{ alpha }",
        "{{alpha}}",
    ]


def test_what_was_filled_in_is_not_filled_again() -> None:
    assert fill(["{a} {b}"], {"a": "{b}", "b": "{a}"}) == ["{b} {a}"]


def test_a_param_that_was_taken_apart_is_put_together_again() -> None:
    params = {"model.depth": 3, "model.head.width": 2, "other": 1}
    assert fill(["{model}", "{model.head}", "{model.depth}"], params) == [
        '{"depth": 3, "head": {"width": 2}}',
        '{"width": 2}',
        "3",
    ]


@given(st.lists(st.text()), st.dictionaries(NAMES, JSON))
def test_words_without_braces_stay_as_they_are(words: list[str], params: dict[str, Any]) -> None:
    words = [word.replace("{", "") for word in words if _can_be_passed(word)]
    assert fill(words, params) == words


@given(st.dictionaries(NAMES, JSON, min_size=1))
def test_each_placeholder_is_the_word_of_its_param(params: dict[str, Any]) -> None:
    flat = {name: value for name, value in params.items() if _can_be_passed(as_word(value))}
    assert fill([f"<{{{name}}}>" for name in flat], flat) == [f"<{as_word(value)}>" for value in flat.values()]


@pytest.mark.parametrize("value", ["x\0y", "\ud800"])
def test_what_no_argument_can_hold_is_refused(value: str) -> None:
    with pytest.raises(BadInput, match="holds a NUL or half a character"):
        fill(["{a}"], {"a": value})


def test_params_become_variables() -> None:
    found, left_out = variables({"alpha": 0.1, "model.depth": 3, "name": "a b", "on": False, "no-key": None})
    assert found == {
        "RUNLOG_PARAM_ALPHA": "0.1",
        "RUNLOG_PARAM_MODEL_DEPTH": "3",
        "RUNLOG_PARAM_NAME": "a b",
        "RUNLOG_PARAM_ON": "false",
        "RUNLOG_PARAM_NO_KEY": "null",
    }
    assert left_out == []


def test_what_no_environment_can_hold_is_left_out() -> None:
    many = {f"p{number}": "x" * 50_000 for number in range(20)}
    found, left_out = variables({"long": "ä" * 65_000, "nul": "\0", "half": "\ud800", **many, "small": 1})
    assert {"long", "nul", "half"} < set(left_out)
    assert sum(map(len, found.values())) <= 400_000
    assert found["RUNLOG_PARAM_SMALL"] == "1"


def _can_be_passed(word: str) -> bool:
    return "\0" not in word and not any("\ud800" <= letter <= "\udfff" for letter in word)
