"""`runlog init`."""

from __future__ import annotations

import os

SETTINGS = {"epilog": "Example: runlog init"}


def command() -> None:
    """Make a store here. Nobody needs to: the first run makes it too."""
    from runlog import config
    from runlog.cli import writing
    from runlog.store.store import Store

    root = config.place_store()
    existed = os.path.exists(root / config.FORMAT_FILE)
    Store.create(root)
    writing.write(f"{'there is a store already' if existed else 'made a store'}: {root}\n")
