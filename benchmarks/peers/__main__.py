"""`python -m benchmarks.peers`: install the peers, say what came of it."""

from __future__ import annotations

import sys

from benchmarks.peers.environments import PEERS, install


def main() -> int:
    absent = 0
    for peer in PEERS:
        version = install(peer)
        absent += version is None
        print(f"{peer.name}: {version or 'absent (pip could not install it)'}", flush=True)
    return 1 if absent else 0


if __name__ == "__main__":
    sys.exit(main())
