"""`check` names every damage and changes nothing; `check --repair` mends it or sets it aside, and loses nothing."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import shutil
import stat
from collections import Counter
from pathlib import Path

import pytest

import runlog
from runlog.errors import RunlogError
from runlog.records import CheckReport
from runlog.store.check import check_folder
from tests.dying import left_behind
from tests.scene import begin_python, files_below, runlog_cli, tree
from tests.store.damage import DAMAGES, LARGE, Damage, Scene, link_out, make_scene, rewrite


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return make_scene(tmp_path_factory.mktemp("original"))


@pytest.fixture
def scene(original: Scene, tmp_path: Path) -> Scene:
    return original.copied(tmp_path / "store")


def dates(root: Path) -> dict[str, tuple[int, int, int]]:
    """What would tell that somebody wrote: inode, size and time of every path."""
    found = {}
    for path in [root, *root.rglob("*")]:
        info = path.lstat()
        found[path.as_posix()] = (info.st_ino, info.st_size, info.st_mtime_ns)
    return found


def contents(root: Path) -> Counter[str]:
    """The bytes of all ordinary files, wherever they lie."""
    return Counter(hashlib.sha256(path.read_bytes()).hexdigest() for path in files_below(root))


def require_finding(report: CheckReport, scene: Scene, damage: Damage) -> None:
    path = damage.path.format(whole=scene.whole.relative_to(scene.store), whole_id=scene.whole.name)
    wanted = re.compile(rf"(.*/)?{path}")
    named = [found for found in report.findings if wanted.fullmatch(found.path)]
    assert [found for found in named if re.fullmatch(damage.problem, found.problem)], report.findings
    for found in report.findings:
        assert "\n" not in found.problem
        assert len(found.problem) < 250


def require_readable(store: Path) -> None:
    for run in runlog.open_store(store).runs():
        for metric in run.metrics:
            assert run.history(metric).num_rows == run.metrics[metric].count or run.problems
        for path in run.artifacts:
            data = run.artifact(path).read_bytes()
            assert hashlib.sha256(data).hexdigest() == run.artifacts[path].sha256


def test_the_scene_is_sound(scene: Scene) -> None:
    before = dates(scene.store)
    report = check_folder(scene.store)
    assert report.findings == ()
    assert report.runs == 4
    # Every file but the three that hold nothing of their own was looked at.
    assert report.files >= len(files_below(scene.store)) - 3
    assert check_folder(scene.store, repair=True).findings == ()
    assert dates(scene.store) == before
    assert {run.name: run.state for run in runlog.open_store(scene.store).runs()} == {
        "whole": "finished",
        "failed": "failed",
        "no points": "finished",
        "lost": "lost",
    }


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name)
def test_damage(original: Scene, scene: Scene, damage: Damage) -> None:
    sound = tree(original.store)
    damage.harm(scene)
    before, outside = tree(scene.store), tree(scene.outside)

    written = dates(scene.store)
    report = check_folder(scene.store)
    require_finding(report, scene, damage)
    assert report.clean == damage.clean_before
    assert dates(scene.store) == written, "a check changed something"

    held = contents(scene.store)
    for part in damage.loses:
        held -= Counter(before[path] for path in before if part in path)
    repaired = check_folder(scene.store, repair=True)
    assert repaired.clean, repaired.findings
    # What hangs on something that is set aside goes with it.
    named = {found.path for found in report.findings if os.path.lexists(scene.store / found.path)}
    assert named <= {found.path for found in repaired.findings}
    assert held <= contents(scene.store), "a repair lost something"
    assert tree(scene.outside) == outside, "a repair reached out of the store"
    after = tree(scene.store)
    aside = {path.split("/", 2)[2] for path in after if re.fullmatch(r"quarantine/[^/]+/.+", path)}
    untouched = {path for path, data in sound.items() if before.get(path) == data and path not in aside}
    assert {path for path in untouched if after.get(path) != sound[path]} == set(), "what was sound was changed"

    again = check_folder(scene.store)
    assert {found.severity for found in again.findings} <= {"note"}
    assert check_folder(scene.store, repair=True).clean
    assert tree(scene.store) == after, "a second repair found something to do"
    require_readable(scene.store)
    assert tree(scene.store) == after, "reading a repaired store changed it"
    # And it can be written to.
    with runlog.start_run(store=scene.store, strict=True, experiment="duration") as run:
        run.log_metric("loss", 1.0)
        run.log_text("x", "a/b")


def test_all_of_them_at_once(scene: Scene) -> None:
    """As far as they do not exclude each other."""
    for damage in DAMAGES:
        try:
            damage.harm(scene)
        except (OSError, ValueError, shutil.Error):
            continue
    before = dates(scene.store)
    report = check_folder(scene.store)
    assert not report.clean
    assert dates(scene.store) == before
    outside = tree(scene.outside)
    assert check_folder(scene.store, repair=True).clean
    assert tree(scene.outside) == outside
    assert check_folder(scene.store).clean
    require_readable(scene.store)


def test_one_damage_hides_no_other(scene: Scene) -> None:
    """All is said in one go, also of a run whose documents cannot be read."""
    rewrite(scene.one("entries-*"), b"{")
    scene.one("metrics/*.parquet").unlink()
    rewrite(next(scene.failed.glob("entries-*")), b"{")
    rewrite(scene.failed / "artifacts" / "copy.bin", b"x")
    (scene.lost / "run.json").unlink()
    [door] = scene.lost.glob("metrics/*.rejected")
    os.mkfifo(scene.no_points / "strange")
    assert len({found.path for found in check_folder(scene.store).findings}) >= 4
    assert check_folder(scene.store, repair=True).clean
    assert list(scene.store.glob(f"quarantine/*/experiments/*/*/metrics/{door.name}"))


def test_no_byte_of_the_points_changes_unseen(scene: Scene) -> None:
    """Whatever one byte is changed: either check says so, or every reading is as it was."""
    path = scene.one("metrics/*.parquet")
    sound = path.read_bytes()
    run = runlog.open_store(scene.store).run(scene.whole.name)
    expected = {metric: run.history(metric).to_pylist() for metric in (None, "loss", "rmse")}
    unseen = []
    for other in (scene.failed, scene.lost, scene.no_points):
        shutil.rmtree(other)
    for place in random.Random(0).sample(range(len(sound)), 200):
        rewrite(path, sound[:place] + bytes([sound[place] ^ 0x55]) + sound[place + 1 :])
        if check_folder(scene.store).clean:
            fresh = runlog.open_store(scene.store).run(scene.whole.name)
            if {metric: fresh.history(metric).to_pylist() for metric in expected} != expected:
                unseen.append(place)
    assert unseen == []


_LIVING = """
import sys, runlog
run = runlog.start_run(store="store", experiment="duration")
for number in range(50):
    run.log_metric("loss", float(number))
