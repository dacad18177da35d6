"""The one set of filters, on commands that name runs: they say among which runs a word is looked for."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import runlog
from runlog.cli.app import command_of
from runlog.cli.grammar import signatures
from tests.cli.conftest import Answer, Cli
from tests.scene import begin_python, ended, tree

OF_ONE = ["show", "logs", "metrics", "params", "artifacts ls", "artifacts get", "artifacts cat", "artifacts path"]
OF_ONE += ["note", "rename", "checkout", "diff", "reproduce", "which"]
OF_SEVERAL = ["ls", "compare", "best", "export", "exists", "watch", "wait", "stop", "tag", "move", "rm", "restore"]
FILTERS = ["--tag", "--where", "--experiment", "--status", "--since", "--commit", "--branch", "--touching", "--dirty"]


@pytest.fixture
def twins(store: Path) -> dict[str, str]:
    """Three more runs, of which two are called `ridge` as one of `duration` is; the ids by experiment and name."""
    for experiment, name, rmse in [("trips", "ridge", 7.0), ("trips", "lasso", 8.0), ("late", "ridge", 9.0)]:
        with runlog.start_run(store=store, experiment=experiment, name=name, tags={"model": name}) as run:
            run.log_metric("rmse", rmse)
    return {f"{run.experiment}/{run.name}": run.id for run in runlog.open_store(store).runs()}


@pytest.mark.parametrize("command", [*OF_ONE, *OF_SEVERAL])
def test_every_command_that_names_runs_takes_the_filters(command: str) -> None:
    known = {name for param in command_of(command.split()).params for name in param.opts}
    lacking = {"tag": {"--tag"}}.get(command, set())  # which gives tags there
    assert set(FILTERS) - known == lacking - {"--tag"}
    words = re.sub(r"\s+", " ", command_of(command.split()).help or "")
    if command not in {"ls", "best", "export", "exists", "watch", "rm"}:
        shown = "-w EXPR, -e NAME, --status STATE, --since WHEN, --commit COMMIT, --branch NAME, --touching PATH, --dirty, "
        assert f": {'' if lacking else '-t K[=V], '}{shown}" in words
    if command != "watch":  # of which only that of runs that run
        assert {name for name in FILTERS if name not in signatures()[command].options} == set()  # for completion


def test_a_word_is_looked_for_among_the_runs_that_fit(cli: Cli, twins: dict[str, str]) -> None:
    assert cli("show", "ridge").status == 4  # three are called so
    for words, meant in {
        ("ridge", "-e", "trips"): "trips/ridge",
        ("ridge", "-w", "rmse > 8"): "late/ridge",
        ("@last", "-e", "trips"): "trips/lasso",
        ("@last~1", "-e", "trips"): "trips/ridge",
        ("@last~2", "-t", "model=ridge"): "duration/ridge",
        ("@best:rmse", "-e", "trips", "-e", "late"): "trips/ridge",
        ("@trips/ridge", "-w", "rmse < 8"): "trips/ridge",
        (twins["trips/lasso"], "--status", "finished"): "trips/lasso",
        (twins["trips/lasso"][-6:], "-t", "model"): "trips/lasso",
        (twins["trips/lasso"][-5:], "-t", "model"): "trips/lasso",
        ("-t", "model=lasso"): "trips/lasso",
    }.items():
        found = json.loads(cli("show", *words, "--json").out)
        assert found["id"] == twins[meant], words


def test_other_commands_about_one_run(cli: Cli, twins: dict[str, str], tmp_path: Path) -> None:
    lasso, first = twins["trips/lasso"], twins["duration/ridge"]
    among = ("ridge", "-e", "duration")
    assert cli("params", *among) == cli("params", first)
    assert cli("metrics", *among, "--json") == cli("metrics", first, "--json")
    assert cli("logs", "-t", "model=lasso").err == f"run {lasso} has no output: runlog run keeps what a program prints\n"
    assert cli("artifacts", "ls", *among, "-q").out == "model.txt\n"
    assert cli("artifacts", "cat", "ridge", "model.txt", "-e", "duration").out == "weights of ridge\n" * 1000
    assert cli("artifacts", "get", *among, "-o", str(tmp_path / "out")).status == 0
    assert cli("artifacts", "path", "ridge", "model.txt", "-e", "duration").out.strip().endswith(f"{first}/artifacts/model.txt")
    assert cli("note", "@last", "the second", "-e", "trips").out == f"noted {lasso}\n"
    assert cli("rename", "@last", "lars", "-e", "trips").out == f"named {lasso} lars\n"
    assert cli("diff", "ridge", "lars", "-e", "trips") == cli("diff", twins["trips/ridge"], lasso)
    assert cli("checkout", *among).err.startswith(f"error: the code of run {first} was not captured")
    assert cli("reproduce", *among).err == cli("reproduce", first).err
    model = str(tmp_path / "out" / "model.txt")
    assert cli("which", model, "-q", "-e", "duration").out == f"{first}\n"
    told = f"error: no run that fits made or used {model!r} as it is now\nhint: runlog ls\n"
    assert cli("which", model, "-e", "trips") == Answer(3, "", told)


def test_where_none_is_named_all_that_fit_are_compared_and_listed(cli: Cli, twins: dict[str, str]) -> None:
    trips = [twins["trips/lasso"], twins["trips/ridge"]]
    named = cli("compare", *trips, "--json")
    assert named.status == 0
    assert cli("compare", "-e", "trips", "--json") == named
    assert cli("compare", "-e", "trips", "-q").out == "".join(f"{run}\n" for run in trips)
    assert cli("compare", "-e", "trips", "--sort", "rmse", "-q").out == "".join(f"{run}\n" for run in reversed(trips))
    assert cli("compare", "-n", "2", "-q").out.split() == [twins["late/ridge"], twins["trips/lasso"]]
    # The baseline is named by itself, for it is seldom one of those that are tried.
    others = cli("compare", "-e", "trips", "--baseline", "xgb", "-q")
    assert others.out.split() == [twins["duration/xgb"], *trips]
    assert cli("compare", "ridge", "lasso", "-e", "trips", "-q").out.split() == trips[::-1]
    assert cli("export", "ridge", "-e", "trips", "--jsonl").out == cli("export", twins["trips/ridge"], "--jsonl").out
    assert cli("exists", "ridge", "-e", "trips") == Answer(0, "", "")
    assert cli("exists", "ridge", "xgb", "-e", "trips") == Answer(3, "", "")


def test_what_is_done_to_all_that_fit(cli: Cli, store: Path, twins: dict[str, str]) -> None:
    lasso, ridge = twins["trips/lasso"], twins["trips/ridge"]
    told = cli("tag", "-e", "trips", "seen=yes", "good", "--rm", "model", "--yes")
    assert told == Answer(0, f"tagged {lasso}: seen=yes good -model\ntagged {ridge}: seen=yes good -model\n", "")
    assert cli("tag", "-e", "trips", "-w", "rmse > 7.5", "worst", "-y").out == f"tagged {lasso}: worst\n"
    refused = f"error: 'lasso' is the name of run {lasso}, in the place of a tag\n"
    refused += "hint: runlog tag RUN... lasso, or lasso= for all that fit\n"
    assert cli("tag", "lasso", "-e", "trips") == Answer(2, "", refused)
    piece = lasso[-3:]  # of an id, which with a tag as short as this is chance
    refused = f"error: {piece!r} may be a tag, or a piece of the id of run {lasso}\n"
    assert cli("tag", piece, "keep", "-e", "trips").err.startswith(refused)
    assert cli("tag", "lasso=", "-e", "trips", "-n", "1", "-y").out == f"tagged {lasso}: lasso\n"
    assert cli("ls", "-q", "-t", "seen=yes").out == f"{lasso}\n{ridge}\n"
    planned = cli("move", "-w", "tags.seen", "later", "--dry-run").out
    assert planned == f"would move {lasso} to later\nwould move {ridge} to later\n"
    assert cli("move", "-w", "tags.seen", "later", "--yes").out == f"moved {lasso} to later\nmoved {ridge} to later\n"
    assert cli("rm", "ridge", "-e", "later").out == f"removed {ridge}\n"
    assert cli("rm", "ridge", "xgb", "-e", "later").status == 1
    assert cli("rm", "-e", "later", "--yes").out == f"removed {lasso}\n"
    assert cli("restore", "lasso", "-t", "worst") == Answer(0, f"restored {lasso}\n", "")
    assert cli("restore", "-e", "later", "--yes") == Answer(0, f"restored {ridge}\n", "")
    assert cli("restore", "-e", "later", "--yes") == Answer(0, "", "nothing to do: no runs fit\n")


def test_nothing_is_done_to_runs_that_were_not_named_unless_that_is_said(cli: Cli, store: Path) -> None:
    """And not to all there are, because a variable was empty or a limit none."""
    before = tree(store)
    empty = "error: --experiment is empty\nhint: leave it out if that is meant\n"
    for words, deed in {
        ("tag", "good"): "tag 2 runs: good",
        ("tag", "-t", "model=new"): "tag 2 runs: model=new",
        ("move", "else{}"): "move 2 runs to else{}",
        ("rm",): "put 2 runs into the trash",
    }.items():
        asked = f"error: {deed}? nobody is here to be asked\nhint: say --yes, or --dry-run to see which\n"
        assert cli(*words, "-e", "duration") == Answer(2, "", asked)
        assert cli(*words, "-e", "duration", "--dry-run").out.startswith("would ")
        all_of_them = "error: -n 0 would mean all that fit\nhint: leave -n out if that is meant\n"
        assert cli(*words, "-n", "0", "--yes").err == all_of_them
        assert cli(*words, "-e", "", "-w", "rmse > 0", "--yes").err == empty
    assert cli("rename", "@last", "-e", "", "name").err == cli("note", "@last", "-e", "", "text").err == empty
    assert tree(store) == before


def test_a_filter_that_cannot_be_read_is_one_error(cli: Cli, ids: dict[str, str]) -> None:
    told = cli("tag", "ridge", "xgb", "x=1", "-w", "rmsee < 1")
    assert (told.status, told.err.count("error: ")) == (5, 1)
    assert cli("tag", "-t", "model=ridge", "x=1").err.endswith("hint: runlog tag -w 'tags.model = ridge' x=1\n")


def test_what_is_compared_with_need_not_fit(cli: Cli, twins: dict[str, str]) -> None:
    ridge, lasso = twins["trips/ridge"], twins["trips/lasso"]
    assert cli("compare", "-e", "trips", "-b", "@best:rmse", "-q").out.split() == [ridge, lasso]
    assert cli("compare", "-e", "trips", "-b", "ridge", "-q").out.split() == [ridge, lasso]
    assert cli("compare", "-e", "trips", "-b", "xgb", "-q").out.split() == [twins["duration/xgb"], lasso, ridge]


def test_words_of_the_trash_are_those_of_all_runs(cli: Cli, twins: dict[str, str]) -> None:
    for word, name in {"@last": "late/ridge", "@trips/lasso": "trips/lasso", "@best:rmse": "duration/xgb"}.items():
        assert cli("rm", word).out == f"removed {twins[name]}\n"
        assert cli("restore", word) == Answer(0, f"restored {twins[name]}\n", "")


def test_running_runs_that_fit_are_awaited_and_stopped(cli: Cli, store: Path) -> None:
    going = (
        "import runlog, time\nrun = runlog.start_run(name='going', tags={'n': '1'})\nprint(run.id, flush=True)\ntime.sleep(99)\n"
    )
    with begin_python(going, cwd=store.parent) as child:
        assert child.stdout is not None
        run_id = child.stdout.readline().strip()
        over = cli("wait", "-e", "duration", "-q")
        assert (over.status, over.err, len(over.out.split())) == (0, "", 2)
        assert cli("wait", "-e", "duratoin").status == 3
        assert cli("wait", "-t", "n=1", "--timeout", "0s") == Answer(1, "", f"error: still running after 0s: {run_id}\n")
        assert cli("stop", "-t", "n", "--dry-run").out == f"would stop {run_id}\n"
        assert cli("stop", "ridge", "--dry-run") == cli("stop", "ridge")
        assert cli("wait", "going", "--timeout", "").status == 2
        assert cli("stop", "-t", "n=2", "--yes") == Answer(0, "", "nothing to do: no runs fit\n")
        asked = "error: stop 1 run? nobody is here to be asked\nhint: say --yes, or --dry-run to see which\n"
        assert cli("stop", "-t", "n") == Answer(2, "", asked)
        assert cli("stop", "-t", "n", "--yes") == Answer(0, f"stopped {run_id}: killed (SIGTERM)\n", "")
        ended(child)
    assert cli("stop", "-w", "", "--yes").err == "error: --where is empty\nhint: leave it out if that is meant\n"


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (["compare"], 2, "no run is named\nhint: runlog compare @last @last~1 --baseline @last~1"),
        (["compare", "--sort", "rmse"], 2, "--sort leaves no run out, and none is named\nhint: runlog compare @last @last~1"),
        (["compare", "-e", "duration", "-w", "rmse > 99"], 3, "no runs fit\nhint: runlog ls"),
        (["stop"], 2, "no run is named\nhint: runlog stop @last"),
        (["restore"], 2, "no run is named\nhint: runlog ls --removed"),
        (["tag", "-e", "duration"], 2, "there is no tag\nhint: runlog tag @last model=xgb reviewed --rm broken"),
        (["tag", "-e", "duration", "@last"], 2, "'@last' is a run, in the place of a tag"),
        (["show", "-w", "rmse > 99"], 3, "no run fits\nhint: runlog ls"),
        (["show", "ridge", "-e", "Other things"], 3, "run RIDGE does not fit\nhint: runlog show RIDGE"),
        (["show", "nobody", "-e", "duration"], 3, "no run matches 'nobody'\nhint: runlog ls"),
        (["show", "@last~9", "-e", "duration"], 3, "there are not enough runs for @last~9\nhint: runlog ls"),
        (["show", "@best:loss", "-e", "duration"], 3, "no run has a metric 'loss'\nhint: runlog ls"),
        (["show", "@last", "--sort", "rmse"], 2, "there is no option '--sort'\nhint: runlog show --store"),
        (["logs", "-e", "duration", "-w", "rmse <"], 5, "expected a value, found the end (column 7)"),
        # Whoever takes --experiment for the place to move to would move all runs that are there.
        (["move", "ridge", "-e", "duration"], 2, "'ridge' is the name of run RIDGE, in the place of an experiment"),
        (["move", "-e", "duration"], 2, "[RUN...] EXPERIMENT is missing\nhint: runlog move @last @last~1 baselines"),
    ],
)
def test_what_may_not_be_meant_is_refused(
    cli: Cli, store: Path, ids: dict[str, str], words: list[str], status: int, told: str
) -> None:
    before = tree(store)
    answer = cli(*words)
    assert (answer.status, answer.out) == (status, "")
    assert answer.err.startswith(f"error: {told.replace('RIDGE', ids['ridge'])}"), answer.err
    assert tree(store) == before


def test_a_name_in_a_filter_that_nothing_has_is_told(cli: Cli, store: Path) -> None:
    told = cli("show", "-t", "modell=ridge").err
    assert told == "note: no run has a tag 'modell': did you mean model?\nerror: no run fits\nhint: runlog ls\n"
    assert cli("show", "-e", "duratoin").err.startswith("note: ")
