"""`runlog restore`."""

from __future__ import annotations

import typer

from runlog.cli.options import AmongMany, Doing

SETTINGS = {"epilog": "Example: runlog restore k3f9x2"}


def command(
    filters: AmongMany,
    runs: list[str] = typer.Argument(None, metavar="[RUN...]", help="Pieces of ids, or names; - reads them from stdin."),
    doing: Doing = Doing(),
) -> int:
    """Take runs out of the trash. `runlog ls --removed` shows what lies there."""
    from runlog.cli.doing import do_to_each
    from runlog.cli.meant import Meant, check_named
    from runlog.cli.opening import open_store
    from runlog.cli.several import label
    from runlog.errors import NotFound
    from runlog.runs.remove import find_elsewhere, is_hollow, restore
    from runlog.store.stored import StoredRun

    check_named(runs, filters, "runlog ls --removed")
    store = open_store()

    def act(run: StoredRun) -> str:
        restore(run)
        left = ", without its points and artifacts: gc has dropped them" if is_hollow(run) else ""
        return f"restored {label(run)}{left}"

    def would(run: StoredRun) -> str:
        return f"would restore {label(run)}"

    meant = Meant(store, filters._replace(removed=True))

    def find(word: str) -> StoredRun:
        try:
            return meant.one(word)
        except NotFound:
            if filters.choose:
                raise
            return find_elsewhere(store, word)

    return do_to_each(meant, runs, doing, lambda many: f"restore {many}", act, would, find)
