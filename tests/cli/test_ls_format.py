"""`runlog ls --format`: lines as somebody lays them out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import runlog
from runlog.render.template import Part, lines, parse
from tests.cli.conftest import Answer, Cli


@pytest.fixture
def ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two runs, the newest first."""
    monkeypatch.chdir(tmp_path)
    with runlog.start_run(name="ridge", params={"alpha": 0.1, "kind": "auto"}, tags={"good": ""}) as first:
        first.log_metric("rmse", 2 / 3)
        first.log_metric("val:loss", 1)
    with runlog.start_run(params={"alpha": 3, "kind": 7, "scale": True}) as second:
        pass
    return [second.id, first.id]


def test_fields_are_those_of_filters_and_columns(cli: Cli, ids: list[str]) -> None:
    second, first = ids
    for template, expected in {
        "{id} {rmse}": [f"{second} ", f"{first} 0.6666666666666666"],
        "{name}={params.alpha};{tags.good}": ["=3;", "ridge=0.1;yes"],
        "{last(rmse)} {min(val:loss)} {`val:loss`:.1f}": ["  ", "0.6666666666666666 1 1.0"],
        "{ state }{exit_code}": ["finished", "finished"],
        "no field": ["no field", "no field"],
    }.items():
        assert cli("ls", "--format", template) == Answer(0, "".join(f"{line}\n" for line in expected), ""), template


def test_values_are_written_as_python_writes_them(cli: Cli, ids: list[str]) -> None:
    for template, expected in {
        "{rmse:.3f}|": ["|", "0.667|"],
        "{rmse:>8.2f}|": ["        |", "    0.67|"],
        "{name:<7}|": ["       |", "ridge  |"],
        "{name:*^9}|": ["*********|", "**ridge**|"],
        "{alpha:06.2f}": ["003.00", "000.10"],
        "{kind:>6.1f}|": ["   7.0|", "  auto|"],  # what is no number keeps its text, and the width
        "{scale:>5}|": [" true|", "     |"],
        "{alpha:.0%}": ["300%", "10%"],
        "{alpha:4x}|": ["   3|", " 0.1|"],
    }.items():
        assert cli("ls", "--format", template).out.splitlines() == expected, template
    assert all(re.fullmatch(r"20\d\d-\d\d-\d\d", line) for line in cli("ls", "--format", "{started:%Y-%m-%d}").out.splitlines())
    assert all(re.fullmatch(r"\d+\.\d{3} s", line) for line in cli("ls", "--format", "{duration:.3f} s").out.splitlines())


def test_braces_tabs_and_newlines(cli: Cli, ids: list[str]) -> None:
    assert cli("ls", "-n", "1", "--format", r'{{"run": "{id}"}}\t\\n\n.').out == f'{{"run": "{ids[0]}"}}\t\\n\n.\n'
    assert cli("ls", "-n", "1", "--format", "{{{id}}}").out == f"{{{ids[0]}}}\n"


def test_filters_and_order_count_and_nothing_is_said_of_nothing(cli: Cli, ids: list[str]) -> None:
    assert cli("ls", "--sort", "alpha", "--format", "{alpha}").out == "0.1\n3\n"
    assert cli("ls", "-t", "good", "--format", "{name}").out == "ridge\n"
    assert cli("ls", "-w", "alpha > 9", "--format", "{name}") == Answer(0, "", "")
    told = "no runs fit: no run has a tag 'goood': did you mean good?\n"
    assert cli("ls", "-t", "goood", "--format", "{name}") == Answer(0, "", told)
    assert cli("ls", "-w", "alpha > 9", "--format", "{nosuch}") == Answer(0, "", "")


def test_an_empty_store_has_no_lines(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli("init").status == 0
    assert cli("ls", "--format", "{id} {rmse:.3f}") == Answer(0, "", "")


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (["{id"], 2, "'{' at place 1 of --format opens no field\nhint: write {id} for a field, and {{ for a brace\n"),
        (["a}"], 2, "'}' at place 2 of --format closes none\nhint: write {id} for a field, and {{ for a brace\n"),
        ([""], 2, "--format is empty\nhint: runlog ls --format '{id} {rmse}'\n"),
        (["{id:>99999999999}"], 2, "'>99999999999' is wider than 1000\nhint: runlog ls --format '{rmse:>12.3f}'\n"),
        (["{}"], 2, "'{' at place 1 of --format opens no field\nhint: write {id} for a field, and {{ for a brace\n"),
        (
            ["{rmse:zz}"],
            2,
            "'zz' is no way to write a value\nhint: runlog ls --format '{rmse:.3f} {name:>20} {started:%Y-%m-%d}'\n",
        ),
        (["{rmes}"], 5, "no run has a metric, param or tag 'rmes' (column 1)\n  rmes\n  ^^^^\nhint: did you mean rmse?\n"),
        (["{id}", "--json"], 2, "--format and --json exclude each other\nhint: runlog ls --format '{id} {rmse}'\n"),
        (["{id}", "--cols", "id"], 2, "--format and --cols exclude each other\nhint: runlog ls --format '{id} {rmse}'\n"),
        (["{id}", "-q"], 2, "--format and --quiet exclude each other\nhint: runlog ls --format '{id} {rmse}'\n"),
    ],
)
def test_what_is_no_template_is_refused(cli: Cli, ids: list[str], words: list[str], status: int, told: str) -> None:
    assert cli("ls", "--format", *words) == Answer(status, "", f"error: {told}")


@given(text=st.text(alphabet='ab {}:\\t`("', max_size=12))
def test_any_template_is_read_or_refused(text: str) -> None:
    escaped = text.replace("{", "{{").replace("}", "}}").replace("\\", "\\\\")
    assert lines(parse(escaped), {}, 1) == [text]
    try:
        parts = parse(text)
    except runlog.RunlogError as error:
        assert error.status == 2
    else:
        assert all(isinstance(part, Part) for part in parts)
