"""Registries of two machines merge by copying one onto the other: in any order, with the same result and nothing lost."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runlog.errors import Conflict, NotFound, RunlogError
from runlog.models import registry
from runlog.models.find import find_named, find_version
from runlog.models.history import history
from runlog.models.promote import promote
from runlog.models.restore import restore
from runlog.runs.collect import Policy, collect, plan
from runlog.runs.remove import remove as remove_run
from runlog.store.registry import needed_runs
from runlog.store.registry.folder import read_books
from runlog.store.registry.version import Version
from runlog.store.store import Store
from tests.models.registry.conftest import copied, named
from tests.scene import tree

Deed = Callable[[Store], object]
Machines = tuple[Store, Store]


def merge(place: Path, *stores: Store) -> Store:
    """Stores copied onto each other, one after the other, as people do it."""
    for store in stores:
        place.mkdir(exist_ok=True)
        subprocess.run(["cp", "-r", f"{store.root}/.", str(place)], check=True)
    return Store.open(place)


def merged(place: Path, *stores: Store) -> Store:
    for store in stores:
        shutil.copytree(store.root, place, dirs_exist_ok=True)
    return Store.open(place)


def version(store: Store, place: int) -> Version:
    """Some version of some model, by its place among all."""
    everything = [each for model in store.models() for each in model.versions]
    return everything[place % len(everything)] if everything else find_version(store, "duration@1")


def deeds() -> st.SearchStrategy[Deed]:
    """One thing that somebody does to the registry or its runs."""
    run, model = st.sampled_from(["ridge", "xgb"]), st.sampled_from(["duration", "Größe"])
    place, stage = st.integers(0, 5), st.sampled_from(["staging", "production", "archived", None])
    alias, text = st.sampled_from(["champion", "next"]), st.sampled_from(["a", "b"])
    return st.one_of(
        st.builds(lambda r, m: lambda store: registry.register(store, named(store, r), m), run, model),
        st.builds(lambda r, m: lambda store: registry.register(store, named(store, r), m), run, model),
        st.builds(lambda p, s, k: lambda store: promote(store, version(store, p), s, keep=k), place, stage, st.booleans()),
        st.builds(lambda p, a: lambda store: registry.alias(store, version(store, p), a), place, alias),
        st.builds(lambda m, a: lambda store: registry.drop_alias(store, find_named(store, m), a), model, alias),
        st.builds(lambda p, k, v: lambda store: registry.tag(store, version(store, p), {k: v}), place, text, text),
        st.builds(lambda m, t: lambda store: registry.describe(store, find_named(store, m), t), model, text),
        st.builds(lambda p: lambda store: registry.remove(store, version(store, p), force=True), place),
        st.builds(lambda m: lambda store: registry.remove(store, find_named(store, m), force=True), model),
        st.builds(lambda p: lambda store: restore(store, version(store, p)), place),
        st.builds(lambda p: lambda store: registry.settle(store, version(store, p)), place),
        st.builds(lambda r: lambda store: remove_run(named(store, r)), run),
        st.just(lambda store: collect(store, plan(store, Policy(older_than=0), lambda name: {}))),
    )


def some() -> st.SearchStrategy[list[Deed]]:
    return st.lists(deeds(), max_size=5)


def do(store: Store, what: list[Deed]) -> None:
    """What makes no sense is refused, and that is fine."""
    for deed in what:
        try:
            deed(store)
        except (RunlogError, StopIteration):
            continue


def reading(store: Store) -> list[object]:
    return [(model, history(store, model)) for model in store.models()]


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(before=st.lists(deeds(), max_size=4), rounds=st.lists(st.tuples(some(), some()), min_size=1, max_size=2))
def test_two_registries_merge(made_once: Path, before: list[Deed], rounds: list[tuple[list[Deed], list[Deed]]]) -> None:
    """Two machines begin with one store, and merge after each round, the one copying in this order and the other in that."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        forth = back = copied(made_once, root / "first")
        do(forth, before)
        for count, (here, there) in enumerate(rounds):
            one, other = copied(forth.root, root / f"one-{count}"), copied(back.root, root / f"other-{count}")
            do(one, here)
            do(other, there)
            forth = merged(root / f"forth-{count}", one, other, one)
            back = merged(root / f"back-{count}", other, one)
            require_union(one, other, forth, back)
        for model in forth.models():
            require_sense(forth, model.name)


