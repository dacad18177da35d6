"""Processes that promote at once on one disk: one version holds the stage, and nobody's word is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runlog.models import registry
from runlog.models.find import find_named, find_version
from runlog.models.history import history
from runlog.models.promote import promote
from runlog.store.registry import folder
from runlog.store.registry.documents import Act
from runlog.store.store import Store
from tests.models.registry.conftest import named
from tests.scene import all_at_once

PROMOTES = """
import sys
from pathlib import Path
from runlog.models.find import find_version
from runlog.models.promote import promote
from runlog.store.store import Store

store = Store.open(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for turn in range(10):
    promote(store, find_version(store, f"duration@{sys.argv[2]}"), ["production", "staging"][turn % 2], why=f"turn {turn}")
promote(store, find_version(store, f"duration@{sys.argv[2]}"), "production")
"""


def test_processes_that_promote_at_once(store: Store, tmp_path: Path) -> None:
    for _ in range(4):
        registry.register(store, named(store, "ridge"))
    all_at_once(PROMOTES, [[store.root, str(number)] for number in range(1, 5)], cwd=tmp_path)
    model = find_named(store, "duration")
    holder = find_version(store, "duration@production")
    events = [event for event in history(store, model) if event.what == "stage"]
    assert [event.version for event in events if event.after == "production"][-1] == str(holder.number)
    promote(store, holder, "production")
    assert find_named(store, "duration").conflicts == ()
    assert [version.number for version in find_named(store, "duration").versions if version.stage == "production"] == [
        holder.number
    ]
    assert store.check().findings == ()


def test_what_came_while_a_promotion_was_weighed_is_not_counted_as_seen(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        registry.register(store, named(store, "ridge"))
    one, two = find_named(store, "duration").versions
    say = folder.say

    def interrupted(*arguments: Any) -> Act:
        monkeypatch.setattr(folder, "say", say)
        promote(store, two, "production")
        return say(*arguments)

    monkeypatch.setattr(folder, "say", interrupted)
    promote(store, one, "production")
    [conflict] = find_named(store, "duration").conflicts
    assert conflict.startswith("versions 1 and 2 were promoted to 'production' at once")
