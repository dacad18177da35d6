"""Which Python a program runs on, and what it has on its path. One that is not ours is asked once, and its answer kept in the
user's cache for as long as the interpreter is the same."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from runlog.capture.memory import recall, remember

_PYTHON = re.compile(r"(python|pypy)[\d.]*w?(\.exe)?")
# Programs that start the one that is meant, somewhere behind words of their own.
_LAUNCHERS = {
    *("env", "nice", "nohup", "setsid", "time", "timeout", "stdbuf", "ionice", "taskset", "chrt", "numactl", "sudo", "xvfb-run"),
    *("srun", "mpirun", "mpiexec", "orterun", "horovodrun", "strace", "perf", "nsys", "ncu", "gdb", "valgrind"),
}
# Programs that start it in an environment of the project, and programs that start it where we cannot look.
_MANAGERS = {"uv", "poetry", "pipenv", "hatch", "pdm", "pixi", "rye"}
_CONDA = {"conda", "mamba", "micromamba"}
_ELSEWHERE = {"docker", "podman", "nerdctl", "singularity", "apptainer", "kubectl", "ssh", "ray"}
_ASK = (
    "import json, platform, sys\n"
    "print(json.dumps([platform.python_implementation(), platform.python_version(), [p for p in sys.path if p]]))"
)
_PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python: what it is, and where it looks for packages."""

    implementation: str
    version: str
    path: tuple[str, ...]


def ours() -> Interpreter:
    """The Python that this process runs on."""
    version = ".".join(map(str, sys.version_info[:3])) + ("" if sys.version_info.releaselevel == "final" else "+")
    name = {"cpython": "CPython", "pypy": "PyPy"}.get(sys.implementation.name, sys.implementation.name)
    return Interpreter(name, version, tuple(entry for entry in sys.path if entry))


def of_command(command: Sequence[str]) -> Interpreter | None:
    """The Python that a command runs on, as far as the command tells, else the one that `python` stands for here."""
    found = _named(command)
    if found is None:
        return None
    return ours() if found == sys.executable and sys.prefix == _prefix(found) else _asked(found)


def _prefix(executable: str) -> str:
    """The folder of the environment that an interpreter belongs to."""
    folder = os.path.dirname(os.path.dirname(executable))
    return folder if os.path.exists(os.path.join(folder, "pyvenv.cfg")) else sys.base_prefix


def _named(command: Sequence[str]) -> str | None:
    """The interpreter of a command; none where it cannot be told, for another one's packages would be a lie."""
    first = os.path.basename(command[0]) if command else ""
    if first in _ELSEWHERE:
        return None
    if first in _MANAGERS:
        return _below(os.path.join(os.getcwd(), ".venv")) or (shutil.which("python") if os.environ.get("VIRTUAL_ENV") else None)
    if first in _CONDA:
        return _of_conda(command)
    for word in command if first in _LAUNCHERS else command[:1]:
        if _PYTHON.fullmatch(os.path.basename(word)) and (found := shutil.which(word)):
            return os.path.abspath(found)
    program = shutil.which(command[0]) if command else None
    return (_shebang(program) if program else None) or shutil.which("python") or shutil.which("python3")


def _below(prefix: str) -> str | None:
    """The interpreter of an environment in a folder."""
    found = os.path.join(prefix, "bin", "python")
    return found if prefix and os.access(found, os.X_OK) else None


def _of_conda(command: Sequence[str]) -> str | None:
    """That of `conda run -n NAME` or `-p FOLDER`, or of the environment that is active."""
    words = dict(pairwise(command))
    if prefix := words.get("-p") or words.get("--prefix"):
        return _below(os.path.abspath(prefix))
    root = os.environ.get("CONDA_EXE") or os.environ.get("MAMBA_EXE") or shutil.which(command[0]) or ""
    if name := words.get("-n") or words.get("--name"):
        return _below(os.path.join(os.path.dirname(os.path.dirname(root)), "envs", name))
    return _below(os.environ.get("CONDA_PREFIX", ""))


def _shebang(program: str) -> str | None:
    """The Python that the first line of a script names."""
    try:
        with open(program, "rb") as file:
            words = file.readline(500).decode("utf-8", "replace").split() if file.read(2) == b"#!" else []
    except OSError:
        return None
    named = next((word for word in words if _PYTHON.fullmatch(os.path.basename(word))), None)
    return shutil.which(named) if named else None


def _asked(executable: str) -> Interpreter | None:
    place = ("interpreters", f"{hashlib.sha256(os.fsencode(_mark(executable))).hexdigest()[:32]}.json")
    with contextlib.suppress(ValueError, TypeError):
        if known := recall(*place):
            return _read(known)
    import subprocess

    try:
        done = subprocess.run(
            [executable, "-c", _ASK], capture_output=True, text=True, timeout=_PATIENCE_S, check=True, stdin=subprocess.DEVNULL
        )
        # The last line, for an environment may greet its users.
        answer = done.stdout.strip().rpartition("\n")[2]
        found = _read(answer)
    except (OSError, ValueError, TypeError, subprocess.SubprocessError):
        return None
    remember(answer, *place)
    return found


def _mark(executable: str) -> str:
    """Which interpreter this is, and what its answer depends on."""
    parts = [executable, os.environ.get("PYTHONPATH", ""), os.environ.get("PYTHONHOME", "")]
    for path in (executable, os.path.join(os.path.dirname(os.path.dirname(executable)), "pyvenv.cfg")):
        with contextlib.suppress(OSError):
            info = os.stat(path)
            parts.append(f"{info.st_ino}:{info.st_mtime_ns}:{info.st_size}")
    if "shims" in executable.split(os.sep):
        # pyenv and its kin decide in each folder anew.
        parts += [os.getcwd(), os.environ.get("PYENV_VERSION", ""), _pinned()]
    return "\n".join(parts)


def _pinned() -> str:
    """The version that a file of the project, or of the user, asks for."""
    folder = Path.cwd()
    for above in (folder, *folder.parents, Path.home() / ".pyenv"):
        for name in (".python-version", ".tool-versions", "version"):
            with contextlib.suppress(OSError, ValueError):
                return (above / name).read_text(encoding="utf-8")
    return ""


def _read(text: str) -> Interpreter:
    implementation, version, path = json.loads(text)
    return Interpreter(str(implementation), str(version), tuple(map(str, path)))
