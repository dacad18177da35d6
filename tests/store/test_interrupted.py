"""Struck at every single system call: nothing that was acknowledged is lost, and whoever comes next can finish it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runlog.records import Entry, Process
from runlog.store.rundir import edit
from tests.scene import environment
from tests.store.behind import NOW, WRITERS, log_of, memory_folder, new_run, put_log

# Dying before a call and after the one before it are nearly the same; the rest is for a machine with time.
ORDINARY = {("settle", "before"), ("haste", "once"), ("recover", "ever"), ("finish", "before"), ("finish", "once")}
CASES = [
    pytest.param(scene, how, marks=[] if (scene, how) in ORDINARY or scene == "create" else [pytest.mark.long])
    for scene in ("settle", "haste", "recover", "create", "finish")
    for how in ("before", "after", "once", "ever")
]
LEAST = {"settle": 50, "haste": 40, "recover": 50, "create": 25, "finish": 50}


@pytest.mark.parametrize(("scene", "how"), CASES)
def test_struck_at_every_call(tmp_path: Path, scene: str, how: str) -> None:
    with memory_folder() as place:
        command = [sys.executable, "-m", "tests.store.injector", scene, how, str(place)]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment(TMPDIR=place), capture_output=True, text=True, check=False, timeout=110
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.splitlines()[-1]) >= LEAST[scene]  # calls there were


class Trace:
    """What this process asks of the disk: (what, path) in order, with the names that files had when they were opened."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []
        self.names: dict[int, str] = {}

    def install(self, patch: pytest.MonkeyPatch) -> None:
        opening, syncing, renaming, removing = os.open, os.fsync, os.rename, os.unlink

        def opened(path: Any, *args: Any, **kwargs: Any) -> int:
            fd = opening(path, *args, **kwargs)
            self.names[fd] = os.fspath(path)
            return fd

        def synced(fd: int) -> None:
            syncing(fd)
            self.events.append(("sync", self.names[fd]))

        def renamed(source: Any, target: Any) -> None:
            renaming(source, target)
            self.events.append((f"rename {os.fspath(source)}", os.fspath(target)))

        def removed(path: Any) -> None:
            removing(path)
            self.events.append(("remove", os.fspath(path)))

        for name, call in {"open": opened, "fsync": synced, "rename": renamed, "unlink": removed}.items():
            patch.setattr(os, name, call)

    def durable_at(self, path: str) -> int:
        """When the bytes of a file and its name had both come to the disk."""
        [(place, old)] = [
            (n, what.removeprefix("rename "))
            for n, (what, target) in enumerate(self.events)
            if target == path and "rename" in what
        ]
        bytes_at = next(n for n, event in enumerate(self.events) if event in {("sync", old), ("sync", path)})
        folder_at = next(n for n, event in enumerate(self.events) if n > place and event == ("sync", os.path.dirname(path)))
        return max(bytes_at, folder_at)


@pytest.fixture
def trace(monkeypatch: pytest.MonkeyPatch) -> Iterator[Trace]:
    found = Trace()
    with monkeypatch.context() as patch:
        found.install(patch)
        yield found


def test_a_new_run_and_a_word_from_outside_are_on_the_disk_when_they_are_said_to_be(tmp_path: Path, trace: Trace) -> None:
    run = new_run(tmp_path / "store")
    [staged] = [what.removeprefix("rename ") for what, path in trace.events if path.endswith("/run.json")]
    targets = [path for _, path in trace.events]
    assert trace.events.index(("sync", staged)) < targets.index(str(run.path))
    edit(run, [Entry(NOW, "tag", "k", "v")], Process(0, 0, "elsewhere", "", "", "ada"))
    [path] = run.path.glob("entries-*")
    assert trace.durable_at(str(path)) < len(trace.events)
    assert run.record().tags["k"] == "v"


@pytest.mark.parametrize("haste", [False, True])
def test_a_log_goes_only_when_all_that_replaces_it_is_on_the_disk(tmp_path: Path, trace: Trace, haste: bool) -> None:
    run = new_run(tmp_path / "store")
    put_log(run, WRITERS[0], log_of([("loss", step, NOW, 1.0) for step in range(5)]))
    put_log(run, WRITERS[1], log_of([]))
    if haste:
        run.settle(closed=WRITERS[:2], drop=False)
        assert not [event for event in trace.events if event[0] == "remove" and event[1].endswith(".log")]
        run.drop_covered()
    else:
        run.settle(closed=WRITERS[:2])
    for writer, records, parts in (
        (WRITERS[0], 8, ["metrics/{}.parquet", "entries-{}.json"]),
        (WRITERS[1], 2, ["entries-{}.json"]),
    ):
        gone = trace.events.index(("remove", str(run.live / f"{writer}.log")))
        durable = [trace.durable_at(str(run.path / part.format(f"{writer}.{records}"))) for part in parts]
        assert max(durable) < gone
        if not haste:
            # A document speaks only of bytes that are on the disk already.
            [named] = [
                n for n, (what, path) in enumerate(trace.events) if what.startswith("rename") and f"entries-{writer}" in path
            ]
            assert all(moment < named for moment in durable[:-1])
