"""Each document: what is written comes back, and what is no document is refused in one sentence."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runlog.errors import Damaged, RunlogError, StoreError, UnknownFormat
from runlog.records import Birth, Entry, Kind, Metric, Process, Said
from runlog.store import format as documents
from runlog.store.document import time_text
from runlog.store.store import Store
from tests.store.behind import NO_SHRINKING, NOW, RUN, WRITERS, log_of, memory_folder, new_run, process_object, put_log
from tests.store.strategies import BIRTHS, SAIDS, SAYINGS, entries, same


@given(BIRTHS)
def test_births_come_back(birth: Birth) -> None:
    data = documents.birth_document(birth)
    assert same(documents.read_birth("run.json", data), birth)
    document = json.loads(data)
    assert (document["format"], document["id"], document["created_at"]) == (1, RUN, time_text(birth.created_at))


@given(SAIDS)
def test_words_come_back(said: Said) -> None:
    data = documents.said_document(RUN, said)
    assert same(documents.read_said("entries.json", data), said)
    document = json.loads(data, parse_constant=pytest.fail)
    assert (document["format"], document["run"], document["writer"]) == (1, RUN, said.writer)
    assert len(data.decode().splitlines()) >= len(said.entries)


@given(st.lists(entries(), max_size=4))
def test_a_document_shows_each_thing_on_a_line_of_its_own(said: list[Entry]) -> None:
    data = documents.said_document(RUN, Said(WRITERS[0], 1, None, tuple(said), {}, 0, NOW))
    lines = [line.strip().rstrip(",") for line in data.decode().split("\n") if '"at": ' in line]
    assert [documents.read_entry(json.loads(line)) and json.loads(line)["at"] for line in lines] == [
        time_text(entry.at) for entry in said
    ]


def test_every_kind_of_entry_is_tried_here() -> None:
    elsewhere = {"removed", "emptied", "direction"}
    assert set(SAYINGS) | elsewhere >= set(get_args(Kind))


def test_half_a_letter_becomes_a_question_mark() -> None:
    entry = Entry(NOW, "note", "", "file \udcff.txt")
    data = documents.said_document(RUN, Said(WRITERS[0], 1, None, (entry,), {}, 0, NOW))
    assert documents.read_said("x", data).entries[0].value == "file ?.txt"


READERS: list[Callable[[str, bytes], object]] = [documents.read_birth, documents.read_said, documents.read_marker]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "x.json is empty"),
        (b"\n", "x.json is empty"),
        (b"\0" * 512, "x.json is empty"),
        (b"{", "x.json is not valid JSON"),
        (b"\xff\xfe", "x.json is not valid JSON"),
        (b"\xef\xbb\xbf{}", "x.json is not valid JSON"),
        (b"[" * 100_000, "x.json is not valid JSON"),
        (b'{"a": "\\ud800"}', "x.json is not valid JSON"),
        (b"[]", "x.json holds no object"),
        (b"null", "x.json holds no object"),
        (b"{}", "x.json does not say its format"),
        (b'{"format": "1"}', "x.json does not say its format"),
        (b'{"format": true}', "x.json does not say its format"),
        (b'{"format": 1.0}', "x.json does not say its format"),
        (b'{"format": -1}', "x.json does not say its format"),
        (b'{"format": Infinity}', "x.json does not say its format"),
    ],
)
def test_what_is_no_document(data: bytes, problem: str) -> None:
    for reader in READERS:
        with pytest.raises(Damaged) as caught:
            reader("x.json", data)
        assert (caught.value.message, caught.value.hint, caught.value.status) == (problem, "runlog check", 6)


def test_another_format_is_refused_with_one_sentence_when_it_is_newer_and_another_when_it_is_older(tmp_path: Path) -> None:
    newer, older = b'{"format": 2}', b'{"format": 0}'
    for reader in READERS:
        with pytest.raises(UnknownFormat) as caught:
            reader("x.json", newer)
        assert caught.value.message == "x.json has format 2, newer than format 1 which this runlog knows"
        assert caught.value.hint == "pip install -U runlog"
        with pytest.raises(UnknownFormat) as caught:
            reader("x.json", older)
        assert caught.value.message == "x.json has format 0, older than any that was released"
    root = tmp_path / "store"
    Store.create(root)
    for document, word in ((newer, "newer"), (older, "older")):
        (root / "store.json").write_bytes(document)
        for opening in (Store.open, Store.create):
            with pytest.raises(UnknownFormat, match=word):
                opening(root)


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("id", 5, "5 is not text"),
        ("id", None, "None is not text"),
        ("experiment", "../..", "experiment name '../..' reads as a path"),
        ("experiment", "a\x1b[0m", "experiment name 'a\\x1b[0m' holds a control character"),
        ("name", 7, "run name must be text, got int 7"),
        ("created_at", "soon", "Invalid isoformat string: 'soon'"),
        ("params", {"": 1}, "param name is empty"),
        ("params", [], "'list' object has no attribute 'items'"),
        ("tags", {"a": 1}, "1 is not text"),
        ("process", {"pid": "5"}, "'5' is not a whole number"),
        ("host", "linux", "'linux' is not an object"),
    ],
)
def test_a_birth_with_one_wrong_key(key: str, value: Any, problem: str) -> None:
    birth = json.loads(documents.birth_document(a_birth()))
    birth[key] = value
    with pytest.raises(Damaged) as caught:
        documents.read_birth("run.json", json.dumps(birth).encode())
    assert caught.value.message == f"run.json is not a run's birth document: {problem}"
    del birth[key]
    if key in {"id", "experiment", "created_at"}:
        with pytest.raises(Damaged, match=f"birth document: key '{key}' is missing"):
            documents.read_birth("run.json", json.dumps(birth).encode())
    else:
        documents.read_birth("run.json", json.dumps(birth).encode())


@pytest.mark.parametrize(
    "entry",
    [
        {"artifact": "../../../etc/passwd", "value": {"bytes": 1, "sha256": "x"}},
        {"artifact": "/etc/passwd", "value": {"bytes": 1, "sha256": "x"}},
        {"artifact": "a//b", "value": {"bytes": 1, "sha256": "x"}},
        {"artifact": "a", "value": {"bytes": "1", "sha256": "x"}},
        {"artifact": "a", "value": None},
        {"artifact": "a"},
        {"input": "a", "value": {"path": 1, "bytes": 1, "sha256": "x"}},
        {"end": None},
        {"end": {"state": "asleep"}},
        {"end": {"state": ["finished"]}},
        {"end": {"state": "failed", "error": "yes"}},
        {"end": {"state": "failed", "exit_code": "1"}},
        {"open": {"role": "main"}},
        {"open": "main"},
        {"param": 5, "value": 1},
        {"param": "", "value": 1},
        {"param": "a", "value": {"float": "many"}},
        {"param": "a", "value": {"dict": 5}},
        {"tag": "a\nb", "value": "x"},
        {"name": "a\x1b[2J"},
        {"note": 5},
        {"experiment": None},
        {"at": "never", "note": "x"},
        {"at": None, "note": "x"},
        {"at": 5},
    ],
    ids=json.dumps,
)
def test_an_entry_that_is_not_what_its_kind_must_be(entry: dict[str, Any]) -> None:
    document = json.loads(documents.said_document(RUN, Said(WRITERS[0], 1, None, (), {}, 0, NOW)))
    document["entries"] = [{"at": time_text(NOW), **entry}]
    with pytest.raises(Damaged, match="is not an entries document: ") as caught:
        documents.read_said("x.json", json.dumps(document).encode())
    assert "\n" not in caught.value.message


def test_what_a_later_runlog_says_is_passed_over() -> None:
    document = json.loads(documents.said_document(RUN, Said(WRITERS[0], 1, None, (), {}, 0, NOW)))
    document["unheard"] = {"of": 1}
    document["entries"] = [
        {"at": time_text(NOW), "prophecy": "x", "value": 5},
        {"at": time_text(NOW), "note": "known"},
    ]
    assert [entry.value for entry in documents.read_said("x.json", json.dumps(document).encode()).entries] == ["known"]


def a_birth() -> Birth:
    return Birth(
        RUN, "default", "ridge", NOW, None, "a note", {"alpha": 0.1, "nested": {"float": 1}}, {"model": "ridge"},
        {"argv": ["python", "train.py"], "cwd": "."}, Process(5, 7, "node", "boot", "pid:[1]", "ada"), {"os": "linux"},
    )  # fmt: skip


def a_said() -> Said:
    metric = Metric(3, 1.0, 2.0, 3, NOW, 0.5, 2, math.inf, 3, 1, NOW)
    words = (
        Entry(NOW, "open", "", {"role": "main", "process": process_object(5)}),
        Entry(NOW, "param", "epochs", 3),
        Entry(NOW, "artifact", "model.bin", {"bytes": 3, "sha256": "ab"}),
        Entry(NOW, "input", "train", {"path": "train.csv", "bytes": 3, "sha256": "ab", "files": 1}),
        Entry(NOW, "tag", "stage", "dev"),
        Entry(NOW, "name", "", "ridge"),
        Entry(NOW, "lost", "metrics/x.parquet", "is missing"),
        Entry(NOW, "end", "", {"role": "main", "state": "failed", "exit_code": 1, "error": {"type": "E", "message": "m"}}),
    )
    return Said(WRITERS[1], 12, Process(5, 7, "node", "boot", "pid:[1]", "ada"), words, {"rmse": metric}, 3, NOW, 1, 2)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**25), 10**25) | st.floats() | st.text(max_size=6)
    | st.sampled_from(["NaN", "..", "finished", "2026-11-20T21:30:12Z", "\ud800", 10**400, 1e400]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["float", "dict", "at", "end", "value", "x"]), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn, document: bytes) -> bytes:
    """A document with a few of its values replaced, removed or doubled, and now and then a byte changed."""
    value = copy.deepcopy(json.loads(document))
    for _ in range(draw(st.integers(1, 3))):
        holder: Any = value
        while True:
            places = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not places:
                break
            place = draw(st.sampled_from(places))
            if isinstance(holder[place], dict | list) and holder[place] and draw(st.booleans()):
                holder = holder[place]
                continue
            if isinstance(holder, dict) and draw(st.integers(0, 3)) == 0:
                holder[draw(st.sampled_from(["x", "float", "dict", "value", "end"]))] = holder.pop(place)
            elif draw(st.integers(0, 3)) == 0:
                del holder[place]
            else:
                holder[place] = draw(JUNK)
            break
    data = bytearray(json.dumps(value, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass"))
    if data and draw(st.integers(0, 3)) == 0:
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data)


@settings(max_examples=250)
@given(st.data())
def test_a_mutated_document_is_read_or_refused_in_a_sentence(data: st.DataObject) -> None:
    sources = [
        documents.birth_document(a_birth()),
        documents.said_document(RUN, a_said()),
        documents.marker_document("a/b/c", Process(1, 2, "", "", "", "")),
    ]
    document = data.draw(st.sampled_from(sources).flatmap(mutated))
    for reader in READERS:
        try:
            reader("x.json", document)
        except (Damaged, UnknownFormat) as error:
            assert "\n" not in error.message
            assert len(error.message) < 300
            error.message.encode()


def nothing_left(store: Store) -> bool:
    """Whether a check is content, except with what another generation of runlog may have written: that is not ours to mend."""
    findings = [finding for finding in store.check().findings if finding.severity != "note"]
    return all(" has format " in f" {finding.problem}" for finding in findings)


@settings(max_examples=80, phases=NO_SHRINKING)
@given(
    mutated(documents.birth_document(a_birth())) | st.binary(max_size=40),
    mutated(documents.said_document(RUN, a_said())) | st.binary(max_size=40),
)
def test_a_store_with_a_mutated_document_is_listed_checked_and_mended(birth: bytes, said: bytes) -> None:
    """Whatever is in one run, the others are listed, only sentences come out, and `check --repair` leaves a clean store."""
    with memory_folder() as place:
        root = place / "store"
        run = new_run(root)
        put_log(run, WRITERS[0], log_of([("loss", 0, NOW, 1.0)]))
        run.settle()
        other = new_run(root, run_id="20261120-213013-aaaaaa")
        (run.path / "run.json").write_bytes(birth)
        (run.path / f"entries-{WRITERS[1]}.12.json").write_bytes(said)
        store = Store.open(root)
        assert other.id in {found.id for found in store.runs()}
        for use in (run.record, run.history, run.settle, lambda: store.run(RUN).record.state, store.recover):
            try:
                use()
            except StoreError as error:
                assert "\n" not in str(error)
        before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
        store.check()
        assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before
        store.check(repair=True)
        assert nothing_left(store)
        for found in store.runs():
            assert found.record.id in {RUN, other.id}
            found.history()
            found._repr_html_()


@settings(max_examples=60, phases=NO_SHRINKING)
@given(
    mutated(documents.marker_document(f"experiments/default/{RUN}", Process(0, 0, "elsewhere", "", "", "")))
    | st.binary(max_size=40)
)
@example(b'{"format": 1}')
@example(b'{"format": 1, "run": "experiments/../../..", "process": null}')
def test_a_mutated_marker_harms_nobody(marker: bytes) -> None:
    with memory_folder() as place:
        root = place / "store"
        run = new_run(root)
        put_log(run, WRITERS[0], log_of([("loss", 0, NOW, 1.0)]))
        (root / "live" / RUN).write_bytes(marker)
        store = Store.open(root)
        store.recover()
        assert run.history("loss").num_rows == 1
        store.check(repair=True)
        assert nothing_left(store)
        assert run.history("loss").num_rows == 1


def test_errors_of_documents_belong_to_the_tree() -> None:
    assert issubclass(Damaged, RunlogError)
    assert issubclass(UnknownFormat, RunlogError)
