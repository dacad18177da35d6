"""`runlog checkout`."""

from __future__ import annotations

from pathlib import Path

import typer

from runlog.cli.options import Among

SETTINGS = {"epilog": "Example: runlog checkout @best:rmse ../best"}


def command(
    filters: Among,
    run: str = typer.Argument(..., metavar="RUN", help="A piece of the id, a name, @last or @best:METRIC.", show_default=False),
    folder: Path = typer.Argument(
        None, metavar="[DIR]", help="Where to: a folder that is empty or not there yet; else one beside the project."
    ),
    plain: bool = typer.Option(False, "--plain", help="Plain files, and no work tree of git."),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Put the code of a run into a folder, as it was when the run began.

    Where the repository is there, the folder becomes a work tree of git at the commit, with what was not committed as
    changes. Without it, the store has the files. Prints the folder.
    """
    from runlog.cli import writing
    from runlog.cli.meant import one
    from runlog.cli.opening import open_store
    from runlog.render.code import as_document, checked_out
    from runlog.runs.checkout import checkout

    store = open_store()
    record = one(store, run, filters).record
    done = checkout(store, record, folder, plain=plain)
    if json:
        writing.write_json(as_document(record, done))
    else:
        writing.write(f"{done.path}\n")
        writing.say(checked_out(record, done))
