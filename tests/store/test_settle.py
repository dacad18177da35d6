"""From logs to documents: nothing changes for a reader, whoever does it, how often, and wherever it is interrupted."""

from __future__ import annotations

import json
import math
import os
import shutil
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runlog.errors import Damaged
from runlog.store.rundir import RunDir
from runlog.store.store import Store
from tests.scene import tree
from tests.store.behind import (
    MAGIC,
    NO_SHRINKING,
    NOW,
    RUN,
    WRITERS,
    age,
    bits,
    definition,
    documents,
    ending,
    file_names,
    json_record,
    log_of,
    memory_folder,
    new_run,
    opening,
    parquet_points,
    process_object,
    put_log,
    row,
    table_points,
)

DOOR = "20261120-213012-dddddd"
POINTS = st.lists(
    st.tuples(
        st.sampled_from(["loss", "größe", "z"]),
        st.integers(-3, 3) | st.sampled_from([-(2**63), 2**63 - 1]),
        st.integers(-(2**61), 2**61) | st.integers(NOW, NOW + 5_000_000),
        st.floats(),
    ),
    max_size=12,
)
JSON = (
    st.none()
    | st.integers()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
    | st.just({"float": "NaN"})
    | st.just([1, {"dict": {"float": 2}}])
)
WORDS = st.lists(
    st.tuples(
        st.sampled_from(["param", "problem", "tag", "beat", "note"]),
        st.sampled_from(["a", "b", "ü"]),
        JSON,
        st.integers(NOW, NOW + 3000),
    ),
    max_size=6,
)


def said(kind: str, key: str, value: Any, at: int) -> bytes:
    if kind == "note":
        return json_record({"kind": kind, "key": "", "value": None if value is None else str(value)}, at)
    return json_record({"kind": kind, "key": key if kind != "problem" else "", "value": value}, at)


@st.composite
def logs(draw: st.DrawFn, role: str) -> bytes:
    """A log of batches, single points and other words, whole or with a torn end."""
    parts = [MAGIC, opening(draw(st.integers(NOW - 999, NOW)), role), *[said(*word) for word in draw(WORDS)]]
    for number, batch in enumerate(draw(st.lists(POINTS.filter(bool), max_size=3))):
        names = list(dict.fromkeys(point[0] for point in batch))
        parts += [definition(number + 1, names)]
        parts += [row(number + 1, step, at, [value + column for column in range(len(names))]) for _, step, at, value in batch]
    parts += [said(*word) for word in draw(WORDS)]
    parts.append(ending(NOW + 4000, role))
    whole = b"".join(parts)
    return whole + draw(st.sampled_from([b"", row(1, 1, NOW, [0.5])[:-3], b"\0" * 40]))


def picture(run: RunDir) -> tuple[str, Counter[tuple[str, int, int, bytes]]]:
    """All that a reader can learn of a run."""
    record = run.record()
    table = run.history()
    found = table_points(table)
    assert [row[:3] for row in found] == sorted((row[:3] for row in found), key=lambda row: (row[0].encode(), *row[1:]))
    for name, metric in record.metrics.items():
        alone = table_points(run.history(name))
        assert len(alone) == metric.count
        assert alone == [row for row in found if row[0] == name]
    assert set(record.metrics) == {row[0] for row in found}
    return repr(record), Counter(found)


def is_clean(root: Path) -> bool:
    """Whether a check finds nothing, once the store was opened by somebody who finishes what others left."""
    store = Store.open(root)
    store.recover()
    return store.check().clean


