"""Files that are logged: the right bytes under the right name, whatever the file, the cache or another process does."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import socket
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import runlog
from runlog.errors import BadInput, BadName, Damaged, RunlogError
from runlog.store.artifacts import hash_file
from tests.scene import WITHOUT_POWERS, BareRun, bare_run, bare_runs, begin_python, files_below, python, runlog_cli, tree, until

LARGE = b"a model of some size\n" * 5000


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def log(store: Path, *files: tuple[Path, str], run_id: str | None = None) -> BareRun:
    """A run with files in it, as anybody may read it afterwards."""
    with runlog.start_run(store=store, run_id=run_id, strict=True) as run:
        for source, path in files:
            run.log_artifact(source, to=path)
    return bare_run(run.path)


def kept(run: BareRun) -> dict[str, bytes]:
    """Path and bytes of every artifact that a run names, compared with what it says of them."""
    found = {}
    for path, said in run.artifacts.items():
        data = (run.folder / "artifacts" / said.get("file", path)).read_bytes()
        assert (said["bytes"], said["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
        found[path] = data
    return found


def file(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def refused(run: runlog.Run, source: Path, to: str | None = None) -> str:
    """What a strict run says when it will not keep a file."""
    with pytest.raises(RunlogError) as caught:
        run.log_artifact(source, to=to)
    assert "\n" not in caught.value.message
    return caught.value.message


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


def test_a_file_that_is_written_while_it_is_copied_is_kept_with_a_note(store: Path, tmp_path: Path) -> None:
    source = file(tmp_path, "growing.bin", b"x" * (8 << 20))
    stop = threading.Event()

    def grow() -> None:
        with source.open("ab", buffering=0) as stream:
            while not stop.is_set():
                stream.write(b"y")

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        run = log(store, (source, "growing.bin"))
    finally:
        stop.set()
        writer.join()
    [said] = run.artifacts.values()
    assert said["note"] == "changed while it was copied"
    assert kept(run)["growing.bin"].startswith(b"x" * (8 << 20))
    assert runlog.open_store(store).check().clean


def test_a_file_that_is_rewritten_in_place_is_kept_with_a_note(store: Path, tmp_path: Path) -> None:
    source = file(tmp_path, "weights.bin", b"a" * (8 << 20))
    stop = threading.Event()

    def rewrite() -> None:
        with source.open("r+b", buffering=0) as stream:
            while not stop.is_set():
                stream.seek(0)
                stream.write(b"b" * 4096)

    writer = threading.Thread(target=rewrite)
    writer.start()
    try:
        run = log(store, (source, "weights.bin"))
    finally:
        stop.set()
        writer.join()
    [said] = run.artifacts.values()
    assert said["note"] == "changed while it was copied"
    assert len(kept(run)["weights.bin"]) == 8 << 20


def test_a_file_that_is_replaced_meanwhile_is_one_of_both(store: Path, tmp_path: Path) -> None:
    """As programs that write carefully do it: aside, then renamed."""
    versions = [bytes([letter]) * (1 << 20) for letter in b"abcdef"]
    source = file(tmp_path, "checkpoint.bin", versions[0])
    stop = threading.Event()

    def replace() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            file(tmp_path, "aside", versions[number % len(versions)]).rename(source)

    writer = threading.Thread(target=replace)
    writer.start()
    try:
        runs = [log(store, (source, "checkpoint.bin")) for _ in range(10)]
    finally:
        stop.set()
        writer.join()
    assert all(kept(run)["checkpoint.bin"] in versions for run in runs)


@pytest.fixture
def strict(store: Path) -> Iterator[runlog.Run]:
    with runlog.start_run(store=store, strict=True) as run:
        yield run


def test_a_file_that_is_not_there(strict: runlog.Run, tmp_path: Path) -> None:
    assert refused(strict, tmp_path / "missing") == f"there is no file '{tmp_path}/missing'"


def test_a_file_that_vanishes_from_its_folder(store: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody can tell a run that a file vanished between the listing and the copy from one with a link to nothing."""
    source = tmp_path / "out"
    source.mkdir()
    file(source, "a", b"a")
    (source / "b").symlink_to(tmp_path / "nowhere")
    file(source, "c", b"c")
    with runlog.start_run(store=store) as run:
        run.log_artifact(source)
    found = bare_run(run.path)
    assert kept(found) == {"out/a": b"a", "out/c": b"c"}
    assert [entry["problem"] for entry in found.entries if "problem" in entry] == [f"'{source}/b' is a broken symbolic link"]
    assert len(caplog.records) == 1


