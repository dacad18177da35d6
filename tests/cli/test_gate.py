"""`runlog gate`: what CI sees."""

from __future__ import annotations

import json
import math
from pathlib import Path
from xml.etree import ElementTree

import pytest

import runlog
from runlog.models.registry import register
from tests.cli.conftest import Answer, Cli
from tests.scene import on_a_terminal


def made(name: str, **metrics: float) -> str:
    with runlog.start_run(experiment="duration", name=name) as run:
        run.log_metrics(metrics)
    return run.id


@pytest.fixture
def ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What is in production, and candidates for its place."""
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    return {
        "prod": made("prod", rmse=6.1, auc=0.91, odd=1),
        "better": made("better", rmse=6.0, auc=0.92),
        "worse": made("worse", rmse=6.3, auc=0.91),
        "nan": made("nan", rmse=math.nan),
    }


def test_a_candidate_that_passes(cli: Cli, ids: dict[str, str]) -> None:
    expected = f"""\
candidate  {ids["better"]} better
baseline   prod ({ids["prod"]} prod)

check         result  value  baseline  limit  why
finished      ok
rmse <= 6.5   ok          6              6.5  rmse is 6
auc vs prod   ok       0.92      0.91   0.91  better by 0.01 (1.1%)
rmse vs prod  ok          6       6.1    6.1  better by 0.1 (1.6%)

passed: 4 checks
"""
    assert cli("gate", "better", "--require", "rmse <= 6.5", "--no-worse-than", "prod") == Answer(0, expected, "")
    assert cli("gate", "better", "--require", "rmse <= 6.5", "-q") == Answer(0, "", "")


def test_a_candidate_that_fails(cli: Cli, ids: dict[str, str]) -> None:
    words = ["gate", "worse", "--no-worse-than", "prod", "--tolerance", "rmse:1%", "--direction", "rmse:min"]
    expected = f"""\
candidate  {ids["worse"]} worse
baseline   prod ({ids["prod"]} prod)

check         result  value  baseline  limit  why
finished      ok
rmse vs prod  failed    6.3       6.1  6.161  worse by 0.2 (3.3%), 1% tolerated

failed: 1 of 2 checks
"""
    assert cli(*words) == Answer(1, expected, "")
    assert cli(*words, "--tolerance", "rmse:0.3").status == 0
    assert cli(*words, "-q") == Answer(1, "", "")


def test_on_a_narrow_screen_reasons_have_lines_of_their_own(ids: dict[str, str], tmp_path: Path) -> None:
    shown = on_a_terminal("gate", "worse", "--no-worse-than", "prod", "-r", "rmse < 6.5", cwd=tmp_path, columns=60)
    assert (
        shown
        == f"""\
candidate  {ids["worse"]} worse
baseline   prod ({ids["prod"]} prod)

check         result  value  baseline  limit  why
finished      ok
rmse < 6.5    ok        6.3              6.5  rmse is 6.3
auc vs prod   ok       0.91      0.91   0.91  the same
rmse vs prod  failed    6.3       6.1    6.1
  worse by 0.2 (3.3%)

failed: 1 of 4 checks
"""
    )


def test_what_is_missing_fails_and_says_so(cli: Cli, ids: dict[str, str]) -> None:
    words = ["gate", "nan", "-r", "mae < 3", "-r", "rmse < 7", "--no-worse-than", "prod", "--no-worse-than", "nothing"]
    expected = f"""\
candidate  {ids["nan"]} nan
baseline   prod ({ids["prod"]} prod)

check             result  value  limit  why
finished          ok
mae < 3           failed             3  mae is missing
rmse < 7          failed    NaN      7  rmse is NaN
auc vs prod       failed                the candidate has no auc
rmse vs prod      failed                rmse of the candidate is NaN
baseline nothing  failed                missing: no run matches 'nothing'

failed: 5 of 6 checks
"""
    assert cli(*words) == Answer(1, expected, "")
    allowed = cli(*words, "--allow-missing")
    assert [line.split("  ")[0] for line in allowed.out.splitlines() if " note " in line] == [
        "mae < 3",
        "auc vs prod",
        "baseline nothing",
    ]
    assert allowed.out.endswith("\nfailed: 2 of 6 checks, 3 of them not judged\n")


def test_for_a_pull_request(cli: Cli, ids: dict[str, str]) -> None:
    expected = f"""\
### runlog gate failed: 1 of 2 checks

**candidate** {ids["worse"]} worse  
**baseline** prod ({ids["prod"]} prod)

