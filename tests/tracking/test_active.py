"""Which run a verb speaks to, and whose child a new run is: blocks, threads, tasks, notebooks."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import runlog
from tests.scene import begin_python, ended, only_run, points, python


def by_name() -> dict[str | None, runlog.StoredRun]:
    """The runs of this folder's store."""
    return {run.name: run for run in runlog.open_store().runs()}


def parents() -> dict[str | None, str | None]:
    """The name of each run's parent."""
    runs = by_name()
    names = {run.id: run.name for run in runs.values()}
    return {name: None if run.parent is None else names[run.parent] for name, run in runs.items()}


def states() -> dict[str | None, str]:
    return {name: run.state for name, run in by_name().items()}


def test_verbs_speak_to_the_active_run(project: Path) -> None:
    (project / "model.bin").write_bytes(b"weights")
    with runlog.start_run(name="outer") as outer:
        assert runlog.active_run() is outer
        runlog.log_metric("loss", 0.5)
        runlog.log_metric("loss", 0.25, 7)
        runlog.log_metrics({"a": 1.0, "b": 2.0}, step=3)
        runlog.log_param("alpha", 0.1)
        runlog.log_params({"depth": 3})
        runlog.set_tag("model", "ridge")
        runlog.set_tags({"bare": "", "gone": "x"})
        runlog.remove_tag("gone")
        runlog.set_note("a note")
        runlog.set_name("renamed")
        runlog.log_artifact("model.bin")
        runlog.log_text("text", "notes.txt")
        runlog.log_dict({"a": 1}, "a.json")
        runlog.log_json([1], "b.json")
        runlog.log_image([[0, 255]], "i.png")
        runlog.log_table({"x": [1]}, "t.csv")
        runlog.use_data("model.bin", name="train")
    assert runlog.active_run() is None
    run = only_run(project / ".runlog")
    assert points(run, "loss") == [(0, 0.5), (7, 0.25)]
    assert (points(run, "a"), points(run, "b")) == ([(3, 1.0)], [(3, 2.0)])
    assert dict(run.params) == {"alpha": 0.1, "depth": 3}
    assert dict(run.tags) == {"model": "ridge", "bare": ""}
    assert (run.note, run.name, list(run.inputs)) == ("a note", "renamed", ["train"])
    assert set(run.artifacts) == {"model.bin", "notes.txt", "a.json", "b.json", "i.png", "t.csv"}
    assert run.problems == ()


def test_a_verb_begins_a_run_where_there_is_none(tmp_path: Path) -> None:
    script = "import runlog\nrunlog.log_param('alpha', 0.1)\nfor n in range(3): runlog.log_metric('loss', 1 / (n + 1))\n"
    assert python(script, cwd=tmp_path).stderr == ""
    run = only_run(tmp_path / ".runlog")
    assert (run.state, run.experiment, dict(run.params)) == ("finished", "default", {"alpha": 0.1})
    assert points(run, "loss") == [(0, 1.0), (1, 0.5), (2, 1 / 3)]


def test_finish_without_a_run_does_nothing(project: Path) -> None:
    runlog.finish()
    assert not (project / ".runlog").exists()


def test_finish_ends_the_active_run(project: Path) -> None:
    runlog.log_metric("loss", 1.0)
    runlog.finish("failed")
    assert (runlog.active_run(), only_run(project / ".runlog").state) == (None, "failed")


def test_a_run_in_a_block_of_another_is_its_child(project: Path) -> None:
    with runlog.start_run(name="outer") as outer:
        with runlog.start_run(name="inner"):
            runlog.log_metric("loss", 1.0)
            with runlog.start_run(name="innermost"):
                runlog.log_metric("loss", 2.0)
        assert runlog.active_run() is outer
        with runlog.start_run(name="second"):
            pass
        runlog.log_metric("loss", 3.0)
    assert parents() == {"outer": None, "inner": "outer", "innermost": "inner", "second": "outer"}
    assert set(states().values()) == {"finished"}
    runs = by_name()
    assert {name: points(run, "loss") for name, run in runs.items()} == {
        "outer": [(0, 3.0)],
        "inner": [(0, 1.0)],
        "innermost": [(0, 2.0)],
        "second": [],
    }


