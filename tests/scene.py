"""Real stores, files and processes for the tests, and ways to look at them behind the store's back.

What looks at the files of a store drops the logs of this process's own runs first, for its thread would do so in the middle.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import runlog
from runlog.tracking.afterwards import drain

ROOT = Path(__file__).parents[1]


def tree(root: Path) -> dict[str, str]:
    """Every path below a folder with what is there: the hash of a file, the target of a link, or which kind of thing it is."""
    drain()
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
    drain()
    return sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())


def environment(**settings: str | Path) -> dict[str, str]:
    """This process's variables, with the repository on Python's path, for a child."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, "PYTHONPATH": path, "COLUMNS": "200", **{key: str(value) for key, value in settings.items()}}


def python(script: str, *arguments: str | Path, cwd: Path, **settings: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a small program in a process of its own."""
    return _run([*_program(script, cwd), *map(str, arguments)], cwd, settings)


def _program(script: str, folder: Path) -> list[str]:
    """A program in a file, as a command. Whoever runs it already may still be reading it, so it is written once."""
    path = folder / f"script-{hashlib.sha256(script.encode()).hexdigest()[:8]}.py"
    if not path.exists():
        path.write_text(script)
    return [sys.executable, str(path)]


def _run(command: list[str], cwd: Path, settings: Mapping[str, str | Path]) -> subprocess.CompletedProcess[str]:
    env, nothing = environment(**settings), subprocess.DEVNULL
    return subprocess.run(command, cwd=cwd, env=env, stdin=nothing, capture_output=True, text=True, check=False, timeout=100)


def shell(script: str, *, cwd: Path, sh: str = "sh", **settings: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a script of a shell."""
    return _run([sh, "-c", script], cwd, settings)


def made_store(script: str, folder: Path, **settings: str | Path) -> Path:
    """The store that a program makes in a folder. Nothing in it is left to finish, for tests compare whole trees."""
    done = python(script, cwd=folder, RUNLOG_CACHE=folder / "cache", **settings)
    assert done.returncode == 0, done.stderr
    store = folder / ".runlog"
    runlog.open_store(store).recover()
    return store


def project_with(store: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a store in a project that the test stands in, of a user who has no settings."""
    project = folder / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
    return Path(shutil.copytree(store, project / ".runlog"))


def begin_python(
    script: str, *arguments: str | Path, cwd: Path, **settings: str | Path
) -> contextlib.AbstractContextManager[subprocess.Popen[str]]:
    """A small program in a process of its own that goes on beside the test, and ends with it at the latest."""
    return _begin([*_program(script, cwd), *map(str, arguments)], cwd, settings)


@contextlib.contextmanager
def _begin(command: list[str], cwd: Path, settings: Mapping[str, str | Path]) -> Iterator[subprocess.Popen[str]]:
    pipe, env = subprocess.PIPE, environment(**settings)
    with subprocess.Popen(command, cwd=cwd, env=env, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as child:
        try:
            yield child
        finally:
            child.kill()


def all_at_once(script: str, arguments: Iterable[Sequence[str | Path]], *, cwd: Path, **settings: str | Path) -> list[str]:
    """What processes of a program write that each say `ready`, wait for a line, and then begin, all at the same time."""
    with contextlib.ExitStack() as stack:
        children = [stack.enter_context(begin_python(script, *words, cwd=cwd, **settings)) for words in arguments]
        for child in children:
            assert child.stdout and child.stdout.readline() == "ready\n"
        for child in children:
            assert child.stdin
            child.stdin.write("go\n")
            child.stdin.flush()
        written = [child.communicate(timeout=100) for child in children]
        assert [child.returncode for child in children] == [0] * len(children), written
    return [output for output, _ in written]


def ended(child: subprocess.Popen[str]) -> int:
    """Wait for a program to end; its status."""
    return child.wait(timeout=100)


def in_threads(steps: Iterable[Callable[[], object]]) -> None:
    """Take steps at the same time, each in a thread of its own."""
    threads = [threading.Thread(target=step) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def until(condition: Callable[[], object], what: str) -> None:
    """Wait for something to come true."""
    give_up = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < give_up, f"waited in vain for {what}"
        time.sleep(0.02)


# The first lines of a program that must be held to permissions even where the tests run as root.
WITHOUT_POWERS = """\
import ctypes, os
if os.geteuid() == 0:
    head, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert ctypes.CDLL(None).capset(head, none) == 0
"""


def only_run(store: Path) -> runlog.StoredRun:
    """The run of a store that has one."""
    [run] = runlog.open_store(store).runs()
    return run


def runlog_cli(*arguments: str | Path, cwd: Path, **settings: str | Path) -> subprocess.CompletedProcess[str]:
    """`runlog` as a user types it, in a process of its own."""
    return _run([sys.executable, "-m", "runlog", *map(str, arguments)], cwd, settings)


def begin_runlog(
    *arguments: str | Path, cwd: Path, **settings: str | Path
) -> contextlib.AbstractContextManager[subprocess.Popen[str]]:
    """The same, going on beside the test, and ending with it at the latest."""
    return _begin([sys.executable, "-m", "runlog", *map(str, arguments)], cwd, settings)


def on_a_terminal(*arguments: str | Path, cwd: Path, columns: int = 80, **settings: str | Path) -> str:
    """What `runlog` shows on a terminal of some width, without colours."""
    reading, writing = os.openpty()
    env = environment(**{"COLUMNS": str(columns), "NO_COLOR": "1", "TERM": "xterm", **settings})
    command = [sys.executable, "-m", "runlog", *map(str, arguments)]
    shown = b""
    with subprocess.Popen(command, cwd=cwd, env=env, stdin=writing, stdout=writing, stderr=writing) as child:
        os.close(writing)
        with contextlib.suppress(OSError):  # which is how a terminal ends
            while block := os.read(reading, 65536):
                shown += block
        child.wait(timeout=100)
    os.close(reading)
    return shown.decode().replace("\r\n", "\n")


def points(run: runlog.StoredRun, metric: str) -> list[tuple[int, float]]:
    """(step, value) of each point of a metric, as it is read; none when it was never logged."""
    if metric not in run.metrics:
        return []
    rows: list[dict[str, Any]] = run.history(metric).to_pylist()
    return [(row["step"], row["value"]) for row in rows]


@dataclass
class BareRun:
    """A settled run, read with nothing but a JSON and a Parquet reader, as docs/format.md says."""

    folder: Path
    birth: dict[str, Any]
    entries: list[dict[str, Any]] = field(default_factory=list)
    points: dict[str, list[tuple[int, float]]] = field(default_factory=dict)

    @property
    def params(self) -> dict[str, list[Any]]:
        """Each param with all its values, the present one last."""
        found = {key: [value] for key, value in self.birth["params"].items()}
        for entry in self.entries:
            if "param" in entry:
                found.setdefault(entry["param"], []).append(entry["value"])
        return found

    @property
    def tags(self) -> dict[str, str]:
        found = dict(self.birth["tags"])
        for entry in self.entries:
            if "tag" in entry:
                found[entry["tag"]] = entry["value"]
        return found

    @property
    def artifacts(self) -> dict[str, dict[str, Any]]:
        return {entry["artifact"]: entry["value"] for entry in self.entries if "artifact" in entry}


def bare_runs(store: Path) -> dict[str, BareRun]:
    """Every run of a store, by id."""
    return {path.parent.name: bare_run(path.parent) for path in sorted(store.glob("experiments/*/2*/run.json"))}


def bare_run(folder: Path) -> BareRun:
    import pyarrow.parquet as pq

    run = BareRun(folder, json.loads((folder / "run.json").read_bytes()))
    newest: dict[str, int] = {}
    for path in folder.glob("entries-*.json"):
        _, writer, records, _ = path.name.replace("entries-", "entries.", 1).split(".")
        newest[writer] = max(newest.get(writer, 0), int(records))
    for writer, largest in sorted(newest.items()):
        document = json.loads((folder / f"entries-{writer}.{largest}.json").read_bytes())
        run.entries.extend(document["entries"])
        if document["points"]:
            with pq.ParquetFile(folder / "metrics" / f"{writer}.{largest}.parquet") as file:
                rows = file.read(use_threads=False).to_pylist()
            assert len(rows) == document["points"]
            for row in rows:
                run.points.setdefault(row["metric"], []).append((row["step"], row["value"]))
    run.entries.sort(key=lambda entry: entry["at"])
    for found in run.points.values():
        found.sort(key=lambda point: point[0])
    return run
