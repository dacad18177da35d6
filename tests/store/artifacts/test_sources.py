"""What a program asks to log may be no file at all, lie behind a link, or change while it is copied."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import runlog
from tests.scene import WITHOUT_POWERS, bare_run, bare_runs, python
from tests.store.artifacts.scene import file, kept, log, refused


@contextlib.contextmanager
def meanwhile(step: Callable[[], object]) -> Iterator[None]:
    """While a thread takes a step again and again."""
    stop = threading.Event()

    def go_on() -> None:
        while not stop.is_set():
            step()

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_a_file_that_is_written_while_it_is_copied_is_kept_with_a_note(store: Path, tmp_path: Path) -> None:
    source = file(tmp_path, "growing.bin", b"x" * (8 << 20))
    with source.open("ab", buffering=0) as stream, meanwhile(lambda: stream.write(b"y")):
        run = log(store, (source, "growing.bin"))
    [said] = run.artifacts.values()
    assert said["note"] == "changed while it was copied"
    assert kept(run)["growing.bin"].startswith(b"x" * (8 << 20))
    assert runlog.open_store(store).check().clean


def test_a_file_that_is_rewritten_in_place_is_kept_with_a_note(store: Path, tmp_path: Path) -> None:
    source = file(tmp_path, "weights.bin", b"a" * (8 << 20))
    with source.open("r+b") as stream, meanwhile(lambda: os.pwrite(stream.fileno(), b"b" * 4096, 0)):
        run = log(store, (source, "weights.bin"))
    [said] = run.artifacts.values()
    assert said["note"] == "changed while it was copied"
    assert len(kept(run)["weights.bin"]) == 8 << 20


def test_a_file_that_is_replaced_meanwhile_is_one_of_both(store: Path, tmp_path: Path) -> None:
    """As programs that write carefully do it: aside, then renamed."""
    versions = [bytes([letter]) * (1 << 20) for letter in b"abcdef"]
    source = file(tmp_path, "checkpoint.bin", versions[-1])
    order = itertools.cycle(versions)
    with meanwhile(lambda: file(tmp_path, "aside", next(order)).rename(source)):
        runs = [log(store, (source, "checkpoint.bin")) for _ in range(10)]
    assert all(kept(run)["checkpoint.bin"] in versions for run in runs)


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
