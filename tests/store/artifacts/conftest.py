"""A store, and a run in it that raises what it would only tell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import runlog


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def strict(store: Path) -> Iterator[runlog.Run]:
    with runlog.start_run(store=store, strict=True) as run:
        yield run
