"""Files come into being whole or not at all, and nothing is read through a link."""

from __future__ import annotations

import os
import socket
import threading
from functools import partial
from pathlib import Path

import pytest

from runlog.errors import Damaged, StoreError
from runlog.store import files
from runlog.store.line import append_line
from tests.scene import in_threads, python


def test_a_new_file_is_there_whole_and_alone(tmp_path: Path) -> None:
    for durable in (True, False):
        files.write_new(tmp_path / "a.json", b"x" * 100_000, durable=durable)
        assert (tmp_path / "a.json").read_bytes() == b"x" * 100_000
        assert os.listdir(tmp_path) == ["a.json"]


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"^cannot write a\.json: no such file or directory$"):
        files.write_new(tmp_path / "missing" / "a.json", b"x")
    (tmp_path / "a.json").mkdir()
    with pytest.raises(StoreError, match=r"^cannot write a\.json: "):
        files.write_new(tmp_path / "a.json", b"x")
    assert os.listdir(tmp_path) == ["a.json"]


def test_a_file_is_never_seen_half_written(tmp_path: Path) -> None:
    """A reader that looks all the while sees the old bytes or the new, and no error."""
    path = tmp_path / "a"
    files.write_new(path, b"0" * 300_000)
    stop = threading.Event()

    def write() -> None:
        for turn in range(200):
            files.write_new(path, bytes([48 + turn % 10]) * 300_000, durable=False)
        stop.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not stop.is_set():
        data = files.read_file(path)
        assert len(data) == 300_000
        assert data == data[:1] * 300_000
    writer.join()


TOO_LARGE = """
import resource, signal, sys
from pathlib import Path
from runlog.errors import StoreError
from runlog.store import files

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, resource.RLIM_INFINITY))
try:
    files.write_new(Path(sys.argv[1]) / "a", b"x" * 5001)
except StoreError as error:
    print(error)
files.write_new(Path(sys.argv[1]) / "b", b"x" * 5000)
"""


def test_a_short_write_is_an_error_and_no_file(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    done = python(TOO_LARGE, folder, cwd=tmp_path)
    assert (done.stdout, done.returncode) == ("cannot write a: file too large\n", 0)
    assert {path.name: path.stat().st_size for path in folder.iterdir()} == {"b": 5000}


def make_link(path: Path) -> None:
    path.with_name("target").write_bytes(b"secret")
    path.symlink_to("target")


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (make_link, "x is a symbolic link, and stores have none"),
        (lambda path: path.symlink_to("nowhere"), "x is a symbolic link, and stores have none"),
        (Path.mkdir, "x is not an ordinary file"),
        (os.mkfifo, "x is not an ordinary file"),
        (make_socket, "cannot read x: no such device or address"),
    ],
    ids=["link", "broken link", "folder", "pipe", "socket"],
)
def test_only_ordinary_files_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: object, problem: str) -> None:
    monkeypatch.chdir(tmp_path)  # names of sockets are short
    assert callable(make)
    make(Path("x"))
    with pytest.raises(StoreError) as caught:
        files.read_file(Path("x"))
    assert caught.value.message == problem
    with pytest.raises(FileNotFoundError):
        files.read_file(Path("missing"))


