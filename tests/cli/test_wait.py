"""`runlog wait`: until runs have ended, and how they did."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import runlog
from tests.cli.conftest import Answer, Cli
from tests.scene import bare_runs, begin_python, begin_runlog, runlog_cli, until

# Runs until a line says with which status to leave.
WORK = """
import sys, runlog
with runlog.start_run(name={name!r}):
    print("running", flush=True)
    sys.exit(int(input()))
"""


@contextmanager
def working(store: Path, name: str) -> Iterator[subprocess.Popen[str]]:
    with begin_python(WORK.format(name=name), cwd=store.parent) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "running\n"
        yield child


def leave(child: subprocess.Popen[str], status: int) -> None:
    assert child.stdin is not None
    child.stdin.write(f"{status}\n")
    child.stdin.flush()


def is_idle(pid: int) -> bool:
    """Whether a process has begun its work and does nothing for a while: it sleeps, and not for a disk."""
    before = None
    for _ in range(8):
        state, *_, user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:13]
        if state != "S" or int(user) + int(system) < 3 or before not in {None, (user, system)}:
            return False
        before = (user, system)
        time.sleep(0.02)
    return True


def timeless(text: str) -> str:
    return re.sub(r"\d+\.\ds", "TIME", text)


def test_runs_that_have_ended_are_not_waited_for(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    table = f"run\tname\tstate\ttook\n{ids['xgb']}\txgb\tfinished\tTIME\n{ids['ridge']}\tridge\tfinished\tTIME\n"
    told = cli("wait", "xgb", "ridge")
    assert Answer(told.status, timeless(told.out), told.err) == Answer(0, table, "")
    assert cli("wait", "-q", "ridge") == Answer(0, f"{ids['ridge']}\n", "")
    assert [run["state"] for run in json.loads(cli("wait", "ridge", "--json").out)] == ["finished"]
    assert cli("wait") == Answer(0, "", "nothing is running\n")


def test_all_that_run_are_waited_for(store: Path) -> None:
    with working(store, "good") as good, working(store, "bad") as bad, begin_runlog("wait", cwd=store.parent) as wait:
        until(lambda: is_idle(wait.pid), "the wait to begin")
        leave(good, 0)
        assert good.wait(60) == 0
        assert wait.poll() is None
        leave(bad, 5)
        out, err = wait.communicate(timeout=60)
    runs = {run.birth["name"]: run_id for run_id, run in bare_runs(store).items()}
    lines = [f"{runs['bad']}\tbad\tfailed (5)\tTIME", f"{runs['good']}\tgood\tfinished\tTIME"]
    assert (wait.returncode, sorted(timeless(out).splitlines()[1:]), err) == (1, sorted(lines), "")


def test_a_run_that_is_killed_is_seen_as_lost(store: Path) -> None:
    with working(store, "gone") as gone, begin_runlog("wait", "gone", cwd=store.parent) as wait:
        gone.send_signal(signal.SIGKILL)
        gone.wait(60)
        out, _ = wait.communicate(timeout=60)
    assert (wait.returncode, out.splitlines()[1].split("\t")[1:3]) == (1, ["gone", "lost"])


def test_the_wait_may_be_short(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    begun = json.loads(cli("start", "--json").out)["id"]
    told = cli("wait", begun, "ridge", "--timeout", "0.1s", "-q")
    assert told == Answer(1, f"{ids['ridge']}\n", f"error: still running after 0.1s: {begun}\n")
    wrong = "error: 'soon' is no length of time\nhint: runlog wait --timeout 90s\n"
    assert cli("wait", "--timeout", "soon") == Answer(2, "", wrong)


def test_a_run_of_nobody_ends_by_word(cli: Cli, store: Path) -> None:
    begun = json.loads(cli("start", "--json").out)["id"]
    with begin_runlog("wait", begun, "-q", cwd=store.parent) as wait:
        assert wait.stdout is not None
        assert cli("finish", "-q", begun).status == 0
        assert wait.communicate(timeout=60) == (f"{begun}\n", "")
    assert wait.returncode == 0


def test_nobody_waits_for_himself(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with runlog.start_run(name="outer", store=store) as outer, runlog.start_run(name="inner", store=store) as inner:
        around: dict[str, str | Path] = {**inner.environment}
        alone = runlog_cli("wait", cwd=store.parent, **around)
        asked = runlog_cli("wait", inner.id, cwd=store.parent, **around)
        assert outer.id != inner.id
    assert (alone.returncode, alone.stdout, alone.stderr) == (0, "", "nothing is running\n")
    assert (asked.returncode, asked.stdout) == (2, "")
    assert asked.stderr == (
        f"error: run {inner.id} cannot end while this command, which is part of it, waits for that\nhint: runlog wait\n"
    )


def test_an_interrupted_wait_leaves_as_one(cli: Cli, store: Path) -> None:
    begun = json.loads(cli("start", "--json").out)["id"]
    with begin_runlog("wait", begun, cwd=store.parent) as wait:
        until(lambda: is_idle(wait.pid), "the wait to begin")
        wait.send_signal(signal.SIGINT)
        assert wait.communicate(timeout=60) == ("", "")
    assert wait.returncode == 130
