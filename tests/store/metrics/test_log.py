"""The writing end of a log, read back by a parser that knows only docs/format.md."""

from __future__ import annotations

import itertools
import json
import math
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runlog.errors import BadName, BadValue
from runlog.store.metrics.log import Log
from runlog.store.metrics.reading import read_log
from tests.scene import python
from tests.store.behind import Parsed, bits, memory_folder, parse_log, process_object

INT64 = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(width=64)
NAMES = st.one_of(
    st.sampled_from(["loss", "val/acc", "größe", "損失", "🙂", "a b", "x" * 250]),
    st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | FLOATS | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["float", "dict", "a", "b"]), inner, max_size=3),
    max_leaves=8,
)
POINT = st.tuples(st.just("point"), NAMES, FLOATS, INT64, INT64)
BATCH = st.tuples(st.just("points"), st.dictionaries(NAMES, FLOATS, min_size=1, max_size=6), INT64, INT64)
ENTRY = st.tuples(st.just("entry"), st.sampled_from(["param", "tag", "problem"]), NAMES, VALUES, INT64)


def open_log(folder: Path) -> Log:
    return Log(folder, lambda: {"role": "main", "process": process_object()})


def only_file(folder: Path) -> Path:
    [path] = folder.iterdir()
    return path


def parsed(folder: Path) -> list[Parsed]:
    """Every file of a log, oldest first is not known, so by name; each of them without a damaged place."""
    return [parse_log(path.read_bytes()) for path in sorted(folder.iterdir())]


