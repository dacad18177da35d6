"""`runlog stop`."""

from __future__ import annotations

import typer

SETTINGS = {"epilog": "Example: runlog ls -q --status running | runlog stop - --kill"}


def command(
    runs: list[str] = typer.Argument(..., metavar="RUN...", help="Pieces of ids, names, @last; - reads them from stdin."),
    kill: bool = typer.Option(False, "--kill", help="Kill what has not ended after the wait, with all it has started."),
    wait: float = typer.Option(10.0, "--wait", metavar="SECONDS", min=0, help="How long to wait for a run to end."),
    lost: bool = typer.Option(False, "--lost", help="Signal nothing: mark runs whose process is gone or unknown as killed."),
    quiet: bool = typer.Option(False, "-q", "--quiet", help="Print ids only."),
) -> int:
    """Ask running runs to end (SIGTERM), and wait for them."""
    from runlog.cli.opening import open_store, words
    from runlog.cli.options import at_most_one
    from runlog.cli.several import label, on_each
    from runlog.runs.select import find_one
    from runlog.runs.stop import mark_killed, stop
    from runlog.store.stored import StoredRun

    at_most_one(hint="runlog stop --help", lost=lost, kill=kill)
    store = open_store()

    def act(run: StoredRun) -> str:
        stopped = mark_killed(run) if lost else stop(run, kill, wait)
        how = f"{stopped.state} ({stopped.signal})" if stopped.signal else stopped.state
        return f"{'marked' if lost else 'stopped'} {label(run)}: {how}"

    status = on_each(words(runs), lambda selector: find_one(store, selector), act, quiet)
    store.recover()
    return status
