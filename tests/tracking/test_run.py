"""The verbs of a run, and what lies in the store afterwards, read with a JSON and a Parquet reader."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

import runlog
from tests.scene import BareRun, bare_runs, only_run, points, python, tree

# As the issue that asked for it shows it; one of its comments is cut to the width of this file.
EXAMPLE = """\
import runlog

with runlog.start_run(experiment="duration", name="ridge", params={"alpha": 0.1}, tags={"model": "ridge"}) as run:
    run.log_metric("rmse", 6.3, step=1)              # also log_metrics({...}, step=), log_param(s), set_tag(s), note
    run.log_artifact("model.bin")                    # file or folder, optional destination; log_text, log_figure, ...
    run.use_data("data/train.parquet", name="train") # an input: path, size, hash
"""


def only_bare(project: Path) -> BareRun:
    [run] = bare_runs(project / ".runlog").values()
    return run


def test_the_example(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"weights")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "train.parquet").write_bytes(b"rows")
    done = python(EXAMPLE, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    run = only_bare(tmp_path)
    assert run.folder.parent == tmp_path / ".runlog" / "experiments" / "duration"
    assert {key: run.birth[key] for key in ("experiment", "name", "params", "tags", "parent", "note")} == {
        "experiment": "duration",
        "name": "ridge",
        "params": {"alpha": 0.1},
        "tags": {"model": "ridge"},
        "parent": None,
        "note": None,
    }
    assert run.points == {"rmse": [(1, 6.3)]}
    digest = hashlib.sha256(b"weights").hexdigest()
    assert run.artifacts == {"model.bin": {"bytes": 7, "sha256": digest}}
    assert (run.folder / "artifacts" / "model.bin").read_bytes() == b"weights"
    [data] = [entry for entry in run.entries if "input" in entry]
    assert (data["input"], data["value"]) == (
        "train",
        {"path": "data/train.parquet", "bytes": 4, "sha256": hashlib.sha256(b"rows").hexdigest(), "files": 1},
    )
    assert [entry["end"]["state"] for entry in run.entries if "end" in entry] == ["finished"]
    assert not list((run.folder / "live").glob("*"))
    stored = only_run(tmp_path / ".runlog")
    assert (stored.state, stored.metrics["rmse"].last, stored.metrics["rmse"].last_step) == ("finished", 6.3, 1)


def test_without_a_step_a_metric_goes_on_after_its_highest(project: Path) -> None:
    with runlog.start_run() as run:
        run.log_metric("a", 1.0)
        run.log_metric("a", 2.0)
        run.log_metric("b", 3.0)
        run.log_metrics({"b": 4.0, "c": 5.0})
        run.log_metric("c", 6.0)
    assert only_bare(project).points == {
        "a": [(0, 1.0), (1, 2.0)],
        "b": [(0, 3.0), (1, 4.0)],
        # Metrics that are logged together share the step of the one that has counted furthest.
        "c": [(1, 5.0), (2, 6.0)],
    }


def test_a_step_that_is_given_counts_for_the_points_without_one(project: Path) -> None:
    with runlog.start_run() as run:
        for step in (5, None, None, 2, None):
            run.log_metric("a", 1.0, step)
        run.log_metric("b", 1.0, -7)
        run.log_metrics({"b": 1.0, "a": 1.0})
        run.log_metric("b", 1.0)
        run.log_metric("far", 1.0, 2**63 - 1)
        run.log_metric("far", 2.0)
    assert only_bare(project).points == {
        "a": [(2, 1.0), (5, 1.0), (6, 1.0), (7, 1.0), (8, 1.0), (9, 1.0)],
        "b": [(-7, 1.0), (9, 1.0), (10, 1.0)],
        "far": [(2**63 - 1, 1.0), (2**63 - 1, 2.0)],  # there is no step after it
    }


def test_steps_may_repeat_jump_and_go_back(project: Path) -> None:
    with runlog.start_run() as run:
        for step, value in [(5, 1.0), (2, 2.0), (5, 3.0), (-1, 4.0), (2**63 - 1, 5.0), (-(2**63) + 1, 6.0)]:
            run.log_metric("a", value, step)
    assert only_bare(project).points["a"] == [
        (-(2**63) + 1, 6.0),
        (-1, 4.0),
        (2, 2.0),
        (5, 1.0),
        (5, 3.0),
        (2**63 - 1, 5.0),
    ]
    metric = only_run(project / ".runlog").metrics["a"]
    assert (metric.first, metric.last, metric.min, metric.max, metric.step_of_min, metric.count) == (6.0, 5.0, 1.0, 6.0, 5, 6)


def test_no_metrics_at_all_is_no_error(project: Path) -> None:
    with runlog.start_run(strict=True) as run:
        run.log_metrics({})
    assert only_bare(project).points == {}


def test_times_can_be_given(project: Path) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
    with runlog.start_run(strict=True) as run:
        run.log_metric("a", 1.0, step=0, at=moment)
        run.log_metric("a", 1.0, step=1, at=moment.astimezone(timezone(timedelta(hours=5))))
        run.log_metric("a", 1.0, step=2, at=moment.replace(tzinfo=None))
        run.log_metric("a", 1.0, step=3, at=moment.timestamp())
        run.log_metrics({"a": 1.0}, step=4, at=moment)
    times = only_run(project / ".runlog").history("a")["time"].to_pylist()
    assert times == [moment] * 5


def test_without_a_time_it_is_now(project: Path) -> None:
    before = time.time()
    with runlog.start_run() as run:
        run.log_metric("a", 1.0)
    [at] = only_run(project / ".runlog").history("a")["time"].to_pylist()
    assert before - 0.001 <= at.timestamp() <= time.time()


@pytest.mark.parametrize("live", [True, False], ids=["live", "finished"])
def test_history_is_an_arrow_table_and_a_frame_where_there_are_frames(project: Path, live: bool) -> None:
    with runlog.start_run() as run:
        for step in range(3):
            run.log_metrics({"a": float(step), "b": -1.0}, step=step)
        if live:
            stored = runlog.open_store().run(run.id)
            assert stored.state == "running"
    if not live:
        stored = runlog.open_store().run(run.id)
        assert stored.state == "finished"
    table = stored.history("a")
    assert [(field.name, str(field.type)) for field in table.schema] == [
        ("metric", "string"),
        ("step", "int64"),
        ("time", "timestamp[ms, tz=UTC]"),
        ("value", "double"),
    ]
    assert table.select(["metric", "step", "value"]).to_pydict() == {
        "metric": ["a"] * 3,
        "step": [0, 1, 2],
        "value": [0.0, 1.0, 2.0],
    }
    assert stored.history().num_rows == 6
    assert stored.to_pandas("a")["value"].tolist() == [0.0, 1.0, 2.0]
    assert stored.to_polars("a")["value"].to_list() == [0.0, 1.0, 2.0]
    with pytest.raises(runlog.RunlogError, match="has no metric 'c'"):
        stored.history("c")


def test_readers_see_every_point_the_moment_it_is_logged(project: Path) -> None:
    with runlog.start_run() as run:
        for step in range(5):
            run.log_metric("a", float(step))
            stored = run.read()
            assert (stored.state, points(stored, "a")) == ("running", [(n, float(n)) for n in range(step + 1)])
            assert (stored.metrics["a"].last, stored.metrics["a"].count) == (float(step), step + 1)


def test_a_param_set_again_has_the_last_value_and_remembers_the_others(project: Path) -> None:
    with runlog.start_run(params={"alpha": 0.1}, strict=True) as run:
        run.log_param("alpha", 0.1)  # the same again is nothing new
        run.log_param("alpha", 0.2)
        run.log_params({"alpha": 0.3, "depth": 3})
    stored = only_run(project / ".runlog")
    assert dict(stored.params) == {"alpha": 0.3, "depth": 3}
    assert dict(stored.earlier_params) == {"alpha": (0.1, 0.2)}
    assert stored.problems == ()
    assert only_bare(project).params == {"alpha": [0.1, 0.1, 0.2, 0.3], "depth": [3]}


def test_tags_note_name_and_experiment_can_change(project: Path) -> None:
    with runlog.start_run(experiment="first", name="one", tags={"a": "1", "b": "2"}, note="before") as run:
        run.set_tag("a", "3")
        run.set_tag("bare")
        run.set_tags({"number": 5, "yes": True, "none": None})
        run.remove_tag("b")
        run.remove_tag("never there")
        run.set_note("after: ü\nsecond line")
        run.set_name("two")
        run.set_experiment("second")
    stored = only_run(project / ".runlog")
    assert dict(stored.tags) == {"a": "3", "bare": "", "number": "5", "yes": "true", "none": ""}
    assert (stored.note, stored.name, stored.experiment) == ("after: ü\nsecond line", "two", "second")
    assert [run.id for run in runlog.open_store().runs(experiment="second")] == [stored.id]
    assert list(runlog.open_store().runs(experiment="first")) == []


def test_logging_after_the_end_is_told_and_changes_nothing(project: Path, caplog: pytest.LogCaptureFixture) -> None:
    with runlog.start_run() as run:
        run.log_metric("a", 1.0)
    before = tree(project / ".runlog" / "experiments")
    run.log_metric("a", 2.0)
    run.log_metrics({"a": 2.0})
    run.log_param("p", 1)
    run.set_tag("t")
    run.log_text("text", "t.txt")
    run.finish("failed")
    # Logs that are replaced are dropped a little later; nothing else may happen to the run.
    after = tree(project / ".runlog" / "experiments")
    assert {path: what for path, what in after.items() if "/live" not in path} == {
        path: what for path, what in before.items() if "/live" not in path
    }
    assert caplog.messages == [
        f"runlog: run {run.id}: run {run.id} has ended, nothing more can be logged into it "
        "(hint: start_run(run_id=...) resumes it)"
    ]
    with runlog.start_run(strict=True) as strict:
        pass
    verbs: list[Callable[[], object]] = [
        lambda: strict.log_metric("a", 1.0),
        lambda: strict.log_param("p", 1),
        lambda: strict.log_text("x", "x.txt"),
    ]
    for late in verbs:
        with pytest.raises(runlog.RunlogError, match="has ended"):
            late()


def logged(run: BareRun) -> dict[str, bytes]:
    """Path and bytes of every artifact, after comparing them with the manifest."""
    found = {}
    files = set()
    for path, about in run.artifacts.items():
        files.add(about.get("file", path))
        data = (run.folder / "artifacts" / about.get("file", path)).read_bytes()
        assert (about["bytes"], about["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
        found[path] = data
    lying = {
        path.relative_to(run.folder / "artifacts").as_posix() for path in (run.folder / "artifacts").rglob("*") if path.is_file()
    }
    assert lying == files
    return found


@pytest.mark.parametrize(
    ("to", "place"),
    [
        (None, "model.bin"),
        ("other.bin", "other.bin"),
        ("sub/other.bin", "sub/other.bin"),
        ("sub/", "sub/model.bin"),
        ("a/b/", "a/b/model.bin"),
        ("", "model.bin"),
        (".", "model.bin"),
        ("./", "model.bin"),
        ("./sub//x", "sub/x"),
        ("ünï/код.bin", "ünï/код.bin"),
        (Path("p") / "q.bin", "p/q.bin"),
    ],
)
def test_where_a_file_goes(project: Path, to: str | None, place: str) -> None:
    (project / "deep").mkdir()
    (project / "deep" / "model.bin").write_bytes(b"weights")
    with runlog.start_run(strict=True) as run:
        run.log_artifact("deep/model.bin", to)
    assert logged(only_bare(project)) == {place: b"weights"}


@pytest.mark.parametrize(
    ("source", "to", "before"),
    [
        ("data", None, "data/"),
        ("data/", None, "data/"),
        ("./data/.", None, "data/"),
        ("data/sub/..", None, "data/"),
        (".", None, "project/"),
        ("data", "inputs", "inputs/"),
        ("data", "inputs/", "inputs/"),
        ("data", "a/b", "a/b/"),
        ("data", "", ""),
        ("data", ".", ""),
    ],
)
def test_where_a_folder_goes(project: Path, source: str, to: str | None, before: str) -> None:
    (project / "data" / "sub").mkdir(parents=True)
    (project / "data" / "one.txt").write_text("1")
    (project / "data" / "sub" / "two.txt").write_text("2")
    (project / "data" / "sub" / "empty").touch()
    with runlog.start_run(strict=True, store=project.parent / "store") as run:
        run.log_artifact(source, to)
    [bare] = bare_runs(project.parent / "store").values()
    inner = "data/" if source == "." else ""
    assert logged(bare) == {
        f"{before}{inner}one.txt": b"1",
        f"{before}{inner}sub/two.txt": b"2",
        f"{before}{inner}sub/empty": b"",
    }


def test_the_folder_above_has_a_name_too(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "below").mkdir()
    (project / "file.txt").write_text("x")
    monkeypatch.chdir(project / "below")
    with runlog.start_run(strict=True, store=project.parent / "store") as run:
        run.log_artifact("..")
    [bare] = bare_runs(project.parent / "store").values()
    assert logged(bare) == {"project/file.txt": b"x"}


def test_a_folder_with_the_store_in_it_is_kept_without_the_store(project: Path) -> None:
    (project / "train.py").write_text("pass")
    for _ in range(2):
        with runlog.start_run(strict=True) as run:
            run.log_artifact(".", "code")
    for bare in bare_runs(project / ".runlog").values():
        assert logged(bare) == {"code/train.py": b"pass"}


def test_logging_a_name_again_replaces_it(project: Path) -> None:
    with runlog.start_run() as run:
        run.log_text("one", "notes.txt")
        run.log_text("two", "notes.txt")
    bare = only_bare(project)
    assert logged(bare) == {"notes.txt": b"two"}


def test_text_and_documents(project: Path) -> None:
    with runlog.start_run(strict=True) as run:
        run.log_text("ü\n", "notes.txt")
        run.log_text(str(os.fsdecode(b"\xff")), "bytes.txt")
        run.log_dict({"a": {"b": [1, 2.5, None, True]}, 5: "x", "ü": "ü", "long": "x" * 100_000}, "d/c.json")
        run.log_json([1, {"nan": float("nan")}], Path("list.json"))  # type: ignore[arg-type]
    found = logged(only_bare(project))
    assert found["notes.txt"] == "ü\n".encode()
    assert found["bytes.txt"] == b"\xff"
    assert json.loads(found["d/c.json"]) == {"a": {"b": [1, 2.5, None, True]}, "5": "x", "ü": "ü", "long": "x" * 100_000}
    assert json.loads(found["list.json"]) == [1, {"nan": {"float": "NaN"}}]
    assert found["d/c.json"].startswith(b'{\n  "a": {\n')


def test_what_is_no_plain_data_in_a_document_is_noted(project: Path) -> None:
    with runlog.start_run(strict=True) as run:
        run.log_dict({"model": {"layers": [1, {1j}]}}, "d.json")
        run.log_json(2j, "c.json")
    stored = only_run(project / ".runlog")
    assert stored.artifact("d.json").read_text() == '{\n  "model": {\n    "layers": [\n      1,\n      "{1j}"\n    ]\n  }\n}\n'
    assert stored.problems == (
        "d.json: 'model.layers[1]' of the document was a set, kept as the text '{1j}'",
        "c.json: the document was a complex, kept as the text '2j'",
    )


def test_changing_the_original_or_another_run_s_file_changes_no_artifact(project: Path) -> None:
    original = project / "model.bin"
    original.write_bytes(b"w" * 10_000)
    runs = []
    for _ in range(2):
        with runlog.start_run() as run:
            run.log_artifact(original)
            runs.append(run)
    with original.open("r+b") as file:
        file.write(b"changed")
    kept = [runlog.open_store().run(run.id).artifact("model.bin") for run in runs]
    assert [path.read_bytes() for path in kept] == [b"w" * 10_000] * 2
    # As `open(path, "w")` does unless one is root, and a copying tool even then.
    kept[0].unlink()
    kept[0].write_bytes(b"altered")
    assert kept[1].read_bytes() == b"w" * 10_000


@pytest.mark.parametrize("path", ["", ".", "../x", "a/../../x", "/etc/x", "C:/x", "a\0b", "a\nb", "x" * 300, "d/" * 600 + "x"])
def test_a_bad_place_is_refused(project: Path, path: str) -> None:
    before = tree(project.parent)
    with runlog.start_run(strict=True) as run:
        with pytest.raises(runlog.RunlogError) as refused:
            run.log_text("text", path)
        assert refused.value.code == "bad-name"
        assert not list(run.path.glob("artifacts/**/*"))
    assert only_bare(project).artifacts == {}
    assert {name for name in tree(project.parent) if not name.startswith(("project/.runlog", "runlog-cache"))} == set(before)


def test_inputs(project: Path) -> None:
    (project / "data" / "b").mkdir(parents=True)
    (project / "data" / "one").write_bytes(b"1")
    (project / "data" / "b" / "two").write_bytes(b"22")
    outside = project.parent / "outside.csv"
    outside.write_bytes(b"xyz")
    with runlog.start_run(strict=True) as run:
        run.use_data("data/one")
        run.use_data(Path("data"), name="all")
        run.use_data(project / "data" / "one", name="absolute")
        run.use_data(outside)
    sha = {data: hashlib.sha256(data).hexdigest() for data in (b"1", b"22", b"xyz")}
    lines = f"{sha[b'22']} 2 b/two\n{sha[b'1']} 1 one\n"
    found = {
        name: (data.path, data.bytes, data.sha256, data.files) for name, data in only_run(project / ".runlog").inputs.items()
    }
    assert found == {
        "one": ("data/one", 1, sha[b"1"], 1),
        "all": ("data", 3, hashlib.sha256(lines.encode()).hexdigest(), 2),
        "absolute": ("data/one", 1, sha[b"1"], 1),
        "outside.csv": (str(outside), 3, sha[b"xyz"], 1),
    }
    assert not (project / ".runlog" / "experiments" / "default" / run.id / "artifacts").exists()


def test_an_address_is_no_file(project: Path) -> None:
    with runlog.start_run(strict=True) as run:
        with pytest.raises(runlog.RunlogError) as refused:
            run.use_data("s3://bucket/train.parquet")
        (project / "odd:").mkdir()
        (project / "odd:" / "name").write_bytes(b"1")
        run.use_data("odd://name")
    assert str(refused.value) == (
        "'s3://bucket/train.parquet' is an address, not a file or folder of this machine (hint: keep it as a tag or a param)"
    )
    assert only_run(project / ".runlog").inputs["name"].path == "odd:/name"
