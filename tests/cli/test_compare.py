"""`runlog compare`: what differs, who is best, how far from a baseline, over seeds, and whether it may be compared at all."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

import runlog
from tests.cli.conftest import Answer, Cli
from tests.scene import on_a_terminal, runlog_cli, shell

# Name, params, tags, and the values of metrics step by step.
# No name may be a piece of an id, which has no i, l, o, 0 and 1.
RUNS = [
    ("ridge", {"model": "ridge", "alpha": 0.5, "seed": 1}, {"rmse": [8.0, 6.5], "accuracy": [0.5, 0.75], "speed": [3.0]}),
    ("oak", {"model": "oak", "depth": 3, "seed": 1}, {"rmse": [7.0, 5.2], "accuracy": [0.25, 0.5], "speed": [4.0]}),
    ("Größe 模型 🚀", {"model": "lgbm", "depth": 5, "seed": 1}, {"rmse": [9.0, math.nan], "损失": [1.0]}),
]


SAME = "nothing differs between these runs: --all shows what they have in common\n"


ALONE_AT_40 = """\
run     name  model         data_path
id___1  r0    xgboos…ist-a  /data/…0.csv
id___2  r1    xgboos…ist-b  /data/…0.csv
id___3  r2    xgboos…ist-a  /data/…1.csv
id___4  r3    xgboos…ist-b  /data/…1.csv

run      train…absol…     train…squar…
id___1            0.1 *           0.11 *
id___2            0.2             0.21
id___3            0.3             0.31
id___4            0.4             0.41

run      valid…absol…     valid…squar…
id___1           0.12 *           0.13 *
id___2           0.22             0.23
id___3           0.32             0.33
id___4           0.42             0.43
"""
GROUPS_AT_40 = """\
#  model           data_path        runs
1  xgboost-hist-a  /data/v…h/0.csv     1
2  xgboost-hist-b  /data/v…h/0.csv     1
3  xgboost-hist-a  /data/v…h/1.csv     1
4  xgboost-hist-b  /data/v…h/1.csv     1

#  training/mean_absolute_error
1                           0.1 *
2           0.2 (+0.1, +100.0%)
3           0.3 (+0.2, +200.0%)
4           0.4 (+0.3, +300.0%)
"""
BY_MODEL_AT_40 = """\
model           runs
xgboost-hist-a     2
xgboost-hist-b     2

model       training/me…olute_error
xgboo…st-a  0.20 ± 0.14 (95% ±1.27) *
xgboo…st-b  0.30 ± 0.14 (95% ±1.27)
                     (+0.1, +50.0%)
"""


@pytest.fixture
def ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.chdir(tmp_path)
    return {name: made(name, params, metrics) for name, params, metrics in RUNS}


def made(name: str, params: dict[str, object], metrics: dict[str, list[float]], data: str = "") -> str:
    with runlog.start_run(experiment="duration", name=name, params=params, tags={"model": name[:1]}) as run:
        for key, values in metrics.items():
            for step, value in enumerate(values):
                run.log_metric(key, value, step=step)
        if data:
            Path("data.csv").write_text(data)
            run.use_data("data.csv")
    return run.id


def short(text: str, ids: dict[str, str]) -> str:
    """An answer without what chance decides."""
    for place, run_id in enumerate(ids.values(), 1):
        text = text.replace(run_id, f"id{place}").replace(run_id[-6:], f"id___{place}")
    return text


def test_what_differs_and_who_is_best(ids: dict[str, str], tmp_path: Path) -> None:
    shown = {columns: short(on_a_terminal("compare", *ids, cwd=tmp_path, columns=columns), ids) for columns in (40, 80, 160)}
    assert (
        shown[160]
        == """\
run     name           params.model  alpha  depth  tags.model  accuracy    rmse    speed  损失
id___1  ridge          ridge           0.5         r               0.75 *   6.5        3
id___2  oak            oak                      3  o                0.5     5.2 *      4
id___3  Größe 模型 🚀  lgbm                     5  G                        nan              1
"""
    )
    assert (
        shown[80]
        == """\
run           id___1    id___2           id___3
name           ridge       oak    Größe 模型 🚀
params.model   ridge       oak             lgbm
alpha            0.5
depth                        3                5
tags.model         r         o                G
accuracy        0.75 *     0.5
rmse             6.5       5.2 *            nan
speed              3         4
损失                                          1
"""
    )
    assert (
        shown[40]
        == """\
run     name         param…model  alpha
id___1  ridge        ridge          0.5
id___2  oak          oak
id___3  Größe 模型…  lgbm

