"""`runlog compare --group-by` on terminals of some width: no figure of a group is cut, and what does not fit stands below."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

import runlog
from tests.scene import on_a_terminal, runlog_cli

SEEDS = 4
METRICS = {"accuracy": (0.5, 0.125), "val/loss": (4.0, 1.5), "训练 loss": (26.0, 8.0)}

AT_40_OR_60 = """\
model  runs                   val/loss
ridge     4       7.8 ± 1.9 (95% ±3.1)
xgb       4  5.5 ± 1.5 (95% ±3.7) of 3
lgbm      4  4.5 ± 2.3 (95% ±5.7) of 3
oak       4  3.5 ± 2.3 (95% ±5.7) of 3 *

model                    训练 loss
ridge  50.0 ± 8.0 (95% ±19.9) of 3
xgb         45 ± 12 (95% ±30) of 3
lgbm        39 ± 12 (95% ±30) of 3
oak    34.0 ± 8.0 (95% ±19.9) of 3 *

model                      accuracy
ridge  0.75 ± 0.12 (95% ±0.31) of 3 *
xgb         0.56 ± 0.16 (95% ±0.26)
lgbm   0.38 ± 0.12 (95% ±0.31) of 3
oak    0.29 ± 0.19 (95% ±0.47) of 3
"""
AT_80_OR_100 = """\
model  runs                   val/loss                      训练 loss
ridge     4       7.8 ± 1.9 (95% ±3.1)    50.0 ± 8.0 (95% ±19.9) of 3
xgb       4  5.5 ± 1.5 (95% ±3.7) of 3         45 ± 12 (95% ±30) of 3
lgbm      4  4.5 ± 2.3 (95% ±5.7) of 3         39 ± 12 (95% ±30) of 3
oak       4  3.5 ± 2.3 (95% ±5.7) of 3 *  34.0 ± 8.0 (95% ±19.9) of 3 *

model                      accuracy
ridge  0.75 ± 0.12 (95% ±0.31) of 3 *
xgb         0.56 ± 0.16 (95% ±0.26)
lgbm   0.38 ± 0.12 (95% ±0.31) of 3
oak    0.29 ± 0.19 (95% ±0.47) of 3
"""
AT_160 = """\
model  runs                   val/loss                      训练 loss                        accuracy
ridge     4       7.8 ± 1.9 (95% ±3.1)    50.0 ± 8.0 (95% ±19.9) of 3    0.75 ± 0.12 (95% ±0.31) of 3 *
xgb       4  5.5 ± 1.5 (95% ±3.7) of 3         45 ± 12 (95% ±30) of 3         0.56 ± 0.16 (95% ±0.26)
lgbm      4  4.5 ± 2.3 (95% ±5.7) of 3         39 ± 12 (95% ±30) of 3    0.38 ± 0.12 (95% ±0.31) of 3
oak       4  3.5 ± 2.3 (95% ±5.7) of 3 *  34.0 ± 8.0 (95% ±19.9) of 3 *  0.29 ± 0.19 (95% ±0.47) of 3
"""
WITH_BASELINE_AT_40 = """\
model  runs                   val/loss
oak       4  3.5 ± 2.3 (95% ±5.7) of 3 *
ridge     4       7.8 ± 1.9 (95% ±3.1)
                      (+4.25, +121.4%)
xgb       4  5.5 ± 1.5 (95% ±3.7) of 3
                          (+2, +57.1%)
lgbm      4  4.5 ± 2.3 (95% ±5.7) of 3
                          (+1, +28.6%)
