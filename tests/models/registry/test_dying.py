"""A process that is killed while it registers or promotes leaves the old state or the new one, and nothing that is in the way."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from runlog.models import registry
from runlog.models.find import find_named, find_version
from runlog.models.promote import promote
from runlog.store.registry.standing import Model
from runlog.store.store import Store
from tests.dying import left_behind
from tests.models.registry.conftest import copied, named

BEGIN = """
import shutil
from pathlib import Path
from runlog.models import find, promote, registry
opened = Store.open(Path(store))
"""
PROMOTES = "promote.promote(opened, find.find_version(opened, 'duration@2'), 'production', why='better')"
REGISTERS = "registry.register(opened, find_one(opened, 'xgb'), 'duration', note='more trees')"
REMOVES = "registry.remove(opened, find.find_named(opened, 'duration'), force=True)"
SETTLES = "registry.settle(opened, find.find_version(opened, 'duration@3.%s'))"
IMPORTS = "from runlog.runs.find import find_one\nfrom runlog.store.store import Store\n"


def picture(model: Model) -> list[tuple[int, str | None, bool]]:
    return [(version.number, version.stage, version.removed) for version in model.versions]


@pytest.fixture
def two(store: Store) -> Store:
    """A store with two versions, the first in production."""
    for name in ("ridge", "xgb"):
        registry.register(store, named(store, name), "duration")
    promote(store, find_version(store, "duration@1"), "production")
    return store


def states(work: str, folder: Path, original: Store) -> list[list[tuple[int, str | None, bool]]]:
    """The model after each death, once each, in the order in which they came."""
    found: list[list[tuple[int, str | None, bool]]] = []
    for root in left_behind(f"{IMPORTS}{BEGIN}{work}", folder, original.root):
        store = Store.open(root)
        report = store.check()
        assert {finding.severity for finding in report.findings} <= {"note", "mendable"}, report.findings
        now = picture(find_named(store, "duration"))
        if now not in found:
            found.append(now)
        # Whoever comes next is not held up.
        again = registry.register(store, named(store, "ridge"), "duration")
        assert again.number > max(number for number, _, _ in now)
        assert promote(store, again, "production").changed
        assert [version.stage for version in find_named(store, "duration").living].count("production") == 1
    return found


def test_a_promotion_is_done_or_not(two: Store, tmp_path: Path) -> None:
    old = [(1, "production", False), (2, None, False)]
    new = [(1, "archived", False), (2, "production", False)]
    assert states(PROMOTES, tmp_path, two) == [old, new]


def test_a_version_is_registered_or_not(two: Store, tmp_path: Path) -> None:
    old = [(1, "production", False), (2, None, False)]
    assert states(REGISTERS, tmp_path, two) == [old, [*old, (3, None, False)]]


def test_a_model_is_removed_or_not(two: Store, tmp_path: Path) -> None:
    old = [(1, "production", False), (2, None, False)]
    assert states(REMOVES, tmp_path, two) == [old, [(1, "production", True), (2, None, True)]]


def test_numbers_are_settled_or_not(two: Store, tmp_path: Path) -> None:
    other = copied(two.root, tmp_path / "other")
    kept = registry.register(two, named(two, "ridge"), "duration")
    registry.register(other, named(other, "xgb"), "duration")

    shutil.copytree(other.root, two.root, dirs_exist_ok=True)
    old = [(1, "production", False), (2, None, False), (3, None, False)]
    found = states(SETTLES % kept.id[-6:], tmp_path, two)
    assert found[0] == [*old, (3, None, False)]
    assert len(found) == 2
    assert found[1][:3] == old
    assert found[1][3][0] > 3
