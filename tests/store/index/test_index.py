"""The index says what the store says, whatever happened to either."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import runlog
from benchmarks.many import make_store
from runlog.config import cache_folder
from runlog.errors import RunlogError
from runlog.records import RunRecord
from runlog.runs.find import find_one
from runlog.runs.select import Wanted, select
from runlog.store.index.codec import decode, encode
from runlog.store.index.place import folder_of
from runlog.store.store import Store
from tests.store.index.scene import QUESTIONS, RUNS, are_very_many, let_pass, plainly, runlog_edit, same


def index_file() -> Path:
    (found,) = (cache_folder() / "index").glob("*/*.sqlite")
    return found


@pytest.mark.parametrize("looked_at", [1, 7, 2000])
def test_every_question_has_the_answer_of_the_store(root: Path, looked_at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it is answered by looking at runs, by columns of them, or by the one and then the other."""
    monkeypatch.setattr("runlog.store.index.index._LOOKED_AT", looked_at)
    for wanted in QUESTIONS:
        answer = select(Store.open(root), wanted)
        assert same(answer, plainly(root, monkeypatch, wanted)), wanted
    assert index_file().stat().st_size > 50_000  # it was there, and was asked


def test_a_question_that_cannot_be_asked_is_refused_alike(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for wanted in (
        Wanted(where=("rmsee < 3",)),
        Wanted(where=("model = xgb",)),
        Wanted(where=("rmse <",)),
        Wanted(sort="nothing"),
    ):
        with pytest.raises(RunlogError) as without:
            plainly(root, monkeypatch, wanted)
        with pytest.raises(RunlogError) as within:
            select(Store.open(root), wanted)
        assert (str(within.value), within.value.hint) == (str(without.value), without.value.hint)


def a_run(root: Path, number: int) -> Path:
    return sorted((root / "experiments" / "exp-001").glob("2*"))[number]


def tag_it(root: Path) -> None:
    runlog_edit(root, "trial-40", tag="by-runlog")


def edit_by_hand(root: Path) -> None:
    """In place, as an editor does that keeps the file."""
    for number in range(10):
        path = a_run(root, number) / "run.json"
        document = json.loads(path.read_text())
        document["params"]["alpha"] = 99.5
        with open(path, "r+") as file:
            file.write(json.dumps(document))
            file.truncate()


def edit_by_replacing(root: Path) -> None:
    path = a_run(root, 3) / "run.json"
    (path.parent / "new").write_text(path.read_text().replace("trial-", "other-"))
    os.utime(path.parent / "new", ns=(0, path.stat().st_mtime_ns))
    os.rename(path.parent / "new", path)


def copy_in(root: Path) -> None:
    other = root.parent / "other"
    make_store(other, 40, 7, first=10_000)
    shutil.copytree(other / "experiments", root / "experiments", dirs_exist_ok=True)


def copy_words_in(root: Path) -> None:
    """What was said on another machine about a run that is here, by a copy that keeps all times."""
    other = root.parent / "elsewhere"
    shutil.copytree(root, other)
    runlog_edit(other, "trial-41", tag="from-elsewhere")
    subprocess.run(["cp", "-a", f"{other}/.", root], check=True)


def remove_runs(root: Path) -> None:
    shutil.rmtree(a_run(root, 0))
    shutil.rmtree(root / "experiments" / "exp-004")


def damage_a_run(root: Path) -> None:
    (a_run(root, 5) / "run.json").write_text("{")


def move_a_run(root: Path) -> None:
    find_one(Store.open(root), "trial-44").say(("experiment", "", "elsewhere"), ("name", "", "moved"))


def rename_an_experiment(root: Path) -> None:
    from runlog.experiments import rename

    rename(Store.open(root), "exp-002", "renamed")


def throw_away(root: Path) -> None:
    find_one(Store.open(root), "trial-45").say(("removed", "", True))


def resume(root: Path) -> None:
    with runlog.start_run(run_id=find_one(Store.open(root), "trial-46").id, store=root) as run:
        run.log_metric("resumed", 1.5)


CHANGES = [
    tag_it,
    edit_by_hand,
    edit_by_replacing,
    copy_in,
    copy_words_in,
    remove_runs,
    damage_a_run,
    move_a_run,
    rename_an_experiment,
    throw_away,
    resume,
]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("settled", [True, False], ids=["later", "at-once"])
def test_what_changes_is_seen(change: Callable[[Path], None], settled: bool, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = select(Store.open(root), Wanted())
    if settled:
        # Past the moment in which times of files say too little.
        let_pass(root, monkeypatch)
    change(root)
    after = select(Store.open(root), Wanted())
    assert same(after, plainly(root, monkeypatch, Wanted()))
    assert not same(after, before)
    assert same(
        select(Store.open(root), Wanted(where=("alpha > 90",))), plainly(root, monkeypatch, Wanted(where=("alpha > 90",)))
    )


def test_runs_that_cannot_be_read_are_known_with_and_without_an_index(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    select(Store.open(root), Wanted())
    (a_run(root, 5) / "run.json").write_text("{")
    (a_run(root, 6) / "run.json").unlink()
    document = next(a_run(root, 7).glob("entries-*.json"))
    half = document.read_text()[:-30]
    document.unlink()
    document.write_text(half)
    shutil.rmtree(a_run(root, 8))
    expected = {a_run(root, number).relative_to(root).as_posix() for number in (5, 6, 7)}
    by_index = Store.open(root)
    runs = select(by_index, Wanted())
    monkeypatch.setenv("RUNLOG_INDEX", "off")
    by_reading = Store.open(root)
    assert same(runs, select(by_reading, Wanted()))
    assert by_index.unreadable == by_reading.unreadable == expected


def test_in_a_store_of_very_many_runs_everything_that_is_written_to_a_birth_is_seen(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There only some folders are looked at."""
    are_very_many(monkeypatch)
    select(Store.open(root), Wanted())
    let_pass(root, monkeypatch)
    for change in (tag_it, edit_by_hand, copy_in, move_a_run, throw_away, resume, remove_runs):
        change(root)
        assert same(select(Store.open(root), Wanted()), plainly(root, monkeypatch, Wanted())), change


def test_and_what_is_only_copied_in_beside_it_is_seen_after_some_looks(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    are_very_many(monkeypatch)
    select(Store.open(root), Wanted())
    let_pass(root, monkeypatch)
    other = root.parent / "elsewhere"
    shutil.copytree(root, other)
    runlog_edit(other, "trial-41", tag="from-elsewhere")
    subprocess.run(["cp", "-an", f"{other}/.", root], check=False)  # -n keeps the times of what is there
    assert any("from-elsewhere" in run.tags for run in plainly(root, monkeypatch, Wanted()))
    looks = 0
    while not any("from-elsewhere" in run.tags for run in select(Store.open(root), Wanted())):
        looks += 1
        assert looks < 2000


def test_living_runs_are_read_anew_each_time(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with runlog.start_run("live", store=root, name="living") as run:
        for value in (1.0, 2.0, 3.0):
            run.log_metric("now", value)
            (found,) = select(Store.open(root), Wanted(where=("now > 0",)))
            assert (found.state, found.metrics["now"].last) == ("running", value)
            assert [r.name for r in select(Store.open(root), Wanted(states=("running",)))] == ["living"]
    (found,) = select(Store.open(root), Wanted(where=("now > 0",)))
    assert found.state == "finished"
    assert select(Store.open(root), Wanted(states=("running",))) == []


def test_a_run_whose_process_was_killed_is_lost_at_once(root: Path) -> None:
    code = "import runlog, os; run = runlog.start_run('dead'); run.log_metric('x', 1.0); print(os.getpid(), flush=True); input()"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(
        command, env={**os.environ, "RUNLOG_STORE": str(root)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert [run.experiment for run in select(Store.open(root), Wanted(states=("running",)))] == ["dead"]
        child.kill()
    assert [run.experiment for run in select(Store.open(root), Wanted(states=("lost",)))] == ["dead"]


def garbage(path: Path) -> None:
    path.write_bytes(b"no database at all" * 1000)


def holes(path: Path) -> None:
    data = bytearray(path.read_bytes())
    chance = random.Random(3)
    for _ in range(300):
        data[chance.randrange(100, len(data))] ^= 0xFF
    path.write_bytes(data)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def another_version(path: Path) -> None:
    with sqlite3.connect(path) as index:
        index.execute("UPDATE about SET version = 'of another runlog'")


def a_damaged_row(path: Path) -> None:
    with sqlite3.connect(path) as index:
        index.execute("UPDATE picture SET data = substr(data, 1, 20) || x'00' || substr(data, 22)")


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("harm", [garbage, cut, empty, another_version, a_damaged_row, a_folder, Path.unlink])
def test_an_index_that_suffered_is_made_anew(harm: Callable[[Path], None], root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = Wanted(where=("rmse < 6",), sort="rmse")
    expected = plainly(root, monkeypatch, wanted)
    assert same(select(Store.open(root), wanted), expected)
    path = index_file()
    for beside in (f"{path}-wal", f"{path}-shm"):
        Path(beside).unlink(missing_ok=True)
    harm(path)
    for _ in range(3):
        assert same(select(Store.open(root), wanted), expected)
    if harm is not a_folder:
        with sqlite3.connect(index_file()) as index:
            assert index.execute("SELECT count(*) FROM picture").fetchone()[0] >= RUNS


def test_damage_that_sqlite_cannot_see_changes_no_run(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own pages have no checksums, the pictures of runs do."""
    expected = {repr(record) for record in plainly(root, monkeypatch, Wanted())}
    select(Store.open(root), Wanted())
    holes(index_file())
    assert {repr(record) for record in select(Store.open(root), Wanted())} <= expected


def test_without_a_place_for_it_the_store_is_read(root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    expected = plainly(root, monkeypatch, Wanted())
    (tmp_path / "file").touch()
    monkeypatch.setenv("RUNLOG_CACHE", str(tmp_path / "file" / "below"))
    assert same(select(Store.open(root), Wanted()), expected)


def test_a_store_that_is_moved_keeps_its_index(root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    expected = [run.id for run in select(Store.open(root), Wanted())]
    made = index_file().stat().st_ino
    os.rename(root, tmp_path / "moved")
    assert [run.id for run in select(Store.open(tmp_path / "moved"), Wanted())] == expected
    assert index_file().stat().st_ino == made


def test_many_readers_and_writers_at_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = f"""
from pathlib import Path
from runlog.runs.select import Wanted, select
from runlog.store.store import Store
for _ in range(5):
    runs = select(Store.open(Path({str(root)!r})), Wanted(where=("rmse < 100",)))
    assert len(runs) == {RUNS}, len(runs)
"""
    children = [subprocess.Popen([sys.executable, "-c", ask], stderr=subprocess.PIPE) for _ in range(4)]
    for number in range(20):
        runlog_edit(root, f"trial-{number}", tag="again")
    for child in children:
        _, err = child.communicate(timeout=100)
        assert (child.returncode, err) == (0, b"")
    assert same(select(Store.open(root), Wanted()), plainly(root, monkeypatch, Wanted()))


def test_what_a_killed_build_left_is_removed_by_a_later_one(root: Path) -> None:
    folder = folder_of(root)
    folder.mkdir(parents=True)
    left, working = folder / "20200101-000000-abcdef.new", folder / "20200101-000001-abcdef.new"
    for path in (left, working):
        path.touch()
    os.utime(left, (0, 0))
    select(Store.open(root), Wanted())
    assert not left.exists() and working.exists()


def test_a_build_says_how_far_it_is(root: Path) -> None:
    told: list[tuple[int, int]] = []
    runs = select(Store.open(root), Wanted(), lambda done, todo: told.append((done, todo)))
    assert told[0] == (1, len(runs)) and told[-1] == (len(runs), len(runs))
    told.clear()
    runlog_edit(root, "trial-3", tag="x")
    select(Store.open(root), Wanted(), lambda done, todo: told.append((done, todo)))
    assert len(told) < len(runs) or told[-1][1] <= len(runs)


def test_a_run_survives_the_way_into_a_row_and_back(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for record in golden(monkeypatch):
        assert repr(decode(encode(record))) == repr(record)


def golden(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunRecord]:
    here = Path(__file__).parents[2] / "golden" / "format-1"
    (store,) = here.rglob("store.json")
    found = list(Store.open(store.parent).runs())
    assert found
    yield from (run.record for run in found)
