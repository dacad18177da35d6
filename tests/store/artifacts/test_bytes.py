"""Files that are logged are kept as they are, and so they stay."""

from __future__ import annotations

import hashlib
import os
import random
import stat
import sys
from pathlib import Path

import pytest

import runlog
from runlog.errors import Damaged
from runlog.store.artifacts import hash_file
from tests.scene import WITHOUT_POWERS, bare_run, begin_python, files_below, python, runlog_cli, tree, until
from tests.store.artifacts.scene import LARGE, file, kept, log


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, (1 << 20) - 1, 1 << 20, (3 << 20) + 7])
def test_bytes_of_any_size_are_kept_as_they_are(store: Path, tmp_path: Path, size: int) -> None:
    data = random.Random(size).randbytes(size)
    run = log(store, (file(tmp_path, "model.bin", data), "model.bin"))
    assert kept(run) == {"model.bin": data}
    path = run.folder / "artifacts" / "model.bin"
    assert stat.S_ISREG(path.lstat().st_mode)
    assert stat.S_IMODE(path.stat().st_mode) == 0o444


def test_a_program_stays_one(store: Path, tmp_path: Path) -> None:
    script = file(tmp_path, "run.sh", b"#!/bin/sh\necho ran\n")
    script.chmod(0o755)
    run = log(store, (script, "run.sh"))
    assert stat.S_IMODE((run.folder / "artifacts" / "run.sh").stat().st_mode) == 0o555


def test_a_folder_is_kept_with_all_that_is_in_it(store: Path, tmp_path: Path) -> None:
    source = tmp_path / "out"
    (source / "deep" / "deeper").mkdir(parents=True)
    (source / "empty").mkdir()
    file(source, "a.txt", b"a")
    file(source / "deep", "b b.txt", b"b")
    file(source / "deep" / "deeper", "\U0001f600.bin", LARGE)
    expected = {"a.txt": b"a", "deep/b b.txt": b"b", "deep/deeper/\U0001f600.bin": LARGE}
    assert kept(log(store, (source, "out"))) == {f"out/{path}": data for path, data in expected.items()}
    assert kept(log(store, (source, "."))) == expected


def test_changing_the_original_changes_no_run(store: Path, tmp_path: Path) -> None:
    source = file(tmp_path, "model.bin", LARGE)
    first, second = log(store, (source, "model.bin")), log(store, (source, "model.bin"))
    with source.open("r+b") as stream:
        stream.write(b"CHANGED")
    os.truncate(source, 100)
    assert kept(first) == kept(second) == {"model.bin": LARGE}
    source.unlink()
    assert kept(first) == kept(second) == {"model.bin": LARGE}


def test_an_ordinary_user_cannot_write_into_a_logged_file(store: Path, tmp_path: Path) -> None:
    run = log(store, (file(tmp_path, "model.bin", LARGE), "model.bin"))
    script = f"""{WITHOUT_POWERS}
for mode in ("r+b", "wb", "ab"):
    try:
        open({str(run.folder / "artifacts" / "model.bin")!r}, mode)
    except PermissionError:
        print("refused")
"""
    assert python(script, cwd=tmp_path).stdout == "refused\n" * 3
    assert kept(run) == {"model.bin": LARGE}


def test_whoever_overrides_that_is_found_out_in_every_run(store: Path, tmp_path: Path) -> None:
    """Without clones the runs share one inode, which root may change: then check names each of them."""
    source = file(tmp_path, "model.bin", LARGE)
    runs = [log(store, (source, f"{number}.bin")) for number in range(3)]
    small = log(store, (file(tmp_path, "small", b"x"), "small"))
    victim = runs[1].folder / "artifacts" / "1.bin"
    victim.chmod(0o644)
    with victim.open("r+b") as stream:
        stream.write(b"CHANGED")
    reached = [run for number, run in enumerate(runs) if os.path.samefile(run.folder / "artifacts" / f"{number}.bin", victim)]
    assert runs[1] in reached
    report = runlog.open_store(store).check()
    assert {found.path.split("/")[2] for found in report.findings} == {run.birth["id"] for run in reached}
    assert {found.problem for found in report.findings} == {"is not what was logged: its hash differs"}
    assert kept(small) == {"small": b"x"}


