"""`runlog init`."""

from __future__ import annotations

import os
from pathlib import Path

import typer

SETTINGS = {"epilog": "Example: runlog init"}


def command(
    folder: Path = typer.Argument(
        None, metavar="[DIR]", help="The folder to make it in, also below another store; else the top of the project."
    ),
) -> None:
    """Make a store here. Nobody needs to: the first run makes it too."""
    from runlog import config
    from runlog.cli import writing
    from runlog.store.store import Store

    above = config.find_store()
    root = _chosen(folder) if folder is not None else config.place_store()
    existed = os.path.exists(root / config.FORMAT_FILE)
    if not existed and root == config.named_store():
        _check_free(root)
    Store.create(root)
    writing.write(f"{'there is a store already' if existed else 'made a store'}: {root}\n")
    if above is None or config.named_store() is not None:
        return
    if folder is None and root == above and root.parent != Path.cwd():
        writing.say("hint: runlog init . makes another one here\n")
    elif not existed and above.parent in root.parent.parents:
        writing.say(f"note: the store above stays what it is: {above}\n")


def _chosen(folder: Path) -> Path:
    """The store that a folder is to have; a folder that is a store is meant itself."""
    from runlog import config
    from runlog.errors import UsageError

    if config.named_store() is not None:
        raise UsageError("the store is named already, by --store or RUNLOG_STORE", hint="runlog --store DIR init")
    here = Path(os.path.abspath(folder.expanduser()))
    return here if os.path.exists(here / config.FORMAT_FILE) else here / config.STORE_NAME


def _check_free(root: Path) -> None:
    """Refuse to spread a store over a folder of other things, even if they are called as parts of a store could be."""
    import shlex

    from runlog import config
    from runlog.errors import NotAStore
    from runlog.store.layout import EXPERIMENTS

    names = sorted(os.listdir(root)) if os.path.isdir(root) else []
    if names and EXPERIMENTS not in names and root.name != config.STORE_NAME:
        problem = f"{root} is not empty and not a runlog store: it holds {names[0]!r}"
        raise NotAStore(problem, hint=f"runlog --store {shlex.quote(str(root))}/{config.STORE_NAME} init")
