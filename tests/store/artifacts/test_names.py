"""Names that artifacts may have, and what a name stands for once it is logged again, by whomever."""

from __future__ import annotations

import hashlib
import os
import shutil
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import runlog
from runlog.errors import BadInput, BadName
from runlog.tracking.afterwards import drain
from tests.scene import all_at_once, bare_run, files_below, in_threads, python
from tests.store.artifacts.scene import LARGE, file, kept, log

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
    drain()
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
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
    def log_often(thread: int) -> None:
        for number in range(25):
            run.log_text(f"{thread} {number}", "state.txt")

    with runlog.start_run(store=store, strict=True) as run:
        in_threads(partial(log_often, thread) for thread in range(4))
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
    with runlog.start_run(store=store, strict=True) as run:
        all_at_once(script, [[], []], cwd=tmp_path, **run.environment)
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
