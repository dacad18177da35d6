"""Points at rest: what other tools read, how it is encoded, and that reading one metric touches nothing else."""

from __future__ import annotations

import math
import os
import struct
from array import array
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runlog.errors import Damaged
from runlog.store.metrics import parquet
from runlog.store.metrics.columns import Columns
from tests.store.behind import NOW, bits, log_of, memory_folder, new_run, parquet_points, put_log, table_points

BIG = 70_000  # a metric with 65,536 points has row groups of its own
WRITER = "20261120-213012-aaaaaa"
Points = dict[str, list[tuple[int, int, float]]]

NAMES = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=10) | st.sampled_from(
    ["a", "a" * 250, "z", "\U0001f600", "\uffff", "\ue000", "é", "e\u0301", "0", "~"]
)
ROWS = st.lists(
    st.tuples(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 3), st.integers(-(2**62), 2**62), st.floats()),
    min_size=1,
    max_size=8,
)


def columns_of(points: Points) -> dict[str, Columns]:
    found = {}
    for name, rows in points.items():
        found[name] = columns = Columns()
        for row in rows:
            columns.append(*row)
        columns.sort()
    return found


def expected(points: Points) -> list[tuple[str, int, int, bytes]]:
    """The rows as the file must hold them: by metric, step and time; times in whole milliseconds."""
    return [
        (name, step, at // 1_000_000 if at >= 0 else -(-at // 1_000_000), bits(value))
        for name in sorted(points, key=str.encode)
        for step, at, value in sorted(points[name], key=lambda row: row[:2])
    ]


@settings(max_examples=100)
@given(st.dictionaries(NAMES, ROWS, max_size=6))
def test_every_point_is_there_in_order_and_to_the_bit(points: Points) -> None:
    with memory_folder() as place:
        path = place / "points.parquet"
        parquet.write_points(path, columns_of(points))
        assert os.listdir(place) == ["points.parquet"]
        assert parquet_points(path) == expected(points)
        assert table_points(parquet.read_points(path, None)) == expected(points)
        for name in points:
            assert table_points(parquet.read_points(path, name)) == expected({name: points[name]})
        assert parquet.read_points(path, "no such metric").num_rows == 0
        again = parquet.verify(path)
        assert {name: list(map(bits, columns.values)) for name, columns in again.items()} == {
            name: [value for _, _, _, value in expected({name: points[name]})] for name in points
        }


def test_steps_values_and_times_at_their_limits(tmp_path: Path) -> None:
    points = {
        "steps": [(-(2**63), 0, 1.0), (2**63 - 1, 0, 2.0), (0, 0, 3.0), (-1, 0, 4.0)],
        "values": [
            (n, 0, value) for n, value in enumerate([math.nan, math.inf, -math.inf, -0.0, 0.0, 5e-324, 1.7976931348623157e308])
        ],
        "times": [(0, at, 0.0) for at in (-(2**63), -1_000_001, -1, 0, 999_999, NOW, 2**63 - 1)],
    }
    parquet.write_points(tmp_path / "p.parquet", columns_of(points))
    assert parquet_points(tmp_path / "p.parquet") == expected(points)


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three metrics with row groups of their own, among many small ones."""
    path = tmp_path_factory.mktemp("big") / "points.parquet"
    parquet.write_points(path, big_columns())
    return path


def big_columns() -> dict[str, Columns]:
    columns = {name: long_column(place) for place, name in enumerate(["loss", "ok", "zeta"])}
    small: Points = {f"m{number:03}": [(step, NOW, step / 3) for step in range(100)] for number in range(300)}
    return {**columns, **columns_of(small)}


def long_column(seed: int) -> Columns:
    steps = array("q", range(BIG))
    times = array("q", [NOW + step * 1_000_000 for step in range(BIG)])
    values = array("d", [math.sin(seed + step / 1000) for step in range(BIG)])
    return Columns(steps, times, values)


def groups_of(path: Path) -> list[tuple[str, str, int]]:
    """(first metric, last metric, rows) of each row group."""
    metadata = pq.read_metadata(path)
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    return [(g.column(0).statistics.min, g.column(0).statistics.max, g.num_rows) for g in groups]


def test_encodings_are_those_of_the_format(big: Path) -> None:
    metadata = pq.read_metadata(big)
    for number in range(metadata.num_row_groups):
        columns = {
            metadata.row_group(number).column(place).path_in_schema: metadata.row_group(number).column(place)
            for place in range(4)
        }
        assert list(columns) == ["metric", "step", "time", "value"]
        assert {column.compression for column in columns.values()} == {"ZSTD"}
        assert "RLE_DICTIONARY" in columns["metric"].encodings
        for name, encoding in {
            "step": "DELTA_BINARY_PACKED",
            "time": "DELTA_BINARY_PACKED",
            "value": "BYTE_STREAM_SPLIT",
        }.items():
            assert encoding in columns[name].encodings
            assert not {"PLAIN", "PLAIN_DICTIONARY", "RLE_DICTIONARY"} & set(columns[name].encodings)
    schema = pq.read_schema(big)
    assert [(field.name, str(field.type), field.nullable) for field in schema] == [
        ("metric", "string", False),
        ("step", "int64", False),
        ("time", "timestamp[ms, tz=UTC]", False),
        ("value", "double", False),
    ]


def test_a_big_metric_has_row_groups_of_its_own_and_small_ones_share(big: Path) -> None:
    assert groups_of(big) == [
        ("loss", "loss", BIG),
        ("m000", "m299", 30_000),
        ("ok", "ok", BIG),
        ("zeta", "zeta", BIG),
    ]


def test_row_groups_have_a_longest_length(tmp_path: Path) -> None:
    count = (1 << 20) + 5
    column = Columns(array("q", range(count)), array("q", bytes(8 * count)), array("d", bytes(8 * count)))
    parquet.write_points(tmp_path / "p.parquet", {"a": column, "b": columns_of({"b": [(1, 1, 1.0)]})["b"]})
    assert groups_of(tmp_path / "p.parquet") == [("a", "a", 1 << 20), ("a", "a", 5), ("b", "b", 1)]
    assert parquet.read_points(tmp_path / "p.parquet", "a")["step"].to_numpy().tolist() == list(range(count))


def test_each_page_has_a_checksum_that_a_check_verifies(big: Path, tmp_path: Path) -> None:
    """Flip one bit in the pages of `value`, where zstd would not notice everything."""
    data = bytearray(big.read_bytes())
    column = pq.read_metadata(big).row_group(0).column(3)
    middle = column.data_page_offset + column.total_compressed_size // 2
    data[middle] ^= 1
    damaged = tmp_path / "p.parquet"
    damaged.write_bytes(data)
    with pytest.raises(Damaged, match=r"^p\.parquet is not what was written: its checksum differs"):
        parquet.verify(damaged)
    data = bytearray(damaged.read_bytes())
    data[-40:] = big.read_bytes()[-40:]
    start = len(data) - 8 - int.from_bytes(data[-8:-4], "little") - 16
    data[start : start + 8] = b"no seal."
    damaged.write_bytes(data)
    with pytest.raises(Damaged, match=r"^p\.parquet cannot be read: "):
        parquet.verify(damaged)
    assert sum(len(columns.steps) for columns in parquet.verify(big).values()) == 3 * BIG + 30_000


@pytest.mark.parametrize("metric", ["loss", "ok", "zeta", "m007"])
def test_reading_one_metric_touches_only_its_own_row_groups(big: Path, tmp_path: Path, metric: str) -> None:
    data = bytearray(big.read_bytes())
    metadata = pq.read_metadata(big)
    for number, (first, last, _) in enumerate(groups_of(big)):
        if not first <= metric <= last:
            for place in range(4):
                column = metadata.row_group(number).column(place)
                start = min(filter(None, [column.dictionary_page_offset, column.data_page_offset]))
                data[start : start + column.total_compressed_size] = b"\xff" * column.total_compressed_size
    damaged = tmp_path / "p.parquet"
    damaged.write_bytes(data)
    assert table_points(parquet.read_points(damaged, metric)) == table_points(parquet.read_points(big, metric))
    assert parquet.read_points(damaged, metric).num_rows == (100 if metric == "m007" else BIG)
    others = [name for name in ("loss", "ok", "zeta", "m007") if name != metric]
    for other in [*others, None]:
        with pytest.raises(Damaged, match=r"^p\.parquet cannot be read: "):
            parquet.read_points(damaged, other)


def test_other_tools_read_the_file(tmp_path: Path) -> None:
    import pandas as pd
    import polars as pl

    run = new_run(tmp_path / "store")
    names = ["größe", "loss", "損失", "🙂/x"]
    points = [
        (name, step, NOW + step * 10**9, value) for name in names for step, value in enumerate([0.5, math.nan, -0.0, -math.inf])
    ]
    put_log(run, WRITER, log_of(points))
    run.settle()
    [path] = (run.path / "metrics").iterdir()
    rows = [(name, step, value) for name in sorted(names) for step, value in enumerate([0.5, math.nan, -0.0, -math.inf])]
    bare = pq.read_table(path)
    assert repr(list(zip(*(bare[name].to_pylist() for name in ("metric", "step", "value")), strict=True))) == repr(rows)
    assert bare["time"].cast(pa.int64()).to_pylist() == [NOW // 10**6 + step * 1000 for _, step, _ in rows]
    pandas_frame = pd.read_parquet(path)
    assert repr(list(pandas_frame[["metric", "step", "value"]].itertuples(index=False, name=None))) == repr(rows)
    assert str(pandas_frame["time"].dtype) == "datetime64[ms, UTC]"
    polars_frame = pl.read_parquet(path)
    assert repr(polars_frame.select("metric", "step", "value").rows()) == repr(rows)
    assert polars_frame["time"].dt.epoch("ms").to_list() == [NOW // 10**6 + step * 1000 for _, step, _ in rows]


def foreign(path: Path) -> None:
    pq.write_table(pa.table({"a": [1, 2], "b": ["x", "y"]}), path)


def no_columns(path: Path) -> None:
    pq.write_table(pa.table({}), path)


def nulls(path: Path) -> None:
    columns = {
        "metric": ["a", None],
        "step": [1, 2],
        "time": pa.array([1, 2], pa.timestamp("ms", tz="UTC")),
        "value": [1.0, None],
    }
    pq.write_table(pa.table(columns), path)


def other_types(path: Path) -> None:
    pq.write_table(pa.table({"metric": ["a"], "step": ["one"], "time": [1], "value": ["high"]}), path)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def garbage(path: Path) -> None:
    path.write_bytes(b"PAR1" + bytes(range(256)) + b"PAR1")


def long_footer(path: Path) -> None:
    path.write_bytes(b"PAR1" + bytes(50) + struct.pack("<I", 2**31) + b"PAR1")


def link(path: Path) -> None:
    target = path.with_name("elsewhere.parquet")
    parquet.write_points(target, columns_of({"a": [(1, 1, 1.0)]}))
    path.symlink_to(target)


def broken_link(path: Path) -> None:
    path.symlink_to("nowhere")


def folder(path: Path) -> None:
    path.mkdir()


def pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize(
    "make",
    [foreign, no_columns, nulls, other_types, empty, garbage, long_footer, link, broken_link, folder, pipe],
    ids=lambda f: f.__name__,
)
def test_what_is_no_file_of_points_is_refused_in_a_sentence(tmp_path: Path, make: object) -> None:
    path = tmp_path / "p.parquet"
    assert callable(make)
    make(path)
    for read in (lambda: parquet.read_points(path, None), lambda: parquet.read_points(path, "a"), lambda: parquet.verify(path)):
        with pytest.raises(Damaged) as caught:
            read()
        assert caught.value.message.startswith("p.parquet ")
        assert "\n" not in caught.value.message


@settings(max_examples=150, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 255)), min_size=1, max_size=5), st.integers(0, 10**6) | st.none())
def test_no_damage_makes_a_reader_fail_in_another_way(places: list[tuple[int, int]], cut: int | None) -> None:
    points: Points = {"a": [(step, NOW, step / 7) for step in range(50)], "b": [(1, NOW, 1.0)]}
    with memory_folder() as place:
        path = place / "p.parquet"
        parquet.write_points(path, columns_of(points))
        data = bytearray(path.read_bytes())
        for where, mask in places:
            data[where % len(data)] ^= mask
        path.write_bytes(data[: None if cut is None else cut % len(data)])
        for read in (lambda: parquet.read_points(path, "a"), lambda: parquet.verify(path)):
            try:
                read()
            except Damaged as error:
                assert "\n" not in error.message


def test_a_disk_error_while_writing_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / "metrics").write_text("a file where a folder must be")
    with pytest.raises(Exception, match=r"is a file where a folder must be|lies below a file"):
        parquet.write_points(tmp_path / "metrics" / "p.parquet", columns_of({"a": [(1, 1, 1.0)]}))
    assert sorted(os.listdir(tmp_path)) == ["metrics"]
