"""`runlog model predict`: the same predictions from every form of a table into every other, whole or not at all."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.linear_model import LinearRegression

from runlog.errors import BadInput, OutsideError
from runlog.models.batch import Job, predict_file
from runlog.models.loading import Predictor, load_predictor
from runlog.models.saving import save_model
from tests.cli.conftest import Cli, cli
from tests.scene import environment, shell

__all__ = ["cli"]
TRIPS = 'id,km,count,city\n007,1.50,3,Köln\n008,2,4,"a, b"\n009,1e3,5,NA\n'


KNOWN = ".csv, .parquet and .jsonl are known"
# km, and 10 for each in count.
BY_HAND = [1.5 + 30, 2.0 + 40, 1000.0 + 50]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models of two columns, of an array, and functions that answer in other shapes."""
    folder = tmp_path_factory.mktemp("models")
    rows = pd.DataFrame({"km": [0.5, 1.0, 0.0, 2.5], "count": [0, 0, 1, 1]})
    named = LinearRegression().fit(rows, rows.km + 10 * rows["count"])
    named.coef_, named.intercept_ = np.array([1.0, 10.0]), 0.0
    save_model(named, folder / "named", example=rows)
    plain = LinearRegression().fit(rows.to_numpy(), rows.km)
    plain.coef_, plain.intercept_ = np.array([1.0, 10.0]), 0.0
    save_model(plain, folder / "array", example=rows.to_numpy())
    for name, function in functions().items():
        save_model(function, folder / name)
    return folder


def functions() -> dict[str, Callable[[Any], Any]]:
    """Functions are pickled by value where they are inside of another."""

    def two(frame: Any) -> Any:
        return frame.assign(twice=frame.km * 2, city="x")[["twice", "city"]]

    def matrix(frame: Any) -> Any:
        return frame[["km", "km"]].to_numpy()

    def fewer(frame: Any) -> Any:
        return [1.0]

    def changing(frame: Any) -> Any:
        return frame.km.tolist() if frame.km.iloc[0] < 2 else ["far"]

    def failing(frame: Any) -> Any:
        if frame.km.max() > 100:
            raise ZeroDivisionError("too far")
        return frame.km

    def mixed(frame: Any) -> Any:
        import numpy as np

        return np.array([1.0, "x"], dtype=object)

    def shown(frame: Any) -> Any:
        kinds = frame.kind if "kind" in frame else [None] * len(frame)
        return [f"{new} {at} {kind}" for new, at, kind in zip(frame.new, frame["at"], kinds, strict=True)]

    return {function.__name__: function for function in (mixed, shown, two, matrix, fewer, changing, failing)}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "trips.csv").write_text(TRIPS, encoding="utf-8")
    return tmp_path


def test_from_text_to_text_every_column_stays_as_it_was(project: Path, folder: Path, cli: Cli) -> None:
    answer = cli("model", "predict", str(folder / "named"), "-i", "trips.csv", "-o", "out.csv")
    assert (answer.status, answer.err) == (0, "")
    assert answer.out == f"predicted 3 rows with {folder / 'named'} into out.csv\n"
    rows = list(csv.reader((project / "out.csv").read_text(encoding="utf-8").splitlines()))
    before = list(csv.reader(TRIPS.splitlines()))
    assert rows == [[*row, added] for row, added in zip(before, ["prediction", *map(str, BY_HAND)], strict=True)]


