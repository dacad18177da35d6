"""`runlog compare --curves` where not all of it fits: a curve stands beside its metric, else it says which one it is of."""

from __future__ import annotations

from pathlib import Path

import pytest

import runlog
from tests.cli.conftest import Cli
from tests.scene import on_a_terminal

RUNS = [f"r{place}" for place in range(4)]
AT_50 = """\
run     name  path          lr
id___0  r0    /data/0.csv  0.1
id___1  r1    /data/1.csv  0.2
id___2  r2    /data/2.csv  0.3
id___3  r3    /data/3.csv  0.4

run          acc    curve
id___0     0.875    ▁▅▆▇████
id___1  0.888889    ▅▆▇█████
id___2       0.9    ▆▇██████
id___3  0.909091 *  ▇███████

run      val/loss    curve
id___0      0.125    █▄▃▂▁▁▁▁
id___1   0.111111    ▄▃▂▁▁▁▁▁
id___2        0.1    ▃▂▁▁▁▁▁▁
id___3  0.0909091 *  ▂▁▁▁▁▁▁▁
"""
ALONE_AT_34 = """\
run                     acc
id___0                0.875
id___1             0.888889
          (+0.01389, +1.6%)
id___2  0.9 (+0.025, +2.9%)
id___3             0.909091 *
          (+0.03409, +3.9%)

run     acc curve
id___0  ▁▅▆▇████
id___1  ▅▆▇█████
id___2  ▆▇██████
id___3  ▇███████
"""
TITLES = "| run | name | path | lr | acc | acc curve | val/loss | val/loss curve |\n"


@pytest.fixture
def ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    return [made(place) for place in range(len(RUNS))]


def made(place: int) -> str:
    params = {"path": f"/data/{place}.csv", "lr": (place + 1) / 10}
    with runlog.start_run(name=f"r{place}", params=params) as run:
        for step in range(8):
            run.log_metrics({"val/loss": 1 / (step + 1 + place), "acc": 1 - 1 / (step + 1 + place)}, step=step)
    return run.id


def shown(ids: list[str], here: Path, columns: int, *more: str) -> str:
    text = on_a_terminal("compare", *RUNS, "--curves", *more, cwd=here, columns=columns)
    for place, run_id in enumerate(ids):
        text = text.replace(run_id[-6:], f"id___{place}")
    return text


def test_a_curve_stands_in_the_block_of_its_metric(ids: list[str], tmp_path: Path) -> None:
    assert [shown(ids, tmp_path, columns) for columns in (44, 50)] == [AT_50] * 2


def test_where_both_do_not_fit_a_curve_says_what_it_is_of(ids: list[str], tmp_path: Path) -> None:
    assert shown(ids, tmp_path, 34, "-b", "r0", "-m", "acc").endswith(f"\n\n{ALONE_AT_34}")


def test_in_a_pull_request_it_has_the_name_of_its_metric(cli: Cli, ids: list[str]) -> None:
    assert cli("compare", *RUNS, "--curves", "--md").out.startswith(TITLES)
