"""The parts of the documents that the code itself can tell: `python -m docs.generate` writes them, a test compares them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

DOCS = Path(__file__).resolve().parent
_ID = re.compile(r"\d{8}-\d{6}-[2-9a-hj-km-np-z]{6}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_IDS = ["20261120-213012-k3f9x2", "20261120-213012-ab3d9f", "20261120-213012-q8w7e6", "20261121-090000-x7k2p4"]
_FIXED = {
    "pid": "4242",
    "started": "184467",
    "host": '"node7"',
    "boot": '"7d0c9b1e-5c0f-4b0e-9a52-0d3f6f1c2a11"',
    "namespace": '"pid:[4026531836]"',
    "user": '"ada"',
    "os": '"Linux 6.8.0"',
    "arch": '"x86_64"',
    "python": '"3.12.1"',
    "cpus": "8",
}


def pages() -> dict[Path, str]:
    """Every page that is generated, whole or in part, as it should be."""
    return {
        DOCS / "format.md": _format_page((DOCS / "format.md").read_text(encoding="utf-8")),
        DOCS / "errors.md": _errors_page(),
        DOCS / "cli.md": _cli_page(),
        DOCS.parent / "runlog" / "cli" / "signatures.py": _signatures(),
    }


def _format_page(page: str) -> str:
    tree, documents = _session()
    session = (DOCS / "session.py").read_text(encoding="utf-8")
    shown = f"```python\n{session}```\n\nleaves this, with other ids and times:\n\n```\n{tree}```\n"
    page = _fill(page, "tree", f"A session like this, killed by nobody,\n\n{shown}")
    page = _fill(page, "run.json", f"```json\n{documents['run.json']}```\n")
    return _fill(page, "entries", f"```json\n{documents['entries']}```\n")


def _fill(page: str, name: str, text: str) -> str:
    before, rest = page.split(f"<!-- {name} -->\n", 1)
    after = rest.split(f"<!-- /{name} -->", 1)[1]
    return f"{before}<!-- {name} -->\n{text}<!-- /{name} -->{after}"


def _session() -> tuple[str, dict[str, str]]:
    """Run the session in an empty folder; the tree it leaves, and its documents, with what changes each time made fixed."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("RUNLOG_")}
        # What is captured of this very machine and repository is nothing to show.
        environment |= {"RUNLOG_CACHE": os.path.join(folder, "cache"), "RUNLOG_CAPTURE": "off", "PYTHONPATH": str(DOCS.parent)}
        work = Path(folder) / "project"
        work.mkdir()
        shutil.copy(DOCS / "session.py", work)
        command = [sys.executable, "session.py"]
        subprocess.run(command, cwd=work, env=environment, check=True, capture_output=True)
        found = sorted(path for path in (work / ".runlog").rglob("*") if path.is_file())
        run = next(path.parent for path in found if path.name == "run.json")
        entries = next(run.glob("entries-*.json")).read_text(encoding="utf-8")
        birth = (run / "run.json").read_text(encoding="utf-8")
        names = [path.relative_to(work).as_posix() for path in found]
    ids = list(dict.fromkeys(_ID.findall("\n".join([run.name, *names]))))
    return _tree([_fixed_ids(name, ids) for name in names]), {
        "run.json": _fixed(_fixed_ids(birth, ids)),
        "entries": _fixed(_fixed_ids(entries, ids)),
    }


def _fixed_ids(text: str, ids: list[str]) -> str:
    for real, fixed in zip(ids, _IDS, strict=False):
        text = text.replace(real, fixed)
    return text


def _fixed(text: str) -> str:
    times = iter(range(10_000))
    text = _TIME.sub(lambda _: f"2026-11-20T21:30:12.{next(times) * 21:06}Z", text)
    for key, value in _FIXED.items():
        text = re.sub(rf'("{key}": )("[^"]*"|\d+)', rf"\g<1>{value}", text)
    return text


def _tree(names: list[str]) -> str:
    """Paths as an indented tree."""
    lines: list[str] = []
    shown: set[str] = set()
    for name in names:
        parts = name.split("/")
        for depth, part in enumerate(parts):
            path = "/".join(parts[: depth + 1])
            if path not in shown:
                shown.add(path)
                lines.append("  " * depth + part + ("" if depth == len(parts) - 1 else "/"))
    return "\n".join(lines) + "\n"


