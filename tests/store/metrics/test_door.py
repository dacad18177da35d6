"""The door for other languages: whatever anybody writes to it, and what comes of it."""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runlog.records import RunRecord
from runlog.store.metrics.door import mark, read_door
from runlog.store.metrics.reading import Contents
from runlog.store.rundir import RunDir
from tests.scene import environment
from tests.store.behind import (
    NO_SHRINKING,
    NOW,
    age,
    bits,
    documents,
    ending,
    log_of,
    memory_folder,
    new_run,
    parquet_points,
    put_log,
)

DOOR = "20261120-213012-dddddd"
MAIN = "20261120-213012-mmmmmm"
OPENED = NOW // 10**9 * 10**9
SECOND = 10**9


def read(*lines: str | bytes) -> Contents:
    return read_door(DOOR, b"".join((line.encode() if isinstance(line, str) else line) + b"\n" for line in lines))


def points(contents: Contents) -> list[tuple[str, int, int, bytes]]:
    return [
        (name, step, at, bits(value))
        for name, columns in contents.columns.items()
        for step, at, value in zip(columns.steps, columns.times, columns.values, strict=True)
    ]


def values(contents: Contents) -> dict[str, list[tuple[int, float]]]:
    return {name: list(zip(columns.steps, columns.values, strict=True)) for name, columns in contents.columns.items()}


def entries(contents: Contents) -> list[tuple[str, str, Any]]:
    return [(entry.kind, entry.key, entry.value) for entry in contents.entries]


def test_a_line_holds_metrics_by_name() -> None:
    contents = read('{"loss": 0.5, "acc": 1, "ok": true, "text": "2.5", "step": 7}', '{"loss": 0.25}', '{"loss": 0.125}')
    assert values(contents) == {
        "loss": [(7, 0.5), (8, 0.25), (9, 0.125)],
        "acc": [(7, 1.0)],
        "ok": [(7, 1.0)],
        "text": [(7, 2.5)],
    }
    assert (contents.records, contents.rejected, contents.whole) == (3, [], True)


def test_points_without_a_step_stand_after_the_highest_that_any_of_their_line_had() -> None:
    contents = read(
        '{"a": 1, "step": 5}', '{"a": 2, "step": 2}', '{"b": 3}', '{"a": 4, "b": 5}', '{"b": 6, "a.b": 7, "a": {"b": 8}}'
    )
    assert values(contents) == {
        "a": [(5, 1.0), (2, 2.0), (6, 4.0)],
        "b": [(0, 3.0), (6, 5.0), (7, 6.0)],
        "a.b": [(7, 7.0), (7, 8.0)],
    }
    below, far = read('{"a": 1, "step": -7}', '{"a": 2}'), read(f'{{"a": 1, "step": {2**63 - 1}}}', '{"a": 2}')
    assert (values(below), values(far)) == ({"a": [(-7, 1.0), (0, 2.0)]}, {"a": [(2**63 - 1, 1.0), (2**63 - 1, 2.0)]})


def test_other_words_than_metrics() -> None:
    contents = read(
        '{"params": {"alpha": 0.1, "l": [1, null]}, "tags": {"a": "x", "b": 1, "c": true, "d": null}, "note": "größe"}'
    )
    assert entries(contents) == [
        ("param", "alpha", 0.1),
        ("param", "l", [1, None]),
        ("tag", "a", "x"),
        ("tag", "b", "1"),
        ("tag", "c", "true"),
        ("tag", "d", ""),
        ("note", "", "größe"),
    ]
    assert (contents.columns, contents.rejected) == ({}, [])


def test_objects_in_objects_have_dotted_names() -> None:
    assert values(read('{"val": {"loss": 1, "top": {"k5": 2}}, "empty": {}, "step": 3}')) == {
        "val.loss": [(3, 1.0)],
        "val.top.k5": [(3, 2.0)],
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NaN", math.nan),
        ("nan", math.nan),
        ("-nan", math.nan),
        ("Nan", math.nan),
        ("inf", math.inf),
        ("+inf", math.inf),
        ("-inf", -math.inf),
        ("INFINITY", math.inf),
        ("-Infinity", -math.inf),
        ('"nan"', math.nan),
        ('"-inf"', -math.inf),
        ("1e400", math.inf),
        ("-0.0", -0.0),
        ("123456789012345678901234567890", 1.2345678901234568e29),
    ],
)
def test_numbers_as_languages_print_them(text: str, value: float) -> None:
    contents = read(f'{{"loss": {text}, "other":{text},"step": 1}}')
    [loss], [other] = contents.columns["loss"].values, contents.columns["other"].values
    assert bits(abs(loss)) == bits(abs(other)) == bits(abs(value))
    assert math.isnan(value) or math.copysign(1, loss) == math.copysign(1, value)
    assert contents.rejected == []


