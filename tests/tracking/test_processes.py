"""Many processes and one run: forks, pools, ranks, and programs that are no Python at all."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import runlog
from tests.scene import begin_python, environment, only_run, points, python, runlog_cli, until


def writers(run_folder: Path) -> int:
    """How many writers said something about a run that is settled."""
    assert not (run_folder / "live").exists()
    return len({path.name.split(".")[0] for path in run_folder.glob("entries-*.json")})


@pytest.mark.parametrize(
    ("block", "end"),
    [
        (True, "os._exit(0)"),
        (True, "sys.exit(3)"),
        (True, "raise ValueError"),
        (True, "os.kill(os.getpid(), 15)"),
        (True, "runlog.finish('failed')"),
        (False, "sys.exit(3)"),
        (False, "raise ValueError"),
    ],
)
def test_a_forked_child_logs_into_the_run_and_cannot_end_it(tmp_path: Path, block: bool, end: str) -> None:
    script = f"""\
import os, runlog, sys, warnings
warnings.simplefilter("ignore")
def main(run):
    run.log_metric("shared", 0.0)
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        runlog.log_metric("child", 1.0)
        run.log_metric("shared", 1.0)
        run.log_param("of the child", 1)
        run.log_text("text", "child.txt")
        {end}
        sys.exit(0)
    os.waitpid(child, 0)
    assert run.state == "running" and runlog.active_run() is run
    assert runlog.open_store().run(run.id).state == "running"
    runlog.log_metric("parent", 2.0)
    run.log_metric("shared", 2.0)
if {block}:
    with runlog.start_run() as run:
        main(run)
else:
    main(runlog.start_run())
print("parent is done")
"""
    done = python(script, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "parent is done\n"), done.stderr
    run = only_run(tmp_path / ".runlog")
    assert (run.state, run.problems) == ("finished", ())
    assert run.end is not None
    assert (run.end.error, run.end.signal) == (None, None)
    assert (points(run, "child"), points(run, "parent")) == ([(0, 1.0)], [(0, 2.0)])
    # Each goes on counting where the fork found it.
    assert points(run, "shared") == [(0, 0.0), (1, 1.0), (1, 2.0)]
    assert (dict(run.params), list(run.artifacts)) == ({"of the child": 1}, ["child.txt"])
    assert writers(run.path) == 2
    assert runlog.open_store(tmp_path / ".runlog").check().clean


def test_a_forked_child_that_outlives_its_parent(tmp_path: Path) -> None:
    script = """\
import os, runlog, sys, time, warnings
warnings.simplefilter("ignore")
with runlog.start_run() as run:
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.close(writing)
        run.log_metric("child", 0.0)
        os.read(reading, 1)  # until the parent is gone
        run.log_metric("child", 1.0)
        open("done", "w").close()
        os._exit(0)
    while not run.read().metrics:
        time.sleep(0.01)
os._exit(0)
"""
    assert python(script, cwd=tmp_path).returncode == 0
    until((tmp_path / "done").exists, "the child")
    until(lambda: not (only_run(tmp_path / ".runlog").path / "live").exists(), "the child's log to be settled")
    run = only_run(tmp_path / ".runlog")
    assert (run.state, points(run, "child")) == ("finished", [(0, 0.0), (1, 1.0)])


def test_a_forked_child_that_opens_a_run_of_its_own(tmp_path: Path) -> None:
    script = """\
import os, runlog, sys, warnings
warnings.simplefilter("ignore")
runlog.start_run(name="parent", experiment="forks")
for name in ("one", "two"):
    child = os.fork()
    if child == 0:
        with runlog.start_run(name=name):
            runlog.log_metric("loss", 1.0)
        os._exit(0)
    os.waitpid(child, 0)
runlog.log_metric("loss", 2.0)
"""
    assert python(script, cwd=tmp_path).returncode == 0
    runs = {run.name: run for run in runlog.open_store(tmp_path / ".runlog").runs()}
    assert {run.experiment for run in runs.values()} == {"forks"}
    assert {name: (run.state, run.parent, points(run, "loss")) for name, run in runs.items()} == {
        "parent": ("finished", None, [(0, 2.0)]),
        "one": ("finished", runs["parent"].id, [(0, 1.0)]),
        "two": ("finished", runs["parent"].id, [(0, 1.0)]),
    }


NESTED = """\
import multiprocessing, runlog, sys, warnings
warnings.simplefilter("ignore")

