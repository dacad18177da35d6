"""`runlog ls`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from runlog.cli.options import Filters, Output

if TYPE_CHECKING:
    import typer

SETTINGS = {"epilog": "Example: runlog ls --tag model=xgboost --where 'rmse < 6.5' -n 20"}
_SCREENFUL = 50


def command(
    filters: Filters,
    output: Output,
    commits: Annotated[str, typer.Argument(metavar="[A..B]", help="Only runs at commits of a range, as main..HEAD.")] = "",
) -> None:
    """List runs, newest first.

    A terminal shows the first 50 unless -n says how many, a pipe gets all.
    """
    from runlog.cli import writing
    from runlog.cli.opening import open_store
    from runlog.cli.selecting import listed, nothing_fits, why_nothing
    from runlog.render.listing import line, listing
    from runlog.render.runs import as_document
    from runlog.runs.select import short_ids

    filters = _with_range(filters, commits)
    store = open_store()
    # In front of a person a screenful is enough; a pipe gets them all.
    few = filters.limit is None and writing.for_screen(output)
    runs = listed(store, filters._replace(limit=_SCREENFUL + 1) if few else filters)
    more, runs = few and len(runs) > _SCREENFUL, runs[:_SCREENFUL] if few else runs
    if not runs and (output.quiet or writing.chosen(output)):
        writing.say(why_nothing(store, filters))
    if output.quiet:
        writing.write("".join(f"{run.id}\n" for run in runs))
    elif not runs and not writing.chosen(output):
        writing.say(nothing_fits(store, filters))
    else:
        programs, screen = writing.for_programs(output), writing.for_screen(output)
        ids = {run.id: run.id for run in runs} if programs else short_ids(run.id for run in runs)
        documents = [as_document(run) for run in runs] if output.json or output.jsonl else []
        table = listing([line(run) for run in runs], [ids[run.id] for run in runs], relative=screen, precise=programs)
        writing.write_answer(table, documents, output)
        if more:
            writing.say(f"these are the first {_SCREENFUL}: runlog ls -n 0 shows all\n")


def _with_range(filters: Filters, commits: str) -> Filters:
    if not commits:
        return filters
    from runlog.errors import UsageError

    if ".." not in commits or filters.commit:
        raise UsageError(f"{commits!r} is no range of commits", hint=f"runlog ls --experiment {commits}, or --commit {commits}")
    return filters._replace(commit=commits)
