"""`runlog rm`."""

from __future__ import annotations

from typing import Annotated

import typer

from runlog.cli.once import Once
from runlog.cli.options import Filters, Without

SETTINGS = {"epilog": "Example: runlog rm --where 'rmse > 100' --dry-run", "cls": Once}


def command(
    filters: Annotated[Filters, Without("removed")],
    runs: list[str] = typer.Argument(None, metavar="[RUN...]", help="Pieces of ids, names, @last; - reads them from stdin."),
    force: bool = typer.Option(False, "--force", "-f", help="Running runs too. Their processes go on."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Tell what would go, and do nothing."),
    yes: bool = typer.Option(False, "--yes", "-y", help="Do not ask before runs go that were not named."),
    quiet: bool = typer.Option(False, "-q", "--quiet", help="Print ids only."),
) -> int:
    """Put runs into the trash: those named, or those that fit. `runlog restore` brings them back."""
    from runlog.cli.asking import agreed
    from runlog.cli.meant import Meant, check_named
    from runlog.cli.opening import open_store
    from runlog.cli.several import label, many, on_each
    from runlog.errors import UsageError
    from runlog.runs.remove import check_removable, remove
    from runlog.store.registry.need import needed_runs
    from runlog.store.stored import StoredRun

    if filters.limit == 0:
        raise UsageError("-n 0 would remove all that fit", hint="leave -n out if that is meant")
    if filters.removed:
        raise UsageError("those are in the trash already", hint="runlog gc --dry-run")
    check_named(runs, filters, "runlog rm @last")
    store = open_store()
    needed = needed_runs(store.root)
    meant = Meant(store, filters)
    names = meant.to_do(runs)
    asks = names and not runs and not dry_run
    if asks and not agreed(f"put {many(names)} into the trash", yes, "say --yes, or --dry-run to see which"):
        return 1

    def act(run: StoredRun) -> str:
        if dry_run:
            check_removable(run, force, needed)
            return f"would remove {label(run)}"
        remove(run, force, needed)
        return f"removed {label(run)}"

    return on_each(names, meant.one, act, quiet)
