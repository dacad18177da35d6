"""`runlog log`: the quick way, the whole command, and that both say the same."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

import runlog
from runlog.cli.quick import plain_line
from tests.cli.conftest import Answer, Cli
from tests.scene import BareRun, bare_run, bare_runs, environment, points, python

ENDED = "error: run {} has ended: finished\nhint: runlog log --force --run {} ...\n"


@pytest.fixture
def open_run(store: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a run that is around this process."""
    begun = json.loads(cli("start", "-e", "scripts", "--json").out)
    for key, value in begun["environment"].items():
        monkeypatch.setenv(key, value)
    return Path(begun["path"])


def lines(run: Path) -> list[dict[str, Any]]:
    """What came through the only door of a run, without the times."""
    [door] = (run / "live").glob("*.jsonl")
    first, *others = [json.loads(line) for line in door.read_text(encoding="utf-8").splitlines()]
    assert first.keys() == {"time"}
    assert all(first["time"] <= line["time"] for line in others)
    return [{key: value for key, value in line.items() if key != "time"} for line in others]


def ended(cli: Cli, run: Path) -> BareRun:
    assert cli("finish", "-q") == Answer(0, "", "")
    return bare_run(run)


@pytest.mark.parametrize("more", [[], ["-p", "a=1"]], ids=["quick", "whole"])
def test_a_metric_counts_on_from_the_highest_step_as_in_python(cli: Cli, open_run: Path, more: list[str]) -> None:
    said: list[dict[str, Any]] = [
        {"loss": 0.31, "step": 5},
        {"loss": 0.3},
        {"loss": 0.29},
        {"loss": 0.2, "acc": 1.0},
        {"acc": 0.5},
    ]
    for line in said:
        assert cli("log", *(f"{name}={value}" for name, value in line.items()), *more) == Answer(0, "", "")
    expected = {"loss": [(5, 0.31), (6, 0.3), (7, 0.29), (8, 0.2)], "acc": [(8, 1.0), (9, 0.5)]}
    with runlog.start_run(name="python", nested=True) as run:
        for line in said:
            run.log_metrics({name: value for name, value in line.items() if name != "step"}, line.get("step"))
    assert (ended(cli, open_run).points, bare_run(run.path).points) == (expected, expected)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["loss=0.31", "step=5"], {"loss": 0.31, "step": 5}),
        (["step=-3", "loss=-1e-7"], {"step": -3, "loss": -1e-7}),
        (["a=1", "b=.5", "c=+2.", "d=1e400"], {"a": 1.0, "b": 0.5, "c": 2.0, "d": math.inf}),
        (["x=-inf", "step=7.0"], {"x": -math.inf, "step": 7}),
        (["train/loss, best=3"], {"train/loss, best": 3.0}),
        (["名前 🎉=1"], {"名前 🎉": 1.0}),
        (['say "hi"\\=1'], {'say "hi"\\': 1.0, "step": 0}),  # the whole command does this one
    ],
)
def test_metrics_go_through_the_door(cli: Cli, open_run: Path, words: list[str], line: dict[str, Any]) -> None:
    assert cli("log", *words) == Answer(0, "", "")
    assert lines(open_run) == [line]


def test_nan_is_logged(cli: Cli, open_run: Path) -> None:
    assert cli("log", "loss=NaN") == Answer(0, "", "")
    [line] = lines(open_run)
    assert math.isnan(line["loss"])


def test_params_tags_a_note_and_files(cli: Cli, open_run: Path) -> None:
    Path("model.bin").write_bytes(b"weights")
    Path("plots").mkdir()
    Path("plots/ab:c.png").write_text("picture")
    told = cli(
        "log", "-p", "alpha=0.1", "-p", 'm={"depth": [1, null]}', "-p", "name:=5", "-t", "done", "-t", "k=v=w", "--note", "so ä"
    )
    assert told == Answer(0, "", "")
    said = {"alpha": 0.1, "m.depth": [1, None], "name": "5"}
    assert lines(open_run) == [{"params": said, "tags": {"done": "", "k": "v=w"}, "note": "so ä"}]
    files = ["-a", "model.bin", "-a", "model.bin:models/best.bin", "-a", "plots:", "-a", "plots/ab:c.png", "loss=1"]
    assert cli("log", *files) == Answer(0, "", "")
    run = ended(cli, open_run)
    assert run.params == {"alpha": [0.1], "m.depth": [[1, None]], "name": ["5"]}
    assert run.tags == {"done": "", "k": "v=w"}
    assert [entry["note"] for entry in run.entries if "note" in entry] == ["so ä"]
    assert sorted(run.artifacts) == ["ab:c.png", "model.bin", "models/best.bin"]
    assert (open_run / "artifacts/models/best.bin").read_bytes() == b"weights"
    assert run.points == {"loss": [(0, 1.0)]}


