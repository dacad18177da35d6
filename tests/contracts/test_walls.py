"""Who may do what: only store/ writes store files, only cli/ prints and exits, only the running room starts programs; git has a
room of its own."""

import ast
from collections.abc import Iterator
from pathlib import Path

import runlog

PACKAGE = Path(runlog.__file__).parent
WRITES = {"write_text", "write_bytes", "mkdir", "makedirs", "rename", "replace", "unlink", "rmdir", "symlink", "link", "touch"}


def calls(path: Path) -> Iterator[tuple[str, int]]:
    """(dotted name, line) of every call in a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno


def found(allowed: set[str], wanted: set[str], dotted: tuple[str, ...] = ()) -> list[str]:
    """Where a file outside the allowed rooms calls one of the wanted functions."""
    hits = []
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if any(name == room or (room.endswith("/") and name.startswith(room)) for room in allowed):
            continue
        for call, line in calls(path):
            if call in wanted or call.startswith(dotted or ("\0",)):
                hits.append(f"{name}:{line} {call}")
    return hits


def test_only_the_store_writes_files() -> None:
    wanted = {f"os.{name}" for name in WRITES} | {"os.write", "os.truncate", "shutil.rmtree", "shutil.move", "shutil.copy"}
    assert found({"store/", "capture/memory.py", "tracking/command/", "tracking/command.py"}, wanted) == []


def test_only_the_command_line_prints_and_exits() -> None:
    assert found({"cli/"}, {"print", "sys.exit", "sys.stdout.write", "sys.stderr.write", "exit"}) == []


def test_only_the_running_room_starts_programs() -> None:
    assert (
        found(
            {"tracking/", "capture/code/git.py", "capture/environment/interpreter.py"},
            set(),
            ("subprocess.", "os.exec", "os.spawn", "os.fork", "pty."),
        )
        == []
    )


def test_nothing_uses_the_network() -> None:
    forbidden = ("http", "urllib.request", "urllib3", "requests", "httpx", "aiohttp", "ftplib", "smtplib")
    hits = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            hits += [f"{path.name}: {name}" for name in names if name.startswith(forbidden)]
    assert hits == []


def test_rooms_stay_small() -> None:
    """A file that people dread begins with one more method."""
    long = {}
    for path in PACKAGE.rglob("*.py"):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > 450 and path.name != "signatures.py":  # which is generated, and grows with every option
            long[path.name] = lines
    assert long == {}
