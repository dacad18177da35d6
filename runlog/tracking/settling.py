"""`python -m runlog.tracking.settling STORE RUN WRITER`: make Parquet of one log that a living run has left behind."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from runlog.store.store import Store

# A thread that was in the middle of a call when the log was left ends that call in it.
_GRACE_S = 1.0


def main(arguments: list[str]) -> None:
    store, run_id, writer = arguments
    os.nice(10)
    time.sleep(_GRACE_S)
    Store.open(Path(store)).run_dir(run_id).settle_log(writer)


if __name__ == "__main__":
    main(sys.argv[1:])
