"""`runlog artifacts`: the files of a run, listed, copied out, printed."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from pathlib import Path

import pytest

import runlog
from tests.cli.conftest import Answer, Cli
from tests.scene import files_below, on_a_terminal, runlog_cli

FILES = {"models/best.bin": b"best" * 300, "models/last.bin": b"last", "notes.txt": "Größe\n".encode(), "tool.sh": b"#!/bin/sh\n"}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> runlog.Run:
    project = tmp_path / "project"
    for name, data in FILES.items():
        path = project / "made" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (project / "made/tool.sh").chmod(0o755)
    monkeypatch.chdir(project)
    with runlog.start_run(store=project / ".runlog") as made:
        made.log_artifact("made", "")
    return made


def sha(name: str) -> str:
    return hashlib.sha256(FILES[name]).hexdigest()


def test_options_of_the_bare_group_are_those_of_its_first_command(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    assert cli("artifacts", "--json") == cli("artifacts", "ls", "--json")
    assert cli("artifacts", "-h").out.startswith("Usage: runlog artifacts [OPTIONS] COMMAND")


def test_they_are_listed(cli: Cli, run: runlog.Run) -> None:
    rows = [f"{name}\t{len(data)}\t{sha(name)}\t\n" for name, data in FILES.items()]
    assert cli("artifacts", "ls") == Answer(0, "path\tbytes\tsha256\tnote\n" + "".join(rows), "")
    assert cli("artifacts") == cli("artifacts", "ls", "@last")
    assert cli("artifacts", "ls", run.id, "models", "-q") == Answer(0, "models/best.bin\nmodels/last.bin\n", "")
    assert cli("artifacts", "ls", run.id, "*.txt", "models/l*", "-q") == Answer(0, "notes.txt\nmodels/last.bin\n", "")
    [document] = json.loads(cli("artifacts", "ls", run.id, "tool.sh", "--json").out)
    assert document.pop("logged_at").startswith("20")
    assert document == {"path": "tool.sh", "bytes": 10, "sha256": sha("tool.sh"), "note": None}


def test_they_are_listed_on_a_terminal(run: runlog.Run) -> None:
    shown = f"""\