run     depth  tags.model  accuracy
id___1         r               0.75 *
id___2      3  o                0.5
id___3      5  G

run     rmse    speed  损失
id___1   6.5        3
id___2   5.2 *      4
id___3   nan              1
"""
    )


def test_for_programs_every_digit_is_there(cli: Cli, ids: dict[str, str]) -> None:
    table = cli("compare", "ridge", "oak", "-m", "rmse", "--baseline", "oak")
    assert short(table.out, ids) == (
        "run\tname\tparams.model\tdepth\talpha\ttags.model\trmse\trmse difference\trmse relative\n"
        "id2\toak\toak\t3\t\to\t5.2\t0\t0\n"
        "id1\tridge\tridge\t\t0.5\tr\t6.5\t1.2999999999999998\t0.24999999999999994\n"
    )
    assert cli("compare", "ridge", "oak", "-m", "rmse", "-b", "oak", "--csv").out == table.out.replace("\t", ",")
    document = json.loads(cli("compare", "ridge", "Größe 模型 🚀", "--json").out)
    assert document["runs"] == [ids["ridge"], ids["Größe 模型 🚀"]]
    assert [line for line in document["lines"] if line["key"] in {"seed", "rmse"}] == [
        {"kind": "param", "key": "seed", "values": [1, 1], "differs": False, "best": []},
        {"kind": "metric", "key": "rmse", "values": [6.5, {"float": "NaN"}], "differs": True, "best": []},
    ]
    assert json.loads(cli("compare", "ridge", "Größe 模型 🚀", "--jsonl").out) == document
    assert cli("compare", "ridge", "oak", "-q").out == f"{ids['ridge']}\n{ids['oak']}\n"


def test_a_narrow_terminal_tells_metrics_params_and_groups_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    metrics = [f"{data}/{name}_error" for data in ("training", "validation") for name in ("mean_absolute", "mean_squared")]
    ids = {
        f"r{at}": made(
            f"r{at}",
            {"model": f"xgboost-hist-{'ab'[at % 2]}", "data_path": f"/data/very/long/path/{at // 2}.csv", "seed": 1},
            {name: [0.1 * (at + 1) + 0.01 * place] for place, name in enumerate(metrics)},
        )
        for at in range(4)
    }
    assert short(on_a_terminal("compare", *ids, cwd=tmp_path, columns=40), ids) == ALONE_AT_40
    groups = on_a_terminal("compare", *ids, "-g", "!seed", "-b", "r0", "-m", metrics[0], cwd=tmp_path, columns=40)
    assert groups == GROUPS_AT_40
    by_model = on_a_terminal("compare", *ids, "-g", "params.model", "-b", "r0", "-m", metrics[0], cwd=tmp_path, columns=40)
    assert by_model == BY_MODEL_AT_40


def test_numbers_have_the_digits_that_tell_runs_apart(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    scores = [0.9999999901, 0.99999999, 0.5, 0.123456789]
    ids = {f"r{at}": made(f"r{at}", {"lr": 0.1 * (at + 1)}, {"acc": [score]}) for at, score in enumerate(scores)}
    with_more = {f"n{at}": made(f"n{at}", {"lr": lr}, {"acc": [1]}) for at, lr in enumerate([0.3, 0.1 * 3, 0.25])}
    assert (
        short(on_a_terminal("compare", *ids, cwd=tmp_path, columns=80), ids)
        == """\
run     name   lr           acc
id___1  r0    0.1  0.9999999901 *
id___2  r1    0.2    0.99999999
id___3  r2    0.3           0.5
id___4  r3    0.4      0.123457
"""
    )
    exactly = "run\tname\tlr\tacc\nid3\tr2\t0.30000000000000004\t0.5\nid4\tr3\t0.4\t0.123456789\n"
    assert short(cli("compare", "r2", "r3").out, ids) == exactly
    assert (
        short(on_a_terminal("compare", *with_more, cwd=tmp_path, columns=80), with_more)
        == """\
run     name                   lr  acc
id___1  n0                    0.3    1
id___2  n1    0.30000000000000004    1
id___3  n2                   0.25    1
"""
    )
    assert (
        on_a_terminal("compare", "r0", "r1", "r2", "-g", "lr", cwd=tmp_path, columns=80)
        == """\
 lr  runs           acc
