"""Command lines that cannot be read: the whole of what is said about them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from runlog.cli.topics import TOPICS
from tests.cli.conftest import Answer, Cli
from tests.scene import on_a_terminal, shell

MISTYPED = {
    # What was typed, what is said, and what to type instead.
    "ls --tga x": ("there is no option '--tga'", "runlog ls --tag"),
    "list --tga=x": ("there is no option '--tga'", "runlog ls --tag"),
    "artifacts get --outptu x": ("there is no option '--outptu'", "runlog artifacts get --output"),
    "run --parm a=1 -- true": ("there is no option '--parm'", "runlog run --param"),
    "ls --stroe x": ("there is no option '--stroe'", "runlog ls --store"),
    "ls --nothing-like-it": ("there is no option '--nothing-like-it'", "runlog ls --help"),
    "ls --exp x": ("there is no option '--exp'", "runlog ls --experiment"),
    "ls --JSON": ("there is no option '--JSON'", "runlog ls --json"),
    "ls --color never": ("there is no option '--color'", "NO_COLOR=1 runlog ls"),
    "ls --columns acc": ("there is no option '--columns'", "runlog ls --cols"),
    "compare --format json a": ("there is no option '--format'", "runlog compare --json"),
    "best rmse --json": ("there is no option '--json'", "runlog best --help"),
    "ls -z": ("there is no option '-z'", "runlog ls --help"),
    "metrics @last -m loss": ("there is no option '-m'", "runlog metrics --help"),
    "--foo": ("there is no option '--foo'", "runlog --help"),
    "comapre": ("there is no command 'comapre'", "runlog compare"),
    "@last": ("there is no command '@last'", "runlog show @last"),
    "LS": ("there is no command 'LS'", "runlog ls"),
    "exp": ("there is no command 'exp'", "did you mean runlog export or runlog experiments?"),
    "exp ls": ("there is no command 'exp'", "runlog experiments ls"),
    "exp -o x": ("there is no command 'exp'", "did you mean runlog export or runlog experiments?"),
    "art cat": ("there is no command 'art'", "runlog artifacts cat"),
    "co": ("there is no command 'co'", "did you mean runlog compare or runlog completion?"),
    "l": ("there is no command 'l'", "runlog ls"),
    "re": ("there is no command 're'", "did you mean runlog reproduce, runlog rename or runlog restore?"),
    "lits": ("there is no command 'lits'", "runlog list"),
    "ps": ("there is no command 'ps'", "runlog ls --status running"),
    "help filter": ("there is no command 'filter'", "runlog help filters"),
    "help status": ("there is no command 'status'", "runlog help statuses"),
    "filters": ("there is no command 'filters'", "runlog help filters"),
    "version": ("there is no command 'version'", "runlog --version"),
    "experiments version": ("there is no command 'experiments version'", "runlog experiments --help"),
    "help comapre": ("there is no command 'comapre'", "runlog compare"),
    "artifacts gte": ("there is no command 'artifacts gte'", "runlog artifacts get"),
    "artifacts ridge": ("there is no command 'artifacts ridge'", "runlog artifacts ls ridge"),
    "experiments duration": ("there is no command 'experiments duration'", "runlog experiments --help"),
    "gc --keep-best 3": ("--keep-best needs 2 values", "runlog gc --help"),
    "xyzzy": ("there is no command 'xyzzy'", "runlog --help"),
    "compare": ("no run is named", "runlog compare @last @last~1 --baseline @last~1"),
    "artifacts cat": ("RUN is missing", "runlog artifacts cat @last notes.txt"),
    "ls -n x": ("--limit takes a whole number, not 'x'", "runlog ls --help"),
    "ls -n -1": ("--limit: -1 is not in the range x>=0", "runlog ls --help"),
    "stop @last --wait soon": ("--wait takes a number, not 'soon'", "runlog stop --help"),
    "ls --sort": ("--sort needs a value", "runlog ls --help"),
    "--store": ("--store needs a value", "runlog --help"),
    "ls --json=3": ("--json takes no value", "runlog ls --help"),
    "watch ridge": ("runlog watch takes no argument 'ridge'", "runlog watch --help"),
    "show ridge xgb": ("runlog show takes no further argument 'xgb'", "runlog show --help"),
}


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("reproduce @last -p bad", "runlog reproduce --param alpha=0.1 RUN"),
        ("reproduce @last --input bad", "runlog reproduce --input train=data.csv RUN"),
        ("log --run @last -f -p bad", "runlog log --param alpha=0.1"),
    ],
)
def test_the_hint_has_the_verb_that_was_typed(cli: Cli, ids: dict[str, str], typed: str, hint: str) -> None:
    option = "--input" if "--input" in typed else "--param"
    assert cli(*typed.split()) == Answer(2, "", f"error: {option} 'bad' is not of the form name=value\nhint: {hint}\n")


@pytest.mark.parametrize("typed", MISTYPED)
def test_what_was_meant_is_the_hint(typed: str, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a mistake is told without a store too
    message, hint = MISTYPED[typed]
    assert cli(*typed.split()) == Answer(2, "", f"error: {message}\nhint: {hint}\n")


def test_help_is_another_word_for_it(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for asked, same in [
        (["help"], ["--help"]),
        (["help", "ls"], ["ls", "--help"]),
        (["help", "list"], ["list", "-h"]),
        (["help", "artifacts", "get"], ["artifacts", "get", "--help"]),
        (["help", "help"], ["--help"]),
        (["help", "run", "sh", "-c", "touch ran"], ["run", "--help"]),
        (["help", "ls", "more"], ["ls", "--help"]),
    ]:
        answer = cli(*asked)
        assert answer.out.startswith("Usage: runlog")
        assert answer == cli(*same)
    assert list(tmp_path.iterdir()) == []  # nothing was run


def test_help_fits_on_narrow_screens(tmp_path: Path) -> None:
    topics = [["help", topic] for topic in TOPICS]
    for words in (["--help"], ["help", "ls"], ["run", "--help"], ["help", "artifacts"], ["help", "compare"], *topics):
        page = on_a_terminal(*words, cwd=tmp_path, columns=40)
        assert len(page.splitlines()) > 10
        assert [line for line in page.splitlines() if len(line) > 40] == []


def test_alone_it_tells_a_newcomer_how_to_begin(cli: Cli, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begin = """\
runlog keeps experiments in plain folders. To begin:

  runlog run --param alpha=0.1 -- python train.py    run a program and track it
  runlog ls                                          list the runs
  runlog compare <run-ids>                           set runs side by side

runlog --help lists all commands, runlog help run explains one.
"""
    assert cli() == Answer(0, f"{begin}The runs are in {store}.\n", "")
    nowhere = "There are no runs here yet: the first runlog run makes a place for them.\n"
    monkeypatch.chdir("/")
    assert cli() == Answer(0, begin + nowhere, "")


@pytest.mark.parametrize("missing", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(("words", "status"), [("ls -q", 0), ("show", 0), ("--help", 0), ("comapre", 2), ("show nobody", 3)])
def test_without_standard_files_commands_answer_as_ever(store: Path, words: str, status: int, missing: str) -> None:
    line = f'exec "{sys.executable}" -m runlog {words} {missing}'
    done = shell(line, cwd=store.parent)
    assert (done.returncode, "Traceback" in done.stderr, "a bug" in done.stderr) == (status, False, False)
