"""`runlog wait`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import typer

from runlog.cli.options import AmongMany, Filters, Output

if TYPE_CHECKING:
    from runlog.cli.meant import Meant
    from runlog.store.store import Store
    from runlog.store.stored import StoredRun

SETTINGS = {"epilog": "Example: runlog wait @last --timeout 2h && runlog best loss"}


def command(
    output: Output,
    filters: AmongMany,
    runs: list[str] = typer.Argument(
        None, metavar="[RUN...]", help="Pieces of ids, names, @last; - reads them from stdin. None means all that run now."
    ),
    timeout: str = typer.Option("", "--timeout", metavar="TIME", help="Wait no longer, as 90s or 2h."),
) -> int:
    """Wait until runs have ended, and print how they did.

    Leaves with 0 when all have finished, with 1 when one has failed, was killed or lost, or when the time is over.
    """
    from runlog.cli import writing
    from runlog.cli.meant import Meant
    from runlog.cli.opening import open_store
    from runlog.render.runs import as_document, endings
    from runlog.runs.find import short_ids
    from runlog.runs.waiting import wait

    seconds = _seconds(timeout) if timeout else None
    store = open_store()
    asked = _named(Meant(store, filters), runs) if runs else _running(store, filters)
    if not asked:
        writing.say("nothing is running\n")
        return 0
    waited = wait(asked, seconds)
    whole = {run.id: run.id for run in waited.ended}
    ids = whole if writing.for_programs(output) else short_ids(whole)
    if output.quiet:
        writing.write("".join(f"{run.id}\n" for run in waited.ended))
    elif waited.ended or writing.chosen(output):
        writing.write_answer(endings(waited.ended, ids), [as_document(run) for run in waited.ended], output)
    if waited.running:
        writing.say(f"error: still running after {timeout}: {', '.join(run.id for run in waited.running)}\n")
    return 0 if not waited.running and all(run.state == "finished" for run in waited.ended) else 1


def _named(meant: Meant, given: list[str]) -> list[StoredRun]:
    from runlog.cli.opening import words
    from runlog.errors import UsageError

    found = meant.all(words(given))
    around = os.environ.get("RUNLOG_RUN_ID")
    if any(run.id == around for run in found):
        raise UsageError(f"run {around} cannot end while this command, which is part of it, waits for that", hint="runlog wait")
    return found


def _running(store: Store, filters: Filters) -> list[StoredRun]:
    """All that run now and fit, but for those that this command is itself a part of."""
    from runlog.cli.meant import Meant

    meant = Meant(store, filters._replace(status=filters.status or ["running"]))
    running = {run.id: run for run in meant.all(meant.named([]))}
    around = os.environ.get("RUNLOG_RUN_ID")
    while around in running:
        around = running.pop(around).parent
    return list(running.values())


def _seconds(text: str) -> float:
    from runlog.errors import UsageError
    from runlog.query.dates import length

    found = length(text)
    if found is None:
        raise UsageError(f"{text!r} is no length of time", hint="runlog wait --timeout 90s")
    return found / 1e9