@settings(max_examples=40, phases=NO_SHRINKING)
@given(st.lists(logs("side"), max_size=3), logs("main"), st.permutations(range(4)))
def test_a_settled_run_is_the_run_that_lived(helpers: list[bytes], main: bytes, order: list[int]) -> None:
    """One writer after the other becomes documents, in any order, and no reader can tell."""
    with memory_folder() as place:
        run = new_run(place / "store")
        for writer, data in zip(WRITERS, [main, *helpers], strict=False):
            put_log(run, writer, data)
        before = picture(run)
        for number in order:
            path = run.live / f"{WRITERS[number]}.log"
            if path.exists():
                others = [other for other in run.live.iterdir() if other != path]
                hidden = [other.rename(run.path.parent / other.name) for other in others]
                run.settle(closed=[path.stem])
                assert not path.exists()
                run.live.mkdir(exist_ok=True)
                for other in hidden:
                    other.rename(run.live / other.name)
                assert picture(run) == before
        assert run.settle()
        assert not run.live.exists()
        assert picture(run) == before
        settled = tree(place)
        assert run.settle()
        assert tree(place) == settled
        assert is_clean(place / "store")
        # And without runlog: every document holds what it says, and the points are those of the picture.
        points: Counter[tuple[str, int, int, bytes]] = Counter()
        for name, document in documents(run).items():
            parquet = run.path / "metrics" / name.removeprefix("entries-").replace(".json", ".parquet")
            found = parquet_points(parquet) if document["points"] else []
            assert len(found) == document["points"] == sum(metric["count"] for metric in document["metrics"].values())
            assert parquet.exists() == bool(found)
            points.update(found)
        assert points == before[1]


def test_a_reader_that_sees_a_log_and_its_documents_counts_once(tmp_path: Path) -> None:
    run = new_run(tmp_path / "store")
    log = put_log(run, WRITERS[0], log_of([("loss", step, NOW, step / 7) for step in range(50)]))
    data = log.read_bytes()
    before = picture(run)
    run.settle()
    put_log(run, WRITERS[0], data)
    assert picture(run) == before
    assert run.settle()
    assert not run.live.exists()
    assert picture(run) == before


def test_a_log_that_says_more_than_its_documents_is_believed_and_replaces_them(tmp_path: Path) -> None:
    run = new_run(tmp_path / "store")
    first = log_of([("loss", step, NOW, step / 7) for step in range(5)], ended=False)
    put_log(run, WRITERS[0], first)
    run.settle(closed=[WRITERS[0]])
    assert list(documents(run)) == [f"entries-{WRITERS[0]}.7.json"]
    longer = first + row(1, 5, NOW, [5 / 7]) + ending()
    put_log(run, WRITERS[0], longer)
    assert run.record().metrics["loss"].count == run.history("loss").num_rows == 6
    assert run.settle()
    assert list(documents(run)) == [f"entries-{WRITERS[0]}.9.json"]
    assert list(file_names(run.path)) == [f"entries-{WRITERS[0]}.9.json", f"metrics/{WRITERS[0]}.9.parquet", "run.json"]
    assert run.history("loss").num_rows == 6