print(run.id, flush=True)
sys.stdin.readline()
"""


def dead_log(scene: Scene) -> Path:
    """The log of a process that was killed, in a store that nobody has opened since."""
    with begin_python(_LIVING, cwd=scene.store.parent) as child:
        assert child.stdout
        run_id = child.stdout.readline().strip()
        child.kill()
        child.wait()
    [log] = (scene.store / "experiments" / "duration" / run_id / "live").glob("*.log")
    return log


def test_the_log_of_a_dead_process_is_found_without_its_marker_and_settled(scene: Scene) -> None:
    log = dead_log(scene)
    (scene.store / "live" / log.parent.parent.name).unlink()
    report = check_folder(scene.store)
    assert [(found.path, found.problem) for found in report.findings] == [
        (log.relative_to(scene.store).as_posix(), "was left by a process that is gone")
    ]
    assert not report.clean
    assert check_folder(scene.store, repair=True).clean
    assert check_folder(scene.store).findings == ()
    assert not log.exists()
    assert runlog.open_store(scene.store).run(log.parent.parent.name).metrics["loss"].count == 50


def test_the_log_of_a_living_process_is_left_alone(scene: Scene) -> None:
    with begin_python(_LIVING, cwd=scene.store.parent) as child:
        assert child.stdout
        child.stdout.readline()
        before = tree(scene.store)
        assert check_folder(scene.store, repair=True).findings == ()
        assert tree(scene.store) == before


def test_a_run_that_has_just_ended_is_sound(scene: Scene) -> None:
    with runlog.start_run(store=scene.store) as run:
        run.log_metric("loss", 1.0)
    assert runlog.open_store(scene.store).check().findings == ()


def test_a_log_that_is_none_is_set_aside(scene: Scene) -> None:
    log = dead_log(scene)
    log.write_bytes(b"this is no log")
    report = check_folder(scene.store)
    assert [(found.path, found.problem) for found in report.findings] == [
        (log.relative_to(scene.store).as_posix(), "is not a metrics log")
    ]
    assert check_folder(scene.store, repair=True).clean
    [aside] = scene.store.glob(f"quarantine/*/{log.relative_to(scene.store)}")
    assert aside.read_bytes() == b"this is no log"
    assert check_folder(scene.store).clean
    assert runlog.open_store(scene.store).run(log.parent.parent.name).state == "lost"


def test_what_is_damaged_in_a_log_is_passed_over_and_kept(scene: Scene) -> None:
    """The points around it become Parquet; the damaged bytes themselves are not thrown away with the log."""
    log = dead_log(scene)
    data = bytearray(log.read_bytes())
    place = len(data) - 32 * 20
    data[place : place + 32] = b"\xee" * 32
    log.write_bytes(data)
    report = check_folder(scene.store)
    assert "1 damaged place" in " ".join(found.problem for found in report.findings)
    assert check_folder(scene.store, repair=True).clean
    assert check_folder(scene.store).clean
    run = runlog.open_store(scene.store).run(log.parent.parent.name)
    values = run.history("loss").column("value").to_pylist()
    assert values == [float(number) for number in range(50) if number != 30]
    assert "1 damaged place in a metrics log was passed over" in " ".join(run.problems)
    assert any(b"\xee" * 32 in path.read_bytes() for path in files_below(scene.store))


def test_a_repair_that_is_killed_at_any_step_can_be_repeated(original: Scene, tmp_path: Path) -> None:
    """The process kills itself before its first change, before its second, and so on until it gets through."""
    damaged = original.copied(tmp_path / "damaged")
    for name in ("store.json garbage", "experiment.json garbage", "run.json of another", "litter in {whole}"):
        next(damage for damage in DAMAGES if damage.name == name).harm(damaged)
    rewrite(next(damaged.failed.glob("entries-*")), b"{")
    rewrite(damaged.failed / "artifacts" / "copy.bin", LARGE[:-1])
    next(damaged.lost.glob("metrics/*.parquet")).unlink()
    link_out(damaged, damaged.store / "quarantine")
    held = contents(damaged.store) - Counter([hashlib.sha256(b"half a file").hexdigest()])
    outside = tree(damaged.outside)
    repair = "from pathlib import Path; from runlog.store.check import check_folder; check_folder(Path(store), repair=True)"
    for deaths, store in enumerate(left_behind(repair, tmp_path, damaged.store)):  # noqa: B007
        assert check_folder(store, repair=True).clean
        assert check_folder(store).clean
        assert held <= contents(store)
        require_readable(store)
    assert deaths > 20
    assert tree(damaged.outside) == outside


def test_two_repaired_stores_still_merge(original: Scene, tmp_path: Path) -> None:
    stores = []
    for name in ("here", "there"):
        scene = original.copied(tmp_path / name)
        rewrite(scene.store / "store.json", name.encode())
        rewrite(scene.whole / "artifacts" / "model.bin", name.encode())
        rewrite(scene.one("entries-*"), name.encode()) if name == "here" else None
        assert check_folder(scene.store, repair=True).clean
        stores.append(tree(scene.store))
    here, there = stores
    differing = {path for path in here.keys() & there.keys() if here[path] != there[path]}
    # What a process said cannot be made anew out of its points, so there the document that is whole must be the one that is kept.
    assert {path for path in differing if not path.rpartition("/")[2].startswith("entries-")} == set()


def test_a_good_copy_brings_back_what_was_given_up(original: Scene, scene: Scene) -> None:
    rewrite(scene.whole / "artifacts" / "model.bin", b"altered")
    scene.one("metrics/*.parquet").unlink()
    assert check_folder(scene.store, repair=True).clean
    run = runlog.open_store(scene.store).run(scene.whole.name)
    assert "model.bin" not in run.artifacts
    assert run.history().num_rows == 0

    shutil.copytree(original.store, scene.store, dirs_exist_ok=True)
    report = check_folder(scene.store)
    assert sorted(found.problem for found in report.findings) == ["was given up and is back"] * 2
    assert check_folder(scene.store, repair=True).clean
    assert check_folder(scene.store).findings == ()
    run = runlog.open_store(scene.store).run(scene.whole.name)
    assert run.artifact("model.bin").read_bytes() == LARGE
    assert run.history().num_rows == 400


def test_what_the_system_refuses_is_not_set_aside(scene: Scene, tmp_path: Path) -> None:
    """Not to be allowed to read a file is no reason to move a run away."""
    from tests.scene import WITHOUT_POWERS, python

    for path in (scene.whole / "run.json", next(scene.failed.glob("entries-*")), scene.one("artifacts/model.bin")):
        path.chmod(0)
    next(scene.lost.glob("metrics/*.parquet")).chmod(0)
    before = tree_of_names(scene.store)
    script = f"""{WITHOUT_POWERS}