@pytest.mark.parametrize("way", ["csv", "parquet", "jsonl"])
@pytest.mark.parametrize("to", ["csv", "parquet", "jsonl"])
def test_every_form_into_every_other(project: Path, folder: Path, way: str, to: str) -> None:
    frame = pd.DataFrame({"km": [1.5, 2.0, 1000.0], "count": [3, 4, 5], "city": ["Köln", "a, b", 'c "d"']})
    write = {
        "csv": lambda: frame.to_csv("in.csv", index=False),
        "parquet": lambda: pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), "in.parquet"),
        "jsonl": lambda: frame.to_json("in.jsonl", orient="records", lines=True),
    }
    write[way]()
    seen: list[tuple[int, int]] = []
    done = predict_file(
        load_predictor(folder / "named"), Job(f"in.{way}", f"out.{to}", way, to, rows=2), lambda *at: seen.append(at)
    )
    read: dict[str, Callable[[], Any]] = {
        "csv": lambda: pd.read_csv("out.csv"),
        "parquet": lambda: pq.read_table("out.parquet").to_pandas(),
        "jsonl": lambda: pd.DataFrame([json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]),
    }
    made = read[to]()
    assert done == 3
    assert list(made.columns) == ["km", "count", "city", "prediction"]
    assert made.prediction.tolist() == BY_HAND
    assert made.drop(columns="prediction").to_dict("list") == frame.to_dict("list")
    assert seen[-1] == (1, 1)
    shares = [at / of for at, of in seen[:-1]]
    assert len(shares) == 2
    assert 0 == shares[0] < shares[1] < 1


def test_through_pipes(project: Path, folder: Path) -> None:
    def piped(text: bytes, *options: str) -> bytes:
        command = [sys.executable, "-m", "runlog", "model", "predict", str(folder / "named"), *options]
        done = subprocess.run(command, input=text, env=environment(), capture_output=True, check=False, timeout=100)
        assert (done.returncode, done.stderr) == (0, b"")
        return done.stdout

    table = piped(TRIPS.encode(), "--to", "parquet")
    assert piped(table, "--from", "parquet", "--only", "--column", "km_and_more") == b"km_and_more\n31.5\n42.0\n1050.0\n"


def test_a_model_of_arrays_takes_the_columns_in_their_order(project: Path, folder: Path, cli: Cli) -> None:
    (project / "two.csv").write_text("a,b\n1,2\n3,4\n")
    answer = cli("model", "predict", str(folder / "array"), "-i", "two.csv", "-o", "out.jsonl", "--only")
    assert (answer.status, answer.err) == (0, "")
    assert (project / "out.jsonl").read_text() == '{"prediction": 21.0}\n{"prediction": 43.0}\n'


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("two", {"prediction_twice": [3.0, 4.0, 2000.0], "prediction_city": ["x", "x", "x"]}),
        ("matrix", {"prediction_0": [1.5, 2.0, 1000.0], "prediction_1": [1.5, 2.0, 1000.0]}),
    ],
)
def test_several_predictions_for_each_row(project: Path, folder: Path, name: str, columns: dict[str, list[Any]]) -> None:
    predict_file(load_predictor(folder / name, trust=True), Job("trips.csv", "out.parquet", "csv", "parquet", only=True))
    assert pq.read_table("out.parquet").to_pydict() == columns


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("km,count\n1,1\n2,2\nfar,3\n", "column 'km' cannot be read as double: row 3 is 'far'"),
        ("km,count\n1,1\n2,2\n3,4.5\n", "column 'count' cannot be read as long: row 3 is '4.5'"),
        ("km,count\n1,1\n2,2\n3,\n", "column 'count' cannot be read as long: row 3 is empty"),
        (
            "km,cuon\n1,1\n",
            "the model takes ['count'], which the data does not have; it has ['cuon'], which the model does not know",
        ),
        ("km,count\n1,1\n2\n", "'trips.csv' is no csv that can be read: CSV parse error: Row #3: Expected 2 columns, got 1: 2"),
        ("km,count,km\n1,2,3\n", "'trips.csv' has the column 'km' twice"),
        ("km,count\n", "'trips.csv' has no rows"),
        ("", "'trips.csv' is no csv that can be read: Empty CSV file"),
    ],
)
def test_what_cannot_be_read_is_named(project: Path, folder: Path, table: str, message: str) -> None:
    (project / "trips.csv").write_text(table)
    (project / "out.csv").write_text("older")
    job = Job("trips.csv", "out.csv", "csv", "csv", force=True, rows=2)
    with pytest.raises(BadInput) as error:
        predict_file(load_predictor(folder / "named"), job)
    assert error.value.message == message
    assert (project / "out.csv").read_text() == "older"
    assert sorted(path.name for path in project.iterdir() if path.name != "runlog-cache") == ["out.csv", "trips.csv"]


