"""`runlog rm`, `restore` and `gc`."""

import datetime
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Answer, Cli
from tests.scene import bare_runs, files_below, python, tree


def folder(store: Path, run_id: str) -> Path:
    [found] = store.glob(f"experiments/*/{run_id}")
    return found


def removals(store: Path, run_id: str) -> list[bool]:
    return [entry["removed"] for entry in bare_runs(store)[run_id].entries if "removed" in entry]


def put_back(store: Path, run_id: str, days: int) -> None:
    """Make it look as if a run had been removed days ago."""
    for path in folder(store, run_id).glob("entries-*.json"):
        document = json.loads(path.read_text())
        for entry in document["entries"]:
            if "removed" in entry:
                moment = time.gmtime(time.time() - days * 86400)
                entry["at"] = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", moment)
                path.write_text(json.dumps(document))


def test_a_filter_removes_only_what_it_means(cli: Cli, ids: dict[str, str]) -> None:
    assert cli("rm", "--where", "rmse < 6.2", "--yes") == Answer(0, f"removed {ids['xgb']}\n", "")
    assert cli("ls", "-q", "--removed") == Answer(0, f"{ids['xgb']}\n", "")


def test_every_filter_that_is_given_counts(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    xgb = Answer(0, f"would remove {ids['xgb']}\n", "")
    assert cli("rm", "-w", "rmse < 6.2", "-w", "rmse < 9", "--dry-run") == xgb
    assert cli("rm", "-w", "tags.model = nothing", "-w", "rmse < 9", "--dry-run").out == ""
    several = ["-e", "duration", "-e", "Other things", "--status", "lost", "--status", "finished,failed", "-w", "rmse < 6.2"]
    assert cli("rm", *several, "--dry-run") == xgb
    assert cli("rm", "-e", "duration", "-e", "none", "-n", "1", "--dry-run").err == "note: there is no experiment 'none'\n"


def test_a_name_that_no_run_has_is_told_before_runs_go(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    note = "note: no run has a metric 'rmes': did you mean rmse?\n"
    unasked = "error: put 2 runs into the trash? nobody is here to be asked\nhint: say --yes, or --dry-run to see which\n"
    assert cli("rm", "-w", "not metrics.rmes < 3", "-e", "duration") == Answer(2, "", note + unasked)
    assert cli("rm", "-w", "metrics.rmes < 3", "--yes") == Answer(0, "", note + "nothing to do: no runs fit\n")
    pointed = "error: '5%' is no number, and metrics.rmse is one (column 12)\n  not rmse < 5%\n             ^^\n"
    pointed += "hint: write a number, as in metrics.rmse < 6.5\n"
    assert cli("rm", "-w", "not rmse < 5%", "--yes") == Answer(5, "", pointed)


def test_what_leaves_no_run_out_removes_none(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    before = tree(store)
    for typed, problem, hint in [
        (["-n", "0"], "-n 0 would mean all that fit", "leave -n out if that is meant"),
        (["-n", "0", "--status", "finished"], "-n 0 would mean all that fit", "leave -n out if that is meant"),
        (["--sort", "started"], "--sort leaves no run out, and none is named", "runlog rm @last"),
        (["-w", "", "-e", "", "--status="], "--where is empty", "leave it out if that is meant"),
        (["-w", "rmse > 0", "-w", ""], "--where is empty", "leave it out if that is meant"),
        (["-e", "duration", "--since", ""], "--since is empty", "leave it out if that is meant"),
        (["-t", "model", "--status", ""], "--status is empty", "leave it out if that is meant"),
        (["-n", "1", "--sort="], "--sort is empty", "leave it out if that is meant"),
        (["ridge", "-w", ""], "--where is empty", "leave it out if that is meant"),
        (
            ["ridge", "--sort", "started"],
            "--sort is about runs that are found, and these are named",
            "leave out --sort, or the names",
        ),
        (["ridge", "-n", "1"], "-n is about runs that are found, and these are named", "leave out -n, or the names"),
        (["-n", "1", "--limit", "2"], "--limit is given twice", "runlog rm --help"),
        (["--since", "1d", "--since", "2d"], "--since is given twice", "runlog rm --help"),
    ]:
        assert cli("rm", *typed, "--yes") == Answer(2, "", f"error: {problem}\nhint: {hint}\n"), typed
    twice = Answer(2, "", "error: --experiment is given twice\nhint: runlog gc --help\n")
    assert cli("gc", "--keep-tagged", "-e", "duration", "-e", "none", "--yes") == twice
    empty = Answer(2, "", "error: --experiment is empty\nhint: leave it out if that is meant\n")
    assert cli("gc", "--keep-tagged", "-e", "", "--yes") == empty
    assert tree(store) == before
    assert (
        cli("rm", "-n", "1", "--sort", "-rmse", "--yes", "--yes", "-t", "model", "-t", "model=ridge").out
        == f"removed {ids['ridge']}\n"
    )


def test_runs_go_into_the_trash_and_come_back(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    ridge, xgb, odd = ids["ridge"], ids["xgb"], ids["Größe 模型 🚀"]
    before = tree(store)
    assert cli("rm", "ridge", "--dry-run") == Answer(0, f"would remove {ridge}\n", "")
    assert tree(store) == before
    assert cli("rm", "ridge", xgb[-6:]) == Answer(0, f"removed {ridge}\nremoved {xgb}\n", "")
    assert cli("ls", "-q") == Answer(0, f"{odd}\n", "")
    assert cli("ls", "-q", "--removed") == Answer(0, f"{xgb}\n{ridge}\n", "")
    assert "trash       since 20" in cli("show", ridge).out
    assert cli("restore", "ridge") == Answer(0, f"restored {ridge}\n", "")
    assert cli("restore", "-", "-q", stdin=cli("ls", "-q", "--removed").out) == Answer(0, f"{xgb}\n", "")
    assert cli("ls", "-q") == Answer(0, f"{odd}\n{xgb}\n{ridge}\n", "")
    assert removals(store, ridge) == [True, False]
    after = tree(store)
    assert {path: after[path] for path in before} == before  # nothing was changed, words were added
    assert cli("check").status == 0


def test_the_last_run_is_looked_for_once(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    assert cli("remove", "nobody") == cli("rm", "nobody")
    told = cli("delete", "nobody", "@last", "@last")
    assert told == Answer(1, f"removed {ids['Größe 模型 🚀']}\n", "error: no run matches 'nobody'\nhint: runlog ls\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "error: no run is named\nhint: runlog rm @last\n"),
        (["--removed"], "error: those are in the trash already\nhint: runlog gc --dry-run\n"),
        (
            ["-e", "duration"],
            "error: put 2 runs into the trash? nobody is here to be asked\nhint: say --yes, or --dry-run to see which\n",
        ),
    ],
)
def test_what_may_not_be_meant_is_refused(cli: Cli, store: Path, words: list[str], message: str) -> None:
    before = tree(store)
    assert cli("rm", *words) == Answer(2, "", message)
    assert tree(store) == before


def test_runs_are_found_by_options(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    ridge, xgb = ids["ridge"], ids["xgb"]
    assert cli("rm", "-e", "duration", "--dry-run") == Answer(0, f"would remove {xgb}\nwould remove {ridge}\n", "")
    assert cli("rm", "--tag", "model=xgb", "--yes") == Answer(0, f"removed {xgb}\n", "")
    assert cli("rm", "-e", "duration", "-y", "-q") == Answer(0, f"{ridge}\n", "")
    assert cli("rm", "-e", "duration", "--yes") == Answer(0, "", "nothing to do: no runs fit\n")


def test_a_run_in_the_trash_is_not_removed_again_and_others_are_not_restored(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    run = ids["ridge"]
    not_there = f"error: run {run} is not in the trash\nhint: runlog ls --removed\n"
    assert cli("restore", run) == Answer(4, "", not_there)
    cli("rm", run)
    there = f"error: run {run} is in the trash already\nhint: runlog restore {run}\n"
    assert cli("rm", run) == Answer(4, "", there)
    assert cli("rm", "ridge") == Answer(3, "", "error: no run matches 'ridge'\nhint: runlog ls\n")
    assert cli("restore", "xgb").status == 4


def test_gc_empties_what_was_long_enough_in_the_trash(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    ridge, xgb = ids["ridge"], ids["xgb"]
    assert cli("gc") == Answer(0, "", "nothing to collect\n")
    cli("rm", "ridge", "xgb")
    put_back(store, ridge, days=31)
    place = folder(store, ridge)
    large = [path for path in files_below(place) if path.parent.name in {"metrics", "artifacts"}]
    size = sum(path.stat().st_size for path in large)
    table = f"run\tfate\tsize\texperiment\tname\n{ridge}\temptied\t{size / 1000:.1f} kB\tduration\tridge\n"
    before = tree(store)
    assert cli("gc", "--dry-run") == Answer(0, table, f"1 run emptied: {size / 1000:.1f} kB would be freed\n")
    asked = f"error: empty 1 run for good, {size / 1000:.1f} kB? nobody is here to be asked\n"
    assert cli("gc") == Answer(2, "", f"{asked}hint: say --yes, or --dry-run to see what goes\n")
    assert tree(store) == before
    assert cli("gc", "--yes") == Answer(0, table, f"1 run emptied: {size / 1000:.1f} kB freed\n")
    assert sorted(path.name.split("-")[0] for path in place.iterdir()) == ["entries", "entries", "entries", "run.json"]
    assert cli("gc", "--yes") == Answer(0, "", "nothing to collect\n")
    assert cli("check").status == 0
    assert (folder(store, xgb) / "artifacts" / "model.txt").exists()


def test_an_emptied_run_keeps_its_words(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    run = ids["ridge"]
    cli("rm", run)
    cli("gc", "--older-than", "0", "--yes")
    told = f"restored {run}, without its points and artifacts: gc has dropped them\n"
    assert cli("restore", run) == Answer(0, told, "")
    shown = json.loads(cli("show", run, "--json").out)
    assert (shown["params"], shown["metrics"]["rmse"]["last"], shown["emptied"]) == ({"alpha": 0.065}, 6.3, True)
    assert "emptied     gc has dropped its points and artifacts\n" in cli("show", run).out
    history = "import runlog, sys; print(runlog.open_store(sys.argv[1]).run(sys.argv[2]).history().num_rows)"
    assert python(history, store, run, cwd=store.parent).stdout == "0\n"
    assert cli("check").status == 0


def test_a_run_that_was_emptied_does_not_come_back_with_a_copy(
    cli: Cli, store: Path, made_once: Path, ids: dict[str, str], tmp_path: Path
) -> None:
    """A colleague still has the whole run. Copied either way, both stores come to the same tree, and the run stays removed."""
    run = ids["ridge"]
    theirs = tmp_path / "theirs"
    shutil.copytree(made_once, theirs)
    cli("rm", run)
    cli("gc", "--older-than", "0", "--yes")
    ours = tmp_path / "ours"
    shutil.copytree(store, ours)
    shutil.copytree(theirs, store, dirs_exist_ok=True)
    shutil.copytree(ours, theirs, dirs_exist_ok=True)
    assert tree(store) == tree(theirs)
    assert run not in cli("ls", "-q").out
    assert cli("check").status == 0
    # The bulk came back with the copy; it counts if the run is restored, and goes with the next collection.
    assert cli("restore", run) == Answer(0, f"restored {run}\n", "")
    assert cli("show", run).status == cli("check").status == 0
    cli("rm", run)
    assert "1 run emptied" in cli("gc", "--older-than", "0", "--yes").err
    assert not (folder(store, run) / "artifacts").exists()


def test_a_forgotten_run_leaves_nothing(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    run = ids["ridge"]
    cli("rm", run)
    answer = cli("gc", "--forget", "--older-than", "0", "--yes", "--json")
    assert answer.status == 0
    size = json.loads(answer.out)["freed_bytes"]
    expected = {"id": run, "experiment": "duration", "name": "ridge", "fate": "forget", "bytes": size}
    assert json.loads(answer.out) == {"dry_run": False, "freed_bytes": size, "runs": [expected], "covered": [], "litter": []}
    assert run not in "".join(tree(store))
    assert cli("check").status == 0


def test_a_file_that_a_run_that_stays_shares_is_not_counted(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    ridge, xgb = (folder(store, ids[name]) / "artifacts" / "model.txt" for name in ("ridge", "xgb"))
    for twin in (ridge.with_name("one.txt"), ridge.with_name("two.txt")):
        os.link(ridge, twin)
    (xgb.parent / "shared.txt").write_bytes(b"x" * 5000)
    os.link(xgb.parent / "shared.txt", ridge.parent / "shared.txt")
    once = ridge.stat().st_size + sum(path.stat().st_size for path in (ridge.parents[1] / "metrics").iterdir())
    cli("rm", "ridge")
    answer = json.loads(cli("gc", "--older-than", "0", "--dry-run", "--json").out)
    assert answer["freed_bytes"] == once
    assert answer["runs"][0]["bytes"] == once + 5000
    cli("rm", "xgb")
    both = json.loads(cli("gc", "--older-than", "0", "--yes", "--json").out)
    assert both["freed_bytes"] == sum(run["bytes"] for run in both["runs"]) - 5000


def test_litter_and_what_was_replaced_goes_without_a_question(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    place = folder(store, ids["ridge"])
    old = time.time() - 7200
    for path in (store / ".staging-a", place / ".staging-b", place / "metrics" / ".staging-c"):
        path.write_bytes(b"x" * 1000)
        os.utime(path, (old, old))
    (store / ".staging-new").write_bytes(b"still being built")
    [whole] = place.glob("entries-*.json")
    writer, records = whole.name.removesuffix(".json").rsplit(".", 1)
    shorter = json.loads(whole.read_text())
    shorter["records"] = int(records) - 1
    covered = place / f"{writer}.{int(records) - 1}.json"
    covered.write_text(json.dumps(shorter))
    size = 3000 + covered.stat().st_size
    before = sorted(tree(store))
    told = f"1 covered file, 3 pieces of litter: {size / 1000:.1f} kB "
    assert cli("gc", "--dry-run") == Answer(0, "", f"{told}would be freed\n")
    assert sorted(tree(store)) == before
    assert cli("gc") == Answer(0, "", f"{told}freed\n")
    gone = {path.relative_to(store).as_posix() for path in (store / ".staging-a", place / ".staging-b", covered)}
    assert set(before) - set(tree(store)) == gone | {(place / "metrics" / ".staging-c").relative_to(store).as_posix()}
    assert cli("check").status == 0


def test_a_tag_that_no_run_has_keeps_none_and_is_refused(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    before = tree(store)
    for typed, problem, hint in [
        (["modle"], "no run has a tag 'modle'", "did you mean 'model'?"),
        (["model=xgbb"], "no run has the tag 'model=xgbb'", "did you mean 'model=xgb'?"),
        (["model=", "--keep-tagged"], "no run has the tag 'model='", "did you mean 'model=xgb' or 'model=ridge'?"),
        (["model", "--keep-tag", "zzz"], "no run has a tag 'zzz'", "runlog ls"),
        (["model", "-e", "Other things"], "no run has a tag 'model'", "runlog ls"),
    ]:
        refused = Answer(3, "", f"error: {problem}\nhint: {hint}\n")
        assert cli("gc", "--yes", "--keep-tag", *typed) == cli("gc", "--dry-run", "--keep-tag", *typed) == refused, typed
    assert tree(store) == before
    assert cli("gc", "--keep-tag", "model=xgb", "--yes").status == 0
    assert cli("ls", "-q").out == f"{ids['xgb']}\n"


def test_rules_put_what_they_do_not_keep_into_the_trash(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    ridge, odd = ids["ridge"], ids["Größe 模型 🚀"]
    rows = f"{ridge}\tto the trash\t\tduration\tridge\n"
    table = f"run\tfate\tsize\texperiment\tname\n{rows}"
    best = ("gc", "--keep-best", "1", "rmse")
    assert cli(*best, "--dry-run") == Answer(0, table, "1 run to the trash: nothing would be freed\n")
    assert cli("ls", "-q", "--removed").out == ""
    asked = "error: put 1 run into the trash? nobody is here to be asked\nhint: say --yes, or --dry-run to see what goes\n"
    assert cli(*best) == Answer(2, "", asked)
    assert cli(*best, "--yes") == Answer(0, table, "1 run to the trash: nothing freed\n")
    assert cli("ls", "-q", "--removed").out == f"{ridge}\n"
    assert (folder(store, ridge) / "artifacts").exists()
    cli("tag", "xgb", "keep=1")
    others = cli("gc", "--keep-tag", "keep", "--older-than", "0", "--yes", "--json")
    assert {run["id"]: run["fate"] for run in json.loads(others.out)["runs"]} == {odd: "empty", ridge: "empty"}
    assert cli("ls", "-q").out == f"{ids['xgb']}\n"


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (
            ["--older-than", "soon"],
            2,
            "error: --older-than 'soon' is no length of time\nhint: runlog gc --older-than 30d --dry-run\n",
        ),
        (["--keep-best", "0", "rmse"], 2, "error: --keep-best 0 would keep none\nhint: runlog gc --keep-best 1 rmse --dry-run\n"),
        (["--keep-best", "1", "acc"], 3, "error: no run has a metric 'acc'\nhint: runlog ls\n"),
        (
            ["-e", "durations"],
            3,
            "error: there is no experiment 'durations'; the nearest is 'duration'\nhint: runlog experiments ls\n",
        ),
    ],
)
def test_rules_that_make_no_sense_are_refused(cli: Cli, store: Path, words: list[str], status: int, message: str) -> None:
    before = tree(store)
    assert cli("gc", *words, "--dry-run") == Answer(status, "", message)
    assert tree(store) == before


def test_earlier_versions_of_an_artifact_go_once_nobody_writes(cli: Cli, store: Path) -> None:
    script = """
import os, runlog, sys
run = runlog.start_run(name="twice", run_id=sys.argv[1] if len(sys.argv) > 1 else None)
run.log_text(f"by {len(sys.argv)}", "model.txt")
run.finish()
"""
    assert python(script, cwd=store.parent).returncode == 0
    run_id = cli("ls", "-q", "-n", "1").out.strip()
    assert python(script, run_id, cwd=store.parent).returncode == 0
    artifacts = folder(store, run_id) / "artifacts"
    first, second = artifacts / "model.txt", next(artifacts.glob("model~*.txt"))
    assert (first.read_text(), second.read_text()) == ("by 1", "by 2")
    assert cli("gc") == Answer(0, "", "1 covered file: 4 B freed\n")
    assert (first.exists(), second.exists()) == (False, True)
    assert cli("check").status == 0


def late_line(store: Path, run_id: str, written_at: float) -> Path:
    """A door through which a program has spoken after its run had ended."""
    door = folder(store, run_id) / "live" / "20261120-213012-k3f9x2.jsonl"
    door.parent.mkdir()
    door.write_text('{"time": 1795210212.5, "late": 1}\n')
    os.utime(door, (written_at, written_at))
    return door


def clock(moment: int) -> str:
    return datetime.datetime.fromtimestamp(moment).astimezone().isoformat()


def test_a_run_that_may_still_be_written_to_is_kept_and_that_is_no_failure(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    ridge, xgb = ids["ridge"], ids["xgb"]
    now = int(time.time())
    doors = [late_line(store, ridge, now - 60.5), late_line(store, xgb, now - 30)]
    cli("rm", "ridge", "xgb")
    rows = f"{xgb}\tkept\t\tduration\txgb\n{ridge}\tkept\t\tduration\tridge\n"
    table = f"run\tfate\tsize\texperiment\tname\n{rows}"
    told = f"2 runs kept until {clock(now + 3570)}: their logs may still be written to\n"
    before = tree(store)
    assert cli("gc", "--older-than", "0", "--dry-run") == Answer(0, table, told)
    assert cli("gc", "--older-than", "0") == cli("gc", "--older-than", "0", "--forget", "-y") == Answer(0, table, told)
    assert tree(store) == before
    assert [(run["id"], run["fate"], run["bytes"], run["until"]) for run in in_json(cli, "--dry-run")] == [
        (xgb, "keep", 0, clock(now + 3570)),
        (ridge, "keep", 0, clock(now + 3540)),
    ]
    os.utime(doors[0], (now - 3601, now - 3601))
    assert [(run["id"], run["fate"]) for run in in_json(cli, "--yes")] == [(xgb, "keep"), (ridge, "empty")]
    assert [door.exists() for door in doors] == [False, True]
    assert (folder(store, xgb) / "artifacts").exists()


def in_json(cli: Cli, *options: str) -> Any:
    answer = cli("gc", "--older-than", "0", "--json", *options)
    assert (answer.status, answer.err) == (0, "")
    return json.loads(answer.out)["runs"]


def test_what_no_rule_keeps_goes_to_the_trash_while_it_may_be_written_to(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    late_line(store, ids["ridge"], time.time())
    rules = ("gc", "--keep-tag", "model=xgb", "-e", "duration", "--older-than", "0")
    table = f"run\tfate\tsize\texperiment\tname\n{ids['ridge']}\tto the trash\t\tduration\tridge\n"
    assert cli(*rules, "--dry-run") == Answer(0, table, "1 run to the trash: nothing would be freed\n")
    assert cli(*rules, "--yes") == Answer(0, table, "1 run to the trash: nothing freed\n")
    assert cli("ls", "-q", "--removed").out == f"{ids['ridge']}\n"


def test_a_run_into_which_a_process_still_logs_is_kept(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    helper = """
import sys
from pathlib import Path
from runlog.store.store import Store
from runlog.tracking.start import attach
store = Store.open(Path(sys.argv[1]))
attach(store, store.run_dir(sys.argv[2]), {}).set_tag("late")
print("ready", flush=True)
sys.stdin.read()
"""
    command = [sys.executable, "-c", helper, str(store), ids["ridge"]]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdin
        assert process.stdout.readline() == "ready\n"
        cli("rm", "ridge")
        table = f"run\tfate\tsize\texperiment\tname\n{ids['ridge']}\tkept\t\tduration\tridge\n"
        told = Answer(0, table, "1 run kept while a process still logs into it\n")
        assert cli("gc", "--older-than", "0", "--dry-run") == cli("gc", "--older-than", "0", "--yes") == told
        assert in_json(cli, "--yes")[0]["until"] is None
        process.stdin.close()
    assert "1 run emptied" in cli("gc", "--older-than", "0", "--yes").err
