"""`runlog ls` and `compare` of runs with more metrics than fit: those that say how good a run is come first."""

from __future__ import annotations

from pathlib import Path

import pytest

import runlog
from tests.cli.conftest import Cli
from tests.scene import on_a_terminal, runlog_cli

LAYERS = [f"grad/layer{place}" for place in range(40)]


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    return [made(place) for place in range(30)]


def made(place: int) -> str:
    with runlog.start_run(experiment="e", name=f"r{place}", params={"seed": place}) as run:
        run.log_metrics({**dict.fromkeys(LAYERS, place / 8), "val_loss": 40 - place, "worth": place})
    return run.id


def headings(here: Path, columns: int, *words: str) -> list[str]:
    """Those of the first block of what is shown."""
    return on_a_terminal(*words, cwd=here, columns=columns).splitlines()[0].split()


def test_a_listing_shows_them_before_others(runs: list[str], tmp_path: Path) -> None:
    assert headings(tmp_path, 40, "ls") == ["run", "name", "state", "val_loss"]
    assert headings(tmp_path, 80, "ls") == ["run", "name", "state", "started", "took", *LAYERS[:2], "val_loss"]
    everything = ["run", "name", "state", "started", "took", *LAYERS, "val_loss", "worth", "seed"]
    assert headings(tmp_path, 1000, "ls") == everything


def test_they_are_what_somebody_said_too(cli: Cli, runs: list[str], tmp_path: Path) -> None:
    assert cli("experiments", "set", "e", "--max", "worth").status == 0
    assert cli("experiments", "rename", "e", "other").status == 0
    assert headings(tmp_path, 80, "ls") == ["run", "name", "state", "started", "took", *LAYERS[:2], "val_loss", "worth"]


def test_a_comparison_shows_them_before_others(runs: list[str], tmp_path: Path) -> None:
    compare = ("compare", "-e", "e")
    assert headings(tmp_path, 80, *compare) == ["run", "name", "val_loss", *LAYERS[:4]]
    assert headings(tmp_path, 80, *compare, "--max", "worth") == ["run", "name", "val_loss", "worth", *LAYERS[:3]]
    stars = on_a_terminal(*compare, "--max", "worth", cwd=tmp_path, columns=80).splitlines()
    assert [line.split()[1:5] for line in stars if "*" in line] == [["r29", "11", "*", "29"]]
    groups = ("compare", "-e", "e", "--max", "worth", "-g", "seed")
    assert headings(tmp_path, 60, *groups) == ["seed", "runs", "val_loss", "worth", *LAYERS[:2]]


def test_for_programs_their_order_stays(runs: list[str], tmp_path: Path) -> None:
    [first, *_] = runlog_cli("ls", cwd=tmp_path).stdout.splitlines()
    assert first.split("\t")[6:] == [*LAYERS, "val_loss", "worth", "seed"]
    [first, *_] = runlog_cli("compare", "-e", "e", "--max", "worth", "--csv", cwd=tmp_path).stdout.splitlines()
    assert first.split(",")[2:] == ["seed", *LAYERS, "val_loss", "worth"]