def test_a_file_that_grows_while_it_is_read_is_read_to_its_present_end(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"")
    stop = threading.Event()

    def grow() -> None:
        with path.open("ab", buffering=0) as file:
            for _ in range(3000):
                file.write(b"12345678" * 64)
        stop.set()

    writer = threading.Thread(target=grow)
    writer.start()
    seen = 0
    while not stop.is_set():
        data = files.read_file(path)
        assert len(data) >= seen
        assert data == b"12345678" * (len(data) // 8) + b"12345678"[: len(data) % 8]
        seen = len(data)
    writer.join()
    assert len(files.read_file(path)) == 3000 * 512


def test_a_log_is_never_opened_a_second_time_nor_through_a_link(tmp_path: Path) -> None:
    os.close(files.open_log(tmp_path / "live" / "a.log"))
    with pytest.raises(FileExistsError):
        files.open_log(tmp_path / "live" / "a.log")
    (tmp_path / "live" / "b.log").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        files.open_log(tmp_path / "live" / "b.log")
    assert not (tmp_path / "elsewhere").exists()
    with pytest.raises(FileNotFoundError):
        files.open_log(tmp_path / "no run" / "live" / "a.log")


def test_a_line_is_appended_in_one_piece_and_never_through_a_link(tmp_path: Path) -> None:
    door = tmp_path / "door"

    def append(letter: int) -> None:
        for _ in range(300):
            append_line(door, bytes([letter]) * 99 + b"\n")

    in_threads(partial(append, letter) for letter in range(65, 69))
    lines = door.read_bytes().splitlines()
    assert sorted(lines) == sorted(bytes([n]) * 99 for n in range(65, 69) for _ in range(300))
    (tmp_path / "link").symlink_to(door)
    with pytest.raises(OSError, match="symbolic links"):
        append_line(tmp_path / "link", b"x\n")
    assert len(door.read_bytes().splitlines()) == 1200


def test_setting_aside_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "quarantine").mkdir()
    for number in range(1, 4):
        (tmp_path / "a").write_text(str(number))
        files.move_aside(tmp_path / "a", tmp_path / "quarantine", "b/c/a")
    found = {path.relative_to(tmp_path).as_posix(): path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {"quarantine/b/c/a": "1", "quarantine/b/c/a.2": "2", "quarantine/b/c/a.3": "3"}


def test_nothing_is_made_or_set_aside_through_a_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    store = tmp_path / "store"
    outside.mkdir()
    store.mkdir()
    (store / "link").symlink_to(outside)
    (store / "file").write_text("x")
    for below, problem in (("link", "link is a symbolic link"), ("link/a", "link is a"), ("file/a", "file is a file where")):
        with pytest.raises(Damaged, match=f"^{problem}"):
            files.make_inside(store, below)
    with pytest.raises(Damaged, match=r"^link is a symbolic link"):
        files.move_aside(store / "file", store, "link/file")
    assert list(outside.iterdir()) == []
    assert (store / "file").read_text() == "x"
    assert files.make_inside(store, "a/b") == files.make_inside(store, "a/b") == store / "a" / "b"
    assert (store / "a" / "b").is_dir()


def test_what_a_folder_holds(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to("folder")
    assert [entry.name for entry in files.list_folder(tmp_path)] == ["file", "folder", "link"]
    assert files.real_folders(tmp_path) == ["folder"]
    assert files.list_folder(tmp_path / "missing") == []
    with pytest.raises(Damaged, match=r"^file is a file where a folder must be"):
        files.list_folder(tmp_path / "file")
    with pytest.raises(StoreError, match="file where a folder must be"):
        files.make_folder(tmp_path / "file")
    with pytest.raises(StoreError, match="lies below a file"):
        files.make_folder(tmp_path / "file" / "below")


def test_the_end_of_a_file_tells_whether_it_was_written_whole(tmp_path: Path) -> None:
    for data, whole in ((b"PAR1....PAR1", True), (b"PAR1", True), (b"PAR", False), (b"", False), (b"PAR1...\0\0\0\0", False)):
        (tmp_path / "p").write_bytes(data)
        assert files.ends_with(tmp_path / "p", b"PAR1") == whole
    with pytest.raises(FileNotFoundError):
        files.ends_with(tmp_path / "missing", b"PAR1")


def test_a_filesystem_can_be_brought_to_the_disk(tmp_path: Path) -> None:
    files.sync_filesystem(tmp_path)
    with pytest.raises(FileNotFoundError):
        files.sync_filesystem(tmp_path / "missing")
    files.sync_file(tmp_path / "missing")
    files.sync_folder(tmp_path / "missing")