def put_documents(run: RunDir, writer: str, records: int, points: list[tuple[str, int, int, float]], **more: Any) -> None:
    """An entries document and its points, written as docs/format.md has them."""
    metrics: dict[str, Any] = {}
    for name, step, _, value in points:
        known = metrics.setdefault(
            name, {"count": 0, "first": value, "first_step": step, "first_at": "2026-11-20T21:30:12.000000Z"}
        )
        known.update(count=known["count"] + 1, last=value, last_step=step, last_at="2026-11-20T21:30:12.000000Z")
        known.update(min=value, step_of_min=step, max=value, step_of_max=step)
    document = {
        "format": 1,
        "run": RUN,
        "writer": writer,
        "records": records,
        "process": process_object(),
        "last_sign_at": "2026-11-20T21:30:12.000000Z",
        "points": len(points),
        "metrics": metrics,
        "entries": [{"at": "2026-11-20T21:30:12.000000Z", "param": "n", "value": records}],
        **more,
    }
    (run.path / f"entries-{writer}.{records}.json").write_text(json.dumps(document))
    if points:
        (run.path / "metrics").mkdir(exist_ok=True)
        columns = {
            "metric": [point[0] for point in points],
            "step": [point[1] for point in points],
            "time": pa.array([point[2] // 10**6 for point in points], pa.timestamp("ms", tz="UTC")),
            "value": [point[3] for point in points],
        }
        pq.write_table(pa.table(columns), run.path / "metrics" / f"{writer}.{records}.parquet")


@settings(max_examples=30, phases=NO_SHRINKING)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=5, unique=True), st.integers(0, 40) | st.none())
def test_of_several_words_of_one_writer_the_longest_counts_and_the_rest_are_removed(counts: list[int], log: int | None) -> None:
    with memory_folder() as place:
        run = new_run(place / "store")
        for count in counts:
            put_documents(run, WRITERS[0], count, [("loss", step, NOW, 1.0) for step in range(count)])
        put_documents(run, WRITERS[1], 3, [("loss", step, NOW, 1.0) for step in range(3)])
        longest = max(counts)
        if log is not None:
            # Two records begin a log of this helper: the opening and the definition.
            put_log(run, WRITERS[0], log_of([("loss", step, NOW, 1.0) for step in range(log)], ended=False))
            spoken = log + (2 if log else 1)
            longest = max(longest, spoken)
        expected = (log if log is not None and longest > max(counts) else max(counts)) or 0
        metric = run.record().metrics["loss"]
        assert metric.count == run.history("loss").num_rows == expected + 3
        run.settle(closed=[WRITERS[0]])
        assert set(documents(run)) == {f"entries-{WRITERS[0]}.{longest}.json", f"entries-{WRITERS[1]}.3.json"}
        parquet = {f"{WRITERS[1]}.3.parquet"} | ({f"{WRITERS[0]}.{longest}.parquet"} if expected else set())
        assert {path.name for path in (run.path / "metrics").iterdir()} == parquet
        assert not run.live.exists()
        assert run.history("loss").num_rows == expected + 3
        assert is_clean(place / "store")


def test_documents_that_a_power_loss_has_emptied_replace_nothing(tmp_path: Path) -> None:
    """Written in haste and then emptied: the log beside them, or the shorter words that are sound, must stay."""
    data = log_of([("loss", step, NOW, 1.0) for step in range(5)])
    for emptied in (b"", b"\0" * 300, b"{"):
        for what in ("entries", "parquet"):
            root = tmp_path / f"{what}-{len(emptied)}" / "store"
            run = new_run(root)
            put_log(run, WRITERS[0], data)
            run.settle()
            put_log(run, WRITERS[0], data)
            [entries] = run.path.glob("entries-*")
            [points] = run.path.glob("metrics/*")
            (entries if what == "entries" else points).write_bytes(emptied)
            assert run.history("loss").num_rows == run.record().metrics["loss"].count == 5
            assert run.settle()
            assert run.history("loss").num_rows == 5
            assert is_clean(root)
    run = new_run(tmp_path / "shorter" / "store")
    put_documents(run, WRITERS[0], 5, [("loss", 0, NOW, 1.0)])
    (run.path / f"entries-{WRITERS[0]}.9.json").write_bytes(b"")
    run.settle()
    assert (run.path / f"entries-{WRITERS[0]}.5.json").exists()