def require_union(one: Store, other: Store, forth: Store, back: Store) -> None:
    """Merged either way it reads the same, and has all that each had."""
    assert tree(forth.root) == tree(back.root)
    assert reading(forth) == reading(back)
    known = {(each.id, each.run, each.first_number) for s in (one, other) for m in s.models() for each in m.versions}
    assert {(each.id, each.run, each.first_number) for m in forth.models() for each in m.versions} == known
    said = {act.id for s in (one, other) for book in read_books(s.root) for act in book.acts}
    assert {act.id for book in read_books(forth.root) for act in book.acts} == said
    report = forth.check()
    assert [found for found in report.findings if found.path.startswith("models") and found.severity == "damage"] == []


def require_sense(store: Store, name: str) -> None:
    """A version is found by its exact name; a number that two have is refused; after settling all, nothing is left to settle."""
    model = find_named(store, name)
    for each in model.living:
        assert find_version(store, f"{name}@{each.exact}").id == each.id
        assert find_version(store, f"{name}@{each.first_number}.{each.id[-6:]}").id == each.id
        same = [other for other in model.living if other.answers_to(each.number)]
        if len(same) == 1:
            assert find_version(store, f"{name}@{each.number}") == each
        else:
            with pytest.raises(Conflict):
                find_version(store, f"{name}@{each.number}")
    while twice := [each for each in find_named(store, name).living if each.shares_number]:
        registry.settle(store, twice[0])
    for _ in range(20):
        model = find_named(store, name)
        if not model.conflicts:
            return
        settle(store, model.conflicts[0].rpartition(": ")[2])
    raise AssertionError(model.conflicts)


def settle(store: Store, command: str) -> None:
    """Do what a conflict says, word by word."""

    _, _, verb, name, *words = shlex.split(command)
    if "--rm" in words:
        registry.drop_alias(store, find_named(store, name), words[0])
        return
    meant = find_version(store, f"{name}@{words[0]}", removed=True)
    if verb == "promote":
        try:
            promote(store, meant, None if words[2] == "none" else words[2])
        except (Conflict, NotFound):  # its run is gone
            promote(store, meant, None)
    elif verb == "alias":
        registry.alias(store, meant, words[1])
    elif verb == "restore":
        try:
            restore(store, meant)
        except (Conflict, NotFound):  # its run is gone
            registry.remove(store, meant)
    else:
        registry.settle(store, meant, int(words[0].partition(".")[0]))


def test_one_number_from_two_machines_is_refused_until_it_is_settled(machines: Machines, tmp_path: Path) -> None:
    here, there = machines
    kept = registry.register(here, named(here, "ridge"))
    moved = registry.register(there, named(there, "xgb"))
    both, again = merge(tmp_path / "both", here, there), merge(tmp_path / "again", there, here)
    low, high = sorted([kept, moved], key=lambda each: each.id)
    for store in (both, again):
        with pytest.raises(Conflict) as refused:
            find_version(store, "duration@1")
        assert refused.value.message == (
            f"number 1 of 'duration' was given twice, on two machines: duration@1.{low.id[-6:]} and duration@1.{high.id[-6:]}"
        )
        assert refused.value.hint == f"runlog model settle duration 1.{low.id[-6:]}"
    done = registry.settle(both, find_version(both, f"duration@1.{kept.id[-6:]}"))
    assert (done.kept.label, [each.label for each in done.moved]) == ("duration@1", ["duration@2"])
    after = merge(tmp_path / "after", again, both)
    assert find_version(after, "duration@1").id == kept.id
    assert find_version(after, "duration@2").id == moved.id
    # What was written down while the number was in doubt goes on meaning the same.
    assert find_version(after, f"duration@1.{moved.id[-6:]}").number == 2
    assert find_named(after, "duration").conflicts == ()