def test_a_child_that_names_no_experiment_is_in_its_parent_s(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with runlog.start_run(experiment="outer") as outer:
        runlog.start_run(name="plain").finish()
        with runlog.start_run(name="child"), runlog.start_run(name="grandchild"):
            pass
        with runlog.start_run(name="other", experiment="elsewhere"), runlog.start_run(name="its child"):
            pass
        outer.set_experiment("moved")
        runlog.start_run(name="later").finish()
        monkeypatch.setenv("RUNLOG_EXPERIMENT", "said")
        runlog.start_run(name="told").finish()
        monkeypatch.delenv("RUNLOG_EXPERIMENT")
    with runlog.start_run(run_id=outer.id):
        runlog.start_run(name="resumed").finish()
    runlog.start_run(name="by id", parent=outer.id).finish()
    runlog.start_run(name="alone").finish()
    assert {run.name: run.experiment for run in runlog.open_store().runs()} == {
        None: "moved", "plain": "outer", "child": "outer", "grandchild": "outer", "other": "elsewhere", "its child": "elsewhere",
        "later": "moved", "told": "said", "resumed": "moved", "by id": "moved", "alone": "default",
    }  # fmt: skip


def test_a_plain_start_ends_the_plain_run_before(project: Path) -> None:
    first = runlog.start_run(name="first")
    second = runlog.start_run(name="second")
    assert (first.state, second.state, runlog.active_run()) == ("finished", "running", second)
    with runlog.start_run(name="third"):
        assert second.state == "finished"
    assert parents() == {"first": None, "second": None, "third": None}


def test_a_plain_run_within_a_block_is_a_child_and_ends_alone(project: Path) -> None:
    with runlog.start_run(name="outer") as outer:
        plain = runlog.start_run(name="plain")
        next_one = runlog.start_run(name="next")
        assert (plain.state, outer.state) == ("finished", "running")
        next_one.finish()
    assert parents() == {"outer": None, "plain": "outer", "next": "outer"}


def test_nested_says_it_in_words(project: Path) -> None:
    outer = runlog.start_run(name="outer")
    with runlog.start_run(name="inner", nested=True):
        assert outer.state == "running"
    with runlog.start_run(name="beside", nested=False):
        assert outer.state == "running"
    outer.finish()
    assert parents() == {"outer": None, "inner": "outer", "beside": None}


def test_a_parent_may_be_named_by_any_piece_of_its_id(project: Path) -> None:
    with runlog.start_run(name="one") as one:
        pass
    with runlog.start_run(name="two", parent=one.id[-6:]):
        pass
    with runlog.start_run(name="three", parent=one.id):
        pass
    assert parents() == {"one": None, "two": "one", "three": "one"}
    with pytest.raises(runlog.RunlogError, match="no run matches 'qqqqqq'"):
        runlog.start_run(parent="qqqqqq")


def in_thread(work: Callable[[], None]) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


def test_threads_each_with_a_run_of_their_own(project: Path) -> None:
    barrier = threading.Barrier(4)

    def train(number: int) -> None:
        with runlog.start_run(name=f"run {number}"):
            barrier.wait(30)
            for step in range(100):
                runlog.log_metric("number", float(number), step)
            barrier.wait(30)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(train, range(4)))
    assert parents() == {f"run {number}": None for number in range(4)}
    for number in range(4):
        run = by_name()[f"run {number}"]
        assert (run.state, points(run, "number")) == ("finished", [(step, float(number)) for step in range(100)])


def test_a_thread_that_opened_nothing_logs_into_the_run_of_the_main_thread(project: Path) -> None:
    with runlog.start_run() as run:
        in_thread(lambda: runlog.log_metric("loss", 1.0))
        in_thread(lambda: run.log_metric("loss", 2.0))
    assert points(only_run(project / ".runlog"), "loss") == [(0, 1.0), (1, 2.0)]


@pytest.mark.parametrize("block", [True, False], ids=["with", "plain"])
def test_a_run_of_a_thread_is_a_child_of_the_main_thread_s(project: Path, block: bool) -> None:
    outer = runlog.start_run(name="outer")
    if block:
        outer.__enter__()

    def train() -> None:
        with runlog.start_run(name="inner"):
            runlog.log_metric("loss", 1.0)

    in_thread(train)
    assert (outer.state, runlog.active_run()) == ("running", outer)
    outer.finish()
    assert parents() == {"outer": None, "inner": "outer"}


def test_a_run_of_a_thread_is_not_the_main_thread_s(project: Path) -> None:
    opened: list[runlog.Run] = []
    in_thread(lambda: opened.append(runlog.start_run(name="of the thread")))
    assert runlog.active_run() is None
    with runlog.start_run(name="main"):
        pass
    assert opened[0].state == "running"
    opened[0].finish()
    assert parents() == {"of the thread": None, "main": None}