def test_words_in_texts_are_not_taken_for_numbers() -> None:
    assert entries(read('{"note": "it was nan , or inf ]"}')) == [("note", "", "it was nan , or inf ]")]


@pytest.mark.parametrize("step", [0, -1, 2**63 - 1, -(2**63), 9007199254740993, "9007199254740993", 5.0, "5", "5.0"])
def test_steps_are_exact(step: Any) -> None:
    contents = read(json.dumps({"loss": 1, "step": step}))
    assert list(contents.columns["loss"].steps) == [int(step) if step != "5.0" else 5]
    assert contents.rejected == []


@pytest.mark.parametrize(
    "step", ["1.5", '"x"', "[1]", "{}", "1e30", "NaN", "Infinity", str(2**63), str(-(2**63) - 1), '"' + "9" * 5000 + '"']
)
def test_a_line_with_a_step_that_is_none_is_kept_aside_and_its_points_are_counted(step: str) -> None:
    line = f'{{"loss": 1, "step": {step}}}'
    contents = read('{"loss": 0}', line)
    assert values(contents) == {"loss": [(0, 0.0), (1, 1.0)]}
    assert contents.rejected == [line.encode()]


@pytest.mark.parametrize(
    "line",
    [
        "garbage",
        "{",
        "}",
        "[1, 2]",
        "5",
        '"text"',
        "null",
        "{'loss': 1}",
        '{"loss": 1} and more',
        '{"loss": 1,}',
        '{"loss": "high"}',
        '{"loss": null}',
        '{"loss": [1]}',
        '{"": 1}',
        '{"a\\nb": 1}',
        '{"loss": ' + "9" * 400 + "}",
        json.dumps({"x" * 251: 1}),
        '{"params": 5}',
        '{"tags": ["a"]}',
        '{"params": {"": 1}}',
        '{"note": 5}',
        '{"note": null}',
        '{"tags": {"a": "\\ud800"}}',
        '{"\\udfff": 1}',
        '{"time": "yesterday"}',
        '{"time": true}',
        '{"time": NaN}',
        '{"time": 1e300}',
        '{"time": "9999-12-31T23:59:59Z"}',
        '{"a":' * 2000,
        '{"a":' * 400 + "1" + "}" * 400,
        '{"params": {"a": ' + "[" * 150 + "]" * 150 + "}}",
        "[" * 100_000,
        '{"a' * 100_000,
        "{" * 1_000_000,
        "x" * 1_000_000,
        "\ufeff",
        "\0" * 20,
    ],
    ids=lambda line: repr(line[:24]),
)
def test_a_line_that_says_nothing_is_kept_as_it_was(line: str) -> None:
    contents = read('{"ok": 1}', line, '{"ok": 2}')
    assert values(contents) == {"ok": [(0, 1.0), (1, 2.0)]}
    assert (entries(contents), contents.rejected, contents.records) == ([], [line.encode()], 3)


def test_what_can_be_read_of_a_line_counts() -> None:
    line = '{"loss": 1, "bad": "high", "params": {"a": 1, "": 2}, "tags": 5, "step": 3}'
    contents = read(line)
    assert (values(contents), entries(contents)) == ({"loss": [(3, 1.0)]}, [("param", "a", 1)])
    assert contents.rejected == [line.encode()]


def test_a_kind_of_word_that_nobody_knows_is_a_metric_or_kept_aside() -> None:
    lines = [b'{"kind": "end", "state": "finished"}', b'{"shape": 1, "names": ["a"]}', b'{"open": {"pid": 5}}']
    contents = read(*lines)
    assert values(contents) == {"shape": [(0, 1.0)], "open.pid": [(0, 5.0)]}
    assert contents.rejected == lines[:2]


def test_a_line_of_a_megabyte_is_a_line_like_any_other() -> None:
    wide = {f"m{number}": number for number in range(60_000)}
    contents = read(json.dumps({"note": "x" * 1_000_000}), json.dumps(wide))
    assert len(contents.entries[0].value) == 1_000_000
    assert {name: column.values[0] for name, column in contents.columns.items()} == wide
    assert contents.rejected == []


def test_windows_ends_lines_in_its_own_way() -> None:
    contents = read_door(DOOR, b'\xef\xbb\xbf{"loss": 1}\r\n\r\n{"loss": 2}\r\n\n   \n\t{"loss": 3} \n')
    assert values(contents) == {"loss": [(0, 1.0), (1, 2.0), (2, 3.0)]}
    assert (contents.records, contents.rejected) == (6, [])


