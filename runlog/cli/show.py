"""`runlog show`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from runlog.cli.options import Among

if TYPE_CHECKING:
    from runlog.records import RunRecord
    from runlog.store.store import Store

SETTINGS = {"epilog": "Example: runlog show @last"}


def command(
    filters: Among,
    run: str = typer.Argument("@last", metavar="RUN", help="A piece of the id, a name, @last or @best:METRIC."),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Show all that is known of a run."""
    from runlog.cli import writing
    from runlog.cli.meant import one
    from runlog.cli.opening import open_store
    from runlog.render.runs import as_document, page
    from runlog.runs.inputs import check_inputs

    store = open_store()
    record = one(store, run, filters).record
    if json:
        writing.write_json(as_document(record))
    else:
        changed = {found.name: found.condition for found in check_inputs(store, record, thorough=False)}
        columns = writing.width() if writing.on_terminal() else None
        writing.write(page(record, changed, _ran_on(store, record), columns))


def _ran_on(store: Store, record: RunRecord) -> str:
    if not record.environment:
        return ""
    from runlog.render.environment import ran_on
    from runlog.runs.surroundings import of_run

    found = of_run(store, record)
    return ran_on(len(found.packages), found.rest)