def test_what_of_a_folder_can_be_kept_is_kept(cli: Cli, open_run: Path, caplog: pytest.LogCaptureFixture) -> None:
    Path("out/deep").mkdir(parents=True)
    for name in ("out/a.txt", "out/deep/b.txt", "out/z.txt"):
        Path(name).write_text(name)
    for name, target in (("out/gone", "nowhere"), ("out/latest", "deep")):
        Path(name).symlink_to(target)
    assert cli("log", "-a", "out", "loss=1") == Answer(1, "", "")
    assert caplog.messages == [
        f"runlog: run {open_run.name}: 'out/gone' is a broken symbolic link",
        f"runlog: run {open_run.name}: 'latest' is a link to a folder and was not followed",
    ]
    run = ended(cli, open_run)
    assert sorted(run.artifacts) == ["out/a.txt", "out/deep/b.txt", "out/z.txt"]
    assert run.points == {"loss": [(0, 1.0)]}


def test_a_folder_with_links_to_folders_is_whole(cli: Cli, open_run: Path) -> None:
    Path("out").mkdir()
    Path("out/itself").symlink_to(".")
    assert cli("log", "-a", "out").status == 0


def test_a_file_that_is_not_there_keeps_no_other_from_being_kept(
    cli: Cli, open_run: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What may be said once only, as a point without a step, is not said, for the command will be typed again."""
    Path("model.bin").write_bytes(b"weights")
    told = cli("log", "-a", "one.bin", "-a", "model.bin", "-a", "two.bin", "loss=1")
    assert told == Answer(5, "", "error: there is no file 'two.bin'\n")
    assert caplog.messages == [f"runlog: run {open_run.name}: there is no file 'one.bin'"]
    assert lines(open_run) == []
    assert sorted(ended(cli, open_run).artifacts) == ["model.bin"]


def test_steps_are_counted_however_a_metric_is_logged(cli: Cli, open_run: Path) -> None:
    for words in (["loss=1"], ["loss=2"], ["loss=3", "--tag", "t"], ["loss=4"], ["loss=9", "step=9"]):
        assert cli("log", *words).status == 0
    run_id = open_run.name
    assert cli("log", "--run", run_id, "loss=10", "acc=1").status == 0
    run = ended(cli, open_run)
    assert run.points == {"loss": [(0, 1.0), (1, 2.0), (2, 3.0), (3, 4.0), (9, 9.0), (10, 10.0)], "acc": [(10, 1.0)]}


def test_a_time_may_be_given(cli: Cli, open_run: Path) -> None:
    assert cli("log", "--time", "1795222800.25", "loss=1") == Answer(0, "", "")
    assert cli("log", "--time", "2026-11-20T21:30:12Z", "loss=2") == Answer(0, "", "")
    [door] = (open_run / "live").glob("*.jsonl")
    times = [json.loads(line)["time"] for line in door.read_text().splitlines()]
    assert times[1:] == [1795222800.25, 1795210212.0]


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        ([], 2, "there is nothing to log\nhint: runlog log loss=0.31 step=5"),
        (["step=5"], 2, "there is nothing to log\nhint: runlog log loss=0.31 step=5"),
        (["loss"], 2, "'loss' is not of the form metric=value\nhint: runlog log loss=0.31 step=5"),
        (["=1"], 2, "'=1' is not of the form metric=value\nhint: runlog log loss=0.31 step=5"),
        (["model=ridge"], 2, "'model' is 'ridge', and a metric is a number\nhint: runlog log --param 'model=ridge'"),
        (["n=1_000"], 2, "'n' is '1_000', and a metric is a number\nhint: runlog log --param 'n=1_000'"),
        (["ok=true"], 2, "'ok' is 'true', and a metric is a number\nhint: runlog log --param 'ok=true'"),
        (["loss="], 2, "'loss' is '', and a metric is a number\nhint: runlog log --param 'loss='"),
        (["a=1", "a=2"], 2, "'a' is given twice\nhint: runlog log loss=0.31 step=5"),
        (["a=1", "step=1", "step=2"], 2, "'step' is given twice\nhint: runlog log loss=0.31 step=5"),
        (["a=1", "step=x"], 2, "a step must be a whole number of 64 bits, got 'x'\nhint: runlog log loss=0.31 step=5"),
        (["a=1", "step=1.5"], 2, "a step must be a whole number of 64 bits, got '1.5'\nhint: runlog log loss=0.31 step=5"),
        (
            ["a=1", f"step={2**63}"],
            2,
            f"a step must be a whole number of 64 bits, got '{2**63}'\nhint: runlog log loss=0.31 step=5",
        ),
        (["time=3"], 2, "a metric that is logged from a shell cannot be named 'time'\nhint: runlog log took=3"),
        (["tags=3"], 2, "a metric that is logged from a shell cannot be named 'tags'\nhint: runlog log --tag k=v"),
        (["a\nb=1"], 5, "metric name 'a\\nb' holds a control character"),
        (
            ["--param", "alpha"],
            2,
            "--param 'alpha' is not of the form name=value\nhint: runlog log --param alpha=0.1",
        ),
        (["-p", "=1", "-f"], 2, "--param '=1' is not of the form name=value\nhint: runlog log --param alpha=0.1"),
        (["--tag", "=v"], 5, "tag name is empty"),
        (["--artifact", "nowhere.bin"], 5, "there is no file 'nowhere.bin'"),
        (
            ["--time", "noon", "a=1"],
            2,
            "'noon' is no time: give seconds after 1970, or a date and a time\n"
            "hint: runlog log --time 2026-11-20T21:30 loss=0.31",
        ),
    ],
)
def test_a_mistake_is_a_clear_error(cli: Cli, open_run: Path, words: list[str], status: int, message: str) -> None:
    assert cli("log", *words) == Answer(status, "", f"error: {message}\n")
    assert lines(open_run) == []


def test_without_a_run_around_it_says_what_to_do(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    message = 'error: there is no run around this command\nhint: eval "$(runlog start)"\n'
    assert cli("log", "loss=1") == Answer(2, "", message)
    assert cli("log", "loss=1", "--run", "nobody") == Answer(3, "", "error: no run matches 'nobody'\nhint: runlog ls\n")


def test_a_run_that_could_not_be_tracked_swallows_all(cli: Cli, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNLOG_METRICS", os.devnull)
    assert cli("log", "loss=1", "--param", "a=b") == Answer(0, "", "")


def test_a_run_that_has_ended_takes_words_only_by_force(cli: Cli, open_run: Path) -> None:
    assert cli("log", "loss=1", "step=3").status == 0
    before = ended(cli, open_run)
    refused = Answer(4, "", ENDED.format(open_run.name, open_run.name))
    assert cli("log", "loss=2") == refused
    assert cli("log", "loss=2", "--run", open_run.name) == refused
    assert cli("log", "--tag", "late") == refused
    assert bare_run(open_run) == before
    Path("late.txt").write_text("late")
    assert cli("log", "--force", "loss=2", "acc=1", "--tag", "late", "-a", "late.txt", "-p", "b=1") == Answer(0, "", "")
    after = bare_run(open_run)
    assert after.points == {"loss": [(3, 1.0), (4, 2.0)], "acc": [(4, 1.0)]}
    assert (after.tags, after.params, list(after.artifacts)) == ({"late": ""}, {"b": [1]}, ["late.txt"])
    assert not list((open_run / "live").glob("*.log"))
    assert cli("check").status == 0


def test_a_run_is_named_to_log_into_it(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    told = cli("log", "--force", "--run", "ridge", "rmse=6", "late=1")
    assert told == Answer(0, "", "")
    run = bare_runs(store)[ids["ridge"]]
    assert run.points == {"rmse": [(0, 6.5), (1, 6.4), (2, 6.3), (3, 6.0)], "late": [(3, 1.0)]}
    assert cli("log", "--run", "ridge", "rmse=6") == Answer(4, "", ENDED.format(ids["ridge"], ids["ridge"]))


def test_it_speaks_into_a_run_of_runlog_run_and_of_python(store: Path, tmp_path: Path) -> None:
    tool = f"{sys.executable} -m runlog"
    Path("job.sh").write_text(f"set -e\n{tool} log loss=0.5 step=0\nfor i in 1 2 3; do {tool} log acc=0.$i & done; wait\n")
    shell = ["run", "-q", "-n", "by shell", "--", "sh", "job.sh"]
    subprocess.run([sys.executable, "-m", "runlog", *shell], env=environment(), check=True, timeout=100)
    program = f"""
import os, runlog
with runlog.start_run(name="by python") as run:
    run.log_metric("loss", 0.1, step=0)
    assert os.system("{tool} log loss=0.2 step=1 && {tool} log --param x=1") == 0
"""
    assert python(program, cwd=store.parent).returncode == 0
    runs = {run.birth["name"]: run for run in bare_runs(store).values()}
    by_shell, by_python = runs["by shell"], runs["by python"]
    assert by_shell.points["loss"] == [(0, 0.5)]
    assert sorted(value for _, value in by_shell.points["acc"]) == [0.1, 0.2, 0.3]
    assert by_python.points == {"loss": [(0, 0.1), (1, 0.2)]}
    assert by_python.params == {"x": [1]}


def test_the_quick_way_imports_next_to_nothing(cli: Cli, open_run: Path) -> None:
    program = """
import os, sys
bare = set(sys.modules)
from runlog.cli import main
assert main() == 0
print(sorted(set(sys.modules) - bare))
"""
    done = subprocess.run(
        [sys.executable, "-S", "-c", program, "log", "loss=0.31", "step=5"],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    own = ["runlog", "runlog.cli", "runlog.cli.quick", "runlog.store", "runlog.store.line"]
    of_python = {
        "__future__",
        "atexit",
        "collections",
        "collections.abc",
        "errno",
        "gc",
        "itertools",
        "keyword",
        "operator",
        "reprlib",
    }
    loaded = json.loads(done.stdout.replace("'", '"'))
    assert [name for name in loaded if name.startswith("runlog")] == own
    assert {name for name in loaded if not name.startswith(("runlog", "_"))} <= of_python
    assert lines(open_run) == [{"loss": 0.31, "step": 5}]


NAMES = some.text(min_size=1, max_size=8).filter(lambda name: "=" not in name)


@given(some.dictionaries(NAMES, some.floats(), max_size=4), some.none() | some.integers(-(2**63) + 1, 2**63 - 1))
def test_a_plain_line_is_json_and_says_just_what_was_given(values: dict[str, float], step: int | None) -> None:
    words = [f"{name}={value}" for name, value in values.items()] + ([] if step is None else [f"step={step}"])
    line = plain_line(words, 12.5)
    if line is not None:
        wanted = {"time": 12.5, **values, **({} if step is None else {"step": step})}
        found = json.loads(line)
        assert line.endswith(b"\n")
        assert line.count(b"\n") == 1
        assert repr(sorted(found.items())) == repr(sorted(wanted.items()))
    else:
        odd = {"time", "params", "tags", "note", "step"}
        assert not values or any(
            name in odd or not name.isprintable() or not name.strip() or name[0] == "-" or '"' in name or "\\" in name
            for name in values
        )


def test_a_store_is_named_after_the_command(cli: Cli, open_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUNLOG_STORE", os.environ["RUNLOG_STORE"])  # which the command sets
    store = os.environ["RUNLOG_STORE"]
    assert cli("log", "--store", store, "--run", open_run.name, "loss=1") == Answer(0, "", "")
    from runlog.store.store import Store

    assert points(Store.open(Path(store)).run(open_run.name), "loss") == [(0, 1.0)]