def test_a_line_that_is_not_utf_8_is_read_as_far_as_it_goes_and_kept() -> None:
    line = '{"loss": 1, "größe": 2}'.encode("latin-1")
    contents = read(line, '{"loss": 2}'.encode("utf-16"))
    assert values(contents)["loss"] == [(0, 1.0)]
    assert contents.rejected[0] == line


@pytest.mark.parametrize("cut", range(1, len('{"a": {"b": 1}, "c": "{}", "d": [1]}')))
def test_a_torn_line_in_front_of_a_whole_one_costs_only_itself(cut: int) -> None:
    torn = '{"a": {"b": 1}, "c": "{}", "d": [1]}'[:cut]
    contents = read(torn + '{"loss": {"x": 1}, "step": 4}', '{"loss": {"x": 2}}')
    assert values(contents) == {"loss.x": [(4, 1.0), (5, 2.0)]}
    assert contents.rejected == [(torn + '{"loss": {"x": 1}, "step": 4}').encode()]


def test_whole_objects_that_no_newline_parts_are_all_read() -> None:
    contents = read('{"a": 1}{"a": 2} {"a": nan, "b": {"c": 3}}', '{"a": 4}')
    assert [step for step, _ in values(contents)["a"]] == [0, 1, 2, 3]
    assert values(contents)["b.c"] == [(2, 3.0)]
    assert (contents.records, contents.rejected) == (2, [])


def test_many_objects_without_a_newline_are_read_in_bearable_time() -> None:
    assert len(read('{"a":1}' * 100_000).columns["a"].steps) == 100_000


def test_a_last_line_without_a_newline_does_not_count_yet() -> None:
    contents = read_door(DOOR, b'{"a": 1}\n{"a": 2}')
    assert (values(contents), contents.records, contents.whole) == ({"a": [(0, 1.0)]}, 1, False)
    assert read_door(DOOR, b'{"a": 2}').records == 0
    assert read_door(DOOR, b"").records == 0
    assert read_door(DOOR, b"\n").records == 1


def test_lines_get_the_time_of_the_next_one_that_has_one() -> None:
    marked = mark(NOW + 40 * SECOND + 500_000_000).decode().rstrip("\n")
    contents = read(
        '{"a": 0}',
        '{"a": 1, "time": 1795210222}',
        '{"a": 2}',
        '{"a": 3}',
        marked,
        '{"a": 4, "time": "2026-11-20T22:00:00+01:00"}',
        '{"a": 5}',
    )
    assert list(contents.columns["a"].times) == [
        1795210222 * SECOND,
        1795210222 * SECOND,
        NOW + 40 * SECOND + 500_000_000,
        NOW + 40 * SECOND + 500_000_000,
        1795208400 * SECOND,
        1795208400 * SECOND,
    ]
    assert contents.last_sign == NOW + 40 * SECOND + 500_000_000
    assert values(contents) == {"a": [(step, float(step)) for step in range(6)]}


def test_without_any_time_a_line_is_as_old_as_its_door() -> None:
    contents = read('{"a": 0}', '{"a": 1, "time": -5}')
    assert list(contents.columns["a"].times) == [-5 * SECOND, -5 * SECOND]
    assert list(read('{"a": 0}').columns["a"].times) == [OPENED]
    assert read_door("99999999-999999-aaaaaa", b'{"a": 0}\n').columns["a"].times[0] == 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
