"""`runlog rm`."""

from __future__ import annotations

from typing import Annotated

import typer

from runlog.cli.once import Once
from runlog.cli.options import Doing, Filters, Without

SETTINGS = {"epilog": "Example: runlog rm --where 'rmse > 100' --dry-run", "cls": Once}


def command(
    filters: Annotated[Filters, Without("removed")],
    runs: list[str] = typer.Argument(None, metavar="[RUN...]", help="Pieces of ids, names, @last; - reads them from stdin."),
    force: bool = typer.Option(False, "--force", "-f", help="Running runs too. Their processes go on."),
    doing: Doing = Doing(),
) -> int:
    """Put runs into the trash: those named, or those that fit. `runlog restore` brings them back."""
    from runlog.cli.doing import do_to_each
    from runlog.cli.meant import Meant, check_named
    from runlog.cli.opening import open_store
    from runlog.cli.several import label
    from runlog.errors import UsageError
    from runlog.runs.remove import check_removable, remove
    from runlog.store.registry.need import needed_runs
    from runlog.store.stored import StoredRun

    if filters.removed:
        raise UsageError("those are in the trash already", hint="runlog gc --dry-run")
    check_named(runs, filters, "runlog rm @last")
    store = open_store()
    needed = needed_runs(store.root)

    def act(run: StoredRun) -> str:
        remove(run, force, needed)
        return f"removed {label(run)}"

    def would(run: StoredRun) -> str:
        check_removable(run, force, needed)
        return f"would remove {label(run)}"

    return do_to_each(Meant(store, filters), runs, doing, lambda many: f"put {many} into the trash", act, would)