0.1     1  0.9999999901 *
0.2     1    0.99999999
0.3     1           0.5
"""
    )


def test_json_has_all_that_the_tables_have(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    runs = {
        "one": made("one", {"lr": 1}, {"loss": [3, 2], "gone": [math.nan]}, "x"),
        "two": made("two", {"lr": 1}, {"loss": [4]}, "x"),
        "other": made("other", {"lr": 2}, {"loss": [0.5, 1], "only": [7]}, "y"),
    }
    one, two, other = runs.values()
    nan = {"float": "NaN"}
    doubts = [{"kind": "data", "problem": "input 'data.csv' is other data", "runs": [other]}]
    answer = cli("compare", *runs, "--baseline", "two", "--curves", "--json")
    assert json.loads(answer.out) == {
        "runs": [two, one, other],
        "baseline": two,
        "doubts": doubts,
        "lines": [
            {"kind": "about", "key": "experiment", "values": ["duration"] * 3, "differs": False, "best": []},
            {"kind": "about", "key": "name", "values": ["two", "one", "other"], "differs": True, "best": []},
            {"kind": "about", "key": "state", "values": ["finished"] * 3, "differs": False, "best": []},
            {"kind": "param", "key": "lr", "values": [1, 1, 2], "differs": True, "best": []},
            {"kind": "tag", "key": "model", "values": ["t", "o", "o"], "differs": True, "best": []},
            {
                "kind": "metric", "key": "loss", "values": [4, 2, 1], "differs": True, "best": [2],
                "difference": [0, -2, -3], "relative": [0, -0.5, -0.75], "curves": [[4], [3, 2], [0.5, 1]],
            },
            {
                "kind": "metric", "key": "gone", "values": [None, nan, None], "differs": True, "best": [],
                "difference": [None] * 3, "relative": [None] * 3, "curves": [[], [nan], []],
            },
            {
                "kind": "metric", "key": "only", "values": [None, None, 7], "differs": True, "best": [],
                "difference": [None] * 3, "relative": [None] * 3, "curves": [[], [], [7]],
            },
        ],
    }  # fmt: skip
    assert json.loads(cli("compare", *runs, "-b", "two", "-c", "--jsonl").out) == json.loads(answer.out)
    grouped = ("compare", *runs, "-g", "lr", "-m", "loss", "-m", "gone", "-b", "other")
    margin = 12.706 * math.sqrt(2) / math.sqrt(2)
    groups = [
        {
            "fields": {"lr": 2}, "runs": [other], "baseline": True, "doubts": doubts,
            "metrics": {
                "loss": {
                    "count": 1, "mean": 1, "standard_deviation": None, "confidence_95": None, "best": True,
                    "difference": 0, "relative": 0,
                },
                "gone": None,
            },
        },
        {
            "fields": {"lr": 1}, "runs": [one, two], "baseline": False, "doubts": [],
            "metrics": {
                "loss": {
                    "count": 2, "mean": 3, "standard_deviation": math.sqrt(2), "confidence_95": margin, "best": False,
                    "difference": 2, "relative": 2,
                },
                "gone": None,
            },
        },
    ]  # fmt: skip
    assert json.loads(cli(*grouped, "--json").out) == groups
    assert [json.loads(line) for line in cli(*grouped, "--jsonl").out.splitlines()] == groups
    assert cli(*grouped[:-4], "-b", "other").out == (
        "lr\truns\tloss\tloss std\tloss ci95\tloss count\tloss difference\tloss relative\n"
        "2\t1\t1\t\t\t1\t0\t0\n"
        f"1\t2\t3\t{math.sqrt(2)}\t{margin}\t2\t2\t2\n"
    )


def test_a_baseline_next_to_nothing_is_not_drowned_in_digits(cli: Cli, store: Path) -> None:
    for name, loss in (("tiny", 5.36918e-27), ("plain", 0.3)):
        with runlog.start_run(name=name, experiment="e") as run:
            run.log_metric("loss", loss)
    shown = on_a_terminal("compare", "plain", "tiny", "-b", "tiny", "-m", "loss", cwd=store.parent)
    assert "0.3 (+0.3, +5.6e+27%)" in shown


def test_a_comparison_for_a_pull_request(cli: Cli, ids: dict[str, str]) -> None:
    assert (
        short(cli("compare", "ridge", "oak", "-m", "rmse", "-b", "ridge", "--md").out, ids)
        == """\
