"""The reading end of a log: logs made by hand, cut at every byte, flipped at every byte, and files that are no logs."""

from __future__ import annotations

import math
import random
import struct
from collections import Counter
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runlog.errors import Damaged
from runlog.store.metrics.reading import Contents, read_log
from tests.store.behind import MAGIC, NOW, Point, Record, bits, definition, ending, json_record, opening, parse_log, row

NAME = "20261120-213012-k3f9x2.log"
WIDE = [f"wide{number}" for number in range(200)]


def points_in(contents: Contents) -> Counter[Point]:
    return Counter(
        (name, step, at, bits(value))
        for name, columns in contents.columns.items()
        for step, at, value in zip(columns.steps, columns.times, columns.values, strict=True)
    )


def entries_in(contents: Contents) -> list[tuple[str, str, Any]]:
    return [(entry.kind, entry.key, entry.value) for entry in contents.entries]


def said_in(records: list[Any]) -> tuple[Counter[Point], list[tuple[str, str, Any]]]:
    """The points and entries of records, as the independent parser found them."""
    points = Counter(point for record in records for point in record.points)
    documents = [record.document for record in records if record.document and "kind" in record.document]
    return points, [(document["kind"], document["key"], document["value"]) for document in documents]


def varied_log(wide: bool = True) -> bytes:
    """Every kind of record there is, each definition twice."""
    parts = [MAGIC, opening(), 2 * definition(1, ["loss"]), 2 * definition(2, ["loss", "größe", "c"])]
    parts += [row(1, step, NOW + step, [step / 7]) for step in range(3)]
    parts += [json_record({"kind": "param", "key": "α", "value": "x" * length}) for length in range(8)]
    parts += [row(2, -1, -NOW, [math.nan, math.inf, -0.0]), row(1, 2**63 - 1, 0, [5e-324])]
    if wide:
        parts += [2 * definition(3, WIDE), row(3, -(2**63), NOW, [float(number) for number in range(200)])]
    parts += [row(1, 4, NOW, [4.0]), row(2, 5, NOW, [1.0, 2.0, 3.0]), ending()]
    return b"".join(parts)


def test_all_kinds_of_records_are_read() -> None:
    data = varied_log()
    contents = read_log(NAME, data)
    points, entries = said_in(parse_log(data).records)
    assert points_in(contents) == points
    assert entries_in(contents) == entries
    assert (contents.whole, contents.gaps, contents.last_sign) == (True, 0, NOW)


def test_a_log_cut_at_any_byte_holds_exactly_the_records_before_the_cut() -> None:
    data = varied_log()
    records = parse_log(data).records
    for cut in range(len(data)):
        contents = read_log(NAME, data[:cut])
        whole = [record for record in records if record.end <= cut]
        assert contents.records == len(whole)
        assert (points_in(contents), entries_in(contents)) == said_in(whole)
        assert contents.gaps == 0
        assert contents.whole == (cut in {0, 8} or cut in {record.end for record in whole})


@pytest.mark.parametrize("mask", [0x01, 0x80, 0xFF])
def test_a_flipped_byte_loses_the_record_it_is_in_and_no_other(mask: int) -> None:
    data = varied_log(wide=False)
    records = parse_log(data).records
    for place in range(len(data)):
        flipped = bytearray(data)
        flipped[place] ^= mask
        contents = read_log(NAME, bytes(flipped))
        kept = [record for record in records if not record.start <= place < record.end]
        assert (points_in(contents), entries_in(contents)) == said_in(kept), place
        assert not contents.whole
        # The length in the last record may now say that the record goes on behind the end, which is how a torn one looks.
        assert contents.gaps == 1 or (place >= records[-1].start and contents.gaps == 0), place
        assert contents.records == len(kept)


