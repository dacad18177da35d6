"""`runlog note`, `rename` and `move`."""

import json
from pathlib import Path

from tests.cli.conftest import Answer, Cli
from tests.scene import bare_runs, tree


def words(store: Path, run_id: str, kind: str) -> list[object]:
    """What was said of one kind about a run after its birth, in order."""
    return [entry[kind] for entry in bare_runs(store)[run_id].entries if kind in entry]


def test_a_note_is_said_read_and_taken_back(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    run = ids["ridge"]
    assert cli("note", "ridge") == Answer(0, "", f"run {run} has no note: runlog note {run[-6:]} 'what it is about'\n")
    assert cli("note", "ridge", "clean data 模型") == Answer(0, f"noted {run}\n", "")
    assert cli("note", "ridge") == Answer(0, "clean data 模型\n", "")
    assert cli("note", "ridge", "-", stdin="two\nlines\n") == Answer(0, f"noted {run}\n", "")
    assert cli("note", "ridge") == Answer(0, "two\nlines\n", "")
    (store.parent / "note.txt").write_text("from a file\n")
    assert cli("note", "ridge", "-F", "note.txt") == Answer(0, f"noted {run}\n", "")
    assert cli("note", "ridge", "--clear") == Answer(0, f"took back the note of {run}\n", "")
    assert cli("note", "ridge") == Answer(0, "", f"run {run} has no note: runlog note {run[-6:]} 'what it is about'\n")
    assert words(store, run, "note") == ["clean data 模型", "two\nlines", "from a file", None]


def test_notes_that_make_no_sense_are_refused(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    run = ids["ridge"]
    empty = f"error: the note is empty\nhint: runlog note {run} --clear\n"
    assert cli("note", "ridge", "known").status == 0
    assert cli("note", "ridge", " ") == cli("note", "ridge", "") == cli("note", "ridge", "-") == Answer(5, "", empty)
    experiment = "error: the note is empty\nhint: runlog experiments note duration --clear\n"
    assert cli("experiments", "note", "duration", "") == Answer(5, "", experiment)
    both = "error: a text and --clear exclude each other\nhint: give one of them\n"
    assert cli("note", "ridge", "text", "--clear") == cli("note", "ridge", "", "--clear") == Answer(2, "", both)
    assert cli("note", "ridge", "-F", "none") == Answer(5, "", "error: cannot read 'none': no such file or directory\n")
    (store.parent / "binary").write_bytes(b"\xff\xfe")
    assert cli("note", "ridge", "-F", "binary") == Answer(5, "", "error: 'binary' is not a text in UTF-8\n")
    assert words(store, run, "note") == ["known"]


def test_a_run_is_named_anew_and_found_by_the_new_name(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    run = ids["ridge"]
    assert cli("rename", "ridge", "baseline") == Answer(0, f"named {run} baseline\n", "")
    assert cli("note", "baseline", "x").status == 0
    assert cli("rename", "ridge", "other") == Answer(3, "", "error: no run matches 'ridge'\nhint: runlog ls\n")
    assert cli("rename", "baseline", "--clear") == Answer(0, f"took back the name of {run}\n", "")
    assert json.loads(cli("show", run, "--json").out)["name"] is None
    assert words(store, run, "name") == ["baseline", None]
    blank = "error: run name ' a' begins or ends with a blank\n"
    assert cli("rename", run, " a") == Answer(5, "", blank)
    assert cli("rename", run) == Answer(2, "", "error: there is no name\nhint: runlog rename @last ridge-baseline\n")
    both = "error: a name and --clear exclude each other\nhint: runlog rename @last ridge-baseline\n"
    assert cli("rename", run, "a", "--clear") == Answer(2, "", both)


def test_no_run_is_named_as_the_id_of_another_ends(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    before = tree(store)
    xgb = ids["xgb"]
    refused = f"{xgb[-6:]!r} means run {xgb}, so no command would find a run by that name\nhint: runlog show {xgb}"
    assert cli("rename", "ridge", xgb[-6:]) == Answer(4, "", f"error: {refused}\n")
    whole = f"error: run name {xgb!r} reads as the id of a run, so no command would find the run by it\n"
    assert cli("rename", "ridge", xgb) == Answer(5, "", whole)
    assert tree(store) == before
    assert cli("rename", "xgb", xgb[-6:]) == Answer(0, f"named {xgb} {xgb[-6:]}\n", "")
    assert cli("note", xgb[-6:], "x") == Answer(0, f"noted {xgb}\n", "")


def test_runs_move_to_another_experiment_and_their_folders_stay(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    ridge, xgb = ids["ridge"], ids["xgb"]
    told = cli("move", "ridge", "xgb", "Baselines 1")
    assert told == Answer(0, f"moved {ridge} to Baselines 1\nmoved {xgb} to Baselines 1\n", "")
    assert cli("ls", "-q", "-e", "Baselines 1") == Answer(0, f"{xgb}\n{ridge}\n", "")
    assert cli("ls", "-q", "-e", "duration") == Answer(0, "", "")
    assert (store / "experiments" / "duration" / ridge / "run.json").exists()
    [made] = store.glob("experiments/baselines-1~*/experiment.json")
    assert json.loads(made.read_text()) == {"format": 1, "name": "Baselines 1"}
    assert cli("move", "-", "duration", "-q", stdin=f"{ridge}\n") == Answer(0, f"{ridge}\n", "")
    assert cli("ls", "-q", "-e", "duration") == Answer(0, f"{ridge}\n", "")
    assert cli("check").status == 0


def test_moves_that_make_no_sense_are_refused(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    before = tree(store)
    place = "in the place of an experiment\nhint: runlog move RUN... EXPERIMENT\n"
    assert cli("move", "ridge", "@last") == Answer(2, "", f"error: '@last' is a run, {place}")
    assert cli("move", "ridge", ids["xgb"][-6:]) == Answer(2, "", f"error: {ids['xgb'][-6:]!r} is a run, {place}")
    alone = "error: there is no experiment to move to\nhint: runlog move ridge EXPERIMENT\n"
    assert cli("move", "ridge") == Answer(2, "", alone)
    path = "error: experiment name 'a/b' reads as a path\nhint: use '-' or '.' between the parts of a name\n"
    assert cli("move", "ridge", "a/b") == Answer(5, "", path)
    assert cli("move", "nobody", "new") == Answer(3, "", "error: no run matches 'nobody'\nhint: runlog ls\n")
    assert tree(store) == before
