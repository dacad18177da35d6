"""How every command leaves, and what it may send to whoever reads its answer."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import runlog
from tests.scene import environment, on_a_terminal, python, runlog_cli

COMMANDS = [
    ["--help"],
    ["ls"],
    ["ls", "--json"],
    ["show", "@last", "--json"],
    ["metrics", "@last", "--history"],
    ["compare", "@last", "@last~1", "--csv"],
    ["export"],
    ["export", "--points"],
]


def test_a_pipe_that_nobody_reads_is_told_by_the_signal_that_ends_other_programs(store: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    begun = [
        subprocess.Popen(
            [sys.executable, "-m", "runlog", *words], stdout=writing, stderr=subprocess.PIPE, cwd=store.parent, env=environment()
        )
        for words in COMMANDS
    ]
    os.close(writing)
    ended = [(child.communicate(timeout=100)[1], child.returncode) for child in begun]
    assert ended == [(b"", 141)] * len(COMMANDS)


def test_an_error_that_nobody_reads_is_no_traceback(store: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "runlog", "show", "nosuch"]
    left = subprocess.run(command, stdout=writing, stderr=writing, cwd=store.parent, env=environment(), check=False)
    os.close(writing)
    assert left.returncode == 141


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_behind_the_answer_is_an_error(store: Path, unbuffered: str) -> None:
    for words in [["--version"], *COMMANDS, ["show", "nosuch"], ["best", "nosuch"]]:
        command = [sys.executable, "-m", "runlog", *words]
        with open("/dev/full", "wb") as full:
            told = subprocess.run(
                command,
                stdout=full,
                stderr=subprocess.PIPE,
                cwd=store.parent,
                env=environment(PYTHONUNBUFFERED=unbuffered),
                check=False,
                text=True,
            )
            untold = subprocess.run(
                command,
                stdout=subprocess.DEVNULL,
                stderr=full,
                cwd=store.parent,
                env=environment(PYTHONUNBUFFERED=unbuffered),
                check=False,
            )
        if "nosuch" in words:
            assert (told.returncode, told.stderr.count("\n")) == (3, 2), words
            assert untold.returncode == 3
        else:
            assert told.returncode == 6, words
            assert re.fullmatch(r"error: (the system|standard output): no space left on device\n", told.stderr), words
            assert untold.returncode == 0


def test_an_interruption_while_it_starts_is_no_traceback(store: Path) -> None:
    program = """
import os, signal, sys

class Interrupting:
    def find_spec(self, name, *_):
        if name == "runlog.cli.options":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
from runlog.cli import script
script()
"""
    for words in (["ls"], ["show", "@last"]):
        left = python(program, *words, cwd=store.parent)
        assert (left.returncode, left.stdout, left.stderr) == (130, "", "")


EVIL = "clear\x1b[2Jscreen \x1b]0;title\x07\u202eevil\x9b31m\nsecond\tline"


@pytest.fixture
def evil(tmp_path: Path) -> Path:
    """A folder with a store in which texts would drive a terminal."""
    with runlog.start_run(name="one", params={"text": EVIL}, tags={"odd": EVIL}, note=EVIL, store=tmp_path / ".runlog"):
        pass
    return tmp_path


def test_a_terminal_is_sent_nothing_that_it_would_obey(evil: Path) -> None:
    masked = "clear\ufffd[2Jscreen \ufffd]0;title\ufffdevil\ufffd31m"
    assert on_a_terminal("note", "one", cwd=evil) == f"{masked}\nsecond\tline\n"
    assert on_a_terminal("params", "one", cwd=evil) == f"text={masked}\\nsecond\\tline\n"
    assert on_a_terminal("show", EVIL, cwd=evil) == f"error: no run matches {EVIL!r}\nhint: runlog ls\n"
    said = '"clear\\u001b[2Jscreen \\u001b]0;title\\u0007\\u202eevil\\u009b31m\\nsecond\\tline"'
    assert on_a_terminal("params", "one", "--json", cwd=evil) == f'{{\n  "text": {said}\n}}\n'
    for words in (["ls", "--md"], ["export", "--csv"], ["diff", "one", "--no-pager"], ["tag", "one"], ["lineage", "one"]):
        shown = on_a_terminal(*words, cwd=evil)
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(shown), (words, shown)


def test_a_pipe_gets_every_letter(evil: Path) -> None:
    assert runlog_cli("note", "one", cwd=evil).stdout == f"{EVIL}\n"
    line = EVIL.replace("\n", "\\n").replace("\t", "\\t")
    assert runlog_cli("params", "one", cwd=evil).stdout == f"text={line}\n"
    assert EVIL in runlog_cli("export", "--csv", cwd=evil).stdout
    assert runlog_cli("ls", cwd=evil).stdout.count(f"\t{line}") == runlog_cli("ls", "--csv", cwd=evil).stdout.count(line) == 2
    in_markdown = line.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    assert runlog_cli("ls", "--md", cwd=evil).stdout.count(in_markdown) == 2


def test_what_a_program_printed_is_shown_as_it_is(tmp_path: Path) -> None:
    program = "print('\\x1b[31mred\\x1b[0m')"
    assert runlog_cli("run", "-q", "--", sys.executable, "-c", program, cwd=tmp_path).returncode == 0
    assert on_a_terminal("logs", "--raw", cwd=tmp_path) == "\x1b[31mred\x1b[0m\n"
