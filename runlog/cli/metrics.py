"""`runlog metrics`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from runlog.cli.options import Among, Output

if TYPE_CHECKING:
    from runlog.store.stored import StoredRun

SETTINGS = {"epilog": "Example: runlog metrics @last loss --history --csv"}


def command(
    output: Output,
    filters: Among,
    run: str = typer.Argument("@last", metavar="RUN", help="A piece of the id, a name, @last or @best:METRIC."),
    names: list[str] = typer.Argument(None, metavar="[METRIC...]", help="These metrics alone."),
    history: bool = typer.Option(False, "--history", help="Print every point."),
) -> None:
    """Show metrics and their curves, or every point. The best value of each is marked (*)."""
    from runlog import metrics
    from runlog.cli import writing
    from runlog.cli.meant import one
    from runlog.cli.opening import in_place_of_run, open_store
    from runlog.experiments import directions
    from runlog.render import metrics as pictures
    from runlog.runs.direction import direction

    store = open_store()
    with in_place_of_run(store, "metrics", [run, *(names or [])], lambda newest: newest.metrics):
        found = one(store, run, filters)
    chosen = metrics.choose(found, names or [])
    if output.quiet:
        writing.write("".join(f"{name}\n" for name in chosen))
    elif not chosen and not writing.chosen(output):
        writing.say(f"run {found.id} has no metrics\n")
    elif history:
        _write_history(found, list(chosen), output)
    elif writing.chosen(output) or not writing.on_terminal():
        writing.write_answer(pictures.summary(chosen), pictures.summary_documents(chosen), output)
    else:
        said = directions(store, found.experiment)
        ways = {name: direction(name, said) for name in chosen}
        writing.write_table(pictures.pictured(chosen, metrics.curves(found, list(chosen)), ways))


def _write_history(run: StoredRun, names: list[str], output: Output) -> None:
    from runlog import metrics
    from runlog.cli import writing
    from runlog.render import metrics as pictures

    points = metrics.points(run, names)
    if not writing.chosen(output) and writing.on_terminal():
        writing.write(pictures.history(points, run.record.created_at))
    else:
        documents = map(pictures.point_document, points)
        writing.write_stream(pictures.HEADINGS, pictures.point_rows(points), documents, output)
