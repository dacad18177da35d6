"""`runlog stop`."""

from __future__ import annotations

import typer

from runlog.cli.once import Once
from runlog.cli.options import AmongMany, Doing

SETTINGS = {"epilog": "Example: runlog ls -q --status running | runlog stop - --kill", "cls": Once}


def command(
    filters: AmongMany,
    runs: list[str] = typer.Argument(None, metavar="[RUN...]", help="Pieces of ids, names, @last; - reads them from stdin."),
    kill: bool = typer.Option(False, "--kill", help="Kill what has not ended after the wait, with all it has started."),
    wait: float = typer.Option(10.0, "--wait", metavar="SECONDS", min=0, help="How long to wait for a run to end."),
    lost: bool = typer.Option(False, "--lost", help="Signal nothing: mark runs whose process is gone or unknown as killed."),
    doing: Doing = Doing(),
) -> int:
    """Ask running runs to end (SIGTERM), and wait for them."""
    from runlog.cli.doing import do_to_each
    from runlog.cli.meant import Meant, check_named
    from runlog.cli.opening import open_store
    from runlog.cli.options import at_most_one
    from runlog.cli.several import label
    from runlog.runs.stop import check_stoppable, mark_killed, stop
    from runlog.store.stored import StoredRun

    at_most_one(hint="runlog stop --help", lost=lost, kill=kill)
    check_named(runs, filters, "runlog stop @last")
    store = open_store()

    def act(run: StoredRun) -> str:
        stopped = mark_killed(run) if lost else stop(run, kill, wait)
        how = f"{stopped.state} ({stopped.signal})" if stopped.signal else stopped.state
        return f"{'marked' if lost else 'stopped'} {label(run)}: {how}"

    if filters.choose and not runs:
        filters = filters._replace(status=filters.status or ["lost" if lost else "running"])

    def deed(what: str) -> str:
        return f"mark {what} as killed" if lost else f"stop {what}"

    def would(run: StoredRun) -> str:
        check_stoppable(run, lost)
        return f"would {deed(label(run))}"

    status = do_to_each(Meant(store, filters), runs, doing, deed, act, would)
    store.recover()
    return status
