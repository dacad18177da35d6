"""The command line: the only room that prints and exits."""

from __future__ import annotations

import sys


def main() -> int:
    """The console script."""
    if sys.argv[1:2] == ["log"]:
        from runlog.cli.quick import log

        if log(sys.argv[2:]):
            return 0
    if sys.argv[1:2] == ["_complete"]:
        from runlog.cli.complete import complete

        return complete(sys.argv[2:])
    from runlog.cli.app import run

    return run()