def test_many_threads_log_into_one_run(project: Path) -> None:
    with runlog.start_run() as run:

        def train(number: int) -> None:
            for step in range(500):
                run.log_metric(f"own {number}", float(step))
                run.log_metric("shared", float(number))
                run.log_metrics({"x": 1.0, f"y {number}": 2.0}, step=step)
            run.log_param(f"p{number}", number)
            run.set_tag(f"t{number}", number)
            run.log_text(f"{number}", f"{number}.txt")

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(train, range(8)))
    stored = only_run(project / ".runlog")
    for number in range(8):
        assert points(stored, f"own {number}") == [(step, float(step)) for step in range(500)]
        assert points(stored, f"y {number}") == [(step, 2.0) for step in range(500)]
    shared = points(stored, "shared")
    assert [step for step, _ in shared] == list(range(4000))
    assert sorted(value for _, value in shared) == sorted(float(number) for number in range(8) for _ in range(500))
    assert stored.metrics["x"].count == 4000
    assert dict(stored.params) == {f"p{number}": number for number in range(8)}
    assert dict(stored.tags) == {f"t{number}": str(number) for number in range(8)}
    assert set(stored.artifacts) == {f"{number}.txt" for number in range(8)}
    assert stored.problems == ()


def test_tasks_each_with_a_run_of_their_own(project: Path) -> None:
    async def train(number: int, turn: asyncio.Barrier) -> None:
        with runlog.start_run(name=f"run {number}"):
            for step in range(20):
                runlog.log_metric("number", float(number), step)
                await turn.wait()

    async def main() -> None:
        turn = asyncio.Barrier(3)
        await asyncio.gather(*(train(number, turn) for number in range(3)))

    asyncio.run(main())
    assert parents() == {f"run {number}": None for number in range(3)}
    for number in range(3):
        run = by_name()[f"run {number}"]
        assert (run.state, points(run, "number")) == ("finished", [(step, float(number)) for step in range(20)])


def test_plain_runs_of_tasks_leave_each_other_alone(project: Path) -> None:
    async def train(number: int, turn: asyncio.Barrier) -> None:
        run = runlog.start_run(name=f"run {number}")
        await turn.wait()
        runlog.log_metric("number", float(number))
        await turn.wait()
        run.finish()

    async def main() -> None:
        turn = asyncio.Barrier(3)
        await asyncio.gather(*(train(number, turn) for number in range(3)))

    asyncio.run(main())
    assert parents() == {f"run {number}": None for number in range(3)}
    assert {name: points(run, "number") for name, run in by_name().items()} == {
        f"run {number}": [(0, float(number))] for number in range(3)
    }


def test_tasks_of_a_block_open_children_and_log_into_it(project: Path) -> None:
    async def train(name: str) -> None:
        runlog.log_metric("begun", 1.0)
        with runlog.start_run(name=name):
            await asyncio.sleep(0)
            await asyncio.to_thread(runlog.log_metric, "loss", 1.0)

    async def main() -> None:
        with runlog.start_run(name="outer"):
            await asyncio.gather(train("a"), train("b"))

    asyncio.run(main())
    assert parents() == {"outer": None, "a": "outer", "b": "outer"}
    runs = by_name()
    assert points(runs["outer"], "begun") == [(0, 1.0), (1, 1.0)]
    assert [points(runs[name], "loss") for name in ("a", "b")] == [[(0, 1.0)]] * 2


NAMES = ("RUNLOG_STORE", "RUNLOG_RUN_ID", "RUNLOG_RUN_DIR", "RUNLOG_METRICS")


def published() -> dict[str, str | None]:
    return {name: os.environ.get(name) for name in NAMES}


def test_the_environment_names_the_run_while_it_is_open(project: Path) -> None:
    assert published() == dict.fromkeys(NAMES)
    with runlog.start_run() as outer:
        of_outer = published()
        assert of_outer["RUNLOG_STORE"] == str(project / ".runlog")
        assert of_outer["RUNLOG_RUN_ID"] == outer.id
        assert of_outer["RUNLOG_RUN_DIR"] == str(outer.path)
        assert of_outer == outer.environment
        assert Path(of_outer["RUNLOG_METRICS"] or "").parent == outer.path / "live"
        with runlog.start_run() as inner:
            assert published() == inner.environment
        assert published() == of_outer
    assert published() == dict.fromkeys(NAMES)