| check | result | value | baseline | limit | why |
| --- | --- | --: | --: | --: | --- |
| finished | ok |  |  |  |  |
| rmse vs prod | failed | 6.3 | 6.1 | 6.1 | worse by 0.2 (3.3%) |
"""  # noqa: W291
    assert cli("gate", "worse", "--no-worse-than", "prod", "--metric", "rmse", "--md") == Answer(1, expected, "")


def test_for_programs(cli: Cli, ids: dict[str, str]) -> None:
    told = cli("gate", "worse", "--no-worse-than", "prod", "--metric", "rmse", "--json")
    finished = {
        "name": "finished",
        "kind": "candidate",
        "result": "ok",
        "value": None,
        "baseline": None,
        "limit": None,
        "why": "",
    }
    compared = {"name": "rmse vs prod", "kind": "no-worse-than", "result": "failed", "value": 6.3, "baseline": 6.1, "limit": 6.1}
    assert json.loads(told.out) == {
        "passed": False,
        "candidate": [ids["worse"]],
        "baselines": [{"selector": "prod", "version": None, "runs": [ids["prod"]], "states": ["finished"]}],
        "checks": [finished, {**compared, "why": "worse by 0.2 (3.3%)"}],
    }


def test_for_ci(cli: Cli, ids: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    (tmp_path / "summary.md").write_text("before\n")
    words = ["gate", "worse", "-r", "rmse < 6", "-r", "tags.odd = 'a\tb'", "-r", "mae < 3", "--allow-missing"]
    told = cli(*words, "--junit", "report.xml", "-q")
    assert told == Answer(1, "", "::error title=runlog gate::rmse < 6: rmse is 6.3\n")
    page = cli(*words, "--md").out
    assert (tmp_path / "summary.md").read_text() == f"before\n{page}\n{page}\n"
    report = ElementTree.parse(tmp_path / "report.xml").getroot()
    assert report.attrib == {"tests": "4", "failures": "1", "errors": "0", "skipped": "2"}
    cases = [(case.attrib["name"], [(part.tag, part.attrib["message"], part.text) for part in case]) for case in report[0]]
    assert cases == [
        ("finished", []),
        ("rmse < 6", [("failure", "rmse is 6.3", "rmse is 6.3\nvalue: 6.3\nlimit: 6")]),
        ("tags.odd = 'a\tb'", [("skipped", "tags.odd is missing", None)]),
        ("mae < 3", [("skipped", "mae is missing", None)]),
    ]
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "nowhere" / "summary.md"))
    told = cli("gate", "better", "-r", "rmse < 7", "-q")
    assert told == Answer(0, "", "warning: cannot write the summary of the job: no such file or directory\n")
    assert cli("gate", "better", "-r", "rmse < 7", "--junit", "nowhere/r.xml").status == 7


def test_runs_of_one_name_are_a_group(cli: Cli, ids: dict[str, str]) -> None:
    seeds = {name: [made(name, rmse=start + seed / 100) for seed in range(3)] for name, start in (("old", 6.1), ("new", 6.2))}
    old, new = (", ".join(f"{run[-6:]} {name}" for run in reversed(seeds[name])) for name in ("old", "new"))
    expected = f"""\
candidate  3 runs: {new}
baseline   old (3 runs: {old})

check        result  value  baseline  limit  why
finished     ok                              all 3 runs
rmse vs old  failed   6.21      6.11   6.11  worse beyond chance by 0.1 (1.6%), p = 0.00013, 3 runs against 3 runs

