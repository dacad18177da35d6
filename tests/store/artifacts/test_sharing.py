"""The same bytes cost their size once, and whatever the cache says of where they lie, they are the right ones."""

from __future__ import annotations

import json
import os
import random
import stat
from pathlib import Path

import pytest

import runlog
from tests.scene import BareRun, bare_runs, files_below
from tests.store.artifacts.scene import LARGE, file, kept, log


def on_disk(paths: list[Path]) -> int:
    """How many bytes files take on disk, each inode counted once."""
    return sum({info.st_ino: info.st_blocks * 512 for info in map(Path.stat, paths)}.values())


def test_the_same_bytes_in_a_hundred_runs_cost_their_size_once(store: Path, tmp_path: Path) -> None:
    data = random.Random(0).randbytes(1 << 20)
    source = file(tmp_path, "model.bin", data)
    for number in range(100):
        with runlog.start_run(store=store, strict=True) as run:
            if number % 2:
                run.log_artifact(source, to=f"deep/{number}.bin")
            else:
                run.log_artifact(file(tmp_path, f"copy-{number}.bin", data), to="model.bin")
    paths = [path for path in store.rglob("artifacts/**/*.bin") if path.is_file()]
    assert len(paths) == 100
    assert on_disk(paths) < len(data) + 4 * 4096
    assert all(path.read_bytes() == data and stat.S_ISREG(path.lstat().st_mode) for path in paths)
    assert all(set(kept(run).values()) <= {data} for run in bare_runs(store).values())
    assert runlog.open_store(store).check().clean


