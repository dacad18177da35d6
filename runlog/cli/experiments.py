"""`runlog experiments ...`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from runlog.cli.options import Output

if TYPE_CHECKING:
    from runlog.records import Direction

SETTINGS = {"help": "List, make, name, describe and remove experiments.", "epilog": "Example: runlog experiments ls"}
_NAME = typer.Argument(..., metavar="NAME", help="An experiment, by its name or one it had before.", show_default=False)


def ls(
    output: Output,
    removed: bool = typer.Option(False, "--removed", help="What lies in the trash instead."),
) -> None:
    """List experiments with the states of their runs."""
    from runlog import experiments
    from runlog.cli import writing
    from runlog.cli.opening import open_store
    from runlog.render.experiments import as_document, listing

    found = experiments.listed(open_store(), removed)
    if output.quiet:
        writing.write("".join(f"{summary.experiment.name}\n" for summary in found))
    elif not found and not writing.chosen(output):
        writing.say("no experiment is in the trash\n" if removed else "no experiments yet: runlog run -e NAME -- <command>\n")
    else:
        documents = [as_document(summary) for summary in found]
        writing.write_answer(listing(found, writing.for_screen(output)), documents, output)


def create(
    name: str = typer.Argument(..., metavar="NAME", help="What it is called.", show_default=False),
    note: str = typer.Option("", "--note", "-m", metavar="TEXT", help="What it is about."),
) -> None:
    """Make an experiment. Nobody needs to: its first run makes it too."""
    from runlog import experiments
    from runlog.cli import writing
    from runlog.cli.opening import open_store

    experiments.create(open_store(make="runlog init"), name, note or None)
    writing.write(f"made {name}\n")


def rename(
    old: str = typer.Argument(..., metavar="OLD", help="What it is called now.", show_default=False),
    new: str = typer.Argument(..., metavar="NEW", help="What it is called from now on.", show_default=False),
) -> None:
    """Call an experiment something else. The old name goes on leading to it; no folder is moved."""
    from runlog import experiments
    from runlog.cli import writing
    from runlog.cli.opening import open_store

    before = experiments.rename(open_store(), old, new)
    writing.write(f"renamed {before} to {new}\n")


def note(
    name: str = _NAME,
    text: str = typer.Argument(
        None, metavar="[TEXT]", help="The note; - reads it from stdin. Without, the present one is printed."
    ),
    file: str = typer.Option("", "--file", "-F", metavar="FILE", help="Take the note from a file."),
    clear: bool = typer.Option(False, "--clear", help="Take the note back."),
) -> None:
    """Say in words what an experiment is about, or print what was said."""
    from runlog import experiments
    from runlog.cli import writing
    from runlog.cli.opening import open_store
    from runlog.cli.texts import given

    store = open_store()
    experiment = experiments.find(store, name)
    new = given(text, file, clear)
    if new is None and not clear:
        writing.write(f"{experiment.note}\n" if experiment.note else "")
        return
    experiments.annotate(store, experiment.name, new)
    writing.write(f"{'took back the note of' if clear else 'noted'} {experiment.name}\n")


def set_(
    name: str = _NAME,
    up: list[str] = typer.Option([], "--max", metavar="METRIC", help="More of this metric is better; repeat for more."),
    down: list[str] = typer.Option([], "--min", metavar="METRIC", help="Less of this metric is better; repeat for more."),
    unset: list[str] = typer.Option([], "--unset", metavar="METRIC", help="Take back what was said of this metric."),
) -> None:
    """Say which way metrics should go, for compare and best. Without options, print what was said."""
    from runlog import experiments
    from runlog.cli import writing
    from runlog.cli.opening import open_store
    from runlog.errors import UsageError
    from runlog.render.experiments import directions

    given = [*up, *down, *unset]
    twice = [metric for metric in given if given.count(metric) > 1]
    if twice:
        raise UsageError(f"metric {twice[0]!r} is named twice", hint="runlog experiments set --help")
    ways: dict[str, Direction | None] = {**dict.fromkeys(up, "max"), **dict.fromkeys(down, "min"), **dict.fromkeys(unset)}
    said = experiments.set_directions(open_store(), name, ways)
    if said:
        writing.write_table(directions(said))
    else:
        writing.say("nothing is said: the names of metrics decide, as acc for max and loss for min\n")


def rm(
    name: str = _NAME,
    force: bool = typer.Option(False, "--force", "-f", help="Running runs too. Their processes go on."),
) -> None:
    """Put an experiment and all its runs into the trash."""
    from runlog import experiments
    from runlog.cli import writing
    from runlog.cli.opening import open_store

    runs = experiments.remove(open_store(), name, force)
    writing.write(f"removed {name} and {_runs(runs)}\n")


def restore(name: str = _NAME) -> None:
    """Take an experiment out of the trash.

    With it come the runs that went there together with it, not those that were there before.
    """
    from runlog import experiments
    from runlog.cli import writing
    from runlog.cli.opening import open_store

    runs = experiments.restore(open_store(), name)
    writing.write(f"restored {name} and {_runs(runs)}\n")


def _runs(ids: list[str]) -> str:
    return "1 run" if len(ids) == 1 else f"{len(ids)} runs"


GROUP = {
    "ls": (ls, {"epilog": "Example: runlog experiments ls --json"}),
    "create": (create, {"epilog": "Example: runlog experiments create trips --note 'how long trips take'"}),
    "rename": (rename, {"epilog": "Example: runlog experiments rename duration trip-duration"}),
    "note": (note, {"epilog": "Example: runlog experiments note duration 'how long trips take'"}),
    "set": (set_, {"epilog": "Example: runlog experiments set duration --min rmse --max coverage"}),
    "rm": (rm, {"epilog": "Example: runlog experiments rm duration"}),
    "restore": (restore, {"epilog": "Example: runlog experiments restore duration"}),
}
