"""The command line: the only room that prints and exits."""

from __future__ import annotations


def main() -> int:
    """The console script."""
    from runlog.cli.app import run

    return run()
