"""What a reader must know of the machine to judge the figures, and nothing that would name it."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path

from benchmarks.peers.environments import PEERS


def describe_machine(scratch: Path) -> str:
    cores = len(os.sched_getaffinity(0))
    peers = ", ".join(f"{peer.name} {peer.find_version() or 'absent'}" for peer in PEERS)
    facts = (
        f"{cores} cores",
        f"Python {platform.python_version()}",
        f"{platform.system()} {platform.release()} {platform.machine()}",
        f"{find_filesystem(scratch)} filesystem",
        f"pyarrow {metadata.version('pyarrow')}",
        f"peers: {peers}",
        f"load at the start {os.getloadavg()[0]:.1f}",
    )
    return "; ".join(facts)


def find_filesystem(folder: Path) -> str:
    """The type of the filesystem that holds the folder: the longest mount point above it wins, the last of equals."""
    best = ("", "unknown")
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, mount, kind, *_ = line.split()
        above = mount == "/" or folder == Path(mount) or Path(mount) in folder.parents
        if above and len(mount) >= len(best[0]):
            best = (mount, kind)
    return best[1]
