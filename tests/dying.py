"""A process that dies before its first change of the disk, before its second, and so on: what it leaves behind each time."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.scene import begin_python

_DRIVER = """
import os, signal, sys
import runlog, runlog.cli.app, runlog.cli.gc, runlog.runs.collect, runlog.store.check, runlog.store.trash
import pyarrow.parquet

CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "shutil.rmtree"}

def work(store):
%s

for line in sys.stdin:
    store, allowed = line.rstrip("\\n").rsplit(" ", 1)
    pid = os.fork()
    if pid == 0:
        left = int(allowed)
        def count(event, arguments):
            global left
            writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
            if event in CHANGES or writes:
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(count)
        work(store)
        os._exit(0)
    print(os.waitpid(pid, 0)[1], flush=True)
"""


def left_behind(work: str, folder: Path, original: Path | None = None) -> Iterator[Path]:
    """The store (a copy of `original`) after each death of a process that does `work`, and at last after it got through."""
    script = _DRIVER % "\n".join(f"    {line}" for line in work.strip().splitlines())
    deaths = 0
    with begin_python(script, cwd=folder) as child:
        assert child.stdin and child.stdout
        status = -1
        while status != 0:
            store = folder / f"store-{deaths}"
            if original is not None:
                shutil.copytree(original, store, symlinks=True)
            child.stdin.write(f"{store} {deaths}\n")
            child.stdin.flush()
            answer = child.stdout.readline()
            assert answer, child.stderr and child.stderr.read()
            status = int(answer)
            assert status in {0, 9}
            yield store
            shutil.rmtree(store, ignore_errors=True)
            deaths += 1
    assert deaths > 5, "it died nowhere"