failed: 1 of 2 checks
"""
    assert cli("gate", "new", "--no-worse-than", "old") == Answer(1, expected, "")
    assert cli("gate", *seeds["new"], "--no-worse-than", "old", "--confidence", "0.9999").status == 0
    assert cli("gate", "-", "--no-worse-than", "old", stdin="\n".join(seeds["new"])).out == expected.replace(
        new, ", ".join(f"{run[-6:]} new" for run in seeds["new"])
    )


def test_a_candidate_must_have_ended_well(cli: Cli, ids: dict[str, str]) -> None:
    with runlog.start_run(name="open") as run:
        run.log_metric("rmse", 5)
        told = cli("gate", "open", "-r", "rmse < 6")
        assert told.status == 1 and "finished  failed                running\n" in told.out
        assert cli("gate", "open", "-r", "rmse < 6", "--allow-unfinished").status == 0
        told = cli("gate", "better", "--no-worse-than", "open", "--json")
        why = f"still running, so its values may change: {run.id[-6:]}"
        assert [found["why"] for found in json.loads(told.out)["checks"] if found["result"] == "failed"] == [why]
        assert "worse by 1 (20.0%)" in cli("gate", "better", "--no-worse-than", "open", "--allow-unfinished").out
    assert cli("gate", "open", "-r", "rmse < 6").status == 0
    assert cli("rm", "open").status == 0
    told = cli("gate", run.id, "-r", "rmse < 6", "--allow-unfinished")
    assert told.status == 1 and "in the trash" in told.out


def test_a_baseline_that_did_not_end_well_is_told(cli: Cli, ids: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="broke"), runlog.start_run(name="broken") as run:
        run.log_metric("rmse", 6.2)
        raise ValueError("broke")
    told = cli("gate", "better", "--no-worse-than", "broken")
    assert told.status == 0 and f"baseline   broken ({run.id} broken; failed)\n" in told.out
    assert f"**baseline** broken ({run.id} broken; failed)\n" in cli("gate", "better", "--no-worse-than", "broken", "--md").out
    second = made("broken", rmse=6.2)
    told = cli("gate", "better", "--no-worse-than", "broken")
    assert f"baseline   broken (2 runs: {second[-6:]} broken, {run.id[-6:]} broken; 1 failed)\n" in told.out
    found = json.loads(cli("gate", "better", "--no-worse-than", "broken", "--json").out)["baselines"]
    assert [base["states"] for base in found] == [["finished", "failed"]]


def test_a_bare_name_is_that_of_the_candidate_whatever_other_runs_have(cli: Cli, ids: dict[str, str]) -> None:
    with runlog.start_run(name="stray", params={"rmse": "yes", "mae": 3, "auc": 1}, tags={"auc": "b"}) as run:
        run.log_metric("odd", 1)
    words = ["gate", "better", "-r", "rmse < 6.5", "-r", "odd is null", "-r", "mae < 3", "--no-worse-than"]
    told = cli(*words, "prod", "--json")
    assert [(found["name"], found["result"], found["why"]) for found in json.loads(told.out)["checks"][1:4]] == [
        ("rmse < 6.5", "ok", "rmse is 6"),
        ("odd is null", "ok", "odd is missing"),
        ("mae < 3", "failed", "mae is missing"),
    ]
    told = cli(*words, "stray", "--metric", "rmse", "--json")
    whys = [found["why"] for found in json.loads(told.out)["checks"][1:4]]
    assert whys == ["rmse is 6", "odd is missing", "params.mae is missing"]


def test_rules_in_a_file(cli: Cli, ids: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "gate.toml").write_text('require = ["rmse < 6.2"]\nno_worse_than = ["prod"]\ntolerance = {rmse = "5%"}\n')
    told = cli("gate", "worse", "--rules", "gate.toml", "-r", "auc > 0.5", "--json")
    assert [(found["name"], found["result"]) for found in json.loads(told.out)["checks"]] == [
        ("finished", "ok"),
        ("rmse < 6.2", "failed"),
        ("auc > 0.5", "ok"),
        ("rmse vs prod", "ok"),
    ]
    assert cli("gate", "worse", "--rules", "none.toml") == Answer(
        5, "", "error: cannot read the rules in 'none.toml': no such file or directory\n"
    )


def test_what_was_said_of_an_experiment_counts(cli: Cli, ids: dict[str, str]) -> None:
    assert cli("gate", "worse", "--no-worse-than", "prod").status == 1
    assert cli("experiments", "set", "duration", "--max", "rmse").status == 0
    assert cli("gate", "worse", "--no-worse-than", "prod").status == 0
    assert cli("gate", "worse", "--no-worse-than", "prod", "--direction", "rmse:min").status == 1


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["worse"], 2, "nothing is required of it: say --require, --no-worse-than or --rules\nhint: runlog gate --help"),
        (["-", "-r", "rmse < 6"], 2, "no run was named to be judged\nhint: runlog gate @last --require 'rmse <= 6.5'"),
        (["nobody", "-r", "rmse < 6"], 3, "no run matches 'nobody'\nhint: runlog ls"),
        (["worse", "-r", "rmse < 6", "--tolerance", "1%"], 2, "a metric, a direction or a tolerance says nothing without a "
         "baseline\nhint: runlog gate RUN... --no-worse-than RUN"),
        (["worse", "-r", "rmse < 6", "--md", "--json"], 2, "--json and --md exclude each other\nhint: choose one form"),
        (["worse", "--no-worse-than", "@best:"], 5, "'@best:' names no metric\nhint: write @best:rmse"),
        (["worse", "-r", "rmse < 6", "--tolerance", "rmse:x"], 2, "'x' is no tolerance: it is a number such as 0.05, or a part "
         "of the baseline such as 1%"),
        (["worse", "--no-worse-than", "prod", "-m", "odd"], 2, "whether more of 'odd' is better is not known\n"
         "hint: runlog gate --direction odd:max, or odd:min"),
        (["worse", "-r", "rmse < 6", "--confidence", "95"], 2, "95.0 is no confidence: it lies between 0.5 and 1, as 0.95"),
    ],
)  # fmt: skip
def test_a_mistake_is_a_clear_error(cli: Cli, ids: dict[str, str], words: list[str], status: int, message: str) -> None:
    assert cli("gate", *words) == Answer(status, "", f"error: {message}\n")


def test_the_shell_completes_it(cli: Cli, ids: dict[str, str]) -> None:
    def words(*typed: str) -> list[str]:
        return [line.split("\t")[0] for line in cli("_complete", "fish", *typed).out.splitlines()[1:]]

    assert words("gate", "--direction", "rm") == ["rmse:min", "rmse:max"]
    assert words("gate", "--tolerance", "rm") == ["rmse:"]
    assert words("gate", "--no-worse-than", "pr") == ["prod"]
    assert words("gate", "--metric", "a") == ["auc"]
    assert words("lineage", "bet") == ["better"]
    store = runlog.open_store()
    with runlog.start_run(name="trained") as run:
        run.log_text("flavors: {}\n", "duration/MLmodel")
    register(store, run.read())
    assert words("gate", "--no-worse-than", "du") == words("lineage", "du") == ["duration"]
    assert words("gate", "--no-worse-than", "duration@") == words("lineage", "duration@")
    assert "duration@1" in words("lineage", "duration@")
