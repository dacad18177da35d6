"""What data holds is read once, and never believed for longer than it is true."""

import hashlib
import json
import os
import time
from pathlib import Path

import pytest

from runlog.capture.data import describe_data
from runlog.store.data import Measured, measure
from runlog.store.folders import hash_tree
from tests.scene import only_run, python, runlog_cli

LARGE = 2 << 20


def old(path: Path, seconds: float = 100.0) -> Path:
    """A file that was written a while ago. The time at which it was given that date counts too, so it is made long ago enough
    by letting notes settle at once."""
    at = time.time() - seconds
    os.utime(path, (at, at))
    return path


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for a file to grow old, so these are old at once."""
    monkeypatch.setattr("runlog.store.data._SETTLED_NS", -1_000_000_000)


def forged(path: Path, data: bytes) -> None:
    """Other bytes in a file that looks the same from outside, but for the time the system keeps to itself."""
    info = path.stat()
    with path.open("r+b") as file:
        file.write(data)
    os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))


def note(cache: Path) -> Path:
    [found] = (cache / "data").iterdir()
    return found


def test_a_file_is_read_again_only_when_it_changed(tmp_path: Path) -> None:
    path = tmp_path / "data.bin"
    path.write_bytes(b"a" * LARGE)
    first = measure(path, tmp_path / ".runlog")
    assert first == Measured(LARGE, hashlib.sha256(b"a" * LARGE).hexdigest(), 1)
    known = note(tmp_path / "runlog-cache")
    # Whether the note was used shows when it says something else.
    lie = json.loads(known.read_text())
    lie[""][5] = "f" * 64
    known.write_text(json.dumps(lie))
    assert measure(path, tmp_path / ".runlog").sha256 == "f" * 64
    forged(path, b"b")
    assert measure(path, tmp_path / ".runlog").sha256 == hashlib.sha256(b"b" + b"a" * (LARGE - 1)).hexdigest()
    known.write_text("nonsense")
    assert measure(path, tmp_path / ".runlog").sha256 == hashlib.sha256(b"b" + b"a" * (LARGE - 1)).hexdigest()


def test_another_file_in_its_place_is_read(tmp_path: Path) -> None:
    path, other = tmp_path / "data.bin", tmp_path / "other.bin"
    path.write_bytes(b"a" * LARGE)
    measure(path, tmp_path / ".runlog")
    other.write_bytes(b"b" * LARGE)
    info = path.stat()
    os.utime(other, ns=(info.st_atime_ns, info.st_mtime_ns))
    other.rename(path)
    assert measure(path, tmp_path / ".runlog").sha256 == hashlib.sha256(b"b" * LARGE).hexdigest()


def test_a_file_as_young_as_its_reading_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("RUNLOG_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "data.bin"
    path.write_bytes(b"a" * LARGE)
    measure(path, tmp_path / ".runlog")
    assert not (tmp_path / "cache" / "data").exists()


def test_a_folder_has_the_hash_it_always_had_and_is_read_where_it_changed(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "sub").mkdir(parents=True)
    for name in ("a.bin", "sub/b.bin"):
        (folder / name).write_bytes(name.encode() * (LARGE // 4))
    (folder / "small.txt").write_text("x")
    assert measure(folder, tmp_path / ".runlog") == Measured(*hash_tree(folder, tmp_path / ".runlog"))
    notes = json.loads(note(tmp_path / "runlog-cache").read_text())
    assert sorted(notes) == ["a.bin", "sub/b.bin"]
    (folder / "sub" / "b.bin").unlink()
    (folder / "small.txt").write_text("y")
    assert measure(folder, tmp_path / ".runlog") == Measured(*hash_tree(folder, tmp_path / ".runlog"))
    assert sorted(json.loads(note(tmp_path / "runlog-cache").read_text())) == ["a.bin"]


def test_progress_is_told_in_bytes(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for name in "abc":
        (tmp_path / "data" / name).write_bytes(b"x" * 10)
    told: list[tuple[int, int]] = []
    measure(tmp_path / "data", tmp_path / ".runlog", lambda done, there: told.append((done, there)))
    assert told == [(10, 30), (20, 30), (30, 30)]


def test_dvc_and_lfs_know_the_data_too(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("a,b\n")
    assert describe_data(tmp_path / "data.csv") == {}
    (tmp_path / "data.csv.dvc").write_text(
        "outs:\n- md5: a304afb96060aad90176268345e10355\n  size: 14445097\n  hash: md5\n  path: data.csv\n"
    )
    assert describe_data(tmp_path / "data.csv") == {"dvc": {"file": "data.csv.dvc", "md5": "a304afb96060aad90176268345e10355"}}
    (tmp_path / "dvc.lock").write_text(
        "schema: '2.0'\nstages:\n  prepare:\n    cmd: python prepare.py\n    deps:\n    - path: data.csv\n"
        "    outs:\n    - path: made/part\n      hash: md5\n      md5: 020ef86d3d13c8f29b22e5f7e3a4b5a5.dir\n      nfiles: 2\n"
    )
    (tmp_path / "made" / "part").mkdir(parents=True)
    known = {"file": "dvc.lock", "md5": "020ef86d3d13c8f29b22e5f7e3a4b5a5.dir"}
    assert describe_data(tmp_path / "made" / "part") == {"dvc": known}
    oid = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
    (tmp_path / "model.bin").write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 12345\n")
    assert describe_data(tmp_path / "model.bin") == {"lfs": {"sha256": oid, "bytes": 12345}}


def test_what_a_run_says_of_its_data_and_that_it_changed_meanwhile(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("a,b\n")
    (tmp_path / "data.csv.dvc").write_text("outs:\n- md5: a304afb96060aad90176268345e10355\n  path: data.csv\n")
    script = """
import runlog
with runlog.start_run() as run:
    run.use_data("data.csv", "train")
    open("data.csv", "a").write("1,2\\n")
"""
    assert python(script, cwd=tmp_path).returncode == 0
    run = only_run(tmp_path / ".runlog")
    used = run.inputs["train"]
    assert (used.path, used.bytes, used.sha256) == ("data.csv", 4, hashlib.sha256(b"a,b\n").hexdigest())
    assert used.pointers == {"dvc": {"file": "data.csv.dvc", "md5": "a304afb96060aad90176268345e10355"}}
    assert run.problems == ("input 'data.csv' changed while the run used it",)
    shown = runlog_cli("show", cwd=tmp_path).stdout
    assert f"train  data.csv  4 B  sha256 {used.sha256[:12]}  dvc  changed since\n" in shown
    (tmp_path / "data.csv").write_text("a,b\n")
    assert f"sha256 {used.sha256[:12]}  dvc\n" in runlog_cli("show", cwd=tmp_path).stdout
    (tmp_path / "data.csv").unlink()
    assert "dvc  no longer there\n" in runlog_cli("show", cwd=tmp_path).stdout
