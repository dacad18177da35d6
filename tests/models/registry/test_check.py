"""`check` names what is wrong with a registry, and `--repair` sets it aside or writes it anew; nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from runlog.errors import StoreError
from runlog.models import registry
from runlog.models.find import find_named, find_version
from runlog.models.promote import promote
from runlog.runs.collect import Policy, plan
from runlog.store.store import Store
from tests.models.registry.conftest import named
from tests.scene import files_below


@pytest.fixture
def one(store: Store) -> Store:
    registry.register(store, named(store, "ridge"))
    registry.register(store, named(store, "xgb"))
    promote(store, find_version(store, "duration@1"), "production")
    return store


def only(store: Store, pattern: str) -> Path:
    [path] = store.root.glob(f"models/duration/{pattern}")
    return path


def rewritten(path: Path, /, **changes: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


Damage = Callable[[Store], object]
DAMAGES: list[tuple[Damage, str, str]] = [
    (lambda store: only(store, "versions/1.*").write_text("{"), "versions/1.", "is not valid JSON"),
    (lambda store: only(store, "versions/1.*").write_bytes(b""), "versions/1.", "is empty"),
    (lambda store: rewritten(only(store, "versions/1.*"), number=7), "versions/1.", "it is number 7, id"),
    (
        lambda store: rewritten(only(store, "versions/1.*"), model="fares"),
        "versions/1.",
        "it is of 'fares', which belongs elsewhere",
    ),
    (lambda store: rewritten(only(store, "versions/1.*"), path="../x"), "versions/1.", "leaves the run"),
    (lambda store: rewritten(only(store, "versions/1.*"), run="../../x"), "versions/1.", "'../../x' is no id"),
    (lambda store: rewritten(only(store, "versions/1.*"), tags=[1]), "versions/1.", "is not a version's document"),
    (
        lambda store: rewritten(only(store, "entries/*"), entries=[{"stage": "live", "version": None}]),
        "entries/",
        "'live' is no stage",
    ),
    (lambda store: rewritten(only(store, "entries/*"), model="fares"), "entries/", "it speaks of 'fares'"),
    (lambda store: rewritten(only(store, "entries/*"), saw=5), "entries/", "is not an entry of a model"),
    (lambda store: only(store, "model.json").write_text("[]"), "model.json", "holds no object"),
    (lambda store: only(store, "model.json").unlink(), "model.json", "is missing"),
    (lambda store: rewritten(only(store, "versions/1.*"), digest="0" * 64), "versions/1.", "is not the model 'model' that run"),
]


@pytest.mark.parametrize(("damage", "path", "problem"), DAMAGES)
def test_a_damage_is_named_and_set_aside(damage: Damage, path: str, problem: str, one: Store) -> None:
    damage(one)
    assert [model.name for model in one.models()] == ["duration"]  # what is sound is read all the same
    assert find_version(one, "duration@2").run == named(one, "xgb").id
    [found] = one.check().findings
    assert found.path.startswith(f"models/duration/{path}")
    assert problem in found.problem
    before = len(files_below(one.root))
    if "is not the model" not in problem and not path.startswith("model.json"):
        with pytest.raises(StoreError, match="so nobody knows which runs are needed"):
            plan(one, Policy(), lambda name: {})
    one.check(repair=True)
    plan(one, Policy(), lambda name: {})
    assert len(files_below(one.root)) >= before  # nothing is thrown away
    left = one.check().findings
    assert left == () or "is not the model" in left[0].problem
    assert registry.register(one, named(one, "ridge")).number == 3  # the number stays claimed


def test_strangers_and_links_are_told(one: Store, tmp_path: Path) -> None:
    (one.root / "models" / "duration" / "notes.txt").write_text("mine")
    (one.root / "models" / "duration" / "claims" / "0x").write_text("")
    (one.root / "models" / "duration" / "more").mkdir()
    (one.root / "models" / "elsewhere").symlink_to(tmp_path)
    found = {(each.path, each.severity) for each in one.check().findings}
    assert found == {
        ("models/elsewhere", "damage"),
        ("models/duration/more", "note"),
        ("models/duration/notes.txt", "note"),
        ("models/duration/claims/0x", "note"),
    }


def test_a_conflict_is_a_note(one: Store) -> None:
    [entry] = one.root.glob("models/duration/entries/*")
    document = json.loads(entry.read_text())
    document["entries"][0]["version"] = find_version(one, "duration@2").id
    (entry.parent / f"{entry.name[:16]}zzzzzz.json").write_text(json.dumps(document))
    [found] = one.check().findings
    assert (found.kind, found.severity, found.path) == ("conflict", "note", "models/duration")
    assert found.problem == find_named(one, "duration").conflicts[0]


def test_words_of_a_later_runlog_are_passed_over(one: Store) -> None:
    [entry] = one.root.glob("models/duration/entries/*")
    document = json.loads(entry.read_text())
    document["entries"].append({"approved": "yes", "version": None})
    entry.write_text(json.dumps({**document, "more": 1}))
    assert one.check().clean
    assert find_version(one, "duration@production").number == 1


def test_what_a_killed_first_registration_left_is_no_damage(store: Store) -> None:
    (store.root / "models" / "trips" / "claims").mkdir(parents=True)
    (store.root / "models" / "trips" / "claims" / "1").touch()
    assert store.check().findings == ()
    assert store.models() == []
    assert registry.register(store, named(store, "ridge"), "trips").number == 2
