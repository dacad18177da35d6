"""A store with some of everything in it, for tests that look at it behind its back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.store.damage import Scene, make_scene


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Runs that finished, failed and were killed; made once, to be copied."""
    return make_scene(tmp_path_factory.mktemp("original"))


@pytest.fixture
def scene(original: Scene, tmp_path: Path) -> Scene:
    return original.copied(tmp_path / "store")