@pytest.mark.filterwarnings("ignore")  # of the converter and what it converts with
@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        ("regressor", {"prediction": [31.5, 42.0]}),
        ("classifier", {"prediction_label": [1, 1], "prediction_probabilities_0": [0, 0], "prediction_probabilities_1": [1, 1]}),
        (
            "mapped",
            {
                "prediction_output_label": [1, 1],
                "prediction_output_probability_0": [0, 0],
                "prediction_output_probability_1": [1, 1],
            },
        ),
    ],
)
def test_a_graph_with_outputs_of_one_column_and_of_several(project: Path, kind: str, columns: dict[str, list[float]]) -> None:
    from skl2onnx import to_onnx
    from sklearn.linear_model import LogisticRegression

    rows = np.array([[0.5, 0], [1.0, 0], [0.0, 1], [2.5, 1]], np.float32)
    if kind == "regressor":
        graph = to_onnx(LinearRegression().fit(rows, rows @ [1, 10]), rows)
    else:
        model = LogisticRegression(C=1e6).fit(rows, [0, 0, 1, 1])
        graph = to_onnx(model, rows, options={"zipmap": kind == "mapped"})
    save_model(graph, project / "graph", example=rows)
    (project / "in.csv").write_text("km,count\n1.5,3\n2,4\n")
    predict_file(load_predictor(project / "graph"), Job("in.csv", "out.parquet", "csv", "parquet", only=True))
    made = pq.read_table("out.parquet").to_pydict()
    assert {name: np.round(values, 3).tolist() for name, values in made.items()} == columns


@pytest.mark.parametrize(
    "how", ["< trips.csv -i /dev/stdin", "-i <(cat trips.csv)", "-i /dev/stdin --from csv < <(cat trips.csv)"]
)
def test_pipes_that_are_given_as_paths(project: Path, folder: Path, how: str) -> None:
    command = f"{sys.executable} -m runlog model predict {folder / 'named'} --only {how}"
    done = shell(command, cwd=project, sh="bash")
    assert (done.returncode, done.stdout, done.stderr) == (0, "prediction\n31.5\n42.0\n1050.0\n", "")


def test_what_cannot_predict_is_refused_at_once(project: Path, cli: Cli) -> None:
    (project / "weights.bin").write_bytes(b"1")
    save_model("weights.bin", project / "kept")
    told = f"error: {str(project / 'kept')!r} makes no predictions: it holds files\n"
    before = signal.getsignal(signal.SIGTERM)
    for words in (("serve", str(project / "kept"), "--port", "0"), ("predict", str(project / "kept"), "-i", "trips.csv")):
        answer = cli("model", *words)
        signal.signal(signal.SIGTERM, before)
        assert (answer.status, answer.out, answer.err) == (5, "", told)


SWITCH = {
    "inputs": [
        {"type": "boolean", "name": "new", "required": True},
        {"type": "datetime", "name": "at", "required": True},
        {"type": "string", "name": "kind", "required": False},
    ]
}


