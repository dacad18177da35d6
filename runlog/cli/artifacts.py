"""`runlog artifacts ...`."""

from __future__ import annotations

from pathlib import Path

import typer

from runlog.cli.options import Among, Output

SETTINGS = {"help": "List the files of a run, copy them out, print them.", "epilog": "Example: runlog artifacts ls @last"}
_RUN = typer.Argument(..., metavar="RUN", help="A piece of the id, a name, @last or @best:METRIC.", show_default=False)


def ls(
    output: Output,
    filters: Among,
    run: str = typer.Argument("@last", metavar="RUN", help="A piece of the id, a name, @last or @best:METRIC."),
    paths: list[str] = typer.Argument(None, metavar="[PATH...]", help="Files, folders, or patterns as '*.png'."),
) -> None:
    """List the files that were logged into a run."""
    from runlog import artifacts
    from runlog.cli import writing
    from runlog.cli.meant import one
    from runlog.cli.opening import open_store
    from runlog.render.artifacts import as_document, listing

    found = one(open_store(), run, filters)
    chosen = artifacts.choose(found, paths or [])
    if output.quiet:
        writing.write("".join(f"{artifact.path}\n" for artifact in chosen))
    elif not chosen and not writing.chosen(output):
        writing.say(f"run {found.id} has no artifacts\n")
    else:
        documents = [as_document(artifact) for artifact in chosen]
        writing.write_answer(listing(chosen, not writing.for_programs(output)), documents, output)


def get(
    filters: Among,
    run: str = _RUN,
    paths: list[str] = typer.Argument(None, metavar="[PATH...]", help="Files, folders, or patterns; without any, all."),
    folder: Path = typer.Option(Path(), "--output", "-o", metavar="DIR", help="Where to.", show_default=False),
    force: bool = typer.Option(False, "--force", "-f", help="Put them in place of other files."),
    quiet: bool = typer.Option(False, "-q", "--quiet", help="Print nothing."),
) -> int:
    """Copy files out of a run, under the paths they have there. Each is checked against its hash."""
    from runlog import artifacts
    from runlog.cli import writing
    from runlog.cli.meant import one
    from runlog.cli.opening import open_store
    from runlog.cli.several import tell
    from runlog.errors import RunlogError

    found = one(open_store(), run, filters)
    chosen = artifacts.choose(found, paths or [])
    failed = 0
    for artifact in chosen:
        try:
            for delivered in artifacts.get(found, [artifact], folder, replace=force):
                if not quiet:
                    writing.write(f"{delivered.path}\n")
        except RunlogError as error:
            if len(chosen) == 1:
                raise
            tell(error)
            failed += 1
    if not chosen:
        writing.say(f"run {found.id} has no artifacts\n")
    return 1 if failed else 0


def cat(
    filters: Among,
    run: str = _RUN,
    path: str = typer.Argument(..., metavar="PATH", help="A file of the run.", show_default=False),
) -> None:
    """Print a file of a run as it is."""
    from runlog import artifacts
    from runlog.cli import writing
    from runlog.cli.meant import one
    from runlog.cli.opening import open_store

    writing.write_bytes(artifacts.read(one(open_store(), run, filters), path))


def path(
    filters: Among,
    run: str = _RUN,
    path: str = typer.Argument(..., metavar="PATH", help="A file of the run.", show_default=False),
) -> None:
    """Print where a file of a run lies. Programs may read it there, and must not write to it."""
    from runlog import artifacts
    from runlog.cli import writing
    from runlog.cli.meant import one
    from runlog.cli.opening import open_store

    found = one(open_store(), run, filters)
    writing.write(f"{artifacts.place(found, path)}\n")


GROUP = {
    "ls": (ls, {"epilog": "Example: runlog artifacts ls @last"}),
    "get": (get, {"epilog": "Example: runlog artifacts get @best:rmse 'models/*' -o out"}),
    "cat": (cat, {"epilog": "Example: runlog artifacts cat @last notes.txt"}),
    "path": (path, {"epilog": "Example: python predict.py $(runlog artifacts path @last model.bin)"}),
}
