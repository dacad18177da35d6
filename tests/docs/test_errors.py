"""The errors that docs/errors.md shows, made."""

import re
import sys
from pathlib import Path

import runlog
from docs.generate import DOCS
from tests.scene import shell


def test_errors_look_as_the_page_says(tmp_path: Path) -> None:
    with runlog.start_run(store=tmp_path / ".runlog") as run:
        run.log_metric("rmse", 6)
    page = (DOCS / "errors.md").read_text(encoding="utf-8")
    session = page.split("```console\n")[1].split("```")[0]
    steps = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", session, re.MULTILINE)
    assert len(steps) == 2
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    for command, shown in steps:
        done = shell(command, cwd=tmp_path, PATH=path)
        assert (done.stdout, done.stderr) == ("", shown)
        assert done.returncode in {2, 5}
