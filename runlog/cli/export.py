"""`runlog export`."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from runlog.cli.options import Filters, at_most_one

if TYPE_CHECKING:
    import pyarrow as pa

    from runlog.records import RunRecord
    from runlog.store.store import Store

SETTINGS = {"epilog": "Example: runlog export --points --tag model=xgb --parquet points.parquet"}
_FORMS = {".csv": "csv", ".jsonl": "jsonl", ".parquet": "parquet"}
_POINT = ("run", "metric", "step", "time", "value")


def command(
    filters: Filters,
    runs: list[str] = typer.Argument(
        None,
        metavar="[RUN...]",
        help="Pieces of ids, names, @last; - reads them from stdin. None means all that the filters leave.",
    ),
    points: bool = typer.Option(False, "--points", help="One row a point: run, metric, step, time, value. Else one row a run."),
    metric: list[str] = typer.Option([], "--metric", "-m", metavar="NAME", help="These metrics alone; repeat for more."),
    csv: bool = typer.Option(False, "--csv", help="CSV, which is the default in a pipe."),
    jsonl: bool = typer.Option(False, "--jsonl", help="JSON, one object a line, with types kept."),
    parquet: str = typer.Option("", "--parquet", metavar="FILE", help="A Parquet file, with types kept."),
    target: str = typer.Option(
        "", "--output", "-o", metavar="FILE", help="Where to; the ending .csv, .jsonl or .parquet counts."
    ),
) -> int:
    """Write runs, or all their points, as one tidy table.

    Types are those that were logged: a param that is a number in every run is a column of numbers. A file takes the place of an
    older one when it is complete.
    """
    from runlog.cli.opening import open_store
    from runlog.runs.compare import require

    form, file = _form(csv, jsonl, parquet, target)
    store = open_store()
    chosen = _chosen(store, runs, filters)
    if chosen:
        require(chosen, metric)
    if points:
        return _write_points(store, chosen, metric, form, file)
    _write_runs(chosen, metric, form, file)
    return 0


def _form(csv: bool, jsonl: bool, parquet: str, target: str) -> tuple[str, str]:
    """(form, file) that were asked for; no form for a table on the screen, no file for standard output."""
    from runlog.errors import UsageError

    asked = at_most_one(csv=csv, jsonl=jsonl, parquet=parquet)
    if parquet and target:
        raise UsageError("--parquet FILE and --output FILE exclude each other", hint="runlog export --parquet FILE")
    return asked or _form_of(target), parquet or target


def _form_of(target: str) -> str:
    """The form that a file's ending stands for; without an ending it is CSV."""
    from runlog.errors import UsageError

    ending = Path(target).suffix.lower()
    if ending and ending not in _FORMS:
        problem = f"cannot tell a form by the ending of {target!r}: .csv, .jsonl and .parquet are known"
        raise UsageError(problem, hint=f"runlog export --csv --output {shlex.quote(target)}")
    return _FORMS[ending] if ending else "csv" if target else ""


def _chosen(store: Store, runs: list[str], filters: Filters) -> list[RunRecord]:
    from runlog.cli import writing
    from runlog.cli.meant import Meant, check_alone
    from runlog.cli.opening import words
    from runlog.cli.selecting import listed, why_nothing
    from runlog.errors import NotFound

    if not runs:
        found = listed(store, filters)
        if not found:
            writing.say(why_nothing(store, filters))
        return found
    check_alone(filters)
    try:
        return [run.record for run in Meant(store, filters).all(words(runs))]
    except NotFound as error:
        files = [word for word in runs if Path(word).suffix.lower() in _FORMS]
        if not files:
            raise
        raise NotFound(error.message, hint=f"runlog export --output {shlex.quote(files[0])}") from None


def _write_runs(runs: Sequence[RunRecord], metrics: Sequence[str], form: str, file: str) -> None:
    from runlog.cli import writing
    from runlog.render import export as rendering
    from runlog.render.table import Table
    from runlog.runs import export

    columns = export.columns(runs, metrics)
    if form == "parquet":
        table = export.runs_table(runs, columns)
        with _parquet(file, table.schema) as write_table:
            write_table(table)
        return

    def row(run: RunRecord) -> list[Any]:
        found = ((column.type, column.of(run)) for column in columns)
        return [rendering.moment_us(value) if kind == "time" else value for kind, value in found]

    if not form and not file and writing.on_terminal():
        cells = tuple(tuple(rendering.cell(value) or "" for value in row(run)) for run in runs)
        right = frozenset(place for place, column in enumerate(columns) if column.type in {"int", "float"})
        writing.write_table(Table(tuple(column.name for column in columns), cells, right))
        return
    names = [column.name for column in columns]
    with _text(file) as write:
        if form == "jsonl":
            json = {column.name for column in columns if column.type == "json"}
            for run in runs:
                document = {
                    name: run.params[name.removeprefix("params.")] if name in json and value is not None else value
                    for name, value in zip(names, row(run), strict=True)
                }
                write(f"{export.as_json(document)}\n")
        else:
            write(rendering.csv_line(names))
            for run in runs:
                write(rendering.csv_line(map(rendering.cell, row(run))))


def _write_points(store: Store, runs: Sequence[RunRecord], metrics: Sequence[str], form: str, file: str) -> int:
    """Run by run, so that no more than the points of one are held at a time."""
    from runlog.cli.several import tell
    from runlog.errors import RunlogError
    from runlog.runs import export

    failed = 0

    def pieces() -> Iterator[tuple[str, pa.Table]]:
        nonlocal failed
        for run in runs:
            try:
                for piece in export.histories(store.run(run.id), metrics):
                    yield run.id, piece
            except RunlogError as error:
                tell(error)
                failed += 1

    if form == "parquet":
        with _parquet(file, export.points_schema()) as write_table:
            for run_id, piece in pieces():
                write_table(export.points_table(run_id, piece))
    else:
        with _text(file) as write:
            if form != "jsonl":
                write(f"{','.join(_POINT)}\n")
            for run_id, piece in pieces():
                for line in _point_lines(run_id, piece, form):
                    write(line)
    return 1 if failed else 0


def _point_lines(run_id: str, piece: pa.Table, form: str) -> Iterator[str]:
    from runlog.render import export as rendering
    from runlog.runs import export

    for run, metric, step, at, value in export.points(run_id, piece):
        row = (run, metric, step, rendering.moment_ms(at), value)
        if form == "jsonl":
            yield f"{export.as_json(dict(zip(_POINT, row, strict=True)))}\n"
        else:
            yield rendering.csv_line(map(rendering.cell, row))


@contextlib.contextmanager
def _text(file: str) -> Iterator[Callable[[str], object]]:
    """Where lines go: standard output, or a file that appears when all are written."""
    from runlog.cli import writing
    from runlog.store.delivery import written_whole

    if not file or file == "-":
        yield writing.write
        return
    with written_whole(Path(file)) as staged, open(staged, "w", encoding="utf-8", newline="") as lines:
        yield lines.write


@contextlib.contextmanager
def _parquet(file: str, schema: pa.Schema) -> Iterator[Callable[[pa.Table], None]]:
    """A Parquet file that appears when it is complete."""
    import pyarrow.parquet as pq

    from runlog.errors import UsageError
    from runlog.store.delivery import written_whole

    if file == "-":
        raise UsageError("Parquet goes to a file", hint="runlog export --parquet runs.parquet")
    with written_whole(Path(file)) as staged, pq.ParquetWriter(staged, schema, compression="zstd") as writer:
        yield writer.write_table
