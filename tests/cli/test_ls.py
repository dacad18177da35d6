"""`runlog ls`: whole answers, on terminals and for programs."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

import runlog
from tests.cli.conftest import Answer, Cli
from tests.scene import bare_runs, on_a_terminal, runlog_cli, shell


@pytest.fixture
def ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Runs that are hard to show, the oldest first."""
    monkeypatch.chdir(tmp_path)
    made = []

    def run(experiment: str, name: str | None, params: dict[str, object], tags: dict[str, str], **metrics: float) -> None:
        with runlog.start_run(experiment=experiment, name=name, params=params, tags=tags) as started:
            started.log_metrics(metrics)
        made.append(started.id)

    run("duration", "ridge", {"alpha": 0.5, "model": "ridge"}, {"model": "r"}, rmse=6.5, acc=0.75)
    run("duration", "n" * 200, {"alpha": 1e-7, "text": "one\ntwo\tthree"}, {"good": ""}, rmse=123456.789)
    run("Größe 模型 🚀", "模型が大きい", {"alpha": [1, {"a": None}]}, {}, rmse=float("nan"))
    return made


def short(text: str, ids: list[str]) -> str:
    """A picture without what chance and the clock decide."""
    for place, run_id in enumerate(ids, 1):
        text = text.replace(run_id, f"id{place}").replace(run_id[-6:], f"id___{place}")
    # As wide as it was, for no column of a picture moves when a slow machine has come to two digits.
    aged = re.sub(r"\d+[sm] ago", lambda age: "0s ago".ljust(len(age[0])), text)
    return re.sub(r" \d+\.\ds", lambda took: "0.1s".rjust(len(took[0])), aged)


AT_120 = """\
run     experiment     name                                      state     started  took    rmse   acc  good  tags.model
id___3  Größe 模型 🚀  模型が大きい                              finished  0s ago   0.1s     nan
id___2  duration       nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn…  finished  0s ago   0.1s  123457        yes
id___1  duration       ridge                                     finished  0s ago   0.1s     6.5  0.75        r
not shown: alpha, text, params.model
"""
AT_80 = """\
run     experiment     name                state     started  took    rmse   acc
id___3  Größe 模型 🚀  模型が大きい        finished  0s ago   0.1s     nan
id___2  duration       nnnnnnnnnnnnnnnnn…  finished  0s ago   0.1s  123457
id___1  duration       ridge               finished  0s ago   0.1s     6.5  0.75
not shown: good, tags.model, alpha, text, params.model
"""
AT_40 = """\
run     name            state       rmse
id___3  模型が大きい    finished     nan
id___2  nnnnnnnnnnnnn…  finished  123457
id___1  ridge           finished     6.5
not shown: experiment and 8 more
"""

STATES_AT_40 = """\
run     name            state
id___3  模型が大きい…   killed (SIGKILL)
id___2  forest-of-a-h…  finished
id___1  ridge-of-many…  failed (137)
not shown: started, took
"""
STATES_AT_60 = """\
run     name                 state             started  took
id___3  模型が大きい模型が…  killed (SIGKILL)  0s ago   0.1s
id___2  forest-of-a-hundre…  finished          0s ago   0.1s
id___1  ridge-of-many-feat…  failed (137)      0s ago   0.1s
"""


def test_on_a_terminal(ids: list[str], tmp_path: Path) -> None:
    shown = {columns: short(on_a_terminal("ls", cwd=tmp_path, columns=columns), ids) for columns in (40, 80, 120)}
    assert shown == {40: AT_40, 80: AT_80, 120: AT_120}


def test_the_pictures_do_not_tell_how_slow_the_machine_was() -> None:
    slow = re.sub(r"0s ago ", "59s ago", STATES_AT_60)
    assert slow != STATES_AT_60
    assert short(slow, []) == short(slow.replace("59s ago", "1m ago "), []) == STATES_AT_60