WORDS = st.dictionaries(st.sampled_from(["step", "time", "params", "tags", "note", "loss"]), JSON, max_size=4)
LINES = st.one_of(
    (WORDS | JSON).map(lambda value: json.dumps(value).encode()),
    (WORDS | JSON).map(lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")),
    st.binary(max_size=30),
    st.sampled_from(
        [
            b"",
            b"\r",
            b'{"loss": 1}',
            b'{"time": 1e11}',
            b'{"loss": nan}',
            b'{"a',
            b'{"params": {"p": "\\ud800"}}',
            b'{"step": 9223372036854775808, "l": 1}',
        ]
    ),
)


@settings(max_examples=400)
@given(st.binary(max_size=300) | st.lists(LINES, max_size=8).map(b"\n".join))
@example(b'{"loss": 1, "time": 1795210212000}\n')  # milliseconds, as JavaScript has them
@example(b'{"params": {"a": "\\ud800"}}\n')
@example(b'{"a": ' * 300 + b"1" + b"}" * 300 + b"\n")
def test_any_bytes_are_read_and_none_are_lost(data: bytes) -> None:
    contents = read_door(DOOR, data)
    lines = data.split(b"\n")
    assert contents.records == len(lines) - 1
    assert contents.whole == (lines[-1] == b"")
    remaining = iter(lines[:-1])
    assert all(line in remaining for line in contents.rejected)  # in order, and as they were
    again = read_door(DOOR, data)
    assert (points(again), entries(again)) == (points(contents), entries(contents)) or "nan" in repr(contents)


@settings(max_examples=60, phases=NO_SHRINKING)
@given(st.binary(max_size=200) | st.lists(LINES, max_size=8).map(b"\n".join))
@example(b'{"params": {"a": "\\ud800"}}\n')
@example(b'{"loss": 1, "time": "3000-01-01"}\n')
@example(b'{"note": "half \\udc00"}')
@example(b'{"loss": 1}')
@example(b"garbage without end")
def test_a_run_with_any_door_can_be_read_and_settled_and_loses_nothing(data: bytes) -> None:
    with memory_folder() as place:
        run = new_run(place / "store")
        put_log(run, MAIN, log_of([("main", 0, NOW, 1.0)]))
        door = put_log(run, DOOR, data, "jsonl")
        run.record()
        run.history()
        run.settle()
        ended = data if data.endswith(b"\n") or not data else data + b"\n"
        assert door.read_bytes() == ended
        settled = run.record()
        table = run.history()
        age(door)
        assert run.settle()
        assert not run.live.exists()
        assert _same(run.record(), settled)
        assert run.history().equals(table) or "nan" in str(table)
        _holds(run, ended)


def _same(one: RunRecord, other: RunRecord) -> bool:
    return repr(one) == repr(other)


def _holds(run: RunDir, data: bytes) -> None:
    """What the files say, read without runlog, is what `read_door` made of the bytes."""
    contents = read_door(DOOR, data)
    covered = f"{DOOR}.{data.count(10)}"
    rejected = run.path / "metrics" / f"{covered}.rejected"
    if contents.rejected:
        assert rejected.read_bytes() == b"".join(line + b"\n" for line in contents.rejected)
    else:
        assert not rejected.exists()
    document = documents(run)[f"entries-{covered}.json"]
    assert (document["rejected"], document["points"]) == (len(contents.rejected), len(points(contents)))
    if contents.columns:
        found = parquet_points(run.path / "metrics" / f"{covered}.parquet")
        assert Counter((metric, step, value) for metric, step, _, value in found) == Counter(
            (metric, step, value) for metric, step, _, value in points(contents)
        )


def test_a_line_without_a_newline_counts_when_the_run_has_ended(tmp_path: Path) -> None:
    run = new_run(tmp_path / "store")
    lately = time.time_ns()  # a log that is silent for a day is done
    log = put_log(run, MAIN, log_of([("main", 0, lately, 1.0)], ended=False, at=lately))
    door = put_log(run, DOOR, b'{"a": 1}\n{"a": 2}', "jsonl")
    assert not run.settle()
    assert door.read_bytes() == b'{"a": 1}\n{"a": 2}'
    assert run.record().metrics["a"].count == 1
    log.write_bytes(log.read_bytes() + ending(lately))
    run.settle()
    assert run.record().metrics["a"].count == 2
    assert door.read_bytes() == b'{"a": 1}\n{"a": 2}\n'


WRITER = """
import json, os, sys
door, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
fd = os.open(door, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
for step in range(count):
    os.write(fd, (json.dumps({name: step, "step": step, "pad": 0}) + "\\n").encode())
"""


def test_many_processes_append_at_once_and_every_line_is_there(tmp_path: Path) -> None:
    door = tmp_path / f"{DOOR}.jsonl"
    script = tmp_path / "writer.py"
    script.write_text(WRITER)
    count = 400
    shell = f'i=0; while [ $i -lt {count} ]; do echo "{{\\"sh$0\\": $i, \\"step\\": $i}}" >> "$RUNLOG_METRICS"; i=$((i+1)); done'
    started = [subprocess.Popen([sys.executable, script, door, f"py{n}", str(count)], env=environment()) for n in range(4)]
    started += [subprocess.Popen(["sh", "-c", shell, str(n)], env=environment(RUNLOG_METRICS=door)) for n in range(4)]
    assert [process.wait(100) for process in started] == [0] * 8
    contents = read_door(DOOR, door.read_bytes())
    expected = [(step, float(step)) for step in range(count)]
    assert {name: points for name, points in values(contents).items() if name != "pad"} == {
        **{f"py{n}": expected for n in range(4)},
        **{f"sh{n}": expected for n in range(4)},
    }
    assert (contents.records, contents.rejected, contents.whole) == (8 * count, [], True)


def test_any_order_of_lines_with_steps_comes_to_the_same(tmp_path: Path) -> None:
    lines = [json.dumps({"a": step / 7, "step": step, "time": NOW // SECOND + step}) for step in range(200)]
    straight = read(*lines)
    random.Random(3).shuffle(lines)
    shuffled = read(*lines)
    assert sorted(points(shuffled)) == sorted(points(straight))