def test_two_who_settle_one_number_are_settled_again(machines: Machines, tmp_path: Path) -> None:
    here, there = machines
    registry.register(here, named(here, "ridge"))
    registry.register(there, named(there, "xgb"))
    one, other = merge(tmp_path / "one", here, there), merge(tmp_path / "other", there, here)
    first, second = find_named(one, "duration").living
    registry.settle(one, first)
    registry.settle(other, second)
    assert find_version(one, "duration@1").id == first.id
    assert find_version(other, "duration@1").id == second.id
    both = merge(tmp_path / "both", one, other)
    for number in (1, 2):
        with pytest.raises(Conflict, match=f"number {number} of 'duration' was given twice"):
            find_version(both, f"duration@{number}")
    names = sorted(each.id[-6:] for each in (first, second))
    assert find_named(both, "duration").conflicts == (
        f"number 1 was given to 1.{names[0]} and 1.{names[1]} at once: runlog model settle duration 1.{second.id[-6:]}",
        f"number 2 was given to 2.{names[0]} and 2.{names[1]} at once: runlog model settle duration 2.{first.id[-6:]}",
    )
    # Either may have it, whoever came last.
    for keeps in (first, second):
        settled = copied(both.root, tmp_path / keeps.id)
        registry.settle(settled, find_version(settled, f"duration@1.{keeps.id[-6:]}"), 1)
        assert find_version(settled, "duration@1").id == keeps.id
        assert find_named(settled, "duration").conflicts == ()
        assert sorted(each.number for each in find_named(settled, "duration").living) == [1, 3]
        # Number 2 meant the one to some and the other to others: it means neither from now on.
        with pytest.raises(NotFound, match=r"number 2 of 'duration' is given up: it meant duration@1 or duration@3") as refused:
            find_version(settled, "duration@2")
        assert refused.value.hint == "runlog model show duration"
        assert find_version(settled, f"duration@2.{keeps.id[-6:]}").id == keeps.id


def test_promotions_that_did_not_see_each_other_are_told(machines: Machines, tmp_path: Path) -> None:
    here, _ = machines
    for name in ("ridge", "xgb", "ridge"):
        registry.register(here, named(here, name), "duration")
    promote(here, find_version(here, "duration@1"), "production")
    there = copied(here.root, tmp_path / "copy")
    promote(here, find_version(here, "duration@2"), "production")
    promote(there, find_version(there, "duration@3"), "production")
    both = merge(tmp_path / "both", there, here)
    assert find_version(both, "duration@production").number == 3
    text = "versions 2 and 3 were promoted to 'production' at once, 3 holds: runlog model promote duration 3 --to production"
    assert find_named(both, "duration").conflicts == (text,)
    assert [each.conflicts for each in find_named(both, "duration").versions] == [(), (text,), (text,)]
    done = promote(both, find_version(both, "duration@2"), "production")
    assert [(move.version.number, move.after) for move in done.left] == [(3, "archived")]
    later = merge(tmp_path / "later", here, both, there)
    assert find_version(later, "duration@production").number == 2
    assert find_named(later, "duration").conflicts == ()


def test_one_who_saw_the_other_is_no_conflict(machines: Machines, tmp_path: Path) -> None:
    here, _ = machines
    for name in ("ridge", "xgb"):
        registry.register(here, named(here, name), "duration")
    promote(here, find_version(here, "duration@1"), "production")
    done = promote(here, find_version(here, "duration@2"), "production", keep=True)
    assert done.left == ()
    assert find_named(here, "duration").conflicts == ()
    assert find_version(here, "duration@production").number == 2
    assert [each.stage for each in find_named(here, "duration").versions] == ["production", "production"]