"""
WITH_BASELINE_AT_80 = """\
model  runs                                val/loss
oak       4               3.5 ± 2.3 (95% ±5.7) of 3 *
ridge     4   7.8 ± 1.9 (95% ±3.1) (+4.25, +121.4%)
xgb       4  5.5 ± 1.5 (95% ±3.7) of 3 (+2, +57.1%)
lgbm      4  4.5 ± 2.3 (95% ±5.7) of 3 (+1, +28.6%)
"""


def made(models: list[str], metrics: dict[str, tuple[float, float]]) -> list[str]:
    """The names of runs over seeds; of some of them a metric is missing."""
    for at, model in enumerate(models):
        for seed in range(SEEDS):
            with runlog.start_run(experiment="e", name=f"{model}-{seed}", params={"model": model, "seed": seed}) as run:
                for place, (name, (mean, spread)) in enumerate(metrics.items()):
                    if (at + seed + place) % 5:
                        run.log_metric(name, mean + spread * (seed - at + place % 3))

    return [f"{model}-{seed}" for model in models for seed in range(SEEDS)]


def shown(runs: list[str], here: Path, columns: int, *more: str) -> str:
    return on_a_terminal("compare", *runs, "--group-by", "params.model", *more, cwd=here, columns=columns)


def test_every_figure_is_whole_at_every_width(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    runs = made(["ridge", "xgb", "lgbm", "oak"], METRICS)
    assert [shown(runs, tmp_path, columns) for columns in (40, 60)] == [AT_40_OR_60] * 2
    assert [shown(runs, tmp_path, columns) for columns in (80, 100)] == [AT_80_OR_100] * 2
    assert shown(runs, tmp_path, 160) == AT_160
    with_baseline = ("--metric", "val/loss", "--baseline", "oak-3")
    assert shown(runs, tmp_path, 40, *with_baseline) == WITH_BASELINE_AT_40
    assert shown(runs, tmp_path, 80, *with_baseline) == WITH_BASELINE_AT_80


def test_of_many_metrics_no_block_shows_a_group_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = [f"metric_{place:02}" for place in range(31)]
    runs = [f"{model}-{seed}" for model in ("ridge", "oak") for seed in range(2)]
    for name in runs:
        model, _, seed = name.partition("-")
        with runlog.start_run(experiment="e", name=name, params={"model": model, "seed": seed}) as run:
            run.log_metrics(dict.fromkeys(names, float(seed)))
    figure = "0.50 ± 0.71 (95% ±6.35)"
    with_runs = f"model  runs                {names[0]}\nridge     2  {figure}\noak       2  {figure}\n"
    others = [f"model{name:>25}\nridge  {figure}\noak    {figure}\n" for name in names[1:30]]
    assert shown(runs, tmp_path, 40) == "\n".join([with_runs, *others]) + "not shown: metric_30\n"
    across = "".join(f"{name}  {figure}  {figure}\n" for name in names)
    assert shown(runs, tmp_path, 60) == f"model{'ridge':>29}{'oak':>25}\nruns{'2':>30}{'2':>25}\n{across}"


def test_equal_means_are_equal_however_many_runs_they_are_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    values = {"a": (0.7, 0.7, 0.7), "b": (0.7, 0.7), "c": (0.7,), "d": (0.6, 0.8)}
    runs = [f"{model}-{seed}" for model, found in values.items() for seed in range(len(found))]
    for name in runs:
        model, _, seed = name.partition("-")
        with runlog.start_run(experiment="e", name=name, params={"model": model, "seed": int(seed)}) as run:
            run.log_metrics(dict.fromkeys(("acc", "loss"), values[model][int(seed)]))
    even = "0.7 ± 0 (95% ±0)"
    assert shown(runs[:-2], tmp_path, 80) == (
        f"model  runs{'acc':>18}{'loss':>18}\na         3  {even}  {even}\nb         2  {even}  {even}\n"
        f"c         1{'0.7':>18}{'0.7':>18}\n"
    )
    written = runlog_cli("compare", *runs, "-g", "params.model", "-m", "loss", "-b", "c-0", "--csv", cwd=tmp_path).stdout
    assert [line.split(",")[:3] + line.split(",")[-3:] for line in written.splitlines()] == [
        ["model", "runs", "loss", "loss count", "loss difference", "loss relative"],
        ["c", "1", "0.7", "1", "0", "0"],
        ["a", "3", "0.7", "3", "0", "0"],
        ["b", "2", "0.7", "2", "0", "0"],
        ["d", "2", "0.7", "2", "0", "0"],
    ]


def test_means_of_the_greatest_numbers_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, loss in (("one", 1.7e308), ("two", 1.5e308), ("none", math.inf)):
        with runlog.start_run(experiment="e", name=name, params={"model": "m"}) as run:
            run.log_metric("loss", loss)
    assert shown(["one", "two", "none"], tmp_path, 80) == (
        f"model  runs{'loss':>42}\nm         3  1.6e+308 ± 1.4e+307 (95% ±1.3e+308) of 2\n"
    )
