"""`runlog show`."""

from __future__ import annotations

import sys

import typer

SETTINGS = {"epilog": "Example: runlog show @last"}


def command(
    run: str = typer.Argument("@last", metavar="RUN", help="A piece of the id, a name, or @last."),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Show all that is known of a run."""
    from runlog.cli.opening import open_store, write_json
    from runlog.render.runs import as_document, page
    from runlog.runs.select import find

    record = find(open_store(), [run])[0].record
    if json:
        write_json(as_document(record))
    else:
        sys.stdout.write(page(record))
