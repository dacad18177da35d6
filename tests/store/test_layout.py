"""Ids, legal names, and where things lie."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from runlog.errors import BadName
from runlog.store import layout

ID = re.compile(r"[0-9]{8}-[0-9]{6}-[23456789abcdefghjkmnpqrstuvwxyz]{6}")
DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"COM{n}" for n in range(10)), *(f"LPT{n}" for n in range(10))}
TEXT = st.text(max_size=30) | st.sampled_from(
    ["Ridge", "ridge", "a.b", "a..", "a-1~deadbeef", "größe", "GRÖSSE", "実験", "🙂", "con-1", "a" * 200]
)


@given(st.lists(st.integers(0, 2**32), min_size=2, max_size=20))
def test_ids_sort_by_the_second_they_were_given(seconds: list[int]) -> None:
    ids = [layout.new_id(second) for second in seconds]
    assert all(ID.fullmatch(name) and layout.is_id(name) for name in ids)
    assert [layout.named_at(name) for name in sorted(ids)] == [second * 10**9 for second in sorted(seconds)]


def test_ids_of_one_second_differ() -> None:
    assert len({layout.new_id(1795210212) for _ in range(5000)}) > 4950  # of 887 million
    assert layout.new_id(1795210212)[:16] == "20261120-213012-"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "20261120-213012-k3f9x",
        "20261120-213012-k3f9xx2",
        "20261120-213012-K3F9X2",
        "20261120-213012-k3f9x0",
        "20261120-213012-k3f9x2\n",
        "２０２６1120-213012-k3f9x2",
        "٢٠٢٦١١٢٠-٢١٣٠١٢-k3f9x2",
        "../20261120-213012-k3f9x2",
    ],
)
def test_what_is_no_id(text: str) -> None:
    assert not layout.is_id(text)


@pytest.mark.parametrize(
    "text", ["99999999-999999-k3f9x2", "00000000-000000-k3f9x2", "20261120-246060-k3f9x2", "20260230-000000-k3f9x2"]
)
def test_an_id_with_an_impossible_time_has_none(text: str) -> None:
    assert layout.named_at(text) == 0


@given(st.integers(0, 10**30))
def test_names_of_files_are_parsed_as_they_were_made(records: int) -> None:
    writer = "20261120-213012-k3f9x2"
    assert layout.parse_entries_name(layout.entries_name(writer, records)) == (writer, records)
    for kind in ("parquet", "rejected"):
        assert layout.parse_covered_name(layout.covered_name(writer, records, kind)) == (writer, records, kind)


@given(st.from_regex(r"\A(entries-)?20261120-213012-k3f9x2\.[0-9٠-٩]{1,4}\.(json|parquet|rejected|log)\Z"))
def test_a_name_that_is_parsed_is_the_name_that_would_be_made(name: str) -> None:
    """Else a reader would look for ever for `entries-….7.json` where `entries-….007.json` lies."""
    if found := layout.parse_entries_name(name):
        assert layout.entries_name(*found) == name
    if covered := layout.parse_covered_name(name):
        assert layout.covered_name(*covered) == name


def test_files_of_logs() -> None:
    assert layout.parse_log_name("20261120-213012-k3f9x2.log") == ("20261120-213012-k3f9x2", "log")
    assert layout.parse_log_name("20261120-213012-k3f9x2.jsonl") == ("20261120-213012-k3f9x2", "jsonl")
    for name in ("20261120-213012-k3f9x2.log.bak", ".staging-20261120-213012-k3f9x2.log", "x.log", "20261120-213012-k3f9x2.LOG"):
        assert layout.parse_log_name(name) is None


def accepted(name: str) -> str:
    try:
        return layout.check_experiment(name)
    except BadName:
        assume(False)
        raise


@given(TEXT)
@example("con")
@example("Con.txt")
@example("a.")
@example("~")
def test_folders_are_legal_everywhere(name: str) -> None:
    folder = layout.experiment_folder(accepted(name))
    assert re.fullmatch(r"[a-z0-9._~-]{1,64}", folder)  # lower case, and nothing that a bucket or a shell would change
    assert folder[0] not in ".-"
    assert not folder.endswith((".", " "))
    assert folder.split(".")[0].upper() not in DEVICES
    assert not layout.is_id(folder)


@given(TEXT, TEXT)
@example("Ridge", "ridge")
@example("a b", "a-b")
@example("größe", "grosse")
@example("é", "e")
def test_two_names_have_two_folders_even_where_case_does_not_count(one: str, other: str) -> None:
    one, other = accepted(one), accepted(other)
    assert (layout.experiment_folder(one).casefold() == layout.experiment_folder(other).casefold()) == (one == other)


@given(TEXT)
def test_a_name_and_its_other_spellings_in_unicode_are_one(name: str) -> None:
    accepted(name)
    spellings = [unicodedata.normalize(form, name) for form in ("NFC", "NFD")]
    assert len({layout.check_experiment(spelling) for spelling in spellings if len(spelling) <= 100}) <= 1


def test_many_names_have_as_many_folders() -> None:
    names = {f"Run {number}/{number % 7}".replace("/", ".") for number in range(20_000)}
    assert len({layout.experiment_folder(name) for name in names}) == len(names)


@given(st.text())
def test_what_was_allowed_once_is_allowed_when_it_is_read(name: str) -> None:
    for check in (
        layout.check_experiment,
        lambda text: layout.check_name("run name", text),
        lambda text: layout.check_key("param", text),
    ):
        try:
            kept = check(name)
        except BadName:
            continue
        assert check(kept) == kept
        kept.encode()


def test_a_name_that_grows_when_it_is_normalized_is_measured_afterwards() -> None:
    assert layout.check_name("run name", "\u0958" * 100) == "\u0915\u093c" * 100
    with pytest.raises(BadName, match="has 202 characters, 200 is the most"):
        layout.check_name("run name", "\u0958" * 101)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "experiment name is empty"),
        ("   ", "experiment name is empty"),
        (" a", "experiment name ' a' begins or ends with a blank"),
        ("a\u2002", "experiment name 'a\\u2002' begins or ends with a blank"),
        ("a" * 201, f"experiment name '{'a' * 57}...' has 201 characters, 200 is the most"),
        ("a\0b", "experiment name 'a\\x00b' holds a control character"),
        ("a\nb", "experiment name 'a\\nb' holds a control character"),
        ("a\x1b[31m", "experiment name 'a\\x1b[31m' holds a control character"),
        ("\ud800", "experiment name '\\ud800' is not valid text"),
        ("a\u2028b", "experiment name 'a\\u2028b' holds a control character"),
        (".", "experiment name '.' reads as a path"),
        ("..", "experiment name '..' reads as a path"),
        ("a/b", "experiment name 'a/b' reads as a path"),
        ("a\\b", "experiment name 'a\\\\b' reads as a path"),
        ("/etc", "experiment name '/etc' reads as a path"),
        ("CON", "experiment name 'CON' is a device on Windows, where this store could not be copied"),
        ("nul.txt", "experiment name 'nul.txt' is a device on Windows, where this store could not be copied"),
        (5, "experiment name must be text, got int 5"),
        (None, "experiment name must be text, got NoneType None"),
        (b"a", "experiment name must be text, got bytes b'a'"),
    ],
)
def test_bad_names_of_experiments(name: Any, problem: str) -> None:
    with pytest.raises(BadName) as caught:
        layout.check_experiment(name)
    assert caught.value.message == problem


@pytest.mark.parametrize("name", ["emoji 🙂", "größe", "実験", "a b", "a.b", "x" * 200, "-", "1", "Con fit", "a~b"])
def test_good_names_of_experiments(name: str) -> None:
    assert layout.check_experiment(name) == name


@pytest.mark.parametrize("key", ["", " ", "a\tb", "x" * 251, "\udfff", 1.5, None])
def test_bad_keys(key: Any) -> None:
    with pytest.raises(BadName) as caught:
        layout.check_key("param", key)
    assert caught.value.message.startswith("param name ")
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("key", ["lr", "a/b", " a ", "../..", "con", "π", "x" * 250, "a.b.c", "🙂"])
def test_good_keys(key: str) -> None:
    assert layout.check_key("param", key) == key


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("", "an artifact needs a name"),
        ("/", "an artifact needs a name"),
        ("./.", "an artifact needs a name"),
        ("/etc/passwd", "artifact path '/etc/passwd' leaves the run"),
        ("..", "artifact path '..' leaves the run"),
        ("a/../../b", "artifact path 'a/../../b' leaves the run"),
        ("C:/x", "artifact path 'C:/x' leaves the run"),
        ("a\0b", "artifact path 'a\\x00b' holds a control character"),
        ("a\nb", "artifact path 'a\\nb' holds a control character"),
        ("\udc80", "artifact path '\\udc80' is not valid text"),
        ("é" * 128, f"artifact path '{'é' * 57}...' has a name longer than 255 bytes"),
        ("/".join(["a" * 200] * 6), f"artifact path '{'a' * 57}...' is longer than 1024 bytes"),
    ],
)
def test_bad_paths_of_artifacts(path: str, problem: str) -> None:
    with pytest.raises(BadName) as caught:
        layout.check_artifact_path(path)
    assert caught.value.message == problem


@given(st.text() | st.lists(st.sampled_from(["a", "..", ".", "", "b c", "é", "x.y"]), max_size=6).map("/".join))
def test_a_path_of_an_artifact_stays_in_the_run_and_is_spelled_in_one_way(path: str) -> None:
    try:
        kept = layout.check_artifact_path(path)
    except BadName:
        return
    assert layout.check_artifact_path(kept) == kept
    assert not kept.startswith("/")
    assert all(part not in {"", ".", ".."} for part in kept.split("/"))