def trial(number):
    with runlog.start_run(name=f"trial {number}", nested=True) as run:
        run.log_metric("loss", float(number))

if __name__ == "__main__":
    with runlog.start_run(name="search", experiment="trials"):
        with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
            pool.map(trial, range(4), chunksize=1)
            pool.close()
            pool.join()
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_nested_runs_of_a_pool_are_children_however_it_was_started(tmp_path: Path, method: str) -> None:
    done = python(NESTED, method, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    runs = {run.name: run for run in runlog.open_store(tmp_path / ".runlog").runs()}
    assert {run.experiment for run in runs.values()} == {"trials"}
    assert {name: (run.state, run.parent, points(run, "loss") if run.metrics else None) for name, run in runs.items()} == {
        "search": ("finished", None, None),
        **{f"trial {n}": ("finished", runs["search"].id, [(0, float(n))]) for n in range(4)},
    }


def test_a_fork_while_threads_log(tmp_path: Path) -> None:
    script = """\
import os, runlog, threading, warnings
warnings.simplefilter("ignore")
with runlog.start_run() as run:
    stop = threading.Event()
    def train(name):
        step = 0
        while not stop.is_set():
            run.log_metric(name, float(step)); run.log_param(f"{name}{step % 7}", step)
            step += 1
    threads = [threading.Thread(target=train, args=(f"m{n}",)) for n in range(3)]
    [thread.start() for thread in threads]
    for number in range(10):
        child = os.fork()
        if child == 0:
            for step in range(100): run.log_metric(f"child {number}", float(step))
            run.log_param(f"child {number}", 1)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    stop.set()
    [thread.join() for thread in threads]
"""
    done = python(script, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    run = only_run(tmp_path / ".runlog")
    for number in range(10):
        assert points(run, f"child {number}") == [(step, float(step)) for step in range(100)]
        assert run.params[f"child {number}"] == 1
    for number in range(3):
        found = points(run, f"m{number}")
        assert found == [(step, float(step)) for step in range(len(found))]
    assert run.problems == ()


POOL = """\
import multiprocessing, os, runlog, sys, warnings
warnings.simplefilter("ignore")
def rank(number):
    for step in range(50):
        runlog.log_metric(f"rank {number}", float(step), step=step)
    runlog.log_param(f"rank {number}", os.getpid())
    return number
if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    with runlog.start_run(name="main") as run:
        with context.Pool(2) as pool:
            assert pool.map(rank, range(6), chunksize=1) == list(range(6))
        runlog.log_metric("main", 1.0)
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_the_workers_of_a_pool_log_into_one_run(tmp_path: Path, method: str) -> None:
    done = python(POOL, method, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    run = only_run(tmp_path / ".runlog")
    assert (run.state, run.problems) == ("finished", ())
    for number in range(6):
        assert points(run, f"rank {number}") == [(step, float(step)) for step in range(50)]
    assert points(run, "main") == [(0, 1.0)]
    pids = set(run.params.values())
    assert writers(run.path) == len(pids) + 1  # one for each process that said something


HANDED = """\
import copy, multiprocessing, runlog, sys, warnings
warnings.simplefilter("ignore")
def rank(given):
    run, number = given
    run.log_metric(f"rank {number}", 1.0)
    run.log_param(f"rank {number}", number)
    return run, run.id
if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    with runlog.start_run() as run:
        assert copy.deepcopy({"run": run})["run"] is run
        with context.Pool(2) as pool:
            assert pool.map(rank, [(run, n) for n in range(4)]) == [(run, run.id)] * 4
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_run_that_is_handed_to_a_worker_is_logged_into(tmp_path: Path, method: str) -> None:
    """Arguments of a pool are pickled, whether it forks or not."""
    done = python(HANDED, method, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    run = only_run(tmp_path / ".runlog")
    assert (run.state, run.problems) == ("finished", ())
    assert {name: points(run, name) for name in run.metrics} == {f"rank {number}": [(0, 1.0)] for number in range(4)}
    assert dict(run.params) == {f"rank {number}": number for number in range(4)}


def test_a_run_that_is_handed_over_when_it_is_gone(project: Path) -> None:
    for strict in (False, True):
        with runlog.start_run(strict=strict) as run:
            pass
        handed = pickle.dumps(run)
        shutil.rmtree(run.path)
        if strict:
            with pytest.raises(runlog.RunlogError, match="no run matches"):
                pickle.loads(handed)
        else:
            late = pickle.loads(handed)
            late.log_metric("loss", 1.0)
            late.finish()
            assert late.untracked


def test_ranks_that_start_the_run_themselves_join_it(tmp_path: Path) -> None:
    """As torchrun and mpirun start them."""
    script = """\
import os, subprocess, sys
if "RANK" in os.environ:
    import runlog
    rank = int(os.environ["RANK"])
    with runlog.start_run(experiment="ranks", params={"lr": 0.1}) as run:
        for step in range(20):
            run.log_metric(f"loss/{rank}", float(rank), step=step)
else:
    ranks = [subprocess.Popen([sys.executable, __file__], env={**os.environ, "RANK": str(n)}) for n in range(3)]
    sys.exit(max(rank.wait() for rank in ranks))
"""
    (tmp_path / "train.py").write_text(script)
    done = runlog_cli("run", "--quiet", "--", sys.executable, "train.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    run = only_run(tmp_path / ".runlog")
    assert (run.state, run.experiment, dict(run.params)) == ("finished", "ranks", {"lr": 0.1})
    for rank in range(3):
        assert points(run, f"loss/{rank}") == [(step, float(rank)) for step in range(20)]


def test_a_worker_that_is_killed_loses_nothing_and_ends_nothing(tmp_path: Path) -> None:
    script = """\
import os, runlog, signal, warnings
warnings.simplefilter("ignore")
with runlog.start_run() as run:
    child = os.fork()
    if child == 0:
        for step in range(100): run.log_metric("child", float(step))
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    run.log_metric("parent", 1.0)
"""
    assert python(script, cwd=tmp_path).returncode == 0
    run = only_run(tmp_path / ".runlog")
    assert (run.state, len(points(run, "child")), points(run, "parent")) == ("finished", 100, [(0, 1.0)])
    assert writers(run.path) == 2


def test_a_python_child_attaches_through_the_environment(tmp_path: Path) -> None:
    script = """\
import runlog, subprocess, sys
with runlog.start_run() as run:
    child = "import runlog; runlog.log_metric('child', 1.0); runlog.set_tag('from', 'child')"
    subprocess.run([sys.executable, "-c", child], check=True)
    assert runlog.open_store().run(run.id).state == "running"
subprocess.run([sys.executable, "-c", "import runlog; runlog.log_metric('after', 1.0)"], check=True)
"""
    assert python(script, cwd=tmp_path).stderr == ""
    runs = list(runlog.open_store(tmp_path / ".runlog").runs())
    assert len(runs) == 2
    [first] = [run for run in runs if "child" in run.metrics]
    assert (first.state, dict(first.tags), list(first.metrics)) == ("finished", {"from": "child"}, ["child"])


def test_the_line_of_shell(tmp_path: Path) -> None:
    """As the issue shows it."""
    script = """echo '{"loss": 0.31, "step": 5}' >> "$RUNLOG_METRICS" """
    done = runlog_cli("run", "--quiet", "--", "bash", "-c", script, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert points(only_run(tmp_path / ".runlog"), "loss") == [(5, 0.31)]


def test_what_every_process_under_a_run_is_told(tmp_path: Path) -> None:
    script = 'env | grep "^RUNLOG_[RMS]" | sort; test -d "$RUNLOG_RUN_DIR" && test -d "$(dirname "$RUNLOG_METRICS")" && echo fine'
    told = runlog_cli("run", "--quiet", "--", "bash", "-c", script, cwd=tmp_path).stdout.splitlines()
    run = only_run(tmp_path / ".runlog")
    assert told[-1] == "fine"
    assert told[0].startswith(f"RUNLOG_METRICS={run.path}/live/")
    assert told[1:-1] == [f"RUNLOG_RUN_DIR={run.path}", f"RUNLOG_RUN_ID={run.id}", f"RUNLOG_STORE={tmp_path / '.runlog'}"]


def test_many_shells_at_once(tmp_path: Path) -> None:
    script = """
for n in 1 2 3 4; do
    (for step in $(seq 0 199); do echo "{\\"loss/$n\\": $step.5, \\"step\\": $step}" >> "$RUNLOG_METRICS"; done) &
done
wait
echo '{"params": {"alpha": 0.1}, "tags": {"lang": "sh"}, "note": "from the shell"}' >> "$RUNLOG_METRICS"
echo 'this is no JSON' >> "$RUNLOG_METRICS"
echo '{"nested": {"acc": 1}, "bad": "text", "nan": NaN, "inf": -inf}' >> "$RUNLOG_METRICS"
printf '{"torn": 1' >> "$RUNLOG_METRICS"
"""
    done = runlog_cli("run", "--quiet", "--", "bash", "-c", script, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    run = only_run(tmp_path / ".runlog")
    for n in range(1, 5):
        assert points(run, f"loss/{n}") == [(step, step + 0.5) for step in range(200)]
    assert points(run, "nested.acc") == [(0, 1.0)]
    assert json.dumps([run.metrics["nan"].last, run.metrics["inf"].last]) == "[NaN, -Infinity]"
    assert (dict(run.params), dict(run.tags), run.note) == ({"alpha": 0.1}, {"lang": "sh"}, "from the shell")
    assert run.state == "finished"
    [rejected] = run.path.glob("metrics/*.rejected")
    assert rejected.read_bytes().splitlines()[:2] == [
        b"this is no JSON",
        b'{"nested": {"acc": 1}, "bad": "text", "nan": NaN, "inf": -inf}',
    ]
    [problem] = run.problems
    assert "of the metrics file could not be read and were kept aside" in problem


def test_readers_see_what_a_shell_says_while_it_runs(tmp_path: Path) -> None:
    script = """\
import runlog, subprocess
with runlog.start_run() as run:
    shell = subprocess.Popen(["bash"], stdin=subprocess.PIPE, text=True)
    for step in range(3):
        shell.stdin.write(f'''echo '{{"loss": {step}, "step": {step}}}' >> "$RUNLOG_METRICS"; echo said\\n''')
        shell.stdin.flush()
        input()
    shell.communicate()
"""
    with begin_python(script, cwd=tmp_path) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        for step in range(3):
            assert child.stdout.readline() == "said\n"
            run = only_run(tmp_path / ".runlog")
            assert (run.state, points(run, "loss")) == ("running", [(n, float(n)) for n in range(step + 1)])
            child.stdin.write("\n")
            child.stdin.flush()
        child.communicate(timeout=100)
    assert only_run(tmp_path / ".runlog").metrics["loss"].count == 3


def test_a_python_run_and_a_shell_under_it_say_things_of_one_run(tmp_path: Path) -> None:
    script = """\
import os, runlog, subprocess
with runlog.start_run() as run:
    run.log_metric("loss", 0.0, step=0)
    subprocess.run(["sh", "-c", "echo '{\\"loss\\": 1, \\"step\\": 1, \\"sh\\": 1}' >> $RUNLOG_METRICS"], check=True)
    run.log_metric("loss", 2.0, step=2)
"""
    assert python(script, cwd=tmp_path).stderr == ""
    run = only_run(tmp_path / ".runlog")
    assert (points(run, "loss"), points(run, "sh")) == ([(0, 0.0), (1, 1.0), (2, 2.0)], [(1, 1.0)])


def test_a_wrapped_program_that_is_killed_leaves_what_the_shell_said(tmp_path: Path) -> None:
    script = """echo '{"loss": 1}' >> "$RUNLOG_METRICS"; kill -9 $$"""
    command = [sys.executable, "-m", "runlog", "run", "--quiet", "--", "bash", "-c", script]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, check=False, timeout=100)
    assert done.returncode == 128 + 9
    run = only_run(tmp_path / ".runlog")
    assert (run.state, points(run, "loss")) == ("killed", [(0, 1.0)])
    assert os.listdir(tmp_path / ".runlog" / "live") in ([], [run.id])
