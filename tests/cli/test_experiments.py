"""`runlog experiments`: listed, made, named, described, directed, removed."""

import json
import re
import sys
from pathlib import Path

import pytest

from runlog.experiments import directions
from runlog.store.store import Store
from tests.cli.conftest import Answer, Cli
from tests.scene import bare_runs, python, runlog_cli, tree

HEADINGS = "experiment\truns\trunning\tfinished\tfailed\tkilled\tlost\tlast run\tbest\tnote\n"


def plain(text: str) -> str:
    """A listing without its times."""
    return re.sub(r"\d{4}-\d\d-\d\dT[^\t\n]*", "TIME", text)


def listing(cli: Cli, *options: str) -> str:
    answer = cli("experiments", "ls", *options)
    assert (answer.status, answer.err) == (0, "")
    return plain(answer.out)


def said(store: Path, folder: str) -> list[dict[str, object]]:
    """All that the files in an experiment's folder say, in order of time."""
    documents = [json.loads(path.read_text()) for path in store.glob(f"experiments/{folder}/entries/*.json")]
    assert all(document["format"] == 1 and document["experiment"] == folder for document in documents)
    entries: list[dict[str, object]] = [entry for document in documents for entry in document["entries"]]
    return sorted(entries, key=lambda entry: str(entry["at"]))


