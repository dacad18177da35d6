"""`runlog ls`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from runlog.cli.options import Columns, Filters, Output

if TYPE_CHECKING:
    from collections.abc import Collection

    import typer

    from runlog.records import RunRecord
    from runlog.render.table import Table
    from runlog.render.template import Part
    from runlog.store.store import Store

SETTINGS = {"epilog": "Example: runlog ls --tag model=xgboost --where 'rmse < 6.5' -n 20"}
_SCREENFUL = 50


def command(
    filters: Filters,
    output: Output,
    columns: Columns,
    commits: Annotated[str, typer.Argument(metavar="[A..B]", help="Only runs at commits of a range, as main..HEAD.")] = "",
) -> None:
    """List runs, newest first.

    A terminal shows the first 50 unless -n says how many, a pipe gets all.
    """
    from runlog.cli import writing
    from runlog.cli.opening import open_store
    from runlog.cli.selecting import columns as columns_of
    from runlog.cli.selecting import listed, nothing_fits, why_nothing
    from runlog.render.runs import as_document

    filters = _with_range(filters, commits)
    parts = [] if columns.format is None else _laid_out(columns.format, columns.cols, output)
    if columns.cols:
        _must_be_a_table(output)
    store = open_store()
    # In front of a person a screenful is enough; a pipe gets them all.
    few = filters.limit is None and writing.for_screen(output) and not parts
    runs = listed(store, filters._replace(limit=_SCREENFUL + 1) if few else filters)
    more, runs = few and len(runs) > _SCREENFUL, runs[:_SCREENFUL] if few else runs
    if not runs and (parts or output.quiet or writing.chosen(output)):
        writing.say(why_nothing(store, filters))
    if parts and not runs:
        return
    if output.quiet:
        writing.write("".join(f"{run.id}\n" for run in runs))
    elif parts:
        from runlog.render.template import lines

        found = columns_of(store, filters, [part.title for part in parts if part.title], runs)
        writing.write("".join(f"{line}\n" for line in lines(parts, {column.title: column for column in found}, len(runs))))
    elif not runs and not writing.chosen(output):
        writing.say(nothing_fits(store, filters))
    else:
        documents = [as_document(run) for run in runs] if output.json or output.jsonl else []
        writing.write_answer(_table(store, filters, columns.cols, runs, output), documents, output)
        if more:
            writing.say(f"these are the first {_SCREENFUL}: runlog ls -n 0 shows all\n")


def _table(store: Store, filters: Filters, cols: list[str], runs: list[RunRecord], output: Output) -> Table:
    from runlog.cli import selecting, writing
    from runlog.render.ids import short_ids

    programs, screen = writing.for_programs(output), writing.for_screen(output)
    short = {} if programs else short_ids(run.id for run in runs)
    ids = [short.get(run.id, run.id) for run in runs]
    if cols:
        from runlog.render.chosen import chosen
        from runlog.runs.columns import titles_in

        titles = titles_in(cols)
        return chosen(ids, selecting.columns(store, filters, titles, runs), relative=screen, precise=programs)
    from runlog.render.listing import line, listing
    from runlog.render.table import fits

    def known(table: Table) -> Collection[str]:
        return () if fits(table, writing.width()) else selecting.known(store, runs)

    about = [] if programs else selecting.about(filters, runs)  # they get every column
    lines = [line(run) for run in runs]
    return listing(lines, ids, relative=screen, precise=programs, about=about, known=known if screen else None)


def _laid_out(template: str, cols: list[str], output: Output) -> list[Part]:
    from runlog.cli.options import at_most_one
    from runlog.errors import UsageError
    from runlog.render.template import parse

    example = "runlog ls --format '{id} {rmse}'"
    at_most_one(hint=example, format=True, cols=cols, **output._asdict())
    if not template:
        raise UsageError("--format is empty", hint=example)
    return parse(template)


def _must_be_a_table(output: Output) -> None:
    form = "--json" if output.json else "--jsonl" if output.jsonl else "-q" if output.quiet else ""
    if form:
        from runlog.errors import UsageError

        raise UsageError(f"--cols is about a table, and {form} prints none", hint="runlog ls --csv --cols name,rmse")


def _with_range(filters: Filters, commits: str) -> Filters:
    if not commits:
        return filters
    from runlog.errors import UsageError

    if ".." not in commits or filters.commit:
        raise UsageError(f"{commits!r} is no range of commits", hint=f"runlog ls --experiment {commits}, or --commit {commits}")
    return filters._replace(commit=commits)
