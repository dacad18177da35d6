"""`runlog restore`."""

from __future__ import annotations

import typer

from runlog.cli.options import AmongMany

SETTINGS = {"epilog": "Example: runlog restore k3f9x2"}


def command(
    filters: AmongMany,
    runs: list[str] = typer.Argument(None, metavar="[RUN...]", help="Pieces of ids, or names; - reads them from stdin."),
    quiet: bool = typer.Option(False, "-q", "--quiet", help="Print ids only."),
) -> int:
    """Take runs out of the trash. `runlog ls --removed` shows what lies there."""
    from runlog.cli.meant import Meant, check_named
    from runlog.cli.opening import open_store
    from runlog.cli.several import label, on_each
    from runlog.runs.remove import find_removed, is_hollow, restore
    from runlog.store.stored import StoredRun

    check_named(runs, filters, "runlog ls --removed")
    store = open_store()

    def act(run: StoredRun) -> str:
        restore(run)
        left = ", without its points and artifacts: gc has dropped them" if is_hollow(run) else ""
        return f"restored {label(run)}{left}"

    def find(word: str) -> StoredRun:
        return meant.one(word) if filters.choose else find_removed(store, word)

    meant = Meant(store, filters._replace(removed=filters.choose))
    return on_each(meant.to_do(runs), find, act, quiet)
