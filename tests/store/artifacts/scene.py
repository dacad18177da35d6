"""Files to log, and what a run then holds of them, read behind the store's back."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

import runlog
from runlog.errors import RunlogError
from tests.scene import BareRun, bare_run

LARGE = b"a model of some size\n" * 5000


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
