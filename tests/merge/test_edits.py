"""What two machines say about the same runs and experiments: copying both ways gives one tree, and one reading of it."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runlog import experiments
from runlog.errors import RunlogError
from runlog.render.experiments import as_document as experiment_document
from runlog.render.runs import as_document as run_document
from runlog.runs import edit
from runlog.runs.collect import Policy, collect, plan
from runlog.runs.remove import remove, restore
from runlog.store.store import Store
from tests.cli.conftest import SCENE
from tests.scene import made_store, tree

NAMES = ["duration", "Other things", "trips", "Ünïcode 模型"]
Edit = Callable[[Store], object]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_store(SCENE, tmp_path_factory.mktemp("made"))


def on_run(place: int, do: Callable[[Store, object], object]) -> Edit:
    return lambda store: do(store, store.run(sorted(run.id for run in store.run_dirs())[place]))


def edits() -> st.SearchStrategy[Edit]:
    """One word about a run or an experiment, or a collection."""
    run, name, text = st.integers(0, 2), st.sampled_from(NAMES), st.sampled_from(["a", "b", "模型"])
    way = st.sampled_from(["max", "min"])
    return st.one_of(
        st.builds(lambda r, k, v: on_run(r, lambda _, run: edit.tag(run, {k: v})), run, text, text),  # type: ignore[arg-type]
        st.builds(lambda r, k: on_run(r, lambda _, run: edit.tag(run, {}, [k])), run, text),  # type: ignore[arg-type]
        st.builds(lambda r, t: on_run(r, lambda _, run: edit.note(run, t)), run, st.none() | text),  # type: ignore[arg-type]
        st.builds(lambda r, t: on_run(r, lambda store, run: edit.rename(store, run, t)), run, st.none() | text),  # type: ignore[arg-type]
        st.builds(lambda r, n: on_run(r, lambda store, run: edit.move(store, run, n)), run, name),  # type: ignore[arg-type]
        st.builds(lambda r: on_run(r, lambda _, run: remove(run)), run),  # type: ignore[arg-type]
        st.builds(lambda r: on_run(r, lambda _, run: restore(run)), run),  # type: ignore[arg-type]
        st.builds(lambda old, new: lambda store: experiments.rename(store, old, new), name, name),
        st.builds(lambda n, t: lambda store: experiments.annotate(store, n, t), name, text),
        st.builds(lambda n, m, w: lambda store: experiments.set_directions(store, n, {m: w}), name, text, way),
        st.builds(lambda n: lambda store: experiments.remove(store, n), name),
        st.builds(lambda n: lambda store: experiments.restore(store, n), name),
        st.just(empty_the_trash),
    )


def empty_the_trash(store: Store) -> None:
    collect(store, plan(store, Policy(older_than=0), lambda name: experiments.directions(store, name)))


def edited(made: Path, place: Path, said: list[Edit]) -> Path:
    """A copy of the store on which somebody says something. What makes no sense there is refused, and that is fine."""
    shutil.copytree(made, place)
    for word in said:
        try:
            word(Store.open(place))
        except RunlogError:
            continue
    return place


def merged(place: Path, *stores: Path) -> Path:
    for store in stores:
        shutil.copytree(store, place, dirs_exist_ok=True)
    return place


def reading(place: Path) -> str:
    """All that commands tell of a store."""
    store = Store.open(place)
    runs = [run_document(run.record) for removed in (False, True) for run in store.runs(removed=removed)]
    listed = [experiment_document(summary) for removed in (False, True) for summary in experiments.listed(store, removed)]
    return json.dumps([runs, listed], indent=1, ensure_ascii=False)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(here=st.lists(edits(), max_size=4), there=st.lists(edits(), max_size=4))
def test_words_of_two_machines_merge_by_copying(made: Path, here: list[Edit], there: list[Edit]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        one, other = edited(made, root / "one", here), edited(made, root / "other", there)
        forth, back = merged(root / "forth", one, other, one), merged(root / "back", other, one)
        assert tree(forth) == tree(back)
        assert reading(forth) == reading(back)
        assert Store.open(forth).check().clean
        # Every run is somewhere, and every experiment that is named can be found.
        store = Store.open(forth)
        runs = [run for removed in (False, True) for run in store.runs(removed=removed)]
        assert len(runs) == 3
        assert all(experiments.find(store, run.experiment).name == run.experiment for run in runs)


def test_two_new_names_for_one_experiment_the_later_stands(made: Path, tmp_path: Path) -> None:
    one = edited(made, tmp_path / "one", [lambda store: experiments.rename(store, "duration", "first")])
    other = edited(made, tmp_path / "other", [lambda store: experiments.rename(store, "duration", "second")])
    both = Store.open(merged(tmp_path / "both", other, one))
    assert {run.experiment for run in both.runs()} == {"second", "Other things"}
    assert [run.experiment for run in both.runs("duration")] == ["second", "second"]


def test_names_that_two_machines_swapped_do_not_lead_in_circles(made: Path, tmp_path: Path) -> None:
    one = edited(made, tmp_path / "one", [lambda store: experiments.rename(store, "duration", "b")])
    back: list[Edit] = [lambda store: experiments.create(store, "b"), lambda store: experiments.rename(store, "b", "x")]
    back += [lambda store: experiments.rename(store, "duration", "y"), lambda store: experiments.rename(store, "x", "z")]
    other = edited(made, tmp_path / "other", back)
    both = Store.open(merged(tmp_path / "both", one, other))
    for name in ("duration", "b", "x", "y", "z"):
        assert experiments.find(both, name).name in {"y", "z"}
