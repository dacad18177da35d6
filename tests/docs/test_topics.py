"""`runlog help TOPIC` says what is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import runlog
from runlog import query
from runlog.cli.topics import TOPICS
from runlog.query.expr import ATTRIBUTES
from runlog.runs.find import find_one
from tests.cli.conftest import Answer, Cli, cli
from tests.scene import ROOT

__all__ = ["cli"]


def test_each_topic_is_a_page_of_its_own(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = cli("help", "statuses")
    assert page.out.startswith("What the exit status says.\n\n  0      done\n")
    assert page == Answer(0, page.out, "")
    for topic, about in TOPICS.items():
        shown = re.sub(r"\s+", " ", cli("help", topic).out)
        assert all(re.sub(r"\s+", " ", f"{word} {meaning}") in shown for word, meaning in about.rows.items())


def test_every_filter_can_be_read(tmp_path: Path) -> None:
    with runlog.start_run(store=tmp_path, params={"model": "x", "alpha": 1, "seed": 1}, tags={"good": ""}) as run:
        run.log_metrics({"rmse": 1.0, "loss": 1.0})
    names = query.Names.of([run.read().record])
    for text in TOPICS["filters"].rows:
        query.bind(query.parse(text), names)
    told = set(re.findall(r"[a-z_.]+", TOPICS["filters"].more.split("Every run has")[1].split("--sort")[0])) - {"and", "."}
    assert {word.strip(".") for word in told} <= set(ATTRIBUTES)


def test_every_name_of_a_run_means_it(tmp_path: Path) -> None:
    with runlog.start_run(store=tmp_path, name="ridge", experiment="duration") as run:
        run.log_metric("rmse", 1.0)
    store = runlog.open_store(tmp_path)
    named = [word for row in TOPICS["runs"].rows for word in row.split(", ") if word not in {"k3f9x2", "-", "@last~2"}]
    assert [find_one(store, word).id for word in named] == [run.id] * 4


def test_every_setting_is_there() -> None:
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`RUNLOG_.*?) \|", page, re.MULTILINE)
    documented = {name for row in rows for name in re.findall(r"RUNLOG_[A-Z_]+", row)}
    told = {name for row in TOPICS["environment"].rows for name in re.findall(r"RUNLOG_[A-Z_]+", row)}
    assert told == documented | {"RUNLOG_PARAM_ALPHA"}
