"""`runlog exists`."""

from __future__ import annotations

import typer

from runlog.cli.options import Filters

SETTINGS = {"epilog": "Example: runlog exists --tag sweep=a --status finished || ./train.sh"}
_NO = 3


def command(
    filters: Filters,
    runs: list[str] = typer.Argument(None, metavar="[RUN...]", help="Pieces of ids, names, @last; - reads them from stdin."),
) -> int:
    """Ask whether there is a run. Prints nothing; leaves with 0 for yes, with 3 for no.

    With RUNs all of them must be there and fit the filters; without, any run that fits will do.
    """
    from runlog import config
    from runlog.cli.opening import open_store, words
    from runlog.cli.selecting import listed
    from runlog.errors import NotFound
    from runlog.runs.find import find

    if config.find_store() is None:
        return _NO
    store = open_store()
    fitting = listed(store, filters) if filters.choose or not runs else None
    if not runs:
        return 0 if fitting else _NO
    try:
        asked = find(store, words(runs), fitting)
    except NotFound:
        return _NO
    is_there = fitting is not None or not any(run.removed for run in asked)
    return 0 if asked and is_there else _NO
