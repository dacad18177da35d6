"""`runlog compare`."""

from __future__ import annotations

import typer

from runlog.cli.options import Output

SETTINGS = {"epilog": "Example: runlog compare @last @last~1 --baseline @last~1"}


def command(
    output: Output,
    runs: list[str] = typer.Argument(..., metavar="RUN...", help="Pieces of ids, names, @last; - reads them from stdin."),
    everything: bool = typer.Option(False, "--all", help="Show what all runs have in common too."),
    baseline: str = typer.Option("", "--baseline", "-b", metavar="RUN", help="Show differences to this one of the runs."),
    up: list[str] = typer.Option([], "--max", metavar="METRIC", help="More of this metric is better."),
    down: list[str] = typer.Option([], "--min", metavar="METRIC", help="Less of this metric is better."),
    group_by: list[str] = typer.Option(
        [], "--group-by", "-g", metavar="KEY", help="Mean and spread of runs with equal KEY; '!seed' for all params but seed."
    ),
    strict: bool = typer.Option(False, "--strict", help="Leave with 1 when there is doubt whether the runs are comparable."),
) -> int:
    """Set runs side by side: what differs, and who is best (*)."""
    from runlog.cli import writing
    from runlog.cli.opening import open_store, words
    from runlog.experiments import agreed_directions
    from runlog.render.comparison import as_document, group_documents, grouped, side_by_side
    from runlog.runs.compare import compare, doubts, require
    from runlog.runs.direction import told
    from runlog.runs.group import group
    from runlog.runs.select import find, find_one, short_ids

    store = open_store()
    chosen = [run.record for run in find(store, words(runs))]
    require(chosen, [*up, *down])
    said = {**agreed_directions(store, {run.experiment for run in chosen}), **told(up, down)}
    if group_by:
        grouping = group(chosen, group_by, said)
        writing.write_answer(grouped(grouping), group_documents(grouping), output, either_way=True)
        return _doubtful(doubts(chosen), strict)
    base = find_one(store, baseline).record if baseline else None
    if base is not None and base.id not in {run.id for run in chosen}:
        chosen.insert(0, base)
    result = compare(chosen, said, base.id if base else None)
    if output.json or output.jsonl:
        writing.write_json(as_document(result))
    elif output.quiet:
        writing.write("".join(f"{run_id}\n" for run_id in result.ids))
    else:
        ids = short_ids(result.ids) if writing.on_terminal() else {run_id: run_id for run_id in result.ids}
        writing.write_answer(side_by_side(result, ids, everything), [], output, either_way=True)
    return _doubtful(result.doubts, strict)


def _doubtful(doubts: tuple[str, ...], strict: bool) -> int:
    from runlog.cli import writing

    for doubt in doubts:
        writing.say(f"not comparable? {doubt}\n")
    return 1 if strict and doubts else 0