def test_what_one_removes_and_the_other_promotes_is_told(machines: Machines, tmp_path: Path) -> None:
    here, _ = machines
    registry.register(here, named(here, "ridge"))
    there = copied(here.root, tmp_path / "copy")
    registry.remove(here, find_version(here, "duration@1"))
    promote(there, find_version(there, "duration@1"), "production")
    both = merge(tmp_path / "both", here, there)
    with pytest.raises(Conflict) as refused:
        find_version(both, "duration@production")
    assert refused.value.hint == "runlog model restore duration 1"
    assert needed_runs(both.root) == {named(both, "ridge").id: ("duration@1",)}
    again = copied(both.root, tmp_path / "again")
    restore(both, find_version(both, "duration@1", removed=True))
    assert find_named(both, "duration").conflicts == ()
    assert find_version(both, "duration@production").number == 1
    registry.remove(again, find_version(again, "duration@1", removed=True))
    assert (find_named(again, "duration").conflicts, needed_runs(again.root)) == ((), {})


def test_gc_keeps_what_is_in_conflict_and_what_it_dropped_elsewhere_is_told(machines: Machines, tmp_path: Path) -> None:
    here, _ = machines
    registry.register(here, named(here, "ridge"))
    there = copied(here.root, tmp_path / "copy")
    ridge = named(here, "ridge")
    registry.remove(here, find_version(here, "duration@1"))
    remove_run(ridge)
    promote(there, find_version(there, "duration@1"), "production")
    both = merge(tmp_path / "both", here, there)
    assert plan(both, Policy(older_than=0), lambda name: {}).runs == ()
    with pytest.raises(Conflict, match=f"run {ridge.id}, in which duration@1 lies, is in the trash"):
        restore(both, find_version(both, "duration@1", removed=True))
    emptied = merge(tmp_path / "emptied", both)
    registry.remove(emptied, find_version(emptied, "duration@1", removed=True))
    collect(emptied, plan(emptied, Policy(older_than=0), lambda name: {}))
    assert find_named(emptied, "duration").conflicts == ()
    with pytest.raises(NotFound, match=f"gc dropped those of run {ridge.id}"):
        restore(emptied, find_version(emptied, "duration@1", removed=True))


def test_an_alias_from_two_machines_is_the_later_one(machines: Machines, tmp_path: Path) -> None:
    here, _ = machines
    for name in ("ridge", "xgb"):
        registry.register(here, named(here, name), "duration")
    there = copied(here.root, tmp_path / "copy")
    registry.alias(here, find_version(here, "duration@1"), "champion")
    registry.alias(there, find_version(there, "duration@2"), "champion")
    both = merge(tmp_path / "both", there, here)
    assert find_version(both, "duration@champion").number == 2
    [text] = find_named(both, "duration").conflicts
    assert text == "alias 'champion' was given to 1 and 2 at once, 2 holds: runlog model alias duration 2 champion"
    registry.alias(both, find_version(both, "duration@2"), "champion")
    assert find_named(both, "duration").conflicts == ()


def test_a_version_that_comes_while_the_model_is_removed_stays(machines: Machines, tmp_path: Path) -> None:
    here, _ = machines
    registry.register(here, named(here, "ridge"))
    there = copied(here.root, tmp_path / "copy")
    registry.remove(here, find_named(here, "duration"))
    registry.register(there, named(there, "xgb"))
    both = merge(tmp_path / "both", here, there)
    assert [(each.number, each.removed) for each in find_named(both, "duration").versions] == [(1, True), (2, False)]
    assert find_version(both, "duration").number == 2


def test_a_clock_that_is_behind_does_not_undo_what_it_saw(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> None:

    here, _ = machines
    registry.register(here, named(here, "ridge"))
    promote(here, find_version(here, "duration@1"), "production")
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now - 3600 * 10**9)
    promote(here, find_version(here, "duration@1"), "archived")
    assert find_version(here, "duration@1").stage == "archived"
    assert find_named(here, "duration").conflicts == ()
