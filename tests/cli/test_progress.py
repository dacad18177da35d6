"""A bar on the terminal of a person who waits: drawn after a moment, gone in the end, never in a pipe."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.scene import environment
from tests.tracking.programs import Screen, script

WAITING = """
import sys, time
from runlog.cli.progress import progress

show = progress("reading runs")
for done in range(1, 101):
    if done < 90:
        time.sleep(0.01)
    if show is not None:
        show(done, 100)
        if done == 85 and sys.argv[1:]:
            raise KeyboardInterrupt
print("done", show is None)
"""
HIDE, SHOW = b"\x1b[?25l", b"\x1b[?25h"


@pytest.mark.parametrize("interrupted", [False, True])
def test_it_is_drawn_and_taken_away(interrupted: bool, tmp_path: Path) -> None:
    with Screen(tmp_path, ["env", "TERM=xterm", *script(tmp_path, WAITING), *(["x"] if interrupted else [])]) as screen:
        screen.end()
    shown = re.sub(rb"\x1b\[[0-9;]*m", b"", screen.shown)
    assert re.search(rb"reading runs [^\n]* \d+/100 ", shown), shown
    assert shown.count(HIDE) == shown.count(SHOW) == 1  # the cursor is back
    assert interrupted or shown.endswith(b"done False\r\n")


def test_a_narrow_terminal_cuts_no_number(tmp_path: Path) -> None:
    with Screen(tmp_path, ["env", "TERM=xterm", "COLUMNS=24", *script(tmp_path, WAITING)]) as screen:
        screen.end()
    shown = re.sub(rb"\x1b\[[0-9;]*m", b"", screen.shown)
    assert re.search(rb"reading runs +\d+/100", shown) and "…".encode() not in shown, shown


def test_a_pipe_gets_nothing_of_it(tmp_path: Path) -> None:
    done = subprocess.run(
        script(tmp_path, WAITING), cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False, timeout=100
    )
    assert (done.stdout, done.stderr) == ("done True\n", "")


def test_what_takes_no_time_draws_nothing(tmp_path: Path) -> None:
    quick = WAITING.replace("time.sleep(0.01)", "pass") + "print('rich' in sys.modules)"
    with Screen(tmp_path, ["env", "TERM=xterm", *script(tmp_path, quick)]) as screen:
        assert screen.end() == 0
    assert screen.shown == b"done False\r\nFalse\r\n"
