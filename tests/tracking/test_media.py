"""Figures, images and tables as files, read back by the libraries they are meant for."""

from __future__ import annotations

import datetime
import io
import json
import math
import sys
import types
from decimal import Decimal
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from PIL import Image

import runlog
from tests.scene import only_run, python

mpl.use("Agg")


def kept(project: Path, path: str) -> bytes:
    run = only_run(project / ".runlog")
    assert run.problems == ()
    return run.artifact(path).read_bytes()


@pytest.mark.parametrize(
    ("path", "magic"), [("f.png", b"\x89PNG"), ("f.svg", b"<?xml"), ("sub/f.PDF", b"%PDF"), ("bare", b"\x89PNG")]
)
def test_a_matplotlib_figure(project: Path, path: str, magic: bytes) -> None:
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots()
    axes.plot([1, 2, 3])
    with runlog.start_run(strict=True) as run:
        run.log_figure(figure, path)
    plt.close(figure)
    assert kept(project, path).startswith(magic)


def test_a_plotly_figure(project: Path) -> None:
    """Of the same shape as plotly's, which is not installed here."""
    figure = types.SimpleNamespace(to_html=lambda: "<html>ü</html>", to_json=lambda: '{"data": []}')
    with runlog.start_run(strict=True) as run:
        run.log_figure(figure, "f.html")
        run.log_figure(figure, "f.json")
        with pytest.raises(runlog.RunlogError, match=r"is kept as \.html or \.json, not as 'f\.png'"):
            run.log_figure(figure, "f.png")
    assert kept(project, "f.html") == "<html>ü</html>".encode()
    assert kept(project, "f.json") == b'{"data": []}'


@pytest.mark.parametrize("figure", ["text", None, 5, object()], ids=lambda value: type(value).__name__)
def test_what_is_no_figure(project: Path, figure: object) -> None:
    with runlog.start_run(strict=True) as run, pytest.raises(runlog.RunlogError, match="is no figure") as refused:
        run.log_figure(figure, "f.png")
    assert refused.value.code == "bad-value"


def test_a_format_that_a_figure_does_not_have(project: Path, caplog: pytest.LogCaptureFixture) -> None:
    from matplotlib import pyplot as plt

    figure, _ = plt.subplots()
    with runlog.start_run() as run:
        run.log_figure(figure, "f.docx")
    plt.close(figure)
    [problem] = only_run(project / ".runlog").problems
    assert "docx" in problem
    assert len(caplog.messages) == 1


def shown(data: bytes) -> tuple[str, tuple[int, int], list[Any]]:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image.mode, image.size, np.asarray(image).tolist()


GREY = [[0, 128, 255], [1, 2, 3]]
RGB = [[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [1, 2, 3]], [[9, 9, 9], [8, 8, 8]]]
RGBA = [[[255, 0, 0, 128]]]


@pytest.mark.parametrize(
    ("image", "mode", "pixels"),
    [
        (GREY, "L", GREY),
        (tuple(map(tuple, GREY)), "L", GREY),
        (np.array(GREY, np.uint8), "L", GREY),
        (np.array(GREY)[:, :, None], "L", GREY),
        (np.array(GREY) / 255, "L", GREY),
        (np.array(GREY, np.float32), "L", GREY),
        (np.array([[-5, 300]]), "L", [[0, 255]]),
        (np.array([[True, False]]), "L", [[255, 0]]),
        (RGB, "RGB", RGB),
        (np.array(RGB, np.uint8), "RGB", RGB),
        (np.array(RGB, np.uint8)[::-1], "RGB", RGB[::-1]),
        (np.array(RGB) / 255, "RGB", RGB),
        (RGBA, "RGBA", RGBA),
    ],
)
def test_an_array_is_a_png(project: Path, image: Any, mode: str, pixels: list[Any]) -> None:
    with runlog.start_run(strict=True) as run:
        run.log_image(image, "i.png")
    assert shown(kept(project, "i.png")) == (mode, (len(pixels[0]), len(pixels)), pixels)


