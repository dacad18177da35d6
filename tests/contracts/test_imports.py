"""Start-up is guarded by what is imported, which is exact."""

import subprocess
import sys
from pathlib import Path

import pytest

# Parts of the standard library that a quick answer does without: these take a sixth of its time.
WITHOUT = ["dataclasses", "inspect", "html", "random", "socket"]
HEAVY = ["typer", "rich", "pyarrow", "numpy", "git", "pandas", "pydantic", "sqlite3", "asyncio", "http"]


def modules_after(code: str, folder: Path) -> set[str]:
    """The top-level modules of a fresh interpreter after some code."""
    program = f"{code}\nimport sys\nprint('\\n'.join(sorted({{m.partition('.')[0] for m in sys.modules}})), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_importing_runlog_loads_none_of_the_heavy_libraries(tmp_path: Path) -> None:
    assert not modules_after("import runlog", tmp_path) & set(HEAVY)


def test_a_run_that_logs_needs_the_standard_library_alone_until_it_ends(tmp_path: Path) -> None:
    code = """
import runlog
run = runlog.start_run(experiment="e", params={"alpha": 0.1})
run.log_metric("loss", 0.5, step=1)
run.log_metrics({"a": 1, "b": 2})
run.log_text("text", "a.txt")
run.set_tag("model", "ridge")
import sys
print(" ".join(sorted({m.partition(".")[0] for m in sys.modules})))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {"typer", "rich", "pyarrow", "numpy", "git"}


@pytest.mark.parametrize(
    ("arguments", "forbidden"),
    [
        (["--version"], {"typer", "rich", "pyarrow", "git", "numpy", "pydantic"}),
        (["--help"], {"typer", "pyarrow", "git", "numpy", "pydantic"}),
        (["ls"], {"typer", "pyarrow", "git", "numpy", "pydantic", "rich", "sqlite3", *WITHOUT}),
        (
            ["ls", "-t", "model=ridge", "-n", "3"],
            {"typer", "pyarrow", "git", "numpy", "pydantic", "rich", "sqlite3", *WITHOUT},
        ),
        (["ls", "--where", "loss < 1"], {"typer", "pyarrow", "git", "numpy", "pydantic", "rich", "sqlite3", *WITHOUT}),
        (["show"], {"pyarrow", "git", "numpy", "pydantic"}),
        (["compare", "@last", "@last"], {"pyarrow", "git", "numpy", "pydantic"}),
        (["tag", "@last", "k=v"], {"pyarrow", "git", "numpy", "pydantic", "rich"}),
        (["rm", "@last"], {"pyarrow", "git", "numpy", "pydantic", "rich"}),
        (["gc"], {"pyarrow", "git", "numpy", "pydantic", "rich"}),
        (["experiments"], {"pyarrow", "git", "numpy", "pydantic", "rich"}),
        (["run", "--", "true"], {"pyarrow", "git", "numpy", "pydantic", "rich"}),
    ],
)
def test_a_command_loads_only_what_it_needs(arguments: list[str], forbidden: set[str], tmp_path: Path) -> None:
    make = "import runlog\nwith runlog.start_run(tags={'model': 'ridge'}) as run: run.log_metric('loss', 0.5)"
    subprocess.run([sys.executable, "-c", make], cwd=tmp_path, check=True)
    code = f"import sys; sys.argv = ['runlog', *{arguments!r}]\nfrom runlog.cli import main\nmain()"
    assert not modules_after(code, tmp_path) & forbidden


def test_a_listing_that_does_not_fit_on_a_terminal_loads_no_more(tmp_path: Path) -> None:
    make = "import runlog\nwith runlog.start_run() as run: run.log_metrics({**{f'grad{n}': n for n in range(40)}, 'loss': 0.5})"
    subprocess.run([sys.executable, "-c", make], cwd=tmp_path, check=True)
    terminal, code = "import os; os.dup2(os.openpty()[1], 1)", "import sys; sys.argv = ['runlog', 'ls']"
    loaded = modules_after(f"{terminal}\n{code}\nfrom runlog.cli import main\nmain()", tmp_path)
    assert not loaded & {*HEAVY, *WITHOUT}