| run | name | params.model | alpha | depth | tags.model | rmse |
| --- | --- | --- | --: | --: | --- | --: |
| id___1 | ridge | ridge | 0.5 |  | r | 6.5 |
| id___2 | oak | oak |  | 3 | o | **5.2 (-1.3, -20.0%)** |
"""
    )


def test_a_pull_request_gets_what_it_can_take(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    metrics = {f"layer{place}/grad": [place / 8] for place in range(305)}
    ids = {name: made(name, {"<b>1</b>": f"*{name}*_1_"}, metrics) for name in ("one", "two")}
    lines = short(cli("compare", *ids, "--md").out, ids).splitlines()
    assert lines[:6] == [
        "| run | id___1 | id___2 |",
        "| --- | --: | --: |",
        "| name | one | two |",
        "| \\<b>1\\</b> | \\*one\\*\\_1\\_ | \\*two\\*\\_1\\_ |",
        "| model | o | t |",
        "| layer0/grad | 0 | 0 |",
    ]
    assert (len(lines), lines[-1]) == (310, "| layer304/grad | 38 | 38 |")


def test_directions_by_option_by_experiment_or_by_name(cli: Cli, ids: dict[str, str]) -> None:
    def best(*options: str) -> dict[str, list[int]]:
        document = json.loads(cli("compare", "ridge", "oak", "--json", *options).out)
        return {line["key"]: line["best"] for line in document["lines"] if line["kind"] == "metric"}

    assert best() == {"accuracy": [0], "rmse": [1], "speed": []}
    assert cli("experiments", "set", "duration", "--max", "speed", "--max", "rmse").status == 0
    assert best() == {"accuracy": [0], "rmse": [0], "speed": [1]}
    assert best("--min", "speed") == {"accuracy": [0], "rmse": [0], "speed": [0]}
    nothing = "error: none of these runs has a metric 'spede'\n"
    assert cli("compare", "ridge", "oak", "--min", "spede").err.startswith(nothing)


def test_curves_stand_beside_their_metric_on_one_scale(ids: dict[str, str], tmp_path: Path) -> None:
    shown = on_a_terminal("compare", *ids, "--curves", "-m", "rmse", "-m", "speed", cwd=tmp_path, columns=120)
    assert (
        short(shown, ids)
        == """\
run     name           params.model  alpha  depth  tags.model  rmse    curve  speed
id___1  ridge          ridge           0.5         r            6.5    ▆▃         3
id___2  oak            oak                      3  o            5.2 *  ▄▁         4
id___3  Größe 模型 🚀  lgbm                     5  G            nan    █×
"""
    )


@pytest.fixture
def seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.chdir(tmp_path)
    values = {"a": [1.0, 2.0, 3.0], "b": [4.0, 4.5]}
    return {
        f"{model}-{seed}": made(f"{model}-{seed}", {"model": model, "seed": seed}, {"loss": [value]})
        for model, found in values.items()
        for seed, value in enumerate(found)
    }


def test_groups_over_seeds(cli: Cli, seeds: dict[str, str], tmp_path: Path) -> None:
    for by in ("params.model", "!seed"):
        assert (
            on_a_terminal("compare", *seeds, "--group-by", by, cwd=tmp_path, columns=80)
            == """\
model  runs                     loss
a         3     2.0 ± 1.0 (95% ±2.5) *
b         2  4.25 ± 0.35 (95% ±3.18)
"""
        )
    shown = on_a_terminal("compare", *seeds, "-g", "params.model", "-b", "b-1", cwd=tmp_path, columns=80)
    assert (
        shown
        == """\
