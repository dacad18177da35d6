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
        None,
        metavar="[RUN...]",
        help="Pieces of ids, names, @last; - reads them from stdin. None, and no filter, means all that run now.",
    ),
    timeout: str = typer.Option(None, "--timeout", metavar="TIME", help="Wait no longer, as 90s or 2h."),
) -> int:
    """Wait until runs have ended, and print how they did.

    Leaves with 0 when all have finished, with 1 when one has failed, was killed or lost, or when the time is over.
    """
    from runlog.cli import writing
    from runlog.cli.meant import Meant
    from runlog.cli.opening import open_store
    from runlog.render.ids import short_ids
    from runlog.render.runs import as_document, endings
    from runlog.runs.waiting import wait

    seconds = None if timeout is None else _seconds(timeout)
    store = open_store()
    asked = _asked(Meant(store, filters), runs, filters)
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


def _asked(meant: Meant, given: list[str], filters: Filters) -> list[StoredRun]:
    """The runs that are named, or fit the filters; where nothing is said, those that run now."""
    from runlog.cli.meant import check_alone
    from runlog.cli.opening import words
    from runlog.errors import NotFound

    if given:
        check_alone(filters)
        return _without_own(meant.all(words(given)))
    if not filters.choose:
        return _running(meant.store)
    found = meant.all(meant.named([]))
    if not found:
        raise NotFound("no runs fit", hint="runlog ls")
    return _without_own(found)


def _without_own(runs: list[StoredRun]) -> list[StoredRun]:
    """Refuse to wait for the run that this command is itself a part of."""
    from runlog.errors import UsageError

    around = os.environ.get("RUNLOG_RUN_ID")
    if any(run.id == around for run in runs):
        raise UsageError(f"run {around} cannot end while this command, which is part of it, waits for that", hint="runlog wait")
    return runs


def _running(store: Store) -> list[StoredRun]:
    """All that run now, but for those that this command is itself a part of."""
    running = {run.id: run for run in store.runs() if run.state == "running"}
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
