"""`runlog ls`."""

from __future__ import annotations

import sys

import typer

SETTINGS = {"epilog": "Example: runlog ls --tag model=xgboost -n 20"}


def command(
    tag: list[str] = typer.Option([], "--tag", "-t", metavar="K[=V]", help="Only runs with this tag; repeat for more."),
    experiment: str = typer.Option("", "--experiment", "-e", metavar="NAME", help="Only runs of this experiment."),
    status: str = typer.Option("", "--status", metavar="STATE", help="Only running, finished, failed, killed or lost runs."),
    limit: int = typer.Option(0, "-n", "--limit", metavar="N", min=0, help="At most so many, the newest."),
    quiet: bool = typer.Option(False, "-q", "--quiet", help="Print ids only."),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """List runs, newest first."""
    from runlog.cli.opening import on_terminal, open_store, write_json, write_table
    from runlog.render.runs import as_document, listing
    from runlog.runs.select import Filter, select, short_ids

    wanted = Filter(experiment or None, tuple(tag), status or None)
    runs = [run.record for run in select(open_store(), wanted, limit or None)]
    if quiet:
        sys.stdout.write("".join(f"{run.id}\n" for run in runs))
    elif json:
        write_json([as_document(run) for run in runs])
    elif not runs:
        sys.stderr.write("no runs" + (" fit\n" if wanted != Filter() else " yet: runlog run -- <command> makes one\n"))
    else:
        relative = on_terminal()
        ids = short_ids(run.id for run in runs) if relative else {run.id: run.id for run in runs}
        write_table(listing(runs, ids, relative))