def test_a_reader_whose_documents_are_replaced_before_its_eyes_reads_those_that_replace_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the moment between the document and its points somebody else settles what came later."""
    run = new_run(tmp_path / "store")
    put_log(run, WRITERS[1], log_of([("other", 0, NOW, 1.0)]))
    door = put_log(run, DOOR, b'{"a": 0}\n', "jsonl")
    run.settle()
    age(door)
    run.settle()
    assert not door.exists()
    looking = os.lstat
    looks: list[str] = []

    def replaced_first(path: Any) -> os.stat_result:
        if str(path).endswith(".parquet") and not looks:
            looks.append(str(path))
            put_log(run, DOOR, b'{"a": 0}\n{"a": 1}\n', "jsonl")
            RunDir(run.store, run.folder).settle()
            assert not Path(path).exists()
        return looking(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "lstat", replaced_first)
        table = run.history("a")
    assert [Path(path).name for path in looks] == [f"{DOOR}.1.parquet"]
    assert table["step"].to_pylist() == [0, 1]


def test_points_of_one_moment_stand_in_the_order_of_their_writers(tmp_path: Path) -> None:
    run = new_run(tmp_path / "store")
    second = 10**9
    put_log(run, WRITERS[0], log_of([("a", 1, NOW, 0.0), ("a", 2, NOW + second, 1.0)]))
    put_log(run, WRITERS[1], log_of([("a", 0, NOW, 2.0), ("a", 1, NOW, 3.0)]))
    put_log(run, WRITERS[2], log_of([("a", 2, NOW + second, 4.0), ("a", 3, NOW, 5.0)]))
    for _ in range(2):
        for name in ("a", None):
            assert run.history(name)["value"].to_pylist() == [2.0, 0.0, 3.0, 1.0, 4.0, 5.0]
        run.settle()


def test_the_log_of_a_writer_that_may_go_on_is_left_alone(tmp_path: Path) -> None:
    """Done is who said so, who was named, and whose process is gone; not the rest, whatever becomes of the others."""
    from runlog.capture.process import this_process
    from runlog.store.format import process_object as as_object

    run = new_run(tmp_path / "store")
    now = time.time_ns() // 1000 * 1000
    points = row(1, 0, now, [1.0])
    living = {"kind": "open", "key": "", "value": {"role": "side", "process": as_object(this_process())}}
    dead = {"kind": "open", "key": "", "value": {"role": "side", "process": {**as_object(this_process()), "started": 1}}}
    elsewhere = {"kind": "open", "key": "", "value": {"role": "side", "process": process_object(5)}}
    said_by = {0: living, 1: dead, 2: elsewhere, 3: elsewhere, 4: elsewhere}
    for number, document in said_by.items():
        data = MAGIC + json_record(document, now) + definition(1, [f"m{number}"]) + points
        put_log(run, WRITERS[number], data + (ending(now, "side") if number == 4 else b""))
    before = {path.name: path.read_bytes() for path in run.live.iterdir()}
    seen = picture(run)
    assert not run.settle(closed=[WRITERS[3]])
    assert {path.name: path.read_bytes() for path in run.live.iterdir()} == {
        f"{WRITERS[number]}.log": before[f"{WRITERS[number]}.log"] for number in (0, 2)
    }
    assert picture(run) == seen


def test_points_that_are_missing_are_said_to_be_missing(tmp_path: Path) -> None:
    run = new_run(tmp_path / "store")
    put_documents(run, WRITERS[0], 5, [("loss", 0, NOW, 1.0)])
    (run.path / "metrics" / f"{WRITERS[0]}.5.parquet").unlink()
    with pytest.raises(Damaged) as caught:
        run.history("loss")
    assert caught.value.message == f"{run.folder}/metrics/{WRITERS[0]}.5.parquet is missing"


def test_words_under_the_name_of_another_are_refused(tmp_path: Path) -> None:
    run = new_run(tmp_path / "store")
    put_documents(run, WRITERS[0], 5, [])
    shutil.copy(run.path / f"entries-{WRITERS[0]}.5.json", run.path / f"entries-{WRITERS[1]}.5.json")
    with pytest.raises(Damaged, match=f"holds the words of {WRITERS[0]}.5"):
        run.record()


def test_names_that_only_look_like_those_of_runlog_are_left_alone(tmp_path: Path) -> None:
    run = new_run(tmp_path / "store")
    put_log(run, WRITERS[0], log_of([("loss", 0, NOW, 1.0)]))
    for name in (f"entries-{WRITERS[0]}.007.json", f"entries-{WRITERS[0]}.٧.json", "entries-x.1.json", "notes.txt"):
        (run.path / name).write_text("mine")
    (run.live / "notes.txt").write_text("mine")
    assert run.record().metrics["loss"].count == 1
    run.settle()
    assert {path.read_text() for path in run.path.glob("*[!n]") if path.is_file() and path.name != "run.json"} >= {"mine"}
    assert (run.path / f"entries-{WRITERS[0]}.007.json").read_text() == "mine"
    assert (run.live / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("data", [b"", b"runl", MAGIC, b"\0" * 4096], ids=["empty", "piece", "magic", "zeros"])
def test_a_log_in_which_nobody_has_spoken_yet_is_left_alone_for_a_day(tmp_path: Path, data: bytes) -> None:
    """Another process may have made it this very moment; only when its name is a day old does it go."""
    from runlog.store import layout

    run = new_run(tmp_path / "store")
    put_log(run, WRITERS[0], log_of([("loss", 0, NOW, 1.0)]))
    young, old = layout.new_id(), layout.new_id(1_600_000_000)
    put_log(run, young, data)
    put_log(run, old, data)
    before = picture(run)
    assert not run.settle()
    assert [path.name for path in run.live.iterdir()] == [f"{young}.log"]
    assert picture(run) == before
    assert is_clean(tmp_path / "store")


def test_a_log_that_is_no_log_stops_nobody_but_its_own_run(tmp_path: Path) -> None:
    root = tmp_path / "store"
    run, other = new_run(root), new_run(root, run_id="20261120-213013-aaaaaa")
    put_log(run, WRITERS[0], log_of([("loss", 0, NOW, 1.0)]))
    put_log(run, WRITERS[1], b"this is no log, whatever its name says")
    put_log(other, WRITERS[2], log_of([("loss", 0, NOW, 1.0)]))
    with pytest.raises(Damaged, match="is not a metrics log"):
        run.record()
    store = Store.open(root)
    assert [found.id for found in store.runs()] == [other.id]
    store.recover()
    assert not other.live.exists()
    assert store.check(repair=True).clean
    assert store.check().clean
    assert run.history("loss").num_rows == 1
    [aside] = (root / "quarantine").rglob("*.log")
    assert aside.read_bytes() == b"this is no log, whatever its name says"


def test_a_door_is_settled_again_when_more_came_through_it(tmp_path: Path) -> None:
    run = new_run(tmp_path / "store")
    put_log(run, WRITERS[0], log_of([]))
    door = put_log(run, DOOR, b'{"a": 1}\nbad\n', "jsonl")
    assert not run.settle()
    assert door.exists()
    assert run.history("a").num_rows == 1
    with door.open("ab") as file:
        file.write(b'{"a": 2}\nworse\n{"a": 3}')
    assert run.history("a").num_rows == 2
    assert not run.settle()
    assert run.history("a").num_rows == run.record().metrics["a"].count == 3
    assert run.record().problems == ("2 lines of the metrics file could not be read and were kept aside",)
    age(door)
    assert run.settle()
    assert list(file_names(run.path)) == [
        f"entries-{WRITERS[0]}.2.json",
        f"entries-{DOOR}.5.json",
        f"metrics/{DOOR}.5.parquet",
        f"metrics/{DOOR}.5.rejected",
        "run.json",
    ]
    assert (run.path / "metrics" / f"{DOOR}.5.rejected").read_bytes() == b"bad\nworse\n"
    assert table_points(run.history("a"))[-1][3] == bits(3.0)


def test_a_settled_log_with_damaged_places_says_so_for_ever(tmp_path: Path) -> None:
    run = new_run(tmp_path / "store")
    data = bytearray(log_of([("loss", step, NOW, 1.0) for step in range(9)]))
    data[-200] ^= 1
    put_log(run, WRITERS[0], bytes(data))
    before = picture(run)
    assert run.record().problems == ("1 damaged place in a metrics log was passed over",)
    run.settle()
    assert picture(run) == before
    assert math.isclose(run.record().metrics["loss"].last, 1.0)
