"""A real disk that is really full: a small filesystem, which takes the right to mount one."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scene import environment
from tests.store.small_disk import SCENES

# As root a mount namespace is enough; anybody else needs a user namespace, where they are root.
WAYS = (["unshare", "--mount"], ["unshare", "--user", "--map-root-user", "--mount"])


@functools.cache
def private_mounts() -> list[str] | None:
    """How to begin a process that may mount, and whose mounts nobody else sees."""
    if shutil.which("unshare") is None:
        return None
    for way in WAYS:
        attempt = [*way, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
        if subprocess.run(attempt, capture_output=True, check=False).returncode == 0:
            return way
    return None


@pytest.mark.parametrize("scene", SCENES)
def test_on_a_full_disk(tmp_path: Path, scene: str) -> None:
    way = private_mounts()
    if way is None:
        pytest.skip("this machine lets nobody mount a small filesystem in a namespace of its own")
    command = [*way, sys.executable, "-m", "tests.store.small_disk", scene, str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False, timeout=110)
    assert (done.returncode, done.stdout) == (0, '"done"\n'), done.stdout + done.stderr
