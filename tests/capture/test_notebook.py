"""Runs that begin in a notebook. IPython is played by a module of its name: what it is asked for is two names of its shell."""

from __future__ import annotations

from pathlib import Path

from tests.scene import only_run, python

NOTEBOOK = """
import sys, types

class Shell:
    user_ns = {
        "In": ["", "import runlog", "  ", "x = 5\\nx * 2", "key = 'ghp_" + "a1B2c3D4e5F6g7H8i9J0" * 2 + "'"],
        "__vsc_ipynb_file__": sys.argv[1],
    }

ipython = types.ModuleType("IPython")
ipython.get_ipython = lambda: BROKEN or Shell()
sys.modules["IPython"] = ipython
import runlog
with runlog.start_run() as run:
    run.log_metric("loss", 0.5)
"""


def test_the_cells_that_were_run_are_kept_in_their_order_without_secrets(tmp_path: Path) -> None:
    (tmp_path / "explore.ipynb").write_text("{}")
    done = python(NOTEBOOK.replace("BROKEN", "None"), tmp_path / "explore.ipynb", cwd=tmp_path, RUNLOG_CAPTURE="on")
    assert done.returncode == 0, done.stderr
    run = only_run(tmp_path)
    assert run.artifact("notebook/cells.py").read_text() == (
        "# %%\nimport runlog\n\n# %%\nx = 5\nx * 2\n\n# %%\nkey = '<withheld>'\n"
    )
    assert run.record.code["notebook"] == "explore.ipynb"
    assert run.problems == ()


def test_a_shell_that_answers_nonsense_costs_the_run_nothing(tmp_path: Path) -> None:
    done = python(NOTEBOOK.replace("BROKEN", "42"), tmp_path / "explore.ipynb", cwd=tmp_path, RUNLOG_CAPTURE="on")
    assert done.returncode == 0, done.stderr
    run = only_run(tmp_path)
    assert run.metrics["loss"].last == 0.5
    assert run.record.code["tree"]
    assert [problem.partition(":")[0] for problem in run.problems] == ["the cells of the notebook were not kept"]


def test_turned_off_nothing_is_kept(tmp_path: Path) -> None:
    done = python(NOTEBOOK.replace("BROKEN", "None"), tmp_path / "explore.ipynb", cwd=tmp_path, RUNLOG_CAPTURE="off")
    assert done.returncode == 0, done.stderr
    run = only_run(tmp_path)
    assert (run.artifacts, run.record.code) == ({}, {})
