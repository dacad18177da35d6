"""`runlog ls`."""

from __future__ import annotations

from runlog.cli.options import Filters, Output

SETTINGS = {"epilog": "Example: runlog ls --tag model=xgboost --where 'rmse < 6.5' -n 20"}


def command(filters: Filters, output: Output) -> None:
    """List runs, newest first."""
    from runlog.cli import writing
    from runlog.cli.opening import open_store
    from runlog.cli.selecting import listed
    from runlog.render.listing import line, listing
    from runlog.render.runs import as_document
    from runlog.runs.select import short_ids

    runs = listed(open_store(), filters)
    if output.quiet:
        writing.write("".join(f"{run.id}\n" for run in runs))
    elif not runs and not writing.chosen(output):
        writing.say("no runs fit: runlog ls shows all\n" if filters != Filters([]) else "no runs yet: runlog run -- <command>\n")
    else:
        ids = short_ids(run.id for run in runs) if writing.on_terminal() else {run.id: run.id for run in runs}
        documents = [as_document(run) for run in runs] if output.json or output.jsonl else []
        screen = writing.on_terminal()
        precise = not screen and not output.md
        table = listing([line(run) for run in runs], [ids[run.id] for run in runs], relative=screen, precise=precise)
        writing.write_answer(table, documents, output)
