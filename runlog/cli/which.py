"""`runlog which`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from runlog.cli.options import Among, Filters, Output

if TYPE_CHECKING:
    from runlog.runs.origin import Trace
    from runlog.store.store import Store

SETTINGS = {"epilog": "Example: runlog which model.pt data.csv"}


def command(
    output: Output,
    filters: Among,
    paths: list[str] = typer.Argument(..., metavar="FILE...", help="Files or folders; they may have been copied or renamed."),
) -> int:
    """Name the runs that made a file or used it, known by its bytes.

    Leaves with 0 when all are known, with 3 when none is, and with 1 when it is some of them.
    """
    from runlog.cli import writing
    from runlog.cli.opening import open_store
    from runlog.render.ids import short_ids
    from runlog.render.origin import as_document, traces

    found, unknown = _traced(open_store(), paths, filters)
    if output.quiet:
        writing.write("".join(f"{run_id}\n" for run_id in dict.fromkeys(trace.run.id for trace in found)))
    elif found or writing.chosen(output):
        ids = {trace.run.id: trace.run.id for trace in found}
        ids = short_ids(ids) if not writing.for_programs(output) else ids
        writing.write_answer(traces(found, ids, len(paths) > 1), [as_document(trace) for trace in found], output)
    return 0 if not unknown else 1 if found else 3


def _traced(store: Store, paths: list[str], filters: Filters) -> tuple[list[Trace], int]:
    """What is known of some files, and of how many nothing is."""
    from runlog.cli.selecting import listed
    from runlog.cli.several import tell
    from runlog.errors import BadName, NotFound, RunlogError
    from runlog.runs.origin import Origins

    origins = Origins(store)
    fitting = {run.id for run in listed(store, filters)} if filters.choose else None
    found: list[Trace] = []
    unknown = 0
    for path in dict.fromkeys(paths):
        try:
            if not path:
                raise BadName("the path of a file or folder is empty")
            traces = [trace for trace in origins.of(Path(path)) if fitting is None or trace.run.id in fitting]
        except RunlogError as error:
            if len(paths) == 1:
                raise
            tell(error)
            unknown += 1
            continue
        if not traces:
            which = "no run" if fitting is None else "no run that fits"
            tell(NotFound(f"{which} made or used {path!r} as it is now", hint="runlog ls"))
            unknown += 1
        found += traces
    return found, unknown