@pytest.mark.parametrize("planted", ["artifacts", "artifacts/deep", "artifacts/deep/er"])
def test_nothing_is_kept_through_a_link_out_of_the_run(store: Path, tmp_path: Path, planted: str) -> None:
    target = tmp_path / "target"
    target.mkdir()
    with runlog.start_run(store=store, strict=True) as run:
        (run.path / planted).parent.mkdir(parents=True, exist_ok=True)
        (run.path / planted).symlink_to(target)
        with pytest.raises(Damaged, match="is a symbolic link, and stores have none"):
            run.log_text("x" * 5000, "deep/er/a.txt")
    assert list(target.iterdir()) == []


def test_nothing_is_written_into_a_file_that_a_planted_link_leads_to(store: Path, tmp_path: Path) -> None:
    secret = file(tmp_path, "secret", b"secret")
    with runlog.start_run(store=store, strict=True) as run:
        (run.path / "artifacts").mkdir()
        (run.path / "artifacts" / "a.txt").symlink_to(secret)
        run.log_text("mine", "a.txt")
    assert secret.read_bytes() == b"secret"
    assert kept(bare_run(run.path)) == {"a.txt": b"mine"}


def test_a_planted_link_is_not_read_by_check_and_show(store: Path, tmp_path: Path) -> None:
    run = log(store, (file(tmp_path, "a", LARGE), "a"))
    secret = file(tmp_path, "secret", LARGE)
    path = run.folder / "artifacts" / "a"
    path.unlink()
    path.symlink_to(secret)
    report = runlog.open_store(store).check()
    assert {found.problem for found in report.findings} == {
        "is not an ordinary file of this run",
        "is a symbolic link and is not followed",
    }
    assert runlog_cli("--store", store, "check", cwd=tmp_path).returncode == 1


def test_a_killed_copy_leaves_no_name(store: Path, tmp_path: Path) -> None:
    """The source is a file that grows for as long as it is read, so the kill comes in the middle of the copy."""
    script = """
import os, sys, runlog
source = open("endless.bin", "wb")
source.truncate(64 << 30)
with runlog.start_run(store="store") as run:
    print(run.id, flush=True)
    run.log_artifact("endless.bin")
"""
    with begin_python(script, cwd=tmp_path) as child:
        assert child.stdout
        run_id = child.stdout.readline().strip()
        folder = store / "experiments" / "default" / run_id
        until(lambda: any(path.stat().st_size for path in folder.glob(".staging-*")), "the copy")
        child.kill()
        child.wait()
    runlog.open_store(store)
    assert files_below(folder / "artifacts") == []
    assert bare_run(folder).artifacts == {}
    assert runlog.open_store(store).check().findings == ()
    for path in folder.glob(".staging-*"):
        path.unlink()


def test_hashing_a_tree_twice_gives_the_same(store: Path, tmp_path: Path) -> None:
    source = tmp_path / "data"
    (source / "deep").mkdir(parents=True)
    file(source, "a", b"a")
    file(source / "deep", "b", b"b")
    lines = f"{hashlib.sha256(b'a').hexdigest()} 1 a\n{hashlib.sha256(b'b').hexdigest()} 1 deep/b\n"
    before = tree(source)
    with runlog.start_run(store=store) as run:
        run.use_data(source, name="train")
    found = run.read().inputs["train"]
    assert (found.bytes, found.files, found.sha256) == (2, 2, hashlib.sha256(lines.encode()).hexdigest())
    assert tree(source) == before
    assert hash_file(source / "a") == (1, hashlib.sha256(b"a").hexdigest())


@pytest.mark.skipif(sys.platform != "linux", reason="counts the open files of a process in /proc")
def test_no_file_stays_open(store: Path, tmp_path: Path) -> None:
    source = file(tmp_path, "model.bin", LARGE)
    with runlog.start_run(store=store) as run:
        run.log_artifact(source, to="first")
        before = len(os.listdir("/proc/self/fd"))
        for number in range(20):
            run.log_artifact(source, to=str(number))
            run.log_artifact(tmp_path / "missing")
            run.log_artifact("/dev/zero")
        assert len(os.listdir("/proc/self/fd")) < before + 20  # one more each would be a leak