model  runs                                  loss
b         2               4.25 ± 0.35 (95% ±3.18)
a         3  2.0 ± 1.0 (95% ±2.5) (-2.25, -52.9%) *
"""
    )
    assert cli("compare", *seeds, "-g", "params.model").out == (
        "model\truns\tloss\tloss std\tloss ci95\tloss count\n"
        "a\t3\t2\t1\t2.48433820832296\t3\n"
        "b\t2\t4.25\t0.3535533905932738\t3.1765\t2\n"
    )
    documents = json.loads(cli("compare", *seeds, "-g", "params.model", "--json").out)
    assert [group["runs"] for group in documents] == [[seeds[f"a-{n}"] for n in range(3)], [seeds[f"b-{n}"] for n in range(2)]]
    assert documents[0]["metrics"]["loss"]["mean"] == 2
    unknown = "error: none of these runs has a param or tag 'sede'\n"
    assert cli("compare", *seeds, "-g", "sede").err.startswith(unknown)


def test_a_group_is_of_a_param_or_of_a_tag_and_it_is_said_which(cli: Cli, seeds: dict[str, str]) -> None:
    assert cli("compare", *seeds, "-g", "model", "-m", "loss") == Answer(
        4, "", "error: 'model' is a param and a tag\nhint: write params.model or tags.model\n"
    )
    by_tag = (
        "model\truns\tloss\tloss std\tloss ci95\tloss count\n"
        "a\t3\t2\t1\t2.48433820832296\t3\n"
        "b\t2\t4.25\t0.3535533905932738\t3.1765\t2\n"
    )
    assert cli("compare", *seeds, "-g", "tags.model").out == by_tag
    assert cli("compare", *seeds, "-g", "p.model", "-g", "seed", "-q").status == 0
    assert cli("compare", *seeds, "-g", "!params.seed").out == cli("compare", *seeds, "-g", "!seed").out == by_tag
    both = cli("compare", *seeds, "-g", "params.model", "-g", "tags.model", "-m", "loss").out
    assert both.startswith("params.model\ttags.model\truns\tloss\t")
    for unknown in ("tags.seed", "metrics.loss", "params.", "!sede"):
        told = f"error: none of these runs has a param or tag {unknown.lstrip('!')!r}\n"
        assert (cli("compare", *seeds, "-g", unknown).status, cli("compare", *seeds, "-g", unknown).err[: len(told)]) == (3, told)


def test_a_metric_cannot_go_both_ways(cli: Cli, ids: dict[str, str]) -> None:
    assert cli("compare", "ridge", "oak", "--max", "rmse", "--min", "speed", "--min", "rmse") == Answer(
        2, "", "error: metric 'rmse' cannot go both ways\nhint: give it to --max or to --min\n"
    )


def test_a_pipeline_of_ids(seeds: dict[str, str], tmp_path: Path) -> None:
    command = "python -m runlog ls -q | head -3 | python -m runlog compare - -q"
    done = shell(command.replace("python", sys.executable), cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.split() == [seeds["b-1"], seeds["b-0"], seeds["a-2"]]
    assert done.stderr == ""


def test_other_data_is_told(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    runs = {
        name: made(name, {}, {"loss": [1]}, data) for name, data in [("one", "x"), ("two", "x"), ("other", "y"), ("none", "")]
    }
    told = cli("compare", *runs, "-m", "loss")
    assert (told.status, short(told.err, runs)) == (
        0,
        "not comparable? input 'data.csv' was not used: id4\nnot comparable? input 'data.csv' is other data: id3\n",
    )
    assert cli("compare", "one", "two", "--strict") == cli("compare", "one", "two")
    assert cli("compare", "one", "other", "--strict").status == 1
    written = cli("compare", "one", "other", "--md")
    assert short(written.out, runs).endswith("\n\n- not comparable? input 'data.csv' is other data: id___3\n")
    assert written.err == ""


def test_code_and_packages_are_told(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RUNLOG_CAPTURE")
    for words in (["init", "-q"], ["config", "user.email", "a@b"], ["config", "user.name", "a"]):
        subprocess.run(["git", *words], check=True)
    (tmp_path / ".gitignore").write_text(".runlog\nrunlog-cache\n")
    (tmp_path / "train.py").write_text("import runlog\nwith runlog.start_run() as run: run.log_metric('loss', 1)\n")
    subprocess.run(["git", "add", "."], check=True)
    subprocess.run(["git", "commit", "-qm", "begin"], check=True)
    assert runlog_cli("run", "-q", "--", "true", cwd=tmp_path).returncode == 0
    assert runlog_cli("run", "-q", "--", "true", cwd=tmp_path).returncode == 0
    assert cli("compare", "@last", "@last~1").err == SAME
    (tmp_path / "train.py").write_text("pass\n")
    assert runlog_cli("run", "-q", "--", "true", cwd=tmp_path).returncode == 0
    newest = runlog_cli("ls", "-q", "-n", "1", cwd=tmp_path).stdout.strip()
    assert cli("compare", "@last~1", "@last~2", "@last").err == (
        f"{SAME}not comparable? other code: {newest}\nnot comparable? the code had changes that were not committed: {newest}\n"
    )


def test_where_nothing_differs_that_is_said(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        with runlog.start_run(params={"alpha": 1}):
            pass
    answer = cli("compare", "@last", "@last~1")
    assert answer.out.startswith("run\n")
    assert answer.err == SAME


def test_it_needs_two_runs(cli: Cli, ids: dict[str, str]) -> None:
    alone = Answer(2, "", "error: a comparison needs at least two runs\nhint: runlog compare @last @last~1\n")
    assert cli("compare", "ridge") == cli("compare", "ridge", "ridge") == alone
    drawn = cli("compare", "ridge", "oak", "--curves", "-g", "model")
    assert drawn == Answer(
        2, "", "error: --curves are those of runs, and --group-by shows none\nhint: runlog compare --curves RUN...\n"
    )
