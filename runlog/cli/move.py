"""`runlog move`."""

from __future__ import annotations

import typer

from runlog.cli.once import Once
from runlog.cli.options import AmongMany

SETTINGS = {"epilog": "Example: runlog move @last @last~1 baselines", "cls": Once}


def command(
    filters: AmongMany,
    given: list[str] = typer.Argument(
        ..., metavar="[RUN...] EXPERIMENT", help="Runs, - reads them from stdin; then the experiment.", show_default=False
    ),
    quiet: bool = typer.Option(False, "-q", "--quiet", help="Print ids only."),
) -> int:
    """Count runs to another experiment, making it if need be."""
    from runlog.cli.meant import Meant, check_no_run
    from runlog.cli.opening import open_store
    from runlog.cli.several import label, on_each
    from runlog.errors import UsageError
    from runlog.runs.edit import destination, move
    from runlog.store.stored import StoredRun

    if len(given) < 2 and not filters.choose:
        raise UsageError("there is no experiment to move to", hint=f"runlog move {given[0]} EXPERIMENT")
    store = open_store()
    meant = Meant(store, filters)
    names = meant.to_do(given[:-1])
    if not given[1:] and given[0] not in {found.name for found in store.experiments()}:
        check_no_run(store, given[0], "an experiment", "runlog move RUN... EXPERIMENT")
    experiment = destination(store, given[-1])

    def act(run: StoredRun) -> str:
        move(store, run, experiment)
        return f"moved {label(run)} to {experiment}"

    return on_each(names, meant.one, act, quiet)
