"""`runlog rename`."""

from __future__ import annotations

import typer

from runlog.cli.once import Once
from runlog.cli.options import Among

SETTINGS = {"epilog": "Example: runlog rename @last ridge-baseline", "cls": Once}


def command(
    filters: Among,
    run: str = typer.Argument(..., metavar="RUN", help="A piece of the id, a name, @last.", show_default=False),
    name: str = typer.Argument("", metavar="NAME", help="What it is called from now on.", show_default=False),
    clear: bool = typer.Option(False, "--clear", help="Take its name back."),
) -> None:
    """Name a run. Its id stays, and its folder."""
    from runlog.cli import writing
    from runlog.cli.meant import one
    from runlog.cli.opening import open_store
    from runlog.cli.several import label
    from runlog.errors import UsageError
    from runlog.runs.edit import rename

    if bool(name) == clear:
        problem = "a name and --clear exclude each other" if name else "there is no name"
        raise UsageError(problem, hint="runlog rename @last ridge-baseline")
    store = open_store()
    found = one(store, run, filters)
    rename(store, found, None if clear else name)
    writing.write(
        f"took back the name of {label(found)}\n"
        if clear
        else f"named {found.id[-6:] if writing.on_terminal() else found.id} {name}\n"
    )
