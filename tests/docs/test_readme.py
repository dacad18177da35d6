"""The README's sixty seconds, executed."""

import contextlib
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

from docs.generate import DOCS
from tests.scene import environment

README = (DOCS.parent / "README.md").read_text(encoding="utf-8")


def block(after: str, kind: str) -> str:
    """The first fenced block of a kind after some words."""
    found = re.search(rf"```{kind}\n(.*?)```", README.split(after, 1)[1], re.DOTALL)
    assert found is not None
    return found[1]


def shape(text: str) -> str:
    """An output without what changes from run to run: ids, times, ages, and the width that columns take from them."""
    text = re.sub(r"\d{8}-\d{6}-[2-9a-z]{6}|(?m:^)[2-9a-hj-km-np-z]{6}(?= )", "ID", text)
    text = re.sub(r"\d+(\.\d+)?s( ago)?", "TIME", text)
    return re.sub(r" +", " ", text)


def on_a_terminal(command: str, folder: Path) -> str:
    """What a command prints on a terminal of 80 columns."""
    quiet = environment(NO_COLOR="1", COLUMNS="80", PATH=f"{Path(sys.executable).parent}:/usr/bin:/bin")
    ours, theirs = pty.openpty()
    with subprocess.Popen(["sh", "-c", command], cwd=folder, env=quiet, stdin=theirs, stdout=theirs, stderr=theirs) as child:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # how a terminal says that nobody writes to it any more
            while part := os.read(ours, 65536):
                shown += part
    os.close(ours)
    assert child.returncode == 0, shown
    return shown.decode().replace("\r\n", "\n")


def test_the_first_sixty_seconds_print_what_the_readme_shows(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(block("`train.py`, any program", "python"))
    session = block("set the runs side by side", "console")
    steps = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", session, re.MULTILINE)
    assert len(steps) == 4
    for command, shown in steps:
        assert shape(on_a_terminal(command, tmp_path)) == shape(shown), command
    reading = block("`runlog show @last` tells", "python")
    done = subprocess.run(
        [sys.executable, "-c", reading], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert [line.split()[1:3] for line in lines[::2]] == [["finished", "0.4"], ["finished", "0.1"]]
    assert lines[1] == "[1.9599999999999984, 0.07839999999999989, 0.0031360000000000055]"
