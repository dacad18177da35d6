"""`runlog model ...`."""

from __future__ import annotations

import typer

from runlog.cli.options import Output

SETTINGS = {"help": "Register, promote, find and ship models."}
_MODEL = typer.Argument(..., metavar="MODEL", help="A model, by its name.", show_default=False)


def register(
    output: Output,
    run: str = typer.Argument(..., metavar="RUN", help="A piece of the id, a name, @last.", show_default=False),
    name: str = typer.Option("", "--name", "-n", metavar="MODEL", help="The model it is a version of."),
    path: str = typer.Option("", "--path", metavar="PATH", help="Which of several models of the run."),
) -> None:
    """Give the model of a run the next number under a name.

    Without --name that is the name it was logged under or, where that is just 'model', the experiment of the run.
    """
    from runlog.cli import writing
    from runlog.cli.opening import open_store
    from runlog.models import registry
    from runlog.runs.select import find_one

    store = open_store()
    version = registry.register(store, find_one(store, run), name or None, path=path or None)
    writing.write(f"registered {version.label}\n")


def path_(
    what: str = typer.Argument(..., metavar="MODEL", help="NAME, NAME@3, NAME@production, RUN or RUN/PATH.", show_default=False),
) -> None:
    """Print the folder of a model, for scripts. Its bytes are verified before."""
    from runlog.cli import writing
    from runlog.cli.opening import open_store
    from runlog.models.find import find_model

    writing.write(f"{find_model(open_store(), what).folder}\n")


GROUP = {
    "register": (register, {"epilog": "Example: runlog model register @last --name duration"}),
    "path": (path_, {"epilog": "Example: runlog model path duration@3"}),
}