def test_switches_moments_and_texts_in_csv(project: Path, folder: Path) -> None:
    save_model(functions()["shown"], project / "shown", signature=SWITCH)
    model = load_predictor(project / "shown", trust=True)
    (project / "in.csv").write_text('new,at,kind,note\ntrue,2026-11-20,NA,"two\nlines"\nFalse,2026-11-21T10:00:00,,007\n')
    predict_file(model, Job("in.csv", "out.csv", "csv", "csv", only=True))
    assert (project / "out.csv").read_text().splitlines() == [
        "prediction",
        "True 2026-11-20 00:00:00 nan",
        "False 2026-11-21 10:00:00 nan",
    ]
    predict_file(model, Job("in.csv", "out.parquet", "csv", "parquet"))
    made = pq.read_table("out.parquet").to_pydict()
    assert (made["note"], made["new"], made["kind"]) == (["two\nlines", "007"], [True, False], [None, None])
    (project / "in.csv").write_text("new,at\nyes,2026-11-20\n")
    with pytest.raises(BadInput) as error:
        predict_file(model, Job("in.csv", "none.csv", "csv", "csv"))
    assert error.value.message == "column 'new' cannot be read as boolean: row 1 is 'yes'"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "mixed",
            "the predictions in 'prediction' are not of one kind that a table can hold",
        ),
        ("fewer", "the model made 1 predictions for 2 rows"),
        ("failing", "the model failed on rows 3 to 3: ZeroDivisionError: too far"),
        ("changing", "column 'prediction' holds int64 at first, and string from row 3 on"),
    ],
)
def test_a_model_that_misbehaves(project: Path, folder: Path, name: str, message: str) -> None:
    text = "km\n1\n1\n1000\n"
    (project / "trips.csv").write_text(text)
    model: Predictor = load_predictor(folder / name, trust=True)
    with pytest.raises(BadInput) as error:
        predict_file(model, Job("trips.csv", "out.parquet", "csv", "parquet", rows=2))
    assert error.value.message == message
    assert not (project / "out.parquet").exists()


def test_nothing_is_overwritten_unasked(project: Path, folder: Path, cli: Cli) -> None:
    (project / "out.csv").write_text("older")
    words = ["model", "predict", str(folder / "named"), "-i", "trips.csv", "-o", "out.csv"]
    answer = cli(*words)
    assert (answer.status, answer.err) == (4, "error: 'out.csv' is there already\nhint: --force replaces it\n")
    assert (project / "out.csv").read_text() == "older"
    assert cli(*words, "--force").status == 0
    again = ["model", "predict", str(folder / "named"), "-i", "out.csv", "-o", "more.csv"]
    answer = cli(*again)
    assert (answer.status, answer.err) == (
        4,
        "error: 'out.csv' has a column 'prediction' already\nhint: --column NAME, or --only\n",
    )
    assert cli(*again, "--column", "second").status == 0


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (("-i", "none.csv"), 3, "error: there is no file 'none.csv'\n"),
        (
            ("-i", "."),
            5,
            "error: '.' is a folder\n",
        ),
        (("-i", ".", "--from", "csv"), 5, "error: '.' is a folder\n"),
        (
            ("-o", "/dev/stdout", "-f"),
            5,
            "error: '/dev/stdout' is no file that could be there as a whole or not at all\nhint: -o -\n",
        ),
        (("-i", "trips"), 2, f"error: cannot tell a form by the ending of 'trips': {KNOWN}\nhint: --from csv\n"),
        (
            ("-i", "trips.csv", "--to", "x"),
            2,
            "error: 'x' is no form of tables: csv, parquet, jsonl are known\nhint: --to csv\n",
        ),
        (("-i", "trips.csv", "-o", "no/such/out.csv"), 7, "error: cannot write 'no/such/out.csv': no such file or directory\n"),
    ],
)
def test_misuse(project: Path, folder: Path, cli: Cli, words: tuple[str, ...], status: int, told: str) -> None:
    answer = cli("model", "predict", str(folder / "named"), *words)
    assert (answer.status, answer.out, answer.err) == (status, "", told)


def test_without_pandas(project: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = load_predictor(folder / "named")
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(OutsideError) as error:
        predict_file(model, Job("trips.csv", "out.csv", "csv", "csv"))
    assert (error.value.message.partition(",")[0], error.value.hint) == (
        "predicting for a file needs pandas",
        "pip install pandas",
    )


def test_a_pickle_is_loaded_only_if_told(project: Path, folder: Path, cli: Cli) -> None:
    answer = cli("model", "predict", str(folder / "two"), "-i", "trips.csv", "-o", "out.csv")
    assert answer.status == 5
    assert "--trust" in answer.err
    assert cli("model", "predict", str(folder / "two"), "-i", "trips.csv", "-o", "out.csv", "--trust").status == 0
