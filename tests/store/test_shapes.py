"""Whatever somebody wrote into the free parts of a birth, every command that reads them has an answer."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runlog.store.shapes import shaped
from tests.cli.conftest import Cli, _runner
from tests.scene import python

JUNK: list[Any] = [None, 5, "x", [[1]], {"a": [1]}, "\0"]
COMMANDS = [
    ["show"],
    ["diff", "@last"],
    ["diff", "@last", "@last"],
    ["reproduce", "--dry-run", "@last"],
    ["compare", "@last", "@last"],
]


def places(document: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """Every key below the parts that were captured, and some that are there at other times."""
    for part in ("code", "environment", "origin", "command"):
        yield (part,)
        for key in [*document[part], "options", "typed", "lock", "ci", "left_out", "submodules"]:
            yield part, key
    yield from [("command", "options", "inputs"), ("environment", "variables", "LANG"), ("origin", "author", "name")]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    return _runner(monkeypatch, capsys)


def test_no_document_makes_a_command_stumble(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = "import runlog\nwith runlog.start_run(params={'a': 1}) as run: run.log_metric('loss', 0.5)\n"
    assert python(script, cwd=tmp_path, RUNLOG_CAPTURE="on").returncode == 0
    monkeypatch.chdir(tmp_path)
    [path] = tmp_path.glob(".runlog/experiments/*/*/run.json")
    whole = path.read_text()
    for place in places(json.loads(whole)):
        for junk in JUNK:
            document = json.loads(whole)
            inner = document
            for key in place[:-1]:
                inner = inner.setdefault(key, {})
            inner[place[-1]] = junk
            path.write_text(json.dumps(document))
            for command in COMMANDS:
                told = cli(*command)
                assert told.status != 70, (place, junk, command, told.err)


def test_what_a_later_runlog_says_stays() -> None:
    later = {"name": "x", "variables": {"A": "1"}, "weather": {"rain": [1, 2]}}
    assert shaped("environment", later) == later
    assert shaped("environment", {**later, "name": 5, "variables": {"A": 1}}) == {"weather": {"rain": [1, 2]}}