def test_sharing_can_be_declined(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = file(tmp_path, "model.bin", LARGE)
    log(store, (source, "model.bin"))
    monkeypatch.setenv("RUNLOG_SHARE", "never")
    run = log(store, (source, "model.bin"), (source, "again.bin"))
    assert kept(run) == {"model.bin": LARGE, "again.bin": LARGE}
    assert all(path.stat().st_nlink == 1 for path in files_below(store))


def test_a_store_that_moved_goes_on_sharing_once_it_logs_again(store: Path, tmp_path: Path) -> None:
    source = file(tmp_path, "model.bin", LARGE)
    log(store, (source, "a"))
    moved = store.rename(tmp_path / "moved")
    assert kept(log(moved, (source, "b"), (source, "c"))) == {"b": LARGE, "c": LARGE}
    assert kept(log(moved, (source, "d"))) == {"d": LARGE}


def test_damage_does_not_spread_to_the_next_run(store: Path, tmp_path: Path) -> None:
    """A disk that rots changes bytes and no dates: the next run that logs the same must not be given the rotten file."""
    source = file(tmp_path, "model.bin", LARGE)
    first = log(store, (source, "model.bin"))
    rotten = first.folder / "artifacts" / "model.bin"
    info = rotten.stat()
    rotten.chmod(0o644)
    with rotten.open("r+b") as stream:
        stream.seek(5000)
        stream.write(b"?")
    rotten.chmod(0o444)
    os.utime(rotten, ns=(info.st_atime_ns, info.st_mtime_ns))
    assert kept(log(store, (source, "model.bin"))) == {"model.bin": LARGE}


def notes(cache: Path) -> list[Path]:
    return files_below(cache / "artifacts")


def lie(tmp_path: Path, path: str) -> None:
    for note in notes(tmp_path / "runlog-cache"):
        info = os.lstat(os.path.join(tmp_path / "store", path)) if os.path.lexists(tmp_path / "store" / path) else None
        note.write_text(json.dumps({"path": path, "mtime_ns": info.st_mtime_ns if info else 0}))


def other_bytes(tmp_path: Path, first: BareRun) -> None:
    other = file(tmp_path, "other.bin", LARGE.replace(b"model", b"MODEL"))
    run = log(tmp_path / "store", (other, "other.bin"))
    lie(tmp_path, (run.folder / "artifacts" / "other.bin").relative_to(tmp_path / "store").as_posix())


def outside(tmp_path: Path, first: BareRun) -> None:
    """The user's own file, which the user may change: the same bytes for now."""
    secret = file(tmp_path, "users-own.bin", LARGE)
    secret.chmod(0o444)
    lie(tmp_path, os.path.relpath(secret, tmp_path / "store"))


def absolute(tmp_path: Path, first: BareRun) -> None:
    secret = file(tmp_path, "users-own.bin", LARGE)
    secret.chmod(0o444)
    lie(tmp_path, str(secret))


def dotted(tmp_path: Path, first: BareRun) -> None:
    secret = file(tmp_path, "users-own.bin", LARGE)
    secret.chmod(0o444)
    lie(tmp_path, f"experiments/default/{first.birth['id']}/artifacts/../../../../../users-own.bin")


def through_a_link(tmp_path: Path, first: BareRun) -> None:
    secret = file(tmp_path, "users-own.bin", LARGE)
    secret.chmod(0o444)
    (first.folder / "artifacts" / "link").symlink_to(tmp_path)
    lie(tmp_path, (first.folder / "artifacts" / "link" / "users-own.bin").relative_to(tmp_path / "store").as_posix())


def a_link(tmp_path: Path, first: BareRun) -> None:
    secret = file(tmp_path, "users-own.bin", LARGE)
    secret.chmod(0o444)
    (first.folder / "artifacts" / "link").symlink_to(secret)
    lie(tmp_path, (first.folder / "artifacts" / "link").relative_to(tmp_path / "store").as_posix())


def another_document(tmp_path: Path, first: BareRun) -> None:
    lie(tmp_path, "store.json")


def gone(tmp_path: Path, first: BareRun) -> None:
    lie(tmp_path, "experiments/default/gone/artifacts/gone.bin")


def garbage(tmp_path: Path, first: BareRun) -> None:
    texts = [b"", b"\0\xff", b"[]", b"{}", b'{"path": 5}', b'{"path": "a\\u0000b"}', b"[" * 100_000, b"null"]
    for note in notes(tmp_path / "runlog-cache"):
        note.write_bytes(texts.pop())


def folder_in_its_place(tmp_path: Path, first: BareRun) -> None:
    for note in notes(tmp_path / "runlog-cache"):
        note.unlink()
        note.mkdir()


def cache_is_a_file(tmp_path: Path, first: BareRun) -> None:
    for note in notes(tmp_path / "runlog-cache"):
        note.unlink()
        note.parent.rmdir()
        note.parent.write_text("a file")


def deleted(tmp_path: Path, first: BareRun) -> None:
    for note in notes(tmp_path / "runlog-cache"):
        note.unlink()


def writable_twin(tmp_path: Path, first: BareRun) -> None:
    (first.folder / "artifacts" / "model.bin").chmod(0o644)


def artifact_deleted(tmp_path: Path, first: BareRun) -> None:
    (first.folder / "artifacts" / "model.bin").unlink()


def artifact_is_a_pipe(tmp_path: Path, first: BareRun) -> None:
    (first.folder / "artifacts" / "model.bin").unlink()
    os.mkfifo(first.folder / "artifacts" / "model.bin")


LIES = [
    other_bytes,
    outside,
    absolute,
    dotted,
    through_a_link,
    a_link,
    another_document,
    gone,
    garbage,
    folder_in_its_place,
    cache_is_a_file,
    deleted,
    writable_twin,
    artifact_deleted,
    artifact_is_a_pipe,
]


@pytest.mark.parametrize("spoil", LIES, ids=lambda spoil: spoil.__name__)
def test_whatever_the_cache_says_the_bytes_are_right(store: Path, tmp_path: Path, spoil: object) -> None:
    assert callable(spoil)
    source = file(tmp_path, "model.bin", LARGE)
    first = log(store, (source, "model.bin"))
    assert len(notes(tmp_path / "runlog-cache")) == 1
    spoil(tmp_path, first)
    run = log(store, (source, "model.bin"))
    assert kept(run) == {"model.bin": LARGE}
    path = run.folder / "artifacts" / "model.bin"
    assert stat.S_ISREG(path.lstat().st_mode)
    assert stat.S_IMODE(path.stat().st_mode) == 0o444
    if (tmp_path / "users-own.bin").exists():
        assert not os.path.samefile(path, tmp_path / "users-own.bin"), "the user's own file became part of a run"
        assert (tmp_path / "users-own.bin").stat().st_nlink == 1
