"""`runlog best`."""

from __future__ import annotations

from typing import Annotated

import typer

from runlog.cli.options import Filters, Without, at_most_one

SETTINGS = {"epilog": 'Example: runlog show "$(runlog best rmse --tag model=ridge)"'}


def command(
    filters: Annotated[Filters, Without("sort")],
    metric: str = typer.Argument(..., metavar="METRIC", help="By its last value; or as 'min(loss)'."),
    up: bool = typer.Option(False, "--max", help="The more the better."),
    down: bool = typer.Option(False, "--min", help="The less the better."),
) -> None:
    """Print the id of the best run; with -n, of the best few.

    Without --max or --min, what was said with `runlog experiments set` counts, else the metric's name.
    A run that has not finished may be the best, which a note then says.
    """
    from runlog.cli import writing
    from runlog.cli.opening import open_store
    from runlog.cli.selecting import listed
    from runlog.errors import UsageError
    from runlog.records import Direction
    from runlog.runs.best import best, reservations

    at_most_one(hint=f"runlog best {metric} --max", max=up, min=down)
    if filters.sort:
        raise UsageError("the best come first, so --sort means nothing here", hint=f"runlog best {metric}")
    store = open_store()
    runs = listed(store, filters._replace(limit=0))
    if not runs:
        from runlog import experiments

        for name in filters.experiment:
            experiments.find(store, name)  # which says that there is none
    way: Direction | None = "max" if up else "min" if down else None
    winners = best(store, runs, metric, way, _count(filters.limit))
    writing.write("".join(f"{run.id}\n" for run, _ in winners))
    writing.say("".join(f"note: {words}\n" for words in reservations(winners, metric)))


def _count(limit: int | None) -> int | None:
    """How many: one if nothing is said, and all for 0, as wherever runs are listed."""
    return 1 if limit is None else limit or None
