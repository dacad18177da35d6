"""`runlog show`."""

from __future__ import annotations

import typer

SETTINGS = {"epilog": "Example: runlog show @last"}


def command(
    run: str = typer.Argument("@last", metavar="RUN", help="A piece of the id, a name, @last or @best:METRIC."),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Show all that is known of a run."""
    from runlog.cli import writing
    from runlog.cli.opening import open_store, words
    from runlog.render.runs import as_document, page
    from runlog.runs.inputs import check_inputs
    from runlog.runs.select import find_one

    store = open_store()
    record = find_one(store, *words([run])).record
    if json:
        writing.write_json(as_document(record))
    else:
        writing.write(page(record, {found.name: found.condition for found in check_inputs(store, record, thorough=False)}))
