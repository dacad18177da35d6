"""The short ways: command lines that are read without Typer mean what Typer would have read in them, or are left to it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runlog.cli import front
from runlog.cli.app import COMMANDS, command_of
from runlog.cli.options import Filters, Output, group_of
from runlog.cli.plain import options_of
from tests.cli.conftest import Cli

# fmt: off
WORDS = st.sampled_from([
    "--tag", "-t", "model=xgb", "--tag=a=b", "--where", "--where=", "rmse < 5", "-e", "duration", "-n", "3", "--limit=5", "-n3",
    "--status",
    "--json", "--json=1", "-q", "--quiet", "--md", "--sort", "-rmse", "--removed", "--dirty", "--commit", "main..HEAD", "--",
    "--help", "-x", "--tga", "--store", ".", "x", "", "-", "é", "٣", "--limit", "--no-such", "-qn",
])
# fmt: on


def as_typer_reads(words: list[str]) -> dict[str, Any] | None:
    """The options of `ls`, or none for words that are no command line."""
    try:
        context = command_of(["ls"]).make_context("ls", list(words), resilient_parsing=False)
    except Exception:
        return None
    return dict(context.params)


@given(st.lists(WORDS, max_size=6))
def test_what_is_read_is_what_typer_reads(words: list[str]) -> None:
    options = options_of("ls", words)
    if options is None:
        return
    found = as_typer_reads(words)
    assert found is not None, words
    expected = {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}
    assert group_of(Filters, options) == group_of(Filters, expected)
    assert group_of(Output, options) == group_of(Output, expected)


@pytest.mark.parametrize(
    "words",
    [["-n", "3"], ["--tag", "a", "--tag=b=c", "-q"], ["--where", "-1 < rmse"], ["--limit=0", "--json", "-e", "x"], []],
)
def test_the_usual_ones_are_plain(words: list[str]) -> None:
    assert options_of("ls", words) is not None


@pytest.mark.parametrize(
    "words", [["--help"], ["-n"], ["-n", "x"], ["-n", "-1"], ["--json=1"], ["x"], ["--store", "."], ["--", "-q"]]
)
def test_others_are_left_to_typer(words: list[str]) -> None:
    assert options_of("ls", words) is None


def test_the_help_names_every_command_once(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    page = cli("--help").out
    assert page == cli("help").out == cli("-h").out == cli("--store", ".", "--help").out == front.help_page()
    assert sorted(re.findall(r"^  ([a-z]+) ", page, re.MULTILINE)) == sorted(COMMANDS)
    assert max(map(len, page.splitlines())) <= 80
    assert "More:" not in page  # a new command is given its place


def test_the_help_fits_a_narrow_terminal(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert max(map(len, cli("--help").out.splitlines()[1:-3])) <= 40
