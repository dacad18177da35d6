"""`runlog move`."""

from __future__ import annotations

import typer

from runlog.cli.once import Once
from runlog.cli.options import AmongMany, Doing

SETTINGS = {"epilog": "Example: runlog move @last @last~1 baselines", "cls": Once}


def command(
    filters: AmongMany,
    given: list[str] = typer.Argument(
        ..., metavar="[RUN...] EXPERIMENT", help="Runs, - reads them from stdin; then the experiment.", show_default=False
    ),
    doing: Doing = Doing(),
) -> int:
    """Count runs to another experiment, making it if need be."""
    from runlog.cli.doing import do_to_each
    from runlog.cli.meant import Meant, check_named, check_no_run
    from runlog.cli.opening import open_store
    from runlog.cli.several import label
    from runlog.errors import UsageError
    from runlog.runs.edit import destination, move
    from runlog.store.stored import StoredRun

    if len(given) < 2 and not filters.choose:
        raise UsageError("there is no experiment to move to", hint=f"runlog move {given[0]} EXPERIMENT")
    check_named(given[:-1], filters, "runlog move @last baselines")
    store = open_store()
    if not given[1:] and given[0] not in {found.name for found in store.experiments()}:
        check_no_run(store, given[0], "an experiment", "runlog move RUN... EXPERIMENT")
    experiment = destination(store, given[-1])

    def act(run: StoredRun) -> str:
        move(store, run, experiment)
        return f"moved {label(run)} to {experiment}"

    def would(run: StoredRun) -> str:
        return f"would move {label(run)} to {experiment}"

    def question(many: str) -> str:
        return f"move {many} to {experiment}"

    return do_to_each(Meant(store, filters), given[:-1], doing, question, act, would)
