"""`runlog restore`."""

from __future__ import annotations

import typer

SETTINGS = {"epilog": "Example: runlog restore k3f9x2"}


def command(
    runs: list[str] = typer.Argument(..., metavar="RUN...", help="Pieces of ids, or names; - reads them from stdin."),
    quiet: bool = typer.Option(False, "-q", "--quiet", help="Print ids only."),
) -> int:
    """Take runs out of the trash. `runlog ls --removed` shows what lies there."""
    from runlog.cli.opening import open_store, words
    from runlog.cli.several import label, on_each
    from runlog.runs.remove import find_removed, is_hollow, restore
    from runlog.store.stored import StoredRun

    store = open_store()

    def act(run: StoredRun) -> str:
        restore(run)
        left = ", without its points and artifacts: gc has dropped them" if is_hollow(run) else ""
        return f"restored {label(run)}{left}"

    return on_each(words(runs), lambda selector: find_removed(store, selector), act, quiet)
