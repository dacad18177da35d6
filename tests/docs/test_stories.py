"""The stories of the pages that tell one, executed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from docs.generate import DOCS
from tests.scene import environment

STEPS = {"reproduce.md": 16, "models.md": 13}


def shape(text: str) -> str:
    """An output without what changes from run to run, and without the commit of runlog's own repository."""
    text = re.sub(r"\npackages\n  runlog .*\n", "", text)
    text = re.sub(r"not the same: package runlog: .*\n", "", text)
    text = re.sub(r"what will not be the same\n  package runlog: .*\n", "", text)
    text = re.sub(r"\d{8}-\d{6}-[2-9a-z]{6}", "ID", text)
    text = re.sub(r"/\S*/runlog-\w+/", "FOLDER/", text)
    text = re.sub(r"/\S*/project/", "PROJECT/", text)
    text = re.sub(r"commit [0-9a-f]{12}|code [0-9a-f]{7}", "commit", text)
    # Python 3.12 adds floats up in another way.
    text = re.sub(r"\d+\.\d{9,}", lambda found: f"{float(found[0]):.9g}", text)
    return re.sub(r"\d+(\.\d+)?s( ago)?", "TIME", text)


def project(folder: Path, page: str) -> Path:
    """A repository of somebody whom git knows, with the program of the page."""
    folder.mkdir()
    program = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert program is not None
    (folder / "train.py").write_text(program[1])
    (folder / ".gitignore").write_text("trips.csv\n")
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=folder, check=True)
    for key, value in {"name": "Ada", "email": "ada@example.org"}.items():
        subprocess.run(["git", "config", f"user.{key}", value], cwd=folder, check=True)
    return folder


@pytest.mark.parametrize("name", STEPS)
def test_a_story_prints_what_the_page_shows(name: str, tmp_path: Path) -> None:
    page = (DOCS / name).read_text(encoding="utf-8")
    story = page.split("<!-- story -->")[1].split("<!-- /story -->")[0]
    session = "".join(re.findall(r"```console\n(.*?)```", story, re.DOTALL))
    steps = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", session, re.MULTILINE)
    assert len(steps) == STEPS[name]
    folder = project(tmp_path / "project", page)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    settings = environment(NO_COLOR="1", COLUMNS="200", RUNLOG_CAPTURE="on", PATH=path)
    for command, shown in steps:
        out, both = subprocess.PIPE, subprocess.STDOUT
        done = subprocess.run(["sh", "-c", command], cwd=folder, env=settings, stdout=out, stderr=both, text=True, check=False)
        assert shape(done.stdout) == shape(shown), command