def test_experiments_are_listed_with_the_states_of_their_runs(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    cli("experiments", "create", "empty", "--note", "for later")
    cli("experiments", "set", "duration", "--min", "rmse", "--max", "acc")
    other, duration = "Other things\t1\t0\t1\t0\t0\t0\tTIME\t\t\n", "duration\t2\t0\t2\t0\t0\t0\tTIME\tmax:acc min:rmse\t\n"
    table = f"{HEADINGS}{other}{duration}empty\t0\t0\t0\t0\t0\t0\t\t\tfor later\n"
    assert listing(cli) == table
    assert plain(cli("experiments").out) == table
    assert cli("experiments", "list", "-q") == Answer(0, "Other things\nduration\nempty\n", "")
    document = json.loads(cli("experiments", "ls", "--json").out)[1]
    assert document.pop("last_run_at")
    assert document == {
        "experiment": "duration",
        "earlier_names": [],
        "runs": 2,
        "states": {"running": 0, "finished": 2, "failed": 0, "killed": 0, "lost": 0},
        "last_run": ids["xgb"],
        "note": None,
        "directions": {"acc": "max", "rmse": "min"},
        "removed": False,
    }


def test_a_store_without_runs_says_what_to_do(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cli("init")
    assert cli("experiments", "ls") == Answer(0, "", "no experiments yet: runlog run -e NAME -- <command>\n")
    assert cli("experiments", "ls", "--json") == Answer(0, "[]\n", "")
    assert cli("experiments", "ls", "--removed") == Answer(0, "", "no experiment is in the trash\n")


def test_a_new_name_counts_for_old_runs_and_for_scripts_that_say_the_old_one(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    before = tree(store)
    assert cli("experiments", "rename", "duration", "Trip times") == Answer(0, "renamed duration to Trip times\n", "")
    after = tree(store)
    assert {path: after[path] for path in before} == before  # no folder was moved
    assert said(store, "duration")[0]["name"] == "Trip times"
    script = "import runlog\nwith runlog.start_run(experiment='duration', name='late'): pass"
    assert python(script, cwd=store.parent).returncode == 0
    late = next(run_id for run_id, run in bare_runs(store).items() if run.birth["name"] == "late")
    of_it = f"{late}\n{ids['xgb']}\n{ids['ridge']}\n"
    assert cli("ls", "-q", "-e", "Trip times").out == cli("ls", "-q", "-e", "duration").out == of_it
    assert json.loads(cli("show", "ridge", "--json").out)["experiment"] == "Trip times"
    assert cli("experiments", "ls", "-q").out == "Trip times\nOther things\n"
    assert json.loads(cli("experiments", "ls", "--json").out)[0]["earlier_names"] == ["duration"]
    assert cli("check").status == 0


def test_names_lead_on_from_one_to_the_next_and_back(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    for old, new in [("duration", "b"), ("b", "c"), ("duration", "d"), ("c", "duration"), ("b", "e")]:
        assert cli("experiments", "rename", old, new).status == 0
        assert cli("ls", "-q", "-e", new).out == f"{ids['xgb']}\n{ids['ridge']}\n"
    assert cli("experiments", "ls", "-q").out == "Other things\ne\n"
    assert all(cli("ls", "-q", "-e", name).out.count("\n") == 2 for name in ("duration", "b", "c", "d", "e"))


def test_names_that_are_taken_are_refused(cli: Cli, store: Path) -> None:
    cli("experiments", "rename", "duration", "trips")
    before = tree(store)
    taken = "error: there is an experiment 'trips' already\nhint: runlog ls -q -e 'Other things' | runlog move - trips\n"
    assert cli("experiments", "rename", "Other things", "trips") == Answer(4, "", taken)
    was = "error: 'duration' is what 'trips' was called before\nhint: runlog experiments rename trips duration\n"
    assert cli("experiments", "rename", "Other things", "duration") == Answer(4, "", was)
    assert cli("experiments", "create", "duration") == Answer(4, "", was)
    there = "error: there is an experiment 'trips' already\nhint: runlog experiments ls\n"
    assert cli("experiments", "create", "trips") == Answer(4, "", there)
    assert cli("experiments", "rename", "trips", "trips") == Answer(4, "", "error: the experiment is called 'trips' already\n")
    none = "error: there is no experiment 'tripz'; the nearest is 'trips'\nhint: runlog experiments ls\n"
    assert cli("experiments", "rename", "tripz", "x") == Answer(3, "", none)
    path = "error: experiment name 'a/b' reads as a path\nhint: use '-' or '.' between the parts of a name\n"
    assert cli("experiments", "rename", "trips", "a/b") == Answer(5, "", path)
    assert tree(store) == before


def test_an_experiment_has_a_note(cli: Cli, store: Path) -> None:
    assert cli("experiments", "note", "duration", "how long trips take") == Answer(0, "noted duration\n", "")
    assert cli("experiments", "note", "duration") == Answer(0, "how long trips take\n", "")
    assert cli("experiments", "rename", "duration", "trips").status == 0
    assert cli("experiments", "note", "trips") == Answer(0, "how long trips take\n", "")
    assert cli("experiments", "note", "trips", "-", stdin="more\n") == Answer(0, "noted trips\n", "")
    assert cli("experiments", "note", "duration") == Answer(0, "more\n", "")
    assert cli("experiments", "note", "trips", "--clear") == Answer(0, "took back the note of trips\n", "")
    assert cli("experiments", "note", "trips") == Answer(0, "", "")
    empty = "error: the note is empty\nhint: runlog experiments note trips --clear\n"
    assert cli("experiments", "note", "trips", " ") == Answer(5, "", empty)


def test_directions_of_metrics_are_said_and_taken_back(cli: Cli, store: Path) -> None:
    nothing = "nothing is said: the names of metrics decide, as acc for max and loss for min\n"
    assert cli("experiments", "set", "duration") == Answer(0, "", nothing)
    told = cli("experiments", "set", "duration", "--max", "rmse", "--min", "trips/h")
    assert told == Answer(0, "metric\tbest\nrmse\tmax\ntrips/h\tmin\n", "")
    assert directions(Store.open(store), "duration") == {"rmse": "max", "trips/h": "min"}
    assert directions(Store.open(store), "Other things") == directions(Store.open(store), "unknown") == {}
    best = json.loads(cli("compare", "ridge", "xgb", "--json").out)
    assert next(line["best"] for line in best["lines"] if line["key"] == "rmse") == [0]
    assert cli("experiments", "rename", "duration", "trips").status == 0
    assert directions(Store.open(store), "trips") == directions(Store.open(store), "duration")
    assert cli("experiments", "set", "trips", "--unset", "rmse") == Answer(0, "metric\tbest\ntrips/h\tmin\n", "")
    unsaid = "error: nothing is said about 'rmse' in 'trips'\nhint: runlog experiments set trips\n"
    assert cli("experiments", "set", "trips", "--unset", "rmse") == Answer(3, "", unsaid)
    twice = "error: metric 'a' is named twice\nhint: runlog experiments set --help\n"
    assert cli("experiments", "set", "trips", "--min", "a", "--max", "a") == Answer(2, "", twice)


def test_an_experiment_goes_into_the_trash_and_comes_back_with_its_own_runs(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    cli("rm", "ridge")
    assert cli("experiments", "rm", "duration") == Answer(0, "removed duration and 1 run\n", "")
    assert listing(cli) == f"{HEADINGS}Other things\t1\t0\t1\t0\t0\t0\tTIME\t\t\n"
    assert listing(cli, "--removed") == f"{HEADINGS}duration\t2\t0\t2\t0\t0\t0\tTIME\t\t\n"
    there = "error: experiment 'duration' is in the trash already\nhint: runlog experiments restore duration\n"
    assert cli("experiments", "rm", "duration") == Answer(4, "", there)
    assert cli("experiments", "create", "duration").status == 4
    assert cli("experiments", "restore", "duration") == Answer(0, "restored duration and 1 run\n", "")
    assert cli("ls", "-q", "--removed").out == f"{ids['ridge']}\n"
    assert listing(cli) == f"{HEADINGS}Other things\t1\t0\t1\t0\t0\t0\tTIME\t\t\nduration\t1\t0\t1\t0\t0\t0\tTIME\t\t\n"
    not_there = "error: experiment 'duration' is not in the trash\nhint: runlog ls -q --removed -e duration | runlog restore -\n"
    assert cli("experiments", "restore", "duration") == Answer(4, "", not_there)
    assert cli("check").status == 0


def test_an_experiment_with_a_running_run_stays(cli: Cli, store: Path) -> None:
    made = python(
        "import runlog\nrunlog.start_run(experiment='duration', name='going')\nimport os; os._exit(0)", cwd=store.parent
    )
    assert made.returncode == 0
    [birth] = [path for path in store.glob("experiments/duration/*/run.json") if '"going"' in path.read_text()]
    birth.write_text(re.sub(r'"pid": \d+', '"pid": 0', birth.read_text()))
    [log] = birth.parent.glob("live/*.log")
    log.unlink()
    running = "error: run {} of 'duration' is running\nhint: runlog ls -q -e duration --status running | runlog stop -\n"
    assert cli("experiments", "rm", "duration") == Answer(4, "", running.format(birth.parent.name))
    assert cli("rm", "going").status == 4
    assert cli("experiments", "rm", "duration", "--force") == Answer(0, "removed duration and 3 runs\n", "")


def test_the_nearest_experiment_may_be_one_that_only_a_run_speaks_of(cli: Cli, store: Path) -> None:
    code = "import runlog\nrunlog.start_run(experiment='parabola')"
    assert runlog_cli("run", "--", sys.executable, "-c", code, cwd=store.parent).returncode == 0
    none = "there is no experiment 'Parabla'; the nearest is 'parabola'\n"
    assert cli("ls", "-e", "Parabla") == Answer(0, "", f"no runs fit: {none}")
    assert cli("experiments", "note", "Parabla") == Answer(3, "", f"error: {none}hint: runlog experiments ls\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["experiments", "renam"], "error: there is no command 'experiments renam'\nhint: runlog experiments rename\n"),
        (["experiments", "lst"], "error: there is no command 'experiments lst'\nhint: runlog experiments list\n"),
        (["experiments", "xyzzy"], "error: there is no command 'experiments xyzzy'\nhint: runlog experiments --help\n"),
        (["experimens"], "error: there is no command 'experimens'\nhint: runlog experiments\n"),
    ],
)
def test_misspelt_commands_are_told_the_nearest(cli: Cli, words: list[str], message: str) -> None:
    assert cli(*words) == Answer(2, "", message)


def test_a_word_that_is_damaged_is_passed_over_and_named_by_check(cli: Cli, store: Path) -> None:
    cli("experiments", "note", "duration", "kept")
    cli("experiments", "note", "duration", "lost")
    newest = max(
        store.glob("experiments/duration/entries/*.json"),
        key=lambda path: path.read_text().index("lost") if "lost" in path.read_text() else -1,
    )
    newest.write_text("{")
    assert cli("experiments", "note", "duration").out == "kept\n"
    answer = cli("check")
    assert answer.status == 1
    assert newest.name in answer.out
    assert cli("check", "--repair").status == 0
    assert cli("check").status == 0
