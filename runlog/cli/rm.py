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
    yes: bool = typer.Option(False, "--yes", "-y", help="Do not ask before runs go that were found by options."),
    quiet: bool = typer.Option(False, "-q", "--quiet", help="Print ids only."),
) -> int:
    """Put runs into the trash: those named, or those that fit. `runlog restore` brings them back."""
    from runlog.cli import writing
    from runlog.cli.asking import agreed
    from runlog.cli.opening import open_store, words
    from runlog.cli.selecting import doubts, listed
    from runlog.cli.several import label, on_each
    from runlog.errors import UsageError
    from runlog.runs.remove import check_removable, remove
    from runlog.runs.select import find_one
    from runlog.store.registry.need import needed_runs
    from runlog.store.stored import StoredRun

    if runs and filters != Filters():
        raise UsageError("runs are named or found by options, not both", hint="runlog rm @last")
    if filters.limit == 0:
        raise UsageError("-n 0 would remove all that fit", hint="leave -n out if that is meant")
    if not runs and not filters.choose:
        problem = "--sort leaves no run out, and none is named" if filters.sort else "no run is named"
        raise UsageError(problem, hint="runlog rm @last")
    if filters.removed:
        raise UsageError("those are in the trash already", hint="runlog gc --dry-run")
    store = open_store()
    needed = needed_runs(store.root)
    names = words(runs) if runs else [run.id for run in listed(store, filters)]
    if not runs:
        # `not` makes true what asks for a name that no run has.
        writing.say("".join(f"note: {doubt}\n" for doubt in doubts(store, filters)))
        if not names:
            writing.say("nothing to do: no runs fit\n")
            return 0
    if not runs and not dry_run:
        many = "1 run" if len(names) == 1 else f"{len(names)} runs"
        if not agreed(f"put {many} into the trash", yes, "say --yes, or --dry-run to see which"):
            return 1

    def act(run: StoredRun) -> str:
        if dry_run:
            check_removable(run, force, needed)
            return f"would remove {label(run)}"
        remove(run, force, needed)
        return f"removed {label(run)}"

    return on_each(names, lambda selector: find_one(store, selector), act, quiet)
