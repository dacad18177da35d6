"""Real stores, files and processes for the tests, and ways to look at them behind the store's back."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import runlog

ROOT = Path(__file__).parents[1]


def tree(root: Path) -> dict[str, str]:
    """Every path below a folder with what is there: the hash of a file, the target of a link, or which kind of thing it is."""
    found: dict[str, str] = {}
    for folder, folders, names in os.walk(root):
        for name in (*folders, *names):
            path = Path(folder, name)
            found[path.relative_to(root).as_posix()] = _content(path)
    return found


def _content(path: Path) -> str:
    if path.is_symlink():
        return f"link to {os.readlink(path)}"
    if path.is_dir():
        return "folder"
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "special"


def files_below(root: Path) -> list[Path]:
    """Every ordinary file below a folder, by name."""
    return sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())


def environment(**settings: str | Path) -> dict[str, str]:
    """This process's variables, with the repository on Python's path, for a child."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, "PYTHONPATH": path, "COLUMNS": "200", **{key: str(value) for key, value in settings.items()}}


def python(script: str, *arguments: str | Path, cwd: Path, **settings: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a small program in a process of its own."""
    path = cwd / f"script-{hashlib.sha256(script.encode()).hexdigest()[:8]}.py"
    path.write_text(script)
    command = [sys.executable, str(path), *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=environment(**settings), capture_output=True, text=True, check=False, timeout=100)


def runlog_cli(*arguments: str | Path, cwd: Path, **settings: str | Path) -> subprocess.CompletedProcess[str]:
    """`runlog` as a user types it, in a process of its own."""
    command = [sys.executable, "-m", "runlog", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=environment(**settings), capture_output=True, text=True, check=False, timeout=100)


def points(run: runlog.StoredRun, metric: str) -> list[tuple[int, float]]:
    """(step, value) of each point of a metric, as it is read; none when it was never logged."""
    if metric not in run.metrics:
        return []
    rows: list[dict[str, Any]] = run.history(metric).to_pylist()
    return [(row["step"], row["value"]) for row in rows]