@settings(max_examples=150)
@given(said=st.lists(POINT | BATCH | ENTRY, max_size=30))
def test_all_that_is_said_is_in_the_file_in_order(said: list[Any]) -> None:
    with memory_folder() as folder:
        log = open_log(folder)
        points, entries = [], []
        for kind, *what in said:
            getattr(log, kind)(*what)
            if kind == "point":
                name, value, step, at = what
                points.append((name, step, at, bits(value)))
            elif kind == "points":
                values, step, at = what
                points.extend((name, step, at, bits(value)) for name, value in values.items())
            else:
                entries.append(what)
        log.close()
        if not said:
            assert list(folder.iterdir()) == []
            return
        data = only_file(folder).read_bytes()
    found = parse_log(data)
    assert found.rest == b""
    assert found.points == points
    opened, *told = found.entries
    assert opened == {"kind": "open", "key": "", "value": {"role": "main", "process": process_object()}}
    assert [(entry["kind"], entry["key"]) for entry in told] == [(kind, key) for kind, key, _, _ in entries]

    contents = read_log("20261120-213012-k3f9x2.log", data)
    assert (contents.whole, contents.gaps, contents.records) == (True, 0, len(found.records))
    assert Counter(read_points(contents)) == Counter(points)
    assert repr([(e.kind, e.key, e.value, e.at) for e in contents.entries[1:]]) == repr(
        [(kind, key, value, at // 1000 * 1000) for kind, key, value, at in entries]
    )


def read_points(contents: Any) -> list[tuple[str, int, int, bytes]]:
    return [
        (name, step, at, bits(value))
        for name, columns in contents.columns.items()
        for step, at, value in zip(columns.steps, columns.times, columns.values, strict=True)
    ]


def test_shapes_of_any_width_stand_side_by_side(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    expected = []
    for step, width in enumerate([1, 200, 2, 1, 31, 200, 7, 1, 64, 2]):
        values = {f"m{column}": float(step * 1000 + column) for column in range(width)}
        log.points(values, step, step * 1_000_000)
        log.point("m0", -0.0, step, step * 1_000_000 + 1)
        expected += [(name, step, step * 1_000_000, bits(value)) for name, value in values.items()]
        expected += [("m0", step, step * 1_000_000 + 1, bits(-0.0))]
    log.close()
    data = only_file(tmp_path).read_bytes()
    assert parse_log(data).points == expected
    assert Counter(read_points(read_log("x.log", data))) == Counter(expected)


STEPS = st.none() | st.integers(-3, 12) | st.integers(2**63 - 4, 2**63 - 1) | INT64


@settings(max_examples=200)
@example(said=[("a", 2**63 - 2), ("ab", None), ("b", None)])  # b reaches the end without ever being given a step
@given(said=st.lists(st.tuples(st.sampled_from(["a", "b", "c", "ab", "bc", "abc"]), STEPS), max_size=30))
def test_a_point_without_a_step_stands_after_all_of_its_metrics(said: list[tuple[str, int | None]]) -> None:
    highest: dict[str, int] = {}
    expected = []
    with memory_folder() as folder:
        log = open_log(folder)
        for names, step in said:
            log.points(dict.fromkeys(names, 0.5), step) if len(names) > 1 else log.point(names, 0.5, step)
            stands = min(max(highest.get(name, -1) for name in names) + 1, 2**63 - 1) if step is None else step
            highest |= {name: max(highest.get(name, -1), stands) for name in names}
            expected += [(name, stands) for name in names]
        log.close()
        points = [(name, step) for parse in parsed(folder) for name, step, _, _ in parse.points]
    assert sorted(points) == sorted(expected)


def test_a_metric_that_counts_again_takes_no_look_at_all_rows(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.point("a", 0.5, 7)
    calls = list[str]()

    def watched(_: Any, event: str, __: Any) -> None:
        calls.append(event)

    log.point("a", 0.5)
    log.point("a", 0.5)
    sys.setprofile(watched)
    log.point("a", 0.5)
    sys.setprofile(None)
    log.close()
    assert calls.count("call") == 1
    assert [step for parse in parsed(tmp_path) for _, step, _, _ in parse.points] == [7, 8, 9, 10]


def test_every_definition_stands_twice(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.point("a", 1.0)
    log.points({"a": 1.0, "b": 2.0})
    log.point("a", 1.0)
    log.close()
    shapes = [record.document for record in parse_log(only_file(tmp_path).read_bytes()).records[1:]]
    one, two = {"shape": 1, "names": ["a"]}, {"shape": 2, "names": ["a", "b"]}
    assert shapes == [one, one, None, two, two, None, None]


def test_without_a_step_each_metric_goes_on_after_its_highest(tmp_path: Path) -> None:
    log = Log(tmp_path, lambda: {"role": "main", "process": process_object()}, {"old": 7})
    log.point("a", 0.5)
    log.point("a", 0.5)
    log.point("old", 0.5)
    log.points({"a": 0.5, "b": 0.5})
    log.point("b", 0.5)
    log.rotate()
    log.point("a", 0.5)
    log.point("a", 0.5, 9)
    log.begin_anew()
    log.point("a", 0.5)
    log.close()
    steps = [(name, step) for parse in parsed(tmp_path) for name, step, _, _ in parse.points]
    assert Counter(steps) == Counter(
        [("a", 0), ("a", 1), ("old", 7), ("a", 2), ("b", 2), ("b", 3), ("a", 3), ("a", 9), ("a", 10)]
    )


def test_a_log_never_goes_on_in_a_file_that_was_left(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.point("a", 1.0, 1)
    first = only_file(tmp_path)
    assert log.rotate() == first.stem
    before = first.read_bytes()
    log.point("a", 2.0, 2)
    log.entry("tag", "k", "v")
    log.sync()
    assert first.read_bytes() == before
    assert sorted(log.close()) == sorted(path.stem for path in tmp_path.iterdir())
    [second] = set(tmp_path.iterdir()) - {first}
    assert [point[1] for point in parse_log(second.read_bytes()).points] == [2]


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 251, "\ud800", 5, None])
def test_a_metric_with_a_wrong_name_leaves_nothing_behind(tmp_path: Path, name: Any) -> None:
    log = open_log(tmp_path)
    log.point("good", 1.0)
    size = only_file(tmp_path).stat().st_size
    with pytest.raises(BadName):
        log.point(name, 1.0)
    with pytest.raises(BadName):
        log.points({"good": 1.0, name: 2.0})
    assert only_file(tmp_path).stat().st_size == size


def test_what_no_reader_could_hold_is_refused_before_it_is_written(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.begin()
    deep: Any = 1
    for _ in range(101):
        deep = [deep]
    size = only_file(tmp_path).stat().st_size
    for value in (deep, "x" * (64 << 20)):
        with pytest.raises(BadValue):
            log.entry("param", "p", value)
    assert only_file(tmp_path).stat().st_size == size
    log.entry("param", "p", deep[0])
    log.entry("note", "", "half a letter \udc80")
    contents = read_log("x.log", only_file(tmp_path).read_bytes())
    assert [entry.value for entry in contents.entries[1:]] == [deep[0], "half a letter ?"]


THREADS, EACH = 8, 5_000


def test_threads_lose_nothing_even_while_files_change_under_them(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    ready = threading.Barrier(THREADS)

    def speak(number: int) -> None:
        ready.wait()
        for step in range(EACH):
            if step % 10 == 9:
                log.points({f"t{number}": float(step), f"also{number}": math.nan}, step)
            else:
                log.point(f"t{number}", float(step), step)
            if step % 1000 == 0:
                log.entry("param", f"p{number}", step)

    threads = [threading.Thread(target=speak, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for turn in itertools.count():
        if not any(thread.is_alive() for thread in threads):
            break
        log.rotate() if turn % 3 == 2 else threads[turn % THREADS].join(0.02)
    written = log.close()
    assert sorted(written) == sorted(path.stem for path in tmp_path.iterdir())
    assert len(written) > 1
    found = parsed(tmp_path)
    assert all(not file.rest for file in found)
    points = Counter((name, step) for file in found for name, step, _, _ in file.points)
    assert points == Counter(
        [(f"t{number}", step) for number in range(THREADS) for step in range(EACH)]
        + [(f"also{number}", step) for number in range(THREADS) for step in range(9, EACH, 10)]
    )
    entries = Counter((e["key"], e["value"]) for file in found for e in file.entries if e["kind"] == "param")
    assert entries == Counter((f"p{number}", step) for number in range(THREADS) for step in range(0, EACH, 1000))


# A log in a process whose files may not grow beyond a limit, as under `ulimit -f`; a write over it is cut short by the kernel.
LIMITED = """
import json, resource, signal, sys
from pathlib import Path
from runlog.store.metrics.log import Log

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
folder, limit, points, wide = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
log = Log(folder, lambda: {"role": "main", "process": {}})
log.begin()
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
kept, refused = [], []
for step in range(points):
    try:
        log.points({f"m{n}": float(step) for n in range(wide)}, step) if wide > 1 else log.point("m0", float(step), step)
        kept.append(step)
    except OSError as error:
        refused.append((step, error.errno))
log.close()
print(json.dumps([kept, refused]))
"""


@pytest.mark.parametrize("wide", [1, 9])
@pytest.mark.parametrize("offset", [0, 8, 16, 17, 24])
def test_a_record_that_is_cut_short_is_refused_and_the_log_goes_on_in_a_new_file(tmp_path: Path, wide: int, offset: int) -> None:
    folder = tmp_path / "live"
    folder.mkdir()
    limit = 4096 + offset
    done = python(LIMITED, folder, str(limit), "300", str(wide), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    kept, refused = json.loads(done.stdout)
    files = parsed(folder)
    assert refused
    assert len(files) >= 3
    assert sorted(kept + [step for step, _ in refused]) == list(range(300))
    found = Counter((name, step) for file in files for name, step, _, _ in file.points)
    assert found == Counter((f"m{number}", step) for step in kept for number in range(wide))
    # Nothing follows a torn record in its file, and what was cut is no part of what is read.
    for path, file in zip(sorted(folder.iterdir()), files, strict=True):
        contents = read_log(path.name, path.read_bytes())
        assert (contents.records, contents.gaps, contents.whole) == (len(file.records), 0, not file.rest)
        assert path.stat().st_size <= limit