path               size  sha256
models/best.bin  1.2 kB  {sha("models/best.bin")[:12]}
models/last.bin     4 B  {sha("models/last.bin")[:12]}
notes.txt           8 B  {sha("notes.txt")[:12]}
tool.sh            10 B  {sha("tool.sh")[:12]}
"""
    assert on_a_terminal("artifacts", cwd=Path.cwd(), columns=40) == shown


def test_they_are_copied_out(cli: Cli, run: runlog.Run) -> None:
    told = cli("artifacts", "get", run.id, "-o", "out")
    assert told == Answer(0, "".join(f"out/{name}\n" for name in FILES), "")
    assert {path.relative_to("out").as_posix(): path.read_bytes() for path in files_below(Path("out"))} == FILES
    for path in files_below(Path("out")):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode & 0o200  # the user's own, and no link into the store
        assert path.stat().st_nlink == 1
        assert bool(mode & 0o100) == (path.name == "tool.sh")
    Path("out/notes.txt").write_text("mine")
    assert Path(run.path, "artifacts/notes.txt").read_bytes() == FILES["notes.txt"]
    assert cli("check").status == 0


def test_one_is_copied_to_this_folder(cli: Cli, run: runlog.Run) -> None:
    assert cli("artifacts", "get", "@last", "notes.txt") == Answer(0, "notes.txt\n", "")
    assert Path("notes.txt").read_bytes() == FILES["notes.txt"]
    assert cli("artifacts", "get", "@last", "notes.txt", "-q") == Answer(0, "", "")  # just these bytes are there


def test_other_files_are_not_overwritten(cli: Cli, run: runlog.Run) -> None:
    Path("out").mkdir()
    Path("out/notes.txt").write_text("mine")
    there = "error: 'out/notes.txt' is there already, and is something else\nhint: runlog artifacts get --force ...\n"
    assert cli("artifacts", "get", run.id, "notes.txt", "-o", "out") == Answer(4, "", there)
    some = Answer(1, "out/models/best.bin\nout/models/last.bin\nout/tool.sh\n", there)
    assert cli("artifacts", "get", run.id, "-o", "out") == some
    assert Path("out/notes.txt").read_text() == "mine"
    assert cli("artifacts", "get", run.id, "-o", "out", "notes.txt", "--force") == Answer(0, "out/notes.txt\n", "")
    assert Path("out/notes.txt").read_bytes() == FILES["notes.txt"]
    Path("tool.sh").mkdir()
    assert cli("artifacts", "get", run.id, "tool.sh", "-f") == Answer(4, "", "error: 'tool.sh' is a folder\n")
    Path("out2").write_text("a file")
    refused = cli("artifacts", "get", run.id, "notes.txt", "-o", "out2")
    assert (refused.status, refused.out) == (7, "")
    assert [path.name for path in Path.cwd().rglob(".staging-*")] == []


def test_one_is_printed_byte_by_byte(run: runlog.Run) -> None:
    for name, data in FILES.items():
        done = runlog_cli("artifacts", "cat", run.id, name, cwd=Path.cwd())
        assert (done.returncode, done.stdout.encode(), done.stderr) == (0, data, "")


def test_where_one_lies(cli: Cli, run: runlog.Run) -> None:
    told = cli("artifacts", "path", "@last", "models/best.bin")
    assert told == Answer(0, f"{run.path}/artifacts/models/best.bin\n", "")
    assert Path(told.out.rstrip()).read_bytes() == FILES["models/best.bin"]


@pytest.mark.parametrize("words", [["ls"], ["get"], ["cat"], ["path"]])
def test_one_that_is_not_there(cli: Cli, run: runlog.Run, words: list[str]) -> None:
    message = f"error: run {run.id} has no artifact 'note.txt'\nhint: did you mean 'notes.txt'?\n"
    assert cli("artifacts", *words, "@last", "note.txt") == Answer(3, "", message)


def test_damage_is_not_handed_out(cli: Cli, run: runlog.Run) -> None:
    path = run.path / "artifacts/notes.txt"
    path.chmod(0o644)
    path.write_bytes(b"x" * len(FILES["notes.txt"]))
    message = "error: artifact 'notes.txt' is not what was logged: its bytes have changed\nhint: runlog check\n"
    assert cli("artifacts", "get", run.id, "notes.txt", "-o", "out") == Answer(6, "", message)
    assert files_below(Path("out")) == []
    path.unlink()
    missing = Answer(6, "", "error: artifact 'notes.txt' is missing\nhint: runlog check\n")
    assert cli("artifacts", "get", run.id, "notes.txt") == missing
    assert cli("artifacts", "cat", run.id, "notes.txt") == missing


def test_a_link_leads_nowhere(cli: Cli, run: runlog.Run, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    path = run.path / "artifacts/notes.txt"
    path.unlink()
    path.symlink_to(tmp_path / "secret")
    linked = "error: the way to artifact '{}' leads through a link or a file\nhint: runlog check\n"
    assert cli("artifacts", "cat", run.id, "notes.txt") == Answer(6, "", linked.format("notes.txt"))
    assert cli("artifacts", "get", run.id, "notes.txt") == Answer(6, "", linked.format("notes.txt"))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/last.bin").write_bytes(FILES["models/last.bin"])
    os.rename(run.path / "artifacts/models", tmp_path / "models")
    (run.path / "artifacts/models").symlink_to(tmp_path / "elsewhere")
    told = cli("artifacts", "cat", run.id, "models/last.bin")
    assert told == Answer(6, "", linked.format("models/last.bin"))
    fifo = run.path / "artifacts/tool.sh"
    fifo.unlink()
    os.mkfifo(fifo)
    strange = "error: artifact 'tool.sh' is not an ordinary file\nhint: runlog check\n"
    assert cli("artifacts", "cat", run.id, "tool.sh") == Answer(6, "", strange)


def test_a_run_without_files(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with runlog.start_run(store=tmp_path / ".runlog") as bare:
        pass
    nothing = Answer(0, "", f"run {bare.id} has no artifacts\n")
    assert cli("artifacts", "ls") == nothing
    assert cli("artifacts", "get", "@last") == nothing
    assert cli("artifacts", "ls", "--json") == Answer(0, "[]\n", "")
