"""Processes that are killed while they capture: nobody else notices, and the next run is as good as any."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import runlog
from tests.capture.code.scene import Project, checked_out, comes_back, disk, forget_everything, private
from tests.scene import environment

KILLS = 12
RUN = """
import runlog, sys
from runlog.capture.code import finding
from runlog.store.code import snapshots
print("ready", flush=True)
with runlog.start_run(store=sys.argv[1]) as run:
    print(run.id, flush=True)
"""


def test_a_run_that_is_killed_while_it_looks_leaves_nothing_in_the_way(project: Project, tmp_path: Path) -> None:
    chance = random.Random(4)
    for number in range(300):
        project.write(f"new/file-{number}.py", f"new {number}\n")
    command = [sys.executable, "-c", RUN, str(project.path / ".runlog")]
    pipe, env = subprocess.PIPE, environment(TMPDIR=tmp_path)
    before = disk(project.path)
    project.git("status")
    own = private(project.path / ".git")
    for _ in range(KILLS):
        with subprocess.Popen(command, cwd=project.path, env=env, stdout=pipe, stderr=pipe, text=True) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            time.sleep(chance.uniform(0, 0.12))  # the moment is what is tried; every one of them must do
            child.kill()
            child.stdout.read()
    assert private(project.path / ".git") == own
    assert disk(project.path) == before
    run_id = project.run()
    code = project.code(run_id)
    assert (code.kind, code.changed_count, code.notes) == ("git", 300, ())
    project.git("fsck", "--strict", "--no-dangling")
    store = runlog.open_store(project.path)
    store.recover()
    assert store.check().clean
    forget_everything(project)
    comes_back(project, run_id, before, tmp_path)


def test_a_lock_that_a_killed_git_left_on_a_ref_costs_the_ref_only(project: Project, tmp_path: Path) -> None:
    project.write("train.py", "print('not committed')\n")
    before = disk(project.path)
    tree = project.code(project.run()).tree
    ref = project.path / f".git/refs/runlog/{tree}"
    lock = ref.rename(ref.with_name(f"{tree}.lock"))
    os.utime(lock, (1e9, 1e9))
    run_id = project.run()
    code = project.code(run_id)
    assert (code.kind, code.tree, code.changed) == ("git", tree, ("train.py",))
    assert ["store alone" in note for note in code.notes] == [True]
    assert disk(checked_out(project.path, run_id, tmp_path / "out").path) == before