def test_a_pipe_does_not_block(store: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    script = """
import runlog
with runlog.start_run(store="store") as run:
    run.log_artifact("pipe")
    run.log_artifact(".", to="all")
"""
    done = python(script, cwd=tmp_path)
    assert done.returncode == 0
    assert "'pipe' is a pipe, not a file" in done.stderr
    [run] = bare_runs(store).values()
    assert "all/pipe" not in kept(run)


def test_a_socket_is_no_file(strict: runlog.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # for their names are short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        assert refused(strict, Path("socket")) == "'socket' is a socket, not a file"


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/urandom"])
def test_a_device_is_no_file(strict: runlog.Run, device: str) -> None:
    assert refused(strict, Path(device), to="endless") == f"'{device}' is a device, not a file"


def test_links(store: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    source.mkdir()
    elsewhere.mkdir()
    file(elsewhere, "far.txt", b"far")
    file(source, "near.txt", b"near")
    (source / "to-near").symlink_to("near.txt")
    (source / "to-far").symlink_to(elsewhere / "far.txt")
    (source / "to-folder").symlink_to(elsewhere)
    (source / "to-itself").symlink_to("to-itself")
    (source / "to-parent").symlink_to("..")
    (source / "to-nothing").symlink_to("nothing")
    (source / "to-zero").symlink_to("/dev/zero")
    with runlog.start_run(store=store) as run:
        run.log_artifact(source)
        run.log_artifact(source / "to-far", to="alone")
    found = bare_run(run.path)
    assert kept(found) == {"out/near.txt": b"near", "out/to-near": b"near", "out/to-far": b"far", "alone": b"far"}
    assert found.artifacts["out/to-far"]["note"] == "a symbolic link"
    assert [entry["problem"] for entry in found.entries if "problem" in entry] == [
        "'to-folder' is a link to a folder and was not followed",
        f"cannot read '{source}/to-itself': too many levels of symbolic links",
        f"'{source}/to-nothing' is a broken symbolic link",
        "'to-parent' is a link to a folder and was not followed",
        f"'{source}/to-zero' is a device, not a file",
    ]
    assert len(caplog.records) == 5
    assert not [path for path in run.path.rglob("*") if path.is_symlink()]


def test_a_link_to_a_folder_that_is_named_itself_is_followed(store: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    file(tmp_path / "real", "a", b"a")
    (tmp_path / "link").symlink_to("real")
    assert kept(log(store, (tmp_path / "link", "data"))) == {"data/a": b"a"}


def test_what_cannot_be_read_costs_only_itself(tmp_path: Path) -> None:
    script = f"""{WITHOUT_POWERS}
import runlog
os.makedirs("out/closed")
for name in ("a", "b", "closed/c", "d"):
    open(f"out/{{name}}", "w").write(name)
os.chmod("out/b", 0)
os.chmod("out/closed", 0)
with runlog.start_run(store="store") as run:
    run.log_artifact("out")
os.chmod("out/closed", 0o700)
"""
    done = python(script, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    [run] = bare_runs(tmp_path / "store").values()
    assert kept(run) == {"out/a": b"a", "out/d": b"d"}
    assert [entry["problem"] for entry in run.entries if "problem" in entry] == [
        "cannot read 'out/b': permission denied",
        "cannot read 'out/closed': permission denied",
    ]


def test_the_store_is_no_part_of_what_it_keeps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    project = tmp_path / "project"
    project.mkdir()
    file(project, "train.py", b"pass")
    store = project / ".runlog"
    for _ in range(3):
        assert kept(log(store, (project, "."))) == {"train.py": b"pass"}
    with runlog.start_run(store=store) as run:
        run.use_data(project)
    assert run.read().inputs["project"].files == 1


NAMES = {
    "../a": "leaves the run",
    "a/../../b": "leaves the run",
    "a/..": "leaves the run",
    "/etc/passwd": "leaves the run",
    "C:/windows": "leaves the run",
    "": "needs a name",
    ".": "needs a name",
    "//": "needs a name",
    "a\nb": "holds a control character",
    "a\0b": "holds a control character",
    "a\x7f": "holds a control character",
    "\udcff": "is not valid text",
    "x" * 256: "has a name longer than 255 bytes",
    "\U0001f600" * 64: "has a name longer than 255 bytes",
    "x" * 100_000: "has a name longer than 255 bytes",
    "../" * 33_000 + "a": "leaves the run",
    "/".join(["x" * 200] * 6): "is longer than 1024 bytes",
    "\n" * 100_000: "holds a control character",
}


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name[:20]))
def test_names_that_no_store_may_hold(strict: runlog.Run, name: str) -> None:
    with pytest.raises(BadName) as caught:
        strict.log_text("x", name)
    assert NAMES[name] in caught.value.message
    assert len(caught.value.message) < 300
    assert "\n" not in caught.value.message
    assert files_below(strict.path / "artifacts") == []


@pytest.mark.parametrize(
    "name",
    ["a", "\U0001f600", "a b", "ä/ö/ü", "-rf", "con", "x" * 255, ".hidden", "a~b", "'\"$`", ".staging-x", "a/.staging-y/b"],
)
def test_names_that_it_may(store: Path, strict: runlog.Run, name: str) -> None:
    strict.log_text("x", name)
    strict.finish()
    assert kept(bare_run(strict.path)) == {name: b"x"}
    for path in strict.path.rglob("*"):
        os.utime(path, (0, 0))
    report = runlog.open_store(store).check(repair=True)
    assert report.findings == ()
    assert kept(bare_run(strict.path)) == {name: b"x"}


@pytest.mark.parametrize("length", [300, 100_000])
def test_sources_with_names_that_are_too_long(strict: runlog.Run, length: int) -> None:
    message = refused(strict, Path("x" * length), to="a")
    assert "file name too long" in message
    assert len(message) < 500


def test_a_name_in_a_folder_that_cannot_be_kept_costs_only_itself(store: Path, tmp_path: Path) -> None:
    source = tmp_path / "out"
    source.mkdir()
    for name in (b"a", b"b\xff", b"c\nd", b"e"):
        with open(os.path.join(os.fsencode(source), name), "wb") as stream:
            stream.write(name)
    with runlog.start_run(store=store) as run:
        run.log_artifact(source, to=".")
    assert kept(bare_run(run.path)) == {"a": b"a", "e": b"e"}


def test_logging_a_name_again_replaces_what_it_stands_for(store: Path, tmp_path: Path) -> None:
    with runlog.start_run(store=store, strict=True) as run:
        for number in range(20):
            run.log_text(f"version {number} " * 1000, "out/model.pt")
            stored = run.read()
            assert stored.artifact("out/model.pt").read_text() == f"version {number} " * 1000
            # The process that logged the earlier one gives its space back.
            assert len(files_below(run.path / "artifacts")) == 1
        assert stored.artifact("out/model.pt").suffix == ".pt"
    assert len(kept(bare_run(run.path))) == 1
    assert runlog.open_store(store).check().findings == ()


def test_a_name_on_disk_never_stands_for_other_bytes(store: Path, tmp_path: Path) -> None:
    """Whoever copied the store earlier has the earlier bytes under it, and may copy them back."""
    seen: dict[str, bytes] = {}

    def look(run: runlog.Run) -> None:
        for path in files_below(run.path / "artifacts"):
            data = path.read_bytes()
            assert seen.setdefault(path.name, data) == data

    contents = [b"a", b"b", b"a", b"c", b"b", b"c", b"c", b"a"]
    with runlog.start_run(store=store, strict=True) as run:
        for data in contents:
            run.log_text(data.decode(), "model.pt")
            look(run)
    for data in contents:
        with runlog.start_run(store=store, run_id=run.id, strict=True) as run:
            run.log_text(data.decode(), "model.pt")
            look(run)
        assert kept(bare_run(run.path)) == {"model.pt": data}
    assert runlog.open_store(store).check().findings == ()


def test_two_copies_of_a_run_that_go_on_name_nothing_alike(store: Path, tmp_path: Path) -> None:
    first = log(store, (file(tmp_path, "a", b"a"), "a"))
    twin = tmp_path / "twin"
    shutil.copytree(store, twin)
    child = "import os, runlog; runlog.start_run().log_text('child in ' + os.environ['RUNLOG_STORE'][-5:], 'c')"
    for place in (store, twin):
        with runlog.start_run(store=place, run_id=first.birth["id"], strict=True) as run:
            run.log_text(f"of {place.name}", "b")
            assert python(child, cwd=tmp_path, **run.environment).returncode == 0
    here, there = ({path.relative_to(place): path.read_bytes() for path in files_below(place)} for place in (store, twin))
    assert all(here[path] == there[path] for path in here.keys() & there.keys())
    assert {data for path, data in {**here, **there}.items() if "artifacts" in path.parts} == {
        b"a",
        b"of store",
        b"of twin",
        b"child in store",
        b"child in /twin",
    }


@given(st.lists(st.tuples(st.sampled_from(["a", "b.pt", "d/c.tar.gz"]), st.sampled_from([b"", b"x", b"y", LARGE])), max_size=12))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_last_bytes_of_each_path_count(tmp_path: Path, said: list[tuple[str, bytes]]) -> None:
    store = tmp_path / "store"
    half = len(said) // 2
    with runlog.start_run(store=store, strict=True) as run:
        for path, data in said[:half]:
            run.log_text(data.decode(), path)
    with runlog.start_run(store=store, run_id=run.id, strict=True) as again:
        for path, data in said[half:]:
            again.log_text(data.decode(), path)
    assert kept(bare_run(run.path)) == dict(said)
    stored = runlog.open_store(store).run(run.id)
    assert {path: stored.artifact(path).read_bytes() for path in stored.artifacts} == dict(said)


@pytest.mark.parametrize("name", ["x" * 255, "x" * 250 + ".txt", ".x", "x." + "y" * 253, "\U0001f600" * 63, "a.b.c"])
def test_any_name_can_be_logged_again(store: Path, name: str) -> None:
    with runlog.start_run(store=store, strict=True) as run:
        for text in ("one", "two"):
            run.log_text(text, f"d/{name}")
    assert kept(bare_run(run.path)) == {f"d/{name}": b"two"}
    assert runlog.open_store(store).check().findings == ()


def test_a_file_with_the_name_of_a_version_is_a_file_of_its_own(store: Path) -> None:
    digest = hashlib.sha256(b"two").hexdigest()
    with runlog.start_run(store=store, strict=True) as run:
        run.log_text("one", "model.pt")
        run.log_text("something else", f"model~{digest[:12]}.pt")
        run.log_text("two", "model.pt")
        run.log_text("three", "model.pt")
        run.log_text("three", f"model~{hashlib.sha256(b'three').hexdigest()[:12]}.pt")
        run.log_text("four", "model.pt")
    assert kept(bare_run(run.path)) == {
        "model.pt": b"four",
        f"model~{digest[:12]}.pt": b"something else",
        f"model~{hashlib.sha256(b'three').hexdigest()[:12]}.pt": b"three",
    }


def test_threads_that_log_one_name_at_once(store: Path) -> None:
    with runlog.start_run(store=store, strict=True) as run:
        threads = [
            threading.Thread(target=lambda n=n: [run.log_text(f"{n} {k}", "state.txt") for k in range(25)]) for n in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    found = bare_run(run.path)
    assert sum("artifact" in entry for entry in found.entries) == 100
    kept(found)
    assert runlog.open_store(store).check().findings == ()


def test_processes_that_log_one_name_at_once(store: Path, tmp_path: Path) -> None:
    script = """
import os, sys, runlog
run = runlog.start_run(strict=True)
print("ready", flush=True)
sys.stdin.readline()
for number in range(15):
    run.log_text(f"{os.getpid()} {number}", "state.txt")
"""
    with (
        runlog.start_run(store=store, strict=True) as run,
        begin_python(script, cwd=tmp_path, **run.environment) as one,
        begin_python(script, cwd=tmp_path, **run.environment) as two,
    ):
        for child in (one, two):
            assert child.stdout and child.stdout.readline() == "ready\n"
        for child in (one, two):
            _, errors = child.communicate("go\n", timeout=60)
            assert child.returncode == 0, errors
    found = bare_run(run.path)
    assert sum("artifact" in entry for entry in found.entries) == 30
    kept(found)
    assert runlog.open_store(store).check().findings == ()


def test_a_folder_in_the_place_of_a_file_and_the_reverse(strict: runlog.Run) -> None:
    strict.log_text("a file", "a")
    strict.log_text("in a folder", "b/c")
    with pytest.raises(BadInput, match=r"^artifact path 'a/b/c' goes through 'a', which is a file$"):
        strict.log_text("x", "a/b/c")
    with pytest.raises(BadInput, match=r"^artifact path 'b' is a folder of other artifacts$"):
        strict.log_text("x", "b")
    strict.finish()
    assert kept(bare_run(strict.path)) == {"a": b"a file", "b/c": b"in a folder"}


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
