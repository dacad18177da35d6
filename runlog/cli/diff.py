"""`runlog diff`."""

from __future__ import annotations

import os

import typer

from runlog.cli.options import Among

SETTINGS = {"epilog": "Example: runlog diff @best:rmse @last"}


def command(
    filters: Among,
    run: str = typer.Argument(..., metavar="RUN", help="A piece of the id, a name, @last or @best:METRIC.", show_default=False),
    other: str = typer.Argument("", metavar="[OTHER]", help="Another run; without it, what is here now.", show_default=False),
    stat: bool = typer.Option(False, "--stat", help="Count the lines of files and do not show them."),
    code: bool = typer.Option(False, "--code", help="Only the code, as a patch that git apply takes, without binary files."),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
    no_pager: bool = typer.Option(False, "--no-pager", help="Print at once, also on a terminal."),
) -> None:
    """Show everything that differs between two runs, or between a run and what is here now.

    The most likely cause comes first: params, code, packages, data, environment, command; then what came of it, metrics and
    artifacts. Without OTHER it answers what has changed here since a run began.
    """
    from runlog.cli import writing
    from runlog.cli.meant import Meant
    from runlog.cli.opening import open_store, words
    from runlog.cli.options import at_most_one
    from runlog.errors import UsageError
    from runlog.render.difference import as_document, page, patch, without_patch
    from runlog.runs.difference import difference, difference_to_now

    at_most_one(hint="runlog diff --stat RUN", stat=stat, code=code)
    named = words([run, *([other] if other else [])])
    if not 1 <= len(named) <= 2:
        raise UsageError(f"runlog diff takes one run or two, and {len(named)} are named", hint="runlog diff @last~1 @last")
    store = open_store()
    meant = Meant(store, filters)
    old = meant.one(named[0]).record
    if named[1:]:
        found = difference(store, old, meant.one(named[1]).record, code_only=code)
    else:
        found = difference_to_now(store, old, code_only=code)
    if json:
        writing.write_json(as_document(found))
        return
    if code:
        text = patch(found.code, writing.colour())
        for note in (*found.notes, *without_patch(found.code)):
            writing.say(f"note: {note}\n")
    else:
        text = page(found, stat=stat, colour=writing.colour())
    if writing.on_terminal() and not no_pager:
        import pydoc

        # As git does: what fits on one screen is just printed, colours pass, nothing is cleared.
        os.environ.setdefault("LESS", "FRX")
        pydoc.pager(writing.for_eyes(text))
    elif code:
        writing.write_bytes([text.encode("utf-8", "surrogateescape")])  # the very bytes, or git could not apply them
    else:
        writing.draw(text)
