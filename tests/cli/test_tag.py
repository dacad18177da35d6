"""`runlog tag`: runs first, then tags."""

from pathlib import Path

import pytest

from tests.cli.conftest import Answer, Cli
from tests.scene import bare_runs, tree


def tags(store: Path, run_id: str) -> dict[str, str | None]:
    """The tags as the files tell them, in order of time; none for one that was taken off."""
    run = bare_runs(store)[run_id]
    found: dict[str, str | None] = dict(run.birth["tags"])
    for entry in run.entries:
        if "tag" in entry:
            found[entry["tag"]] = entry["value"]
        if "untag" in entry:
            found[entry["untag"]] = None
    return found


def test_a_run_gets_tags_with_and_without_values(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    run = ids["ridge"]
    assert cli("tag", "ridge", "stage=prod", "reviewed") == Answer(0, f"tagged {run}: stage=prod reviewed\n", "")
    assert tags(store, run) == {"model": "ridge", "stage": "prod", "reviewed": ""}
    shown = "tag\tvalue\nmodel\tridge\nreviewed\t\nstage\tprod\n"
    assert cli("tag", "ridge") == Answer(0, shown, "")


def test_the_last_run_gets_one_tag(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    run = ids["Größe 模型 🚀"]
    assert cli("tag", "@last", "model=xgb") == Answer(0, f"tagged {run}: model=xgb\n", "")
    assert cli("tag", "@last", "broken") == Answer(0, f"tagged {run}: broken\n", "")
    assert tags(store, run) == {"model": "xgb", "broken": ""}


def test_several_runs_by_name_id_and_standard_input(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    ridge, xgb = ids["ridge"], ids["xgb"]
    told = cli("tag", "ridge", xgb[-6:], ridge, "k=v=w")
    assert told == Answer(0, f"tagged {ridge}: k=v=w\ntagged {xgb}: k=v=w\n", "")
    assert cli("tag", "-", "k=", "-q", stdin=f"{ridge}\n{xgb}\n") == Answer(0, f"{ridge}\n{xgb}\n", "")
    assert tags(store, ridge) == {"model": "ridge", "k": ""}
    assert tags(store, xgb) == {"model": "xgb", "k": ""}
    assert cli("tag", "-", "k=v") == Answer(0, "", "nothing to do: no runs were named\n")


def test_tags_are_taken_off(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    run = ids["xgb"]
    assert cli("tag", "xgb", "--rm", "model", "-t", "best") == Answer(0, f"tagged {run}: best -model\n", "")
    assert tags(store, run) == {"model": None, "best": ""}
    assert cli("show", "xgb", "--json").out.count('"best": ""') == 1
    again = cli("tag", "xgb", "--rm", "model")
    assert again == Answer(3, "", f"error: run {run} has no tag 'model'\nhint: runlog tag {run}\n")


def test_a_tag_that_is_not_there_does_not_keep_the_others_from_it(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    run = ids["xgb"]
    told = cli("tag", "xgb", "other=1", "--rm", "broken", "--rm", "model")
    assert told == Answer(0, f"tagged {run}: other=1 -model\n", f"note: {run} had no tag 'broken'\n")
    assert tags(store, run) == {"model": None, "other": "1"}
    told = cli("tag", "xgb", "--rm", "broken", "--rm", "other")
    assert told == Answer(0, f"tagged {run}: -other\n", f"note: {run} had no tag 'broken'\n")
    before = tree(store)
    none = f"error: run {run} has no tag 'broken'\nhint: runlog tag {run}\n"
    assert cli("tag", "xgb", "--rm", "broken", "--rm", "other") == Answer(3, "", none)
    assert tree(store) == before


def test_one_that_fails_does_not_keep_the_others(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    told = cli("tag", "nobody", "xgb", "k=v")
    assert told == Answer(1, f"tagged {ids['xgb']}: k=v\n", "error: no run matches 'nobody'\nhint: runlog ls\n")


def test_a_bare_tag_before_others_is_told_how_it_is_one(cli: Cli, ids: dict[str, str]) -> None:
    told = cli("tag", "xgb", "good", "k=v")
    hint = "error: no run matches 'good'\nhint: runlog tag xgb --tag good\n"
    assert told == Answer(1, f"tagged {ids['xgb']}: k=v\n", hint)


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["model=xgb"], 2, "error: no run is named before the tag 'model=xgb'\nhint: runlog tag @last model=xgb\n"),
        (["xgb", "@last"], 2, "error: '@last' is a run, in the place of a tag\nhint: runlog tag RUN... key=value\n"),
        (["xgb", "k=v", "-"], 2, "error: '-' is a run, in the place of a tag\nhint: runlog tag RUN... key=value\n"),
        (["xgb", "k=v", "--rm", "k"], 2, "error: tag 'k' cannot be set and taken off at once\nhint: runlog tag --help\n"),
        (["xgb", "=v"], 5, "error: tag name is empty\n"),
        (["nobody", "k=v"], 3, "error: no run matches 'nobody'\nhint: runlog ls\n"),
    ],
)
def test_a_mistake_is_a_clear_error(cli: Cli, store: Path, words: list[str], status: int, message: str) -> None:
    before = bare_runs(store)
    assert cli("tag", *words) == Answer(status, "", message)
    assert bare_runs(store) == before


def test_a_forgotten_tag_is_seen_by_the_id_in_its_place(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    tail = ids["xgb"][-6:]
    expected = f"error: {tail!r} is a run, in the place of a tag\nhint: runlog tag RUN... key=value\n"
    assert cli("tag", "ridge", tail) == Answer(2, "", expected)


def test_an_edit_counts_even_where_another_clock_is_ahead(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    [document] = (store / "experiments" / "duration" / ids["ridge"]).glob("entries-*.json")
    entry = '  {"at": "2099-01-01T00:00:00.000000Z", "tag": "model", "value": "from the future"},\n'
    text = document.read_text()
    document.write_text(text.replace(' "entries": [\n', f' "entries": [\n{entry}'))
    assert '"model": "from the future"' in cli("show", "ridge", "--json").out
    cli("tag", "ridge", "model=mine")
    assert '"model": "mine"' in cli("show", "ridge", "--json").out