def test_a_narrow_terminal_cuts_no_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ids = []
    endings: list[tuple[str, dict[str, Any]]] = [
        ("ridge-of-many-features", {"state": "failed", "exit_code": 137}),
        ("forest-of-a-hundred-trees", {}),
        ("模型が大きい" * 9, {"state": "killed", "signal": "SIGKILL"}),
    ]
    for name, end in endings:
        run = runlog.start_run(name=name)
        run.finish(**end)
        ids.append(run.id)
    shown = {columns: short(on_a_terminal("ls", cwd=tmp_path, columns=columns), ids) for columns in (40, 60)}
    assert shown == {40: STATES_AT_40, 60: STATES_AT_60}


def test_for_programs_nothing_is_cut_or_left_out(cli: Cli, ids: list[str]) -> None:
    answer = cli("ls")
    assert (answer.status, answer.err) == (0, "")
    rows = [line.split("\t") for line in answer.out.splitlines()]
    assert rows[0] == [
        "run", "experiment", "name", "state", "started", "took", "rmse", "acc",
        "good", "tags.model", "alpha", "text", "params.model",
    ]  # fmt: skip
    assert [row[0] for row in rows[1:]] == ids[::-1]
    assert rows[2][2] == "n" * 200
    assert rows[1][6:] == ["nan", "", "", "", '[1, {"a": null}]', "", ""]
    assert rows[2][6:] == ["123456.789", "", "yes", "", "1e-07", "one\\ntwo\\tthree", ""]
    assert list(csv.reader(io.StringIO(cli("ls", "--csv").out))) == rows
    assert list(csv.reader(io.StringIO(on_a_terminal("ls", "--csv", cwd=Path.cwd())))) == rows
    assert cli("ls", "-q").out == "".join(f"{run_id}\n" for run_id in ids[::-1])
    documents = json.loads(cli("ls", "--json").out)
    assert [json.loads(line) for line in cli("ls", "--jsonl").out.splitlines()] == documents
    assert [document["id"] for document in documents] == ids[::-1]
    assert documents[1]["params"] == {"alpha": 1e-07, "text": "one\ntwo\tthree"}
    assert documents[0]["metrics"]["rmse"]["last"] == {"float": "NaN"}
    assert cli("ls", "--json", "--csv") == Answer(2, "", "error: --json and --csv exclude each other\nhint: choose one form\n")