def _errors_page() -> str:
    from runlog.cli.topics import STATUSES
    from runlog.errors import RunlogError, all_errors

    statuses = "".join(f"| {status} | {meaning} |\n" for status, meaning in STATUSES.items())
    rows = []
    for error in all_errors():
        if error is not RunlogError:
            rows.append(f"| `{error.code}` | {error.status} | `{error.__name__}` | {error.meaning} |\n")
    return (
        "# Errors and exit statuses\n\n"
        "Every error begins with a line on standard error, `error: …`. Where it is about a place in a filter, two more\n"
        "lines show that place. Where there is a hint it comes last, `hint: …`: the command to type next, or what was\n"
        "probably meant. Everything else that a command has to say beside its answer is on standard error too.\n\n"
        "```console\n"
        "$ runlog ls --where 'rmse =< 6.5'\n"
        "error: '=<' is no operator (column 6)\n"
        "  rmse =< 6.5\n"
        "       ^^\n"
        "hint: write <=\n"
        "$ runlog lss\n"
        "error: there is no command 'lss'\n"
        "hint: runlog ls\n"
        "```\n\n"
        "In Python they are exceptions below `runlog.RunlogError`, with the attributes `code`, `status`, `message` and\n"
        "`hint`.\n\n"
        f"| status | meaning |\n|--:|---|\n{statuses}\n"
        "`runlog run` leaves with the status of the program it ran, whatever happened to the tracking: 128+n when\n"
        "a signal ended it, 127 when there is no such program, 126 when it cannot be started.\n"
        "Every other command leaves with 141 when whoever reads its answer has gone, as `head` does. An option that cannot\n"
        "be read is wrong usage; a filter, a file or data that cannot be is bad input.\n\n"
        "| code | status | class | meaning |\n|---|--:|---|---|\n" + "".join(rows)
    )


def _cli_page() -> str:
    from runlog.cli.app import command_paths
    from runlog.cli.topics import TOPICS

    parts = ["# The command line\n\n", _help([])]
    parts += [f"\n## runlog {' '.join(words)}\n\n{_help(words)}" for words in command_paths()]
    parts += [f"\n## runlog help {topic}\n\n```\n{_page(topic)}```\n" for topic in TOPICS]
    return "".join(parts)


def _page(topic: str) -> str:
    from runlog.cli.topics import page

    return page(topic, 100)


def _signatures() -> str:
    """What every command takes, as a module: completion must know it without importing the commands."""
    from runlog.cli.app import command_of, command_paths

    lines = []
    for words in ([], *command_paths()):
        found = command_of(words)
        lines.append(f"command {' '.join(['runlog', *words])} | {_first(found.get_short_help_str(200))}")
        for param in found.params:
            if param.param_type_name == "argument":
                lines += [f"argument {part.strip('[]')}" for part in (param.metavar or param.name).removeprefix("-- ").split()]
            elif not param.hidden or param.rich_help_panel:  # those that the help names in one line
                metavar = "" if param.is_flag else param.metavar or "VALUE"
                repeats = "repeats" if param.multiple else "once"
                lines.append(f"option {' '.join(_long_first(param.opts))} | {metavar} | {repeats} | {_first(param.help)}")
        lines.append("option --help -h |  | once | Show what it takes")
    quoted = "\n".join(lines).replace("\\", "\\\\")
    about = "What every command takes, for those who must know without importing it. Written by `python -m docs.generate`."
    return f'"""{about}"""\n\n# ruff: noqa: E501\n\nTEXT = """\\\n{quoted}\n"""\n'


def _long_first(names: list[str]) -> list[str]:
    return sorted(names, key=len, reverse=True)


def _first(about: str | None) -> str:
    """The first sentence, which is what a list of choices has room for."""
    return re.split(r"[.;](?:\s|$)", about or "")[0]


def _help(arguments: list[str]) -> str:
    environment = {**os.environ, "COLUMNS": "100", "TERMINAL_WIDTH": "100", "NO_COLOR": "1"}
    command = [sys.executable, "-m", "runlog", *arguments, "--help"]
    done = subprocess.run(command, env=environment, cwd=DOCS.parent, check=True, capture_output=True, text=True)
    return f"```\n{re.sub(r'python -m runlog', 'runlog', done.stdout).strip()}\n```\n"


def main() -> None:
    """Write every generated page, and the picture."""
    from docs import picture

    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"wrote {path.relative_to(DOCS.parent)}\n")
    picture.write()
    sys.stdout.write(f"wrote {picture.PATH.relative_to(DOCS.parent)}\n")


if __name__ == "__main__":
    main()