@pytest.mark.parametrize(
    ("path", "format_name"),
    [
        ("i.png", "PNG"),
        ("i.jpg", "JPEG"),
        ("i.JPEG", "JPEG"),
        ("i.webp", "WEBP"),
        ("i.gif", "GIF"),
        ("i.bmp", "BMP"),
        ("i.tiff", "TIFF"),
        ("i", "PNG"),
    ],
)
def test_a_pil_image_in_the_format_of_its_name(project: Path, path: str, format_name: str) -> None:
    with runlog.start_run(strict=True) as run:
        run.log_image(Image.fromarray(np.array(RGB, np.uint8)), path)
    image = Image.open(io.BytesIO(kept(project, path)))
    assert (image.format, image.size) == (format_name, (2, 3))


@pytest.mark.parametrize(
    ("image", "path", "code"),
    [
        (5, "i.png", "bad-value"),
        ("text", "i.png", "bad-value"),
        ([], "i.png", "bad-value"),
        ([[]], "i.png", "bad-value"),
        ([1, 2], "i.png", "bad-value"),
        ([[1, 2], [3]], "i.png", "bad-value"),
        ([[1, 2], 3], "i.png", "bad-value"),
        ([["a"]], "i.png", "bad-value"),
        ([[float("nan")]], "i.png", "bad-value"),
        (np.zeros((2, 2, 2)), "i.png", "bad-value"),
        (np.zeros((1, 2, 2, 3)), "i.png", "bad-value"),
        (GREY, "i.jpg", "bad-input"),
        (Image.new("RGB", (1, 1)), "i.docx", "bad-input"),
        (Image.new("RGBA", (1, 1)), "i.jpg", "bad-input"),
    ],
)
def test_what_is_no_image(project: Path, image: Any, path: str, code: str) -> None:
    with runlog.start_run(strict=True) as run, pytest.raises(runlog.RunlogError) as refused:
        run.log_image(image, path)
    assert refused.value.code == code, refused.value.message
    assert dict(only_run(project / ".runlog").artifacts) == {}


COLUMNS: dict[str, list[Any]] = {"x": [1, 2], "y": [0.5, math.inf], "name": ["a", 'ü,"\n']}
TABLES = [
    COLUMNS,
    [{"x": 1, "y": 0.5, "name": "a"}, {"x": 2, "y": math.inf, "name": 'ü,"\n'}],
    ({key: column[row] for key, column in COLUMNS.items()} for row in range(2)),
    {"x": np.array([1, 2]), "y": np.array([0.5, np.inf]), "name": np.array(COLUMNS["name"])},
    {"x": (1, 2), "y": pd.Series([0.5, np.inf]), "name": pl.Series(COLUMNS["name"])},
    pd.DataFrame(COLUMNS),
    pl.DataFrame(COLUMNS),
    pa.table(COLUMNS),
]
IDS = ["columns", "rows", "generator", "arrays", "mixed", "pandas", "polars", "arrow"]


@pytest.mark.parametrize("place", range(len(TABLES)), ids=IDS)
def test_a_table_in_each_format(project: Path, place: int) -> None:
    table = TABLES[place]
    if IDS[place] == "generator":
        table = list(table)
    with runlog.start_run(strict=True) as run:
        run.log_table(table, "t.parquet")
        run.log_table(table, "sub/t.CSV")
        run.log_table(table, "t.json")
    assert pq.ParquetFile(io.BytesIO(kept(project, "t.parquet"))).read().to_pydict() == COLUMNS
    csv = pa.csv.read_csv(io.BytesIO(kept(project, "sub/t.CSV")), parse_options=pa.csv.ParseOptions(newlines_in_values=True))
    assert csv.to_pydict() == COLUMNS
    assert json.loads(kept(project, "t.json")) == [
        {"x": 1, "y": 0.5, "name": "a"},
        {"x": 2, "y": {"float": "Infinity"}, "name": 'ü,"\n'},
    ]


def test_a_generator_of_rows(project: Path) -> None:
    with runlog.start_run(strict=True) as run:
        run.log_table(({"x": n} for n in range(3)), "t.json")
    assert json.loads(kept(project, "t.json")) == [{"x": 0}, {"x": 1}, {"x": 2}]


def test_no_column_of_any_row_is_lost(project: Path) -> None:
    rows = [{"epoch": 1}, {"epoch": 2, "loss": 0.5}, {}, {"loss": np.float32(0.25), 3: "three"}]
    with runlog.start_run(strict=True) as run:
        run.log_table(rows, "t.json")
        run.log_table(rows, "t.csv")
    nothing = {"epoch": None, "loss": None, "3": None}
    assert json.loads(kept(project, "t.json")) == [
        nothing | {"epoch": 1}, nothing | {"epoch": 2, "loss": 0.5}, nothing, nothing | {"loss": 0.25, "3": "three"},
    ]  # fmt: skip
    assert kept(project, "t.csv") == b'"epoch","loss","3"\n1,,\n2,0.5,\n,,\n,0.25,"three"\n'


