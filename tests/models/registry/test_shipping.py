"""A model out of the store: a folder or an archive that needs nothing else."""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from runlog.errors import Conflict, Damaged, OutsideError, UsageError
from runlog.models import registry
from runlog.models.find import find_model
from runlog.models.shipping import default_name, export
from runlog.store.store import Store
from tests.models.registry.conftest import named
from tests.scene import tree


@pytest.fixture
def one(store: Store) -> Store:
    registry.register(store, named(store, "ridge"), tags={"team": "trips"}, note="the first", aliases=["champion"])
    return store


def test_a_folder_tells_where_it_is_from(one: Store, tmp_path: Path) -> None:
    found = find_model(one, "duration@champion")
    assert default_name(found) == "duration-1"
    target = export(found, tmp_path / "out" / "duration-1")
    assert sorted(path.name for path in target.iterdir()) == ["MLmodel", "runlog.json", "weights.txt"]
    assert (target / "weights.txt").read_text() == "weights of ridge/model\n"
    assert os.access(target / "weights.txt", os.W_OK)
    text = (target / "runlog.json").read_text()
    assert str(tmp_path) not in text
    told = json.loads(text)
    assert found.version and found.run
    assert told["run"].pop("created_at") < told.pop("registered_at")
    assert told == {
        "model": "duration",
        "version": 1,
        "id": found.version.id,
        "stage": None,
        "aliases": ["champion"],
        "tags": {"team": "trips"},
        "description": "the first",
        "digest": found.version.digest,
        "run": {
            "id": found.run.id,
            "name": "ridge",
            "experiment": "duration",
            "params": {"alpha": 0.065},
            "tags": {},
            "metrics": {"rmse": 6.5},
            "inputs": [],
            "code": {"commit": None, "branch": None, "remote": None, "dirty": False},
        },
    }
    lines = [f"{path} {hashlib.sha256((target / path).read_bytes()).hexdigest()}\n" for path in ("MLmodel", "weights.txt")]
    assert hashlib.sha256("".join(lines).encode()).hexdigest() == told["digest"]


@pytest.mark.parametrize("ending", [".zip", ".tar.gz", ".tgz", ".tar"])
def test_an_archive_is_the_same_each_time(ending: str, one: Store, tmp_path: Path) -> None:
    found = find_model(one, "duration@1")
    first, second = (export(found, tmp_path / f"{name}{ending}") for name in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()
    if ending == ".zip":
        with zipfile.ZipFile(first) as packed:
            packed.extractall(tmp_path / "out")
    else:
        with tarfile.open(first) as unpacked:
            unpacked.extractall(tmp_path / "out", filter="data")
    folder = export(found, tmp_path / "folder")
    assert tree(tmp_path / "out" / "duration-1") == tree(folder)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".runlog-export")) == []


def test_what_is_there_is_kept_unless_told(one: Store, tmp_path: Path) -> None:
    found = find_model(one, "duration@1")
    target = export(found, tmp_path / "out")
    (target / "weights.txt").write_text("mine")
    with pytest.raises(Conflict, match="is there already"):
        export(found, target)
    export(found, target, replace=True)
    assert (target / "weights.txt").read_text() == "weights of ridge/model\n"
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("years of work")
    with pytest.raises(Conflict, match="is a folder that holds something else than a model"):
        export(found, precious, replace=True)
    assert tree(precious) == {"thesis.txt": hashlib.sha256(b"years of work").hexdigest()}
    (tmp_path / "file").write_text("x")
    with pytest.raises(Conflict, match="is no folder"):
        export(found, tmp_path / "file", replace=True)
    with pytest.raises(OutsideError, match="cannot write"):
        export(found, tmp_path / "file" / "below")


def test_a_damaged_model_is_not_shipped(one: Store, tmp_path: Path) -> None:
    found = find_model(one, "duration@1")
    weights = named(one, "ridge").artifact("model/weights.txt")
    os.chmod(weights, 0o644)
    weights.write_text("weights of RIDGE/model\n")
    for name in ("out", "out.zip"):
        with pytest.raises(Damaged):
            export(found, tmp_path / name)
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name or "export" in path.name] == []


def test_the_model_of_a_run_is_shipped_too(one: Store, tmp_path: Path) -> None:
    found = find_model(one, "two/fares")
    told = json.loads((export(found, tmp_path / default_name(found)) / "runlog.json").read_text())
    assert (told["model"], told["version"], told["run"]["name"]) == (None, None, "two")
    assert default_name(found) == f"{named(one, 'two').id}-fares"
    with pytest.raises(UsageError, match="lies in no store"):
        export(find_model(one, str(tmp_path / default_name(found))), tmp_path / "again")
