"""Promise 8: names are checked on the way in and out, links are not followed: nothing in a store can make a reader leave it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.scene import python, tree
from tests.store.damage import Scene, rewrite

SECRET = "the private key"


def entries(run: Path, change: Callable[[list[dict[str, object]]], object]) -> None:
    """Change what a run says, as somebody would who wants to reach further."""
    [path] = run.glob("entries-*.json")
    document = json.loads(path.read_bytes())
    change(document["entries"])
    rewrite(path, json.dumps(document).encode())


def artifact_above(scene: Scene) -> None:
    entries(scene.whole, lambda said: [e.update(artifact="../../../../../outside/secret") for e in said if "artifact" in e])


def file_above(scene: Scene) -> None:
    def climb(said: list[dict[str, object]]) -> None:
        for entry in said:
            if "artifact" in entry:
                entry["value"] = {"bytes": 15, "sha256": "0" * 64, "file": "../../../../../outside/secret"}

    entries(scene.whole, climb)


def file_by_its_whole_path(scene: Scene) -> None:
    whole = str(scene.outside / "secret")

    def name(said: list[dict[str, object]]) -> None:
        for entry in said:
            if "artifact" in entry:
                entry["value"] = {"bytes": 15, "sha256": "0" * 64, "file": whole}

    entries(scene.whole, name)


def points_above(scene: Scene) -> None:
    [path] = scene.whole.glob("entries-*.json")
    rewrite(path, json.dumps({**json.loads(path.read_bytes()), "writer": "../../../../../outside/secret"}).encode())


def experiment_above(scene: Scene) -> None:
    rewrite(scene.whole / "run.json", json.dumps({**birth(scene), "experiment": "../../outside"}).encode())


def run_above(scene: Scene) -> None:
    rewrite(scene.whole / "run.json", json.dumps({**birth(scene), "id": "../../../outside"}).encode())


def experiment_renamed_above(scene: Scene) -> None:
    said = {"format": 1, "experiment": scene.whole.parent.name, "process": {}}
    word = {"at": "2026-11-20T21:30:12.000000Z", "name": "../../../outside"}
    (scene.whole.parent / "entries").mkdir()
    (scene.whole.parent / "entries" / "20261120-213012-k3f9x2.json").write_text(json.dumps({**said, "entries": [word]}))


def marker_above(scene: Scene) -> None:
    """Whoever opens the store finishes what a marker speaks of, and removes logs there."""
    shutil.copytree(scene.whole, scene.outside / scene.whole.name)
    (scene.outside / scene.whole.name / "live").mkdir()
    (scene.outside / scene.whole.name / "live" / "20261120-213012-k3f9x2.log").write_bytes(b"runlog1\n")
    for name, place in ((scene.whole.name, f"../outside/{scene.whole.name}"), (scene.lost.name, str(scene.outside))):
        marker = {"format": 1, "run": place, "process": {"pid": 1, "started": 1, "host": "nowhere"}}
        (scene.store / "live" / name).write_text(json.dumps(marker))


def birth(scene: Scene) -> dict[str, object]:
    found: dict[str, object] = json.loads((scene.whole / "run.json").read_bytes())
    return found


def linked(name: str) -> Callable[[Scene], None]:
    """A link in the place of something, to another such thing outside."""

    def link(scene: Scene) -> None:
        place = Path(name.format(store=scene.store, whole=scene.whole))
        [path] = place.parent.glob(place.name)
        outside = scene.outside / path.name
        shutil.move(path, outside)
        path.symlink_to(outside)
        for found in [outside, *outside.rglob("*")]:
            tell_the_secret(found)

    link.__name__ = f"linked {name}"
    return link


def tell_the_secret(path: Path) -> None:
    """So that whoever reads it there tells it."""
    if path.name == "run.json":
        rewrite(path, json.dumps({**json.loads(path.read_bytes()), "note": SECRET}).encode())
    elif path.name.startswith("entries-"):
        document = json.loads(path.read_bytes())
        document["entries"].append({"at": document["last_sign_at"], "tag": "key", "value": SECRET})
        rewrite(path, json.dumps(document).encode())
    elif path.is_file() and "artifacts" in path.parts:
        rewrite(path, SECRET.encode())


def linked_secret(scene: Scene) -> None:
    (scene.whole / "artifacts" / "model.bin").unlink()
    (scene.whole / "artifacts" / "model.bin").symlink_to(scene.outside / "secret")


def linked_folder_of_artifacts(scene: Scene) -> None:
    shutil.rmtree(scene.whole / "artifacts" / "deep")
    (scene.outside / "notes.txt").write_text(SECRET)
    (scene.whole / "artifacts" / "deep").symlink_to(scene.outside)


PLACES = ("{store}/experiments", "{store}/live", "{whole}", "{whole}/run.json", "{whole}/entries-*", "{whole}/metrics")
MORE = ("{whole}/artifacts", "{whole}/metrics/*.parquet", "{store}/store.json")
WAYS: list[Callable[[Scene], None]]
WAYS = [artifact_above, file_above, file_by_its_whole_path, points_above, experiment_above, run_above, experiment_renamed_above]
WAYS += [marker_above, linked_secret, linked_folder_of_artifacts, *map(linked, (*PLACES, *MORE))]


COMMANDS = """
import contextlib, io, json, os, sys
from runlog.cli import main
store, run, copies = sys.argv[1:]
for words in (
    ["ls"],
    ["show", run, "--json"],
    ["metrics", run, "--history"],
    ["artifacts", "cat", run, "model.bin"],
    ["artifacts", "cat", run, "deep/notes.txt"],
    ["artifacts", "get", run, "--output", copies],
    ["export", run],
    ["experiments"],
    ["check"],
    ["tag", run, "seen"],
    ["log", "--force", "--run", run, "late=1"],
    ["check", "--repair"],
    ["rm", "--yes", run],
    ["gc", "--yes", "--older-than", "0s", "--forget"],
):
    sys.argv = ["runlog", "--store", store, *words]
    print("\\n>", *words[:2], main(), flush=True)
"""


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_no_way_leads_out(scene: Scene, tmp_path: Path, way: Callable[[Scene], None]) -> None:
    scene.outside.mkdir()
    (scene.outside / "secret").write_text(SECRET)
    way(scene)
    outside, times = tree(scene.outside), looks(scene.outside)
    (tmp_path / "here").mkdir()
    done = python(COMMANDS, scene.store, scene.whole.name, tmp_path / "here" / "copies", cwd=tmp_path / "here")
    assert done.returncode == 0, done.stderr
    statuses = [line.rpartition(" ")[2] for line in done.stdout.splitlines() if line.startswith("> ")]
    assert len(statuses) == 14
    assert set(statuses) <= {"0", "1", "3", "4", "5", "6"}, done.stdout + done.stderr
    assert SECRET not in done.stdout + done.stderr
    if "metrics" in way.__name__:
        assert statuses[2] == "6", "points were read from there"
    assert "Traceback" not in done.stderr
    assert (tree(scene.outside), looks(scene.outside)) == (outside, times)
    copies = [path for path in (tmp_path / "here" / "copies").rglob("*") if path.is_file()]
    assert all(SECRET.encode() not in path.read_bytes() for path in copies)


def looks(folder: Path) -> dict[str, int]:
    """When each thing below a folder was changed."""
    return {str(path): os.lstat(path).st_mtime_ns for path in [folder, *folder.rglob("*")]}
