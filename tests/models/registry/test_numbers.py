"""Numbers of versions: each is given once, whoever asks and however many ask at once."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from runlog.errors import BadName, Conflict, Damaged, NotFound, StoreError, UsageError
from runlog.models import registry
from runlog.models.find import find_named, find_version
from runlog.store.store import Store
from runlog.store.stored import StoredRun
from tests.scene import WITHOUT_POWERS, all_at_once, files_below, python, tree

Runs = Callable[[str], StoredRun]

REGISTERS = """
import sys
from runlog.models import registry
from runlog.runs.find import find_one
from runlog.store.store import Store

store = Store.open(__import__("pathlib").Path(sys.argv[1]))
run = find_one(store, sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[3])):
    print(registry.register(store, run, "duration").label, flush=True)
"""


def test_eight_processes_register_two_hundred_versions(store: Store, run: Runs, tmp_path: Path) -> None:
    outputs = all_at_once(REGISTERS, [[store.root, run("ridge").id, "25"]] * 8, cwd=tmp_path)
    labels = [line for output in outputs for line in output.splitlines()]
    assert sorted(labels, key=lambda label: int(label.partition("@")[2])) == [f"duration@{n}" for n in range(1, 201)]
    model = find_named(store, "duration")
    assert [version.number for version in model.versions] == list(range(1, 201))
    assert model.conflicts == ()
    written = [json.loads(path.read_text())["number"] for path in store.root.glob("models/duration/versions/*.json")]
    assert sorted(written) == list(range(1, 201))
    assert store.check().clean


def test_a_version_knows_its_run_and_its_bytes(store: Store, run: Runs) -> None:
    version = registry.register(store, run("ridge"), tags={"team": "trips"}, note="the first")
    assert version == find_version(store, "duration")
    assert (version.model, version.number, version.run, version.path) == ("duration", 1, run("ridge").id, "model")
    assert (version.stage, version.aliases, version.tags, version.description) == (None, (), {"team": "trips"}, "the first")
    assert (version.removed, version.conflicts, len(version.digest)) == (False, (), 64)
    [path] = store.root.glob("models/duration/versions/*.json")
    document = json.loads(path.read_text())
    assert path.name == f"1.{version.id}.json"
    del document["process"], document["registered_at"]
    assert document == {
        "format": 1,
        "model": "duration",
        "number": 1,
        "id": version.id,
        "run": version.run,
        "path": "model",
        "digest": version.digest,
        "tags": {"team": "trips"},
        "note": "the first",
    }


def test_the_name_is_that_of_the_model_or_else_of_the_experiment(store: Store, run: Runs) -> None:
    assert registry.register(store, run("ridge")).label == "duration@1"
    assert registry.register(store, run("two"), path="trips").label == "trips@1"
    assert registry.register(store, run("two"), "fares in town", path="fares").label == "fares in town@1"
    with pytest.raises(Conflict, match=r"has 2 models: trips, fares") as several:
        registry.register(store, run("two"))
    assert several.value.hint == f"runlog model register {run('two').id} --path fares"
    with pytest.raises(NotFound, match="has no model: its program did not call log_model"):
        registry.register(store, run("bare"))
    with pytest.raises(NotFound, match="has no model 'tripz'"):
        registry.register(store, run("two"), path="tripz")


def test_a_model_that_nobody_named_needs_a_name(store: Store, tmp_path: Path) -> None:
    script = "import runlog\nwith runlog.start_run(name='plain') as run: run.log_text('flavors: {}', 'model/MLmodel')"
    assert python(script, cwd=store.root.parent).returncode == 0
    plain = next(run for run in store.runs() if run.name == "plain")
    with pytest.raises(UsageError) as refused:
        registry.register(store, plain)
    assert refused.value.hint == f"runlog model register {plain.id} --name NAME"
    assert not (store.root / "models").exists()


NAMES = ["Duration", "duration", "Größe 模型", "a:b", "trips*?", "x" * 200, ".hidden", "ends."]


@pytest.mark.parametrize("name", NAMES)
def test_names_that_filesystems_do_not_take_are_kept_all_the_same(name: str, store: Store, run: Runs) -> None:
    registry.register(store, run("ridge"), name)
    registry.register(store, run("xgb"), name.swapcase())
    assert find_version(store, f"{name}@1").run == run("ridge").id
    for path in files_below(store.root / "models"):
        assert re.fullmatch(r"[a-z0-9][a-z0-9._-]*(~[0-9a-f]{8})?", path.relative_to(store.root).parts[1])


@pytest.mark.parametrize("name", ["", " ", "a/b", "..", "a@b", "con", "x" * 201, "a\nb", "-", "a\\b"])
def test_other_names_are_refused_before_anything_is_written(name: str, store: Store, run: Runs) -> None:
    before = tree(store.root)
    with pytest.raises(BadName):
        registry.register(store, run("ridge"), name or " ")
    assert tree(store.root) == before


def test_a_model_that_is_damaged_is_not_registered(store: Store, run: Runs) -> None:
    weights = run("ridge").artifact("model/weights.txt")
    os.chmod(weights, 0o644)
    weights.write_text("weights of ridge/MODEL\n")
    before = tree(store.root)
    with pytest.raises(Damaged, match=r"'model/weights\.txt' is not what was logged"):
        registry.register(store, run("ridge"))
    assert tree(store.root) == before


def test_a_store_that_cannot_be_written_says_so_and_is_read(store: Store, run: Runs) -> None:
    registry.register(store, run("ridge"))
    script = WITHOUT_POWERS + (
        "from pathlib import Path\nfrom runlog.errors import StoreError\nfrom runlog.models import find, registry\n"
        "from runlog.store.store import Store\nstore = Store.open(Path('.runlog'))\n"
        "print(find.find_version(store, 'duration@1').label, find.find_model(store, 'duration').path)\n"
        "run = next(run for run in store.runs() if run.name == 'xgb')\n"
        "try:\n    registry.register(store, run)\nexcept StoreError as error:\n    print(error.message)\n"
    )
    for folder in [store.root, *(path for path in store.root.rglob("*") if path.is_dir())]:
        folder.chmod(0o555)
    try:
        done = python(script, cwd=store.root.parent)
    finally:
        for folder in [store.root, *(path for path in store.root.rglob("*") if path.is_dir())]:
            folder.chmod(0o755)
    assert (done.stdout, done.stderr) == ("duration@1 model\ncannot claim 2: permission denied\n", "")


def test_a_file_in_the_place_of_the_registry_is_told(store: Store, run: Runs) -> None:
    (store.root / "models").write_text("mine")
    assert store.models() == []
    with pytest.raises(StoreError, match="models is a file where a folder must be"):
        registry.register(store, run("ridge"))