import sys
from pathlib import Path
from runlog.store.check import check_folder
report = check_folder(Path("store"), repair=True)
print(report.clean, sum("permission denied" in found.problem for found in report.findings))
"""
    done = python(script, cwd=tmp_path)
    assert done.stderr == ""
    assert done.stdout == "False 3\n"
    assert tree_of_names(scene.store) == before


def tree_of_names(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*")}


def test_runs_of_a_newer_runlog_are_not_set_aside(scene: Scene) -> None:
    for path in (scene.whole / "run.json", next(scene.failed.glob("entries-*"))):
        document = json.loads(path.read_bytes())
        rewrite(path, json.dumps({**document, "format": 2}).encode())
    before = tree(scene.store)
    report = check_folder(scene.store, repair=True)
    assert not report.clean
    assert len([found for found in report.findings if "newer than format 1" in found.problem]) == 2
    assert tree(scene.store) == before


@pytest.mark.parametrize("version", [0, 2, 99])
def test_a_store_of_another_format_is_refused(scene: Scene, version: int) -> None:
    rewrite(scene.store / "store.json", json.dumps({"format": version}).encode())
    before = tree(scene.store)
    with pytest.raises(RunlogError, match="newer than" if version else "older than"):
        check_folder(scene.store, repair=True)
    assert tree(scene.store) == before


def test_the_command_says_what_the_function_says(scene: Scene, tmp_path: Path) -> None:
    done = runlog_cli("--store", scene.store, "check", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"4 runs, \d+ files checked: all is well\n", done.stdout)

    rewrite(scene.whole / "run.json", b"")
    (scene.store / "notes.txt").write_text("mine")
    expected = check_folder(scene.store).document()
    before = tree(scene.store)
    done = runlog_cli("--store", scene.store, "check", "--json", cwd=tmp_path)
    assert (done.returncode, json.loads(done.stdout)["findings"]) == (1, list(expected["findings"]))
    done = runlog_cli("--store", scene.store, "check", cwd=tmp_path)
    assert done.returncode == 1
    assert f"damage: {scene.whole.relative_to(scene.store)}/run.json: is empty\n" in done.stdout
    assert "note: notes.txt: is no file of runlog's; it is left alone\n" in done.stdout
    assert tree(scene.store) == before

    done = runlog_cli("--store", scene.store, "check", "--repair", cwd=tmp_path)
    assert done.returncode == 0
    assert "is empty (set aside in quarantine/" in done.stdout
    done = runlog_cli("--store", scene.store, "check", "--repair", "--json", cwd=tmp_path)
    assert done.returncode == 0
    assert [found["path"] for found in json.loads(done.stdout)["findings"]] == ["notes.txt"]
    assert not stat.S_ISLNK(scene.whole.parent.lstat().st_mode)
