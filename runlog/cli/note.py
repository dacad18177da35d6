"""`runlog note`."""

from __future__ import annotations

import typer

from runlog.cli.once import Once
from runlog.cli.options import Among

SETTINGS = {"epilog": "Example: runlog note @last 'the first with clean data'", "cls": Once}


def command(
    filters: Among,
    run: str = typer.Argument(..., metavar="RUN", help="A piece of the id, a name, @last.", show_default=False),
    text: str = typer.Argument(
        None, metavar="[TEXT]", help="The note; - reads it from stdin. Without, the present one is printed."
    ),
    file: str = typer.Option("", "--file", "-F", metavar="FILE", help="Take the note from a file."),
    clear: bool = typer.Option(False, "--clear", help="Take the note back."),
) -> None:
    """Say in words what a run is about, or print what was said."""
    from runlog.cli import writing
    from runlog.cli.meant import one
    from runlog.cli.opening import open_store
    from runlog.cli.several import label
    from runlog.cli.texts import given
    from runlog.errors import UsageError
    from runlog.runs.edit import note

    if run == "-" and "-" in (text, file):
        raise UsageError("standard input cannot be both the run and the note", hint="runlog note - 'what it is about'")
    found = one(open_store(), run, filters)
    new = given(text, file, clear)
    if new is None and not clear:
        if found.note:
            writing.write(f"{found.note}\n")
        else:
            writing.say(f"run {found.id} has no note: runlog note {found.id[-6:]} 'what it is about'\n")
        return
    note(found, new)
    writing.write(f"{'took back the note of' if clear else 'noted'} {label(found)}\n")