def test_a_damaged_last_record_is_a_gap_and_no_torn_end() -> None:
    data = MAGIC + opening() + definition(1, ["a"]) + row(1, 1, NOW, [1.0])
    for place in (-1, -8, -12, -17, -30):
        flipped = bytearray(data)
        flipped[place] ^= 4
        contents = read_log(NAME, bytes(flipped))
        assert (contents.gaps, contents.columns) == (1, {})
    cut = read_log(NAME, data[:-1])
    assert (cut.gaps, cut.whole, cut.columns) == (0, False, {})


@settings(max_examples=200)
@given(places=st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 255)), min_size=1, max_size=12))
def test_many_flipped_bytes_lose_at_most_the_records_they_are_in(places: list[tuple[int, int]]) -> None:
    data = varied_log(wide=False)
    flipped = bytearray(data)
    for place, mask in places:
        flipped[8 + place % (len(data) - 8)] ^= mask
    touched = {place for place in range(len(data)) if flipped[place] != data[place]}
    records = parse_log(data).records
    kept = _readable(records, touched)
    contents = read_log(NAME, bytes(flipped))
    assert (points_in(contents), entries_in(contents)) == said_in(kept)
    assert contents.whole == (not touched)
    losses = sum(lost for lost, _ in groupby(record not in kept for record in records))
    assert contents.gaps == losses or (contents.gaps == losses - 1 and records[-1] not in kept)


def _readable(records: list[Record], touched: set[int]) -> list[Record]:
    """The records that no flipped byte is in, and of the rows those that have a definition left."""
    whole = [record for record in records if touched.isdisjoint(range(record.start, record.end))]
    defined = [record.document["names"] for record in whole if record.document and "names" in record.document]
    return [record for record in whole if not record.points or [point[0] for point in record.points] in defined]


@settings(max_examples=100)
@given(st.data())
def test_a_hole_or_foreign_bytes_in_the_middle_cost_only_what_they_replace(data: st.DataObject) -> None:
    log = varied_log(wide=False)
    records = parse_log(log).records
    start = data.draw(st.integers(records[4].end, len(log)))
    end = data.draw(st.integers(start, len(log)))
    piece = data.draw(st.binary(max_size=60) | st.integers(0, 5000).map(bytes))
    contents = read_log(NAME, log[:start] + piece + log[end:])
    kept = [record for record in records if record.end <= start or record.start >= end]
    points, entries = said_in(kept)
    # What was put in may repeat what it replaced, and so mend it again.
    assert not points - points_in(contents)
    assert not points_in(contents) - said_in(records)[0]
    assert [entry for entry in entries_in(contents) if entry in entries] == entries


def test_rows_whose_definition_is_gone_are_one_gap_and_everything_else_is_read() -> None:
    rows = b"".join(row(1, step, NOW, [1.0]) for step in range(50))
    data = MAGIC + opening() + rows + definition(2, ["b"]) + row(2, 1, NOW, [2.0]) + ending()
    contents = read_log(NAME, data)
    assert (contents.gaps, contents.records) == (1, 4)
    assert points_in(contents) == Counter([("b", 1, NOW, bits(2.0))])
    assert read_log(NAME, MAGIC + opening() + rows).gaps == 1


def test_a_beginning_that_is_damaged_costs_no_record() -> None:
    data = varied_log()
    for magic in (b"\0" * 8, b"runlog9\n", b"xxxxxxxx"):
        contents = read_log(NAME, magic + data[8:])
        assert (points_in(contents), entries_in(contents)) == said_in(parse_log(data).records)
        assert (contents.gaps, contents.whole) == (1, False)


@pytest.mark.parametrize("data", [b"", b"r", b"runlog1", MAGIC, b"\0", b"\0" * 8, b"\0" * 5000], ids=repr)
def test_a_log_with_nothing_in_it_is_an_empty_log(data: bytes) -> None:
    contents = read_log(NAME, data)
    assert (contents.records, contents.entries, contents.columns, contents.gaps) == (0, [], {}, 0)
    assert contents.whole == (data in {b"", MAGIC})
    assert contents.last_sign == NOW // 1_000_000_000 * 1_000_000_000  # when its writer was named