def test_why_something_is_no_table_is_one_sentence(project: Path) -> None:
    with runlog.start_run() as run:
        run.log_table(np.ones((2, 2)), "a.csv")
        run.log_table(pd.DataFrame({"a": [1, "x"]}), "b.csv")
    row, column = only_run(project / ".runlog").problems
    assert row == "a row of a table is a mapping of columns to values, not a ndarray"
    assert column.startswith("cannot make a table of this DataFrame: Could not convert 'x' with type str")
    assert column.endswith("Conversion failed for column a with type object")


def test_other_values_in_tables(project: Path) -> None:
    rows = [
        {
            "at": datetime.date(2026, 1, 2),
            "money": Decimal("1.50"),
            "none": None,
            "list": [1, 2],
            "dict": {"a": 1},
            "nan": math.nan,
        },
        {"at": datetime.date(2026, 1, 3), "money": Decimal("2.50"), "none": None, "list": [], "dict": {"a": 2}, "nan": 1.0},
    ]
    with runlog.start_run(strict=True) as run:
        run.log_table(rows, "t.parquet")
        run.log_table(rows, "t.json")
    assert str(pq.ParquetFile(io.BytesIO(kept(project, "t.parquet"))).read().to_pylist()) == str(rows)
    assert json.loads(kept(project, "t.json"))[0] == {
        "at": "2026-01-02",
        "money": 1.5,
        "none": None,
        "list": [1, 2],
        "dict": {"a": 1},
        "nan": {"float": "NaN"},
    }


def test_the_index_of_a_frame_is_kept(project: Path) -> None:
    with runlog.start_run(strict=True) as run:
        run.log_table(pd.DataFrame({"x": [1]}, index=pd.Index(["row"], name="which")), "t.json")
    assert json.loads(kept(project, "t.json")) == [{"x": 1, "which": "row"}]


@pytest.mark.parametrize("path", ["t.parquet", "t.json"])
def test_a_table_without_rows(project: Path, path: str) -> None:
    with runlog.start_run(strict=True) as run:
        run.log_table({"x": []}, path)
        run.log_table([], f"none/{path}")
    assert only_run(project / ".runlog").problems == ()


@pytest.mark.parametrize(
    ("table", "path", "code"),
    [
        (5, "t.csv", "bad-value"),
        (None, "t.csv", "bad-value"),
        ({"x": [1], "y": [1, 2]}, "t.csv", "bad-value"),
        ({"x": 5}, "t.csv", "bad-value"),
        ([[1, 2]], "t.csv", "bad-value"),
        ("text", "t.csv", "bad-value"),
        ({"x": [1, "a"]}, "t.csv", "bad-value"),
        ({"x": [object()]}, "t.parquet", "bad-value"),
        ({"x": [[1], [2]]}, "t.csv", "bad-value"),
        ({"x": [1]}, "t.xlsx", "bad-input"),
        ({"x": [1]}, "t", "bad-input"),
    ],
)
def test_what_is_no_table(project: Path, table: Any, path: str, code: str) -> None:
    with runlog.start_run(strict=True) as run, pytest.raises(runlog.RunlogError) as refused:
        run.log_table(table, path)
    assert refused.value.code == code, refused.value.message
    assert dict(only_run(project / ".runlog").artifacts) == {}


def test_no_library_of_pictures_or_tables_is_brought_in(tmp_path: Path) -> None:
    script = """\
import sys, runlog
with runlog.start_run(strict=True) as run:
    run.log_image([[0, 255]], "i.png")
    run.log_text("x", "x.txt")
    run.log_json({"a": [1]}, "a.json")
    print(sorted({"PIL", "numpy", "pandas", "polars", "matplotlib", "plotly", "pyarrow"} & set(sys.modules)))
    run.log_table({"x": [1]}, "t.json")
    print(sorted({"PIL", "pandas", "polars", "matplotlib", "plotly"} & set(sys.modules)))
"""
    done = python(script, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == "[]"
    assert "matplotlib" in sys.modules  # the test itself has them