def test_params_have_no_more_digits_on_a_screen_than_tell_runs_apart(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ids = []
    for lr in (0.1 * 3, 1e-5, 12.25):
        with runlog.start_run(params={"lr": lr, "width": int(lr * 100)}, tags={"version": f"{lr}"}) as run:
            ids.append(run.id)
    assert (
        short(on_a_terminal("ls", cwd=tmp_path, columns=100), ids)
        == """\
run     state     started  took  version                 lr  width
id___3  finished  0s ago   0.1s  12.25                12.25   1225
id___2  finished  0s ago   0.1s  1e-05                1e-05      0
id___1  finished  0s ago   0.1s  0.30000000000000004    0.3     30
"""
    )
    assert [line.split(",")[-2] for line in cli("ls", "--csv").out.splitlines()] == [
        "lr",
        "12.25",
        "1e-05",
        "0.30000000000000004",
    ]


def test_a_table_for_a_pull_request(cli: Cli, ids: list[str]) -> None:
    lines = cli("ls", "-e", "duration", "--tag", "model", "--md").out.splitlines()
    assert lines[0] == "| run | experiment | name | state | started | took | acc | rmse | tags.model | alpha | params.model |"
    assert lines[1] == "| --- | --- | --- | --- | --- | --: | --: | --: | --- | --: | --- |"
    assert lines[2].startswith(f"| {ids[0][-6:]} | duration | ridge | finished | ")
    assert len(lines) == 3


@pytest.mark.parametrize(
    ("options", "places"),
    [
        ([], [3, 2, 1]),
        (["--tag", "model"], [1]),
        (["--tag", "model=r", "--tag", "good"], []),
        (["-e", "duration"], [2, 1]),
        (["--where", "rmse < 7 or alpha < 1"], [2, 1]),
        (["--where", "rmse > 7"], [2]),
        (["--status", "finished", "-n", "1"], [3]),
        (["--status", "running"], []),
        (["--since", "1h", "--sort", "rmse"], [1, 2, 3]),
        (["--sort", "-rmse"], [2, 1, 3]),
        (["-n", "0"], [3, 2, 1]),
        (["-n", "99999999999999999999"], [3, 2, 1]),
        (["--where", "rmse < 7 or alpha < 1", "-w", "rmse > 7"], [2]),
        (["-w", "rmse > 7", "-w", ""], [2]),
        (["--status", "running", "--status", "finished"], [3, 2, 1]),
        (["--status", "running,finished", "-n", "1"], [3]),
        (["-e", "duration", "-e", "Größe 模型 🚀", "--sort", "started"], [1, 2, 3]),
        (["-e", "duration", "-e", "nobody's", "-w", "acc > 0"], [1]),
    ],
)
def test_filters(options: list[str], places: list[int], cli: Cli, ids: list[str]) -> None:
    assert cli("ls", "-q", *options) == Answer(0, "".join(f"{ids[place - 1]}\n" for place in places), "")
    assert cli("list", "-q", *options).out == cli("ls", "-q", *options).out


def test_where_there_is_nothing_the_next_step_is_told(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    nowhere = Answer(6, "", "error: there is no store here or in any folder above\nhint: runlog run -- <command>\n")
    assert cli("ls") == nowhere
    assert cli("init").status == 0
    assert cli("ls") == Answer(0, "", "no runs yet: runlog run -- <command>\n")
    assert cli("ls", "-q") == Answer(0, "", "")
    assert cli("ls", "--json") == Answer(0, "[]\n", "")
    with runlog.start_run():
        pass
    assert cli("ls", "--tag", "nope") == Answer(0, "", "no runs fit: no run has a tag 'nope'\n")
    assert cli("ls", "--status", "failed") == Answer(0, "", "no runs fit: runlog ls shows all\n")
    assert cli("ls", "-e", "defualt").err == "no runs fit: there is no experiment 'defualt'; the nearest is 'default'\n"


@pytest.mark.parametrize(
    ("options", "remark"),
    [
        (("--tag", "modle=xgb"), "no run has a tag 'modle': did you mean model?"),
        (("--tag", "zzz", "--status", "finished"), "no run has a tag 'zzz'"),
        (("--where", "params.alhpa > 0"), "no run has a param 'alhpa': did you mean alpha?"),
        (("--where", "metrics.rmes < 3"), "no run has a metric 'rmes': did you mean rmse?"),
        (
            ("-e", "nobody", "-e", "duraton"),
            "there is no experiment 'nobody'\nno runs fit: there is no experiment 'duraton'; the nearest is 'duration'",
        ),
        (("--where", "tags.model > 3"), "tags.model is text and 3 is a number, so > is never true"),
        (("--tag", "model=nobody"), "runlog ls shows all"),
    ],
)
def test_where_nothing_fits_the_likely_reason_is_told(cli: Cli, ids: list[str], options: tuple[str, ...], remark: str) -> None:
    assert cli("ls", *options) == Answer(0, "", f"no runs fit: {remark}\n")
    why = f"no runs fit: {remark}\n" if "all" not in remark else ""
    assert cli("ls", "-q", *options) == Answer(0, "", why)
    assert cli("ls", "--json", *options) == Answer(0, "[]\n", why)
    assert cli("export", "--jsonl", *options) == Answer(0, "", why)


def test_mistakes_are_pointed_at(cli: Cli, ids: list[str]) -> None:
    answers = {
        ("--where", "rmes < 1"): (
            5,
            "error: no run has a metric, param or tag 'rmes' (column 1)\n  rmes < 1\n  ^^^^\nhint: did you mean rmse?\n",
        ),
        ("--sort", "model"): (
            4,
            "error: 'model' is a param and a tag (column 1)\n  model\n  ^^^^^\nhint: write params.model or tags.model\n",
        ),
        ("-w", "rmse < 1", "-w", "rmes < 1"): (
            5,
            "error: no run has a metric, param or tag 'rmes' (column 1)\n  rmes < 1\n  ^^^^\nhint: did you mean rmse?\n",
        ),
        ("--status", "finished,done"): (
            2,
            "error: 'done' is no state: it is one of running, finished, failed, killed, lost\nhint: runlog ls --status running\n",
        ),
        ("--status", "fnished"): (
            2,
            "error: 'fnished' is no state: it is one of running, finished, failed, killed, lost\n"
            "hint: did you mean 'finished'?\n",
        ),
        ("--status", "done"): (
            2,
            "error: 'done' is no state: it is one of running, finished, failed, killed, lost\nhint: runlog ls --status running\n",
        ),
    }
    for words, (status, message) in answers.items():
        assert cli("ls", *words) == Answer(status, "", message)
    since = cli("ls", "--since", "whenever")
    assert (since.status, since.err.splitlines()[0]) == (2, "error: 'whenever' is no date or time")
    year = cli("ls", "--since", "2026")
    assert (year.status, year.err.splitlines()[0]) == (2, "error: '2026' is no date or time")
    assert since.err.splitlines()[1].startswith("hint: write a date such as 2026-11-20")


def test_colours_are_for_terminals_alone(ids: list[str], tmp_path: Path) -> None:
    bold = on_a_terminal("ls", cwd=tmp_path, NO_COLOR="")
    assert bold.startswith("\x1b[1mrun   \x1b[0m  \x1b[1mexperiment")
    assert (
        re.sub(r"\x1b\[[0-9;]*m", "", bold).splitlines()[0].split() == on_a_terminal("ls", cwd=tmp_path).splitlines()[0].split()
    )
    assert "\x1b" not in on_a_terminal("ls", cwd=tmp_path, NO_COLOR="1")
    assert "\x1b" not in on_a_terminal("ls", cwd=tmp_path, NO_COLOR="", TERM="dumb")
    assert "\x1b" not in runlog_cli("ls", cwd=tmp_path).stdout


def test_a_terminal_that_knows_no_chinese(ids: list[str], tmp_path: Path) -> None:
    shown = runlog_cli("ls", cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "Gr\\xf6\\xdfe \\u6a21\\u578b \\U0001f680" in shown.stdout


def test_whoever_reads_may_stop_reading(ids: list[str], tmp_path: Path) -> None:
    """A store of 2,000 runs, copied out of one behind the store's back: their list is more than a pipe holds."""
    [newest] = [run for run_id, run in bare_runs(tmp_path / ".runlog").items() if run_id == ids[2]]
    text = (newest.folder / "run.json").read_text()
    for place in range(2_000):
        run_id = f"20200101-000000-{_tail(place)}"
        folder = newest.folder.parent / run_id
        folder.mkdir()
        (folder / "run.json").write_text(text.replace(ids[2], run_id))
    script = f"{sys.executable} -m runlog ls | head -1; {sys.executable} -m runlog ls | wc -lc"
    done = shell(f"set -o pipefail; {script}", cwd=tmp_path, sh="bash")
    assert done.returncode == 0
    first, counted = done.stdout.splitlines()
    assert first.startswith("run\texperiment\tname\t")
    lines, size = map(int, counted.split())
    assert (lines, size > 65_536, done.stderr) == (2004, True, "")


def _tail(place: int) -> str:
    letters = "23456789abcdefghjkmnpqrstuvwxyz"
    return "222" + letters[place // 961] + letters[place // 31 % 31] + letters[place % 31]
