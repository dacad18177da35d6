"""`runlog run` where there is no place for the run, or none any more: the program runs all the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.cli.conftest import program
from tests.scene import bare_runs, environment, runlog_cli, shell

ID = r"\d{8}-\d{6}-[2-9a-z]{6}"


def test_a_store_that_cannot_be_written_costs_only_the_place(work: Path, tmp_path: Path) -> None:
    (work / "file").touch()
    (tmp_path / "spool").mkdir()
    done = runlog_cli(
        "run", "--", "sh", "-c", "echo ran; exit 3", cwd=work, RUNLOG_STORE=work / "file" / "store", TMPDIR=tmp_path / "spool"
    )
    assert (done.returncode, done.stdout) == (3, "ran\n")
    (folder,) = (tmp_path / "spool").glob("runlog-*/.runlog/experiments/default/2*")
    assert (folder / "output" / "stdout.log").read_text() == "ran\n"
    assert "this run is kept in" in done.stderr.splitlines()[0]


def test_without_any_place_the_program_runs_all_the_same(work: Path, tmp_path: Path) -> None:
    (work / "file").touch()
    (tmp_path / "spool").mkdir()
    probe = "import sys; sys.path[0:0] = []; from runlog.capture.process import user_name; print(user_name())"
    user = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True, env=environment()
    ).stdout.strip()
    for name in (f"runlog-{user}", *(f"runlog-{user}.{number}" for number in range(2, 21))):  # all that are tried
        (tmp_path / "spool" / name).touch()
    (work / "out.txt").touch()
    code = "import os, runlog\nrunlog.log_metric('loss', 1)\nprint('ran')\nraise SystemExit(3)"
    options = ["--metrics-from-output", "-a", "*.txt", "--input", "a=out.txt", "-p", "b=1"]
    for words in (program(work, code), ["sh", "-ec", 'echo \'{"loss": 1}\' >> "$RUNLOG_METRICS"; echo ran; exit 3']):
        done = runlog_cli(
            "run", *options, "--", *words, cwd=work, RUNLOG_STORE=work / "file" / "store", TMPDIR=tmp_path / "spool"
        )
        assert (done.returncode, done.stdout) == (3, "ran\n"), done.stderr
        assert "this run is not tracked" in done.stderr.splitlines()[0]
        assert "Traceback" not in done.stderr and f"{ID} " not in done.stderr


def test_a_folder_that_is_gone_costs_only_the_place(work: Path) -> None:
    tool = f"mkdir gone && cd gone && rmdir ../gone && {sys.executable} -m runlog"
    settings: dict[str, Any] = {"TMPDIR": work, "RUNLOG_CAPTURE": "on"}
    done = shell(f"{tool} run -q -- sh -c 'exit 3'", cwd=work, **settings)
    (spool,) = work.glob("runlog-*/.runlog")
    [(run_id, run)] = bare_runs(spool).items()
    assert (done.returncode, done.stdout, done.stderr.splitlines()[:2]) == (
        3,
        "",
        [
            f"runlog: run {run_id}: code and environment were not captured: the current folder is gone",
            f"runlog: the current folder is gone; this run is kept in {spool}: "
            "copy it onto your store afterwards, stores merge that way",
        ],
    )
    assert run.birth["command"] == {"argv": ["sh", "-c", "exit 3"], "cwd": f"{work}/gone"}
    for command in ("ls", "run --strict-git -- true", "init", "--store near ls", "--store near init"):
        done = shell(f"{tool} {command}", cwd=work, **settings)
        assert (done.returncode, done.stdout, done.stderr) == (6, "", 'error: the current folder is gone\nhint: cd "$PWD"\n')
    done = shell(f"{tool} --store {work} ls -q", cwd=work, **settings)
    assert (done.returncode, done.stdout) == (6, "")
    assert done.stderr.startswith(f"error: {work} is not a runlog store")


def test_a_store_that_vanishes_costs_only_itself(work: Path) -> None:
    done = runlog_cli("run", "--", "sh", "-c", "rm -rf .runlog; echo ran; exit 3", cwd=work)
    assert (done.returncode, done.stdout) == (3, "ran\n")
    assert "Traceback" not in done.stderr
