"""Questions and tables on a real terminal."""

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import Cli
from tests.scene import environment


def on_terminal(command: str, cwd: Path, answer: str = "", columns: int = 80) -> str:
    """What a person sees who types a command, and then an answer."""
    line = f"stty cols {columns} -echo; {sys.executable} -m runlog {command}"
    plain = environment(NO_COLOR="1")
    del plain["COLUMNS"]
    done = subprocess.run(
        ["script", "-qec", line, "/dev/null"],
        cwd=cwd,
        env=plain,
        input=answer,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    # The answer may be typed before the command asks for it, and is then shown by the terminal.
    return re.sub(r"(?m) +$", "", done.stdout.replace("\r\n", "\n").removeprefix(answer))


def test_a_person_is_asked_before_runs_go(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    labels = {name: f"{run_id[-6:]} {name}" for name, run_id in ids.items()}
    question = f"  {labels['xgb']}\n  {labels['ridge']}\nput 2 runs into the trash? [y/N] "
    assert on_terminal("rm -e duration", store.parent, "n\n") == f"{question}nothing was done\n"
    assert cli("ls", "-q", "--removed").out == ""
    told = f"removed {ids['xgb'][-6:]} xgb\nremoved {ids['ridge'][-6:]} ridge\n"
    assert on_terminal("rm -e duration", store.parent, "y\n") == question + told
    assert cli("ls", "-q", "--removed").out == f"{ids['xgb']}\n{ids['ridge']}\n"


def test_tables_fit_the_terminal(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    cli("experiments", "set", "duration", "--max", "acc")
    cli("rm", "@last")
    shown = on_terminal("experiments", store.parent, columns=40)
    assert re.sub(r"\d+[smh] ago", "AGO", shown) == (
        "experiment    runs  finished  last run\nduration         2         2  AGO\nOther things     0\nnot shown: best\n"
    )
    run = ids["Größe 模型 🚀"][-6:]
    freed = json.loads(cli("gc", "--older-than", "0", "--dry-run", "--json").out)["freed_bytes"]
    size = f"{freed / 1000:.1f} kB"
    assert on_terminal("gc --older-than 0 --dry-run", store.parent, columns=80) == (
        f"run     fate     {'size':>{len(size)}}  experiment    name\n"
        f"{run}  emptied  {size}  Other things  Größe 模型 🚀\n"
        f"1 run emptied: {size} would be freed\n"
    )