def test_zeros_behind_the_records_are_a_gap() -> None:
    data = varied_log(wide=False)
    contents = read_log(NAME, data + b"\0" * 4096)
    assert (points_in(contents), entries_in(contents)) == said_in(parse_log(data).records)
    assert (contents.gaps, contents.whole) == (1, False)


@pytest.mark.parametrize(
    "data", [b"hello world, I am no log", b"PAR1" * 20, b"\xff" * 4096, b"\n" * 9, b'{"loss": 1}\n'], ids=repr
)
def test_a_file_that_is_no_log_is_refused_in_a_sentence(data: bytes) -> None:
    with pytest.raises(Damaged) as caught:
        read_log(NAME, data)
    assert (caught.value.message, caught.value.hint) == (f"{NAME} is not a metrics log", "runlog check")


@settings(max_examples=300)
@given(st.binary(max_size=400), st.booleans())
def test_no_bytes_make_a_reader_fail(data: bytes, magic: bool) -> None:
    try:
        contents = read_log(NAME, (MAGIC if magic else b"") + data)
    except Damaged:
        assert not magic
    else:
        assert contents.records == 0 or magic


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
MEANT = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(["open", "param", "tag", "artifact", "input", "end", "name", "note", "experiment", "lost"])
        | JSON,
        "key": st.text() | JSON,
        "value": st.dictionaries(st.sampled_from(["process", "state", "bytes", "sha256", "path", "float", "dict"]), JSON) | JSON,
        "shape": st.integers(1, 3) | JSON,
        "names": st.lists(st.text()) | JSON,
    },
)


@settings(max_examples=120)
@given(st.lists(MEANT | JSON, max_size=5), st.integers(0, 3))
def test_records_that_are_whole_and_yet_senseless_are_gaps(documents: list[Any], shape: int) -> None:
    senseless = b"".join(json_record(document) for document in documents)
    rows = definition(7, ["a"]) + row(7, 1, NOW, [1.0])
    contents = read_log(NAME, MAGIC + opening() + senseless + row(shape, 0, NOW, [0.5]) + rows + ending())
    assert contents.columns["a"].values[-1] == 1.0
    assert [entries_in(contents)[0][0], entries_in(contents)[-1][0]] == ["open", "end"]


def test_metrics_of_one_width_keep_their_own_points() -> None:
    generator = random.Random(5)
    shapes = {number: [f"m{number}", f"also{number}"] for number in range(1, 8)}
    parts = [MAGIC, opening(), *(definition(number, names) for number, names in shapes.items())]
    expected: Counter[Point] = Counter()
    for step in range(3000):
        number = generator.choice(list(shapes))
        values = [generator.random(), generator.random()]
        parts.append(row(number, step, NOW + step, values))
        expected.update((name, step, NOW + step, bits(value)) for name, value in zip(shapes[number], values, strict=True))
    assert points_in(read_log(NAME, b"".join(parts))) == expected


def test_a_definition_stands_as_it_was_given_first() -> None:
    data = MAGIC + opening() + definition(1, ["a"]) + row(1, 0, NOW, [1.0]) + definition(1, ["b", "c"]) + row(1, 1, NOW, [2.0])
    assert points_in(read_log(NAME, data)) == Counter([("a", 0, NOW, bits(1.0)), ("a", 1, NOW, bits(2.0))])


def test_a_long_damaged_stretch_is_passed_over() -> None:
    good = MAGIC + opening() + definition(1, ["a"])
    damaged = bytes(random.Random(1).randbytes(1 << 20)) + struct.pack("<q", 0) * 20_000
    contents = read_log(NAME, good + damaged + row(1, 1, NOW, [1.0]))
    assert points_in(contents) == Counter([("a", 1, NOW, bits(1.0))])
