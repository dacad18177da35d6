"""`runlog lineage`."""

from __future__ import annotations

import sys

import typer

SETTINGS = {"epilog": "Example: runlog lineage data.csv"}
_MOST, _DEEPEST = 20, 20


def command(
    what: str = typer.Argument(
        ...,
        metavar="WHAT",
        help="A model, a run, an input by its name, path or hash, an artifact as RUN/path, or any file or folder.",
        show_default=False,
    ),
    up: bool = typer.Option(False, "--up", help="Only what it comes from."),
    down: bool = typer.Option(False, "--down", help="Only what came of it."),
    depth: int | None = typer.Option(None, "--depth", metavar="N", min=1, help="At most so many steps away.", show_default=False),
    everything: bool = typer.Option(
        False, "--all", help=f"All of it, also beyond {_MOST} branches of a kind and {_DEEPEST} steps."
    ),
    json: bool = typer.Option(False, "--json", help="Print JSON: nodes, and edges from what was before to what came of it."),
    mermaid: bool = typer.Option(False, "--mermaid", help="Print a Mermaid picture, for Markdown."),
    dot: bool = typer.Option(False, "--dot", help="Print a Graphviz picture."),
) -> None:
    """Show where something comes from and what came of it.

    From data through code and runs to models. Data, artifacts and models are known by their bytes, whatever they are called.
    """
    from runlog.cli import writing
    from runlog.cli.opening import one_word, open_store
    from runlog.cli.options import at_most_one
    from runlog.cli.progress import progress
    from runlog.models.lineage import lineage
    from runlog.render import lineage as pictures
    from runlog.render.ids import short_ids

    form = at_most_one(json=json, mermaid=mermaid, dot=dot)
    both = up == down
    found = lineage(
        open_store(),
        one_word(what),
        up=up or both,
        down=down or both,
        depth=depth or (None if everything or form else _DEEPEST),
        most=None if everything else _MOST,
        progress=progress("reading runs"),
    )
    if form == "json":
        writing.write_json(pictures.as_document(found))
    elif form:
        writing.write(pictures.mermaid(found) if form == "mermaid" else pictures.dot(found))
    else:
        ids = [node.run for node in found.nodes if node.run]
        short = short_ids(dict.fromkeys(ids)) if writing.on_terminal() else {}
        writing.write(pictures.tree(found, short, up or both, down or both, sys.stdout.encoding))
