"""`runlog compare`."""

from __future__ import annotations

import typer

from runlog.cli.options import Output

SETTINGS = {"epilog": "Example: runlog compare @last @last~1"}


def command(
    output: Output,
    runs: list[str] = typer.Argument(..., metavar="RUN...", help="Pieces of ids, names, @last; - reads them from stdin."),
    everything: bool = typer.Option(False, "--all", help="Show what all runs have in common too."),
) -> None:
    """Set runs side by side: what differs, and who is best (*)."""
    from runlog.cli import writing
    from runlog.cli.opening import open_store, words
    from runlog.render.comparison import as_document, side_by_side
    from runlog.runs.compare import compare
    from runlog.runs.select import find, short_ids

    result = compare(find(open_store(), words(runs)))
    if output.json:
        writing.write_json(as_document(result.ids, result.lines))
        return
    ids = short_ids(result.ids) if writing.on_terminal() else {run_id: run_id for run_id in result.ids}
    writing.write_answer(side_by_side(result.ids, result.lines, ids, everything), [], output, either_way=True)
