"""`runlog compare`."""

from __future__ import annotations

import sys

import typer

SETTINGS = {"epilog": "Example: runlog compare @last @last~1"}


def command(
    runs: list[str] = typer.Argument(..., metavar="RUN...", help="Pieces of ids, names, @last; - reads ids from standard input."),
    everything: bool = typer.Option(False, "--all", help="Show what all runs have in common too."),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Set runs side by side: what differs, and who is best (*)."""
    from runlog.cli.opening import on_terminal, open_store, write_json, write_table
    from runlog.render.comparison import side_by_side
    from runlog.runs.compare import compare
    from runlog.runs.select import find, short_ids

    named = [piece for run in runs for piece in (sys.stdin.read().split() if run == "-" else [run])]
    result = compare(find(open_store(), named))
    if json:
        lines = [
            {"kind": line.kind, "key": line.key, "values": list(line.values), "best": list(line.best)} for line in result.lines
        ]
        write_json({"runs": list(result.ids), "lines": lines})
        return
    ids = short_ids(result.ids) if on_terminal() else {run_id: run_id for run_id in result.ids}
    write_table(side_by_side(result.ids, result.lines, ids, everything), either_way=True)
