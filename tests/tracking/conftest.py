"""A project folder to train in, and no run left open by the test before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import runlog


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder that is the current one. Its store is made by the first run."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert runlog.active_run() is None
    yield folder
    left = 0
    while run := runlog.active_run():
        run.finish()
        left += 1
    assert left == 0, f"the test left {left} runs open"
