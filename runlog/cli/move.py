"""`runlog move`."""

from __future__ import annotations

import typer

SETTINGS = {"epilog": "Example: runlog move @last @last~1 baselines"}


def command(
    given: list[str] = typer.Argument(
        ..., metavar="RUN... EXPERIMENT", help="Runs, - reads them from stdin; then the experiment.", show_default=False
    ),
    quiet: bool = typer.Option(False, "-q", "--quiet", help="Print ids only."),
) -> int:
    """Count runs to another experiment, making it if need be."""
    from runlog.cli.opening import open_store, words
    from runlog.cli.several import label, on_each
    from runlog.errors import UsageError
    from runlog.runs.edit import destination, move
    from runlog.runs.select import find_one
    from runlog.store.stored import StoredRun

    if len(given) < 2:
        raise UsageError("there is no experiment to move to", hint=f"runlog move {given[0]} EXPERIMENT")
    store = open_store()
    experiment = destination(store, given[-1])

    def act(run: StoredRun) -> str:
        move(store, run, experiment)
        return f"moved {label(run)} to {experiment}"

    return on_each(words(given[:-1]), lambda selector: find_one(store, selector), act, quiet)
