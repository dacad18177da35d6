"""`-` in the place of a run: the one, or the ones, that standard input names; never a piece of an id."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Answer, Cli
from tests.scene import bare_runs, shell, tree

ABOUT_ONE = (
    "show -",
    "logs -",
    "metrics -",
    "params -",
    "artifacts ls -",
    "artifacts get - -o out",
    "artifacts cat - model.txt",
    "artifacts path - model.txt",
    "checkout -",
    "finish -",
    "log x=1 --run -",
    "note - words",
    "rename - other",
    "lineage -",
    "reproduce - --dry-run",
    "run --parent - -- true",
    "tag -",
    "model register -",
    "compare ridge --baseline -",
)


def called(typed: str) -> str:
    words = typed.split()
    return " ".join(["runlog", *words[: 2 if words[0] in {"artifacts", "model"} else 1]])


@pytest.mark.parametrize("typed", ABOUT_ONE)
def test_a_verb_about_one_run_takes_the_one_and_refuses_others(typed: str, cli: Cli, store: Path, ids: dict[str, str]) -> None:
    before = tree(store)
    command = called(typed)
    several = f"error: standard input names 3 runs, and {command} is about one\nhint: runlog ls -q -n 1 names one\n"
    assert cli(*typed.split(), stdin="\n".join(ids.values())) == Answer(2, "", several)
    none = "error: standard input names no run\nhint: runlog ls -q\n"
    assert cli(*typed.split(), stdin="") == Answer(2, "", none)
    nobody = cli(*typed.split(), stdin="nobody")
    assert (nobody.status, nobody.out) == (3, "")
    assert "'nobody'" in nobody.err
    assert tree(store) == before


def test_what_standard_input_names_is_meant(cli: Cli, ids: dict[str, str]) -> None:
    ridge, xgb = f"{ids['ridge']}\n", f"{ids['xgb']}\n"
    for typed in (["show"], ["metrics", "--json"], ["params"], ["artifacts", "ls"], ["lineage"], ["diff", "xgb"]):
        assert cli(*typed, "-", stdin=ridge) == cli(*typed, "ridge")
    assert cli("diff", "-", stdin=ridge + xgb) == cli("diff", "ridge", "xgb")
    assert cli("compare", "ridge", "xgb", "-b", "-", stdin=xgb) == cli("compare", "ridge", "xgb", "-b", "xgb")
    assert cli("note", "-", "of two", stdin=ridge) == Answer(0, f"noted {ids['ridge']}\n", "")
    assert cli("rename", "-", "crest", stdin=ridge) == Answer(0, f"named {ids['ridge']} crest\n", "")
    assert cli("note", "crest") == Answer(0, "of two\n", "")


def test_standard_input_is_one_thing(cli: Cli, ids: dict[str, str]) -> None:
    both = "error: standard input cannot be both the run and the note\nhint: runlog note - 'what it is about'\n"
    assert cli("note", "-", "-", stdin=ids["ridge"]) == cli("note", "-", "-F", "-") == Answer(2, "", both)
    three = "error: runlog diff takes one run or two, and 3 are named\nhint: runlog diff @last~1 @last\n"
    assert cli("diff", "-", stdin=" ".join(ids.values())) == Answer(2, "", three)


def test_a_table_is_not_taken_for_names(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    before = tree(store)
    told = "error: standard input is a table, where each word is to name a run\nhint: runlog ls -q prints the ids alone\n"
    for form in ([], ["--csv"], ["--cols", "id,name"], ["--md"], ["--json"], ["--jsonl"]):
        table = cli("ls", *form).out
        for part in (table, table.partition("\n")[2]) if form != ["--json"] else (table,):
            for typed in (["compare", "-"], ["rm", "-"], ["show", "-"]):
                assert cli(*typed, stdin=part) == Answer(2, "", told)
    screen = "run     name  state\nk3f9x2  ridge finished\n"
    assert cli("rm", "-", stdin=screen) == cli("rm", "-", stdin=f"\x1b[1m{screen}") == Answer(2, "", told)
    assert tree(store) == before
    assert cli("compare", "-", stdin="\t".join(ids.values())) == cli("compare", *ids.values())


def test_a_dash_alone_is_no_piece_of_an_id(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    assert cli("rm", "ridge", "xgb").status == 0
    before = tree(store)
    for dash in ("-", "--"):
        refused = Answer(3, "", f"error: no run matches {dash!r}\nhint: runlog ls\n")
        assert cli("rename", "-", "oops", stdin=dash) == cli("rm", "-", stdin=dash) == refused
        assert cli("ls", "--same-code-as", dash) == refused
    assert tree(store) == before


def test_a_pipe_of_runs_edits_none(store: Path, ids: dict[str, str]) -> None:
    runlog = f"{sys.executable} -m runlog"
    done = shell(f"{runlog} ls -q | {runlog} rename - oops", cwd=store.parent)
    refused = "error: standard input names 3 runs, and runlog rename is about one\nhint: runlog ls -q -n 1 names one\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", refused)
    assert {run.birth["name"] for run in bare_runs(store).values()} == set(ids)
    assert not any("name" in entry for run in bare_runs(store).values() for entry in run.entries)


@pytest.mark.parametrize(
    "typed",
    [
        "show -",
        "rm -",
        "note ridge -",
        "run --params-file - -- true",
        "log --run ridge --params-file -",
        "rm -w rmse>0",
        "gate -",
    ],
)
def test_standard_input_that_is_closed_is_an_empty_one(typed: str, store: Path, ids: dict[str, str]) -> None:
    command = [sys.executable, "-m", "runlog", *typed.split()]
    closed, empty = (shell(f"{shlex.join(command)} {way}", cwd=store.parent) for way in ("<&-", "</dev/null"))
    assert (closed.returncode, closed.stdout, closed.stderr) == (empty.returncode, empty.stdout, empty.stderr)
    assert closed.returncode < 6 and "Traceback" not in closed.stderr