def test_the_environment_is_given_back_as_it_was(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNLOG_STORE", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("RUNLOG_METRICS", "what I set")
    with pytest.raises(ValueError, match="x"), runlog.start_run() as run:
        assert run.path.is_relative_to(tmp_path / "elsewhere")
        raise ValueError("x")
    assert published() == {**dict.fromkeys(NAMES), "RUNLOG_STORE": str(tmp_path / "elsewhere"), "RUNLOG_METRICS": "what I set"}


def test_a_plain_run_gives_the_environment_back_when_it_finishes(project: Path) -> None:
    runlog.start_run()
    runlog.finish()
    assert published() == dict.fromkeys(NAMES)


# A kernel runs each cell as a task of one loop, in one process, with one namespace.
KERNEL = """\
import asyncio, sys, traceback
names = {{"__name__": "__main__"}}
async def cell(text):
    try:
        exec(compile(text, "<cell>", "exec"), names)
    except BaseException:
        traceback.print_exc()
async def kernel():
    for text in {cells!r}:
        await asyncio.create_task(cell(text))
asyncio.run(kernel())
"""


def notebook(folder: Path, *cells: str) -> list[runlog.StoredRun]:
    """Execute cells as a notebook does; the runs, oldest first."""
    done = python(KERNEL.format(cells=list(cells)), cwd=folder)
    assert done.returncode == 0, done.stderr
    return [*runlog.open_store(folder / ".runlog").runs()][::-1]


def test_a_notebook_cell_that_is_run_again_begins_a_run_again(tmp_path: Path) -> None:
    cell = """\
import runlog
takes = globals().setdefault("takes", [])
run = runlog.start_run(name=f"take {len(takes)}")
takes.append(run.id)
"""
    log = "run.log_metric('loss', 1.0); runlog.log_metric('loss', 2.0)"
    runs = notebook(tmp_path, cell, log, cell, log, log)
    assert {run.name: (run.state, run.parent, points(run, "loss")) for run in runs} == {
        "take 0": ("finished", None, [(0, 1.0), (1, 2.0)]),
        "take 1": ("finished", None, [(0, 1.0), (1, 2.0), (2, 1.0), (3, 2.0)]),
    }


def test_a_notebook_cell_with_a_block_that_is_run_again(tmp_path: Path) -> None:
    cell = "import runlog\nwith runlog.start_run() as run:\n    runlog.log_metric('loss', 1.0)\n"
    runs = notebook(tmp_path, cell, cell, "run.log_metric('late', 1.0)")
    assert [(run.state, run.parent, points(run, "loss")) for run in runs] == [("finished", None, [(0, 1.0)])] * 2
    assert all(not points(run, "late") for run in runs)


def test_an_exception_in_a_cell_ends_a_block_but_not_a_plain_run(tmp_path: Path) -> None:
    plain = "import runlog\nrun = runlog.start_run(name='plain')"
    block = "with runlog.start_run(name='block', nested=True): 1 / 0"
    runs = notebook(tmp_path, plain, "1 / 0", block, "import sys; sys.exit(3)", "runlog.log_metric('loss', 1.0)")
    assert {run.name: (run.state, points(run, "loss")) for run in runs} == {
        "plain": ("finished", [(0, 1.0)]),
        "block": ("failed", []),
    }


def test_a_kernel_that_is_shut_down_kills_the_run(tmp_path: Path) -> None:
    script = KERNEL.format(
        cells=["import runlog\nrunlog.log_metric('loss', 1.0)", "print('up', flush=True)\nimport time\ntime.sleep(600)"]
    )
    with begin_python(script, cwd=tmp_path) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "up\n"
        child.terminate()
        ended(child)
    run = only_run(tmp_path / ".runlog")
    assert run.end is not None
    assert (run.state, run.end.signal, points(run, "loss")) == ("killed", "SIGTERM", [(0, 1.0)])


def test_a_run_shows_itself_in_a_notebook_and_escapes_what_it_shows(project: Path) -> None:
    with runlog.start_run(name="<b>bold</b>", params={"<i>": "<script>alert(1)</script>"}, tags={"a&b": '"quoted"'}) as run:
        run.log_metric("<loss>", 0.123456789, step=3)
        shown = run._repr_html_()
    for html in (shown, only_run(project / ".runlog")._repr_html_()):
        assert "<script>" not in html
        assert "<b>" not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
        assert "&lt;b&gt;bold&lt;/b&gt;" in html
        assert "metric &lt;loss&gt;</th><td>0.123457 at step 3" in html
        assert "tag a&amp;b</th><td>&quot;quoted&quot;" in html
    assert "<td>running</td>" in shown
    assert repr(run) == f"<run {run.id} finished>"
