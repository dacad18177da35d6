"""`runlog watch`."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from runlog.cli.options import Filters, Without

if TYPE_CHECKING:
    from runlog.runs.watching import Seen, Watch

SETTINGS = {"epilog": "Example: runlog watch --tag model=xgb --until-done"}
_EVERY_S = 2.0
# A screen of its own, so that a change of its width leaves nothing behind; and back.
_ENTER, _LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
_HOME, _REST_OF_LINE, _REST = "\x1b[H", "\x1b[K", "\x1b[J"


def command(
    filters: Annotated[Filters, Without("status", "removed")],
    once: bool = typer.Option(False, "--once", help="Print the table once; in a pipe it is never printed twice."),
    until_done: bool = typer.Option(False, "--until-done", help="Leave when nothing is running any more."),
    metric: list[str] = typer.Option([], "--metric", "-m", metavar="NAME", help="These metrics alone; repeat for more."),
) -> None:
    """Watch running runs and their last metrics, until Ctrl-C. Those that end meanwhile stay in the table."""
    from runlog import metrics
    from runlog.cli import writing
    from runlog.cli.opening import open_store
    from runlog.cli.selecting import fitting
    from runlog.errors import UsageError
    from runlog.runs.watching import Watch

    if filters.status or filters.removed:
        raise UsageError("only what is running is watched", hint="runlog ls")
    store = open_store()
    watch = Watch(store, lambda: fitting(store, filters._replace(status=["running"])), metrics.curves, metric)
    if once or not writing.on_terminal() or os.environ.get("TERM") == "dumb":
        _print(_looked(watch, until_done and not once), watch.metrics)
    else:
        _watch(watch, until_done)


def _looked(watch: Watch, until_done: bool) -> Sequence[Seen]:
    """What there is to be seen, now or when nothing is running any more."""
    while True:
        seen = watch.look()
        if not (until_done and any(map(_counts, seen))):
            return seen
        time.sleep(_EVERY_S)


def _print(seen: Sequence[Seen], metrics: Sequence[str]) -> None:
    from runlog.cli import writing

    if not seen:
        writing.say("nothing is running\n")
    elif writing.on_terminal():
        writing.draw(_picture(seen, metrics, len(seen)))
    else:
        from runlog.render.watching import watched

        writing.write_table(watched(seen, {run.record.id: run.record.id for run in seen}, metrics, False))


def _picture(seen: Sequence[Seen], metrics: Sequence[str], most: int) -> str:
    from runlog.cli import writing
    from runlog.render.ids import short_ids
    from runlog.render.table import pretty
    from runlog.render.watching import watched

    if not seen:
        return ""
    ids = short_ids(run.record.id for run in seen)
    return pretty(watched(seen[:most], ids, metrics, True), writing.width(), writing.colour())


def _watch(watch: Watch, until_done: bool) -> None:
    from runlog.cli import writing

    seen: list[Seen] = []
    try:
        with _own_screen():
            for frame in itertools.count():
                began = time.process_time()
                seen = watch.look()
                writing.write_now(_frame(seen, watch.metrics))
                if until_done and not any(_counts(run) for run in seen):
                    break
                # Where a frame is dear there are fewer of them. The first one is so because it imports what it needs.
                time.sleep(max(_EVERY_S, 50 * (time.process_time() - began) if frame else 0))
    except KeyboardInterrupt:
        pass
    # The screen is as it was before: what was seen last stays for the person.
    _print(seen, watch.metrics)


def _counts(run: Seen) -> bool:
    """Whether it is worth waiting for. The run that this command is a part of does not end before it."""
    return run.record.state == "running" and run.record.id != os.environ.get("RUNLOG_RUN_ID")


def _frame(seen: Sequence[Seen], metrics: Sequence[str]) -> str:
    from runlog.render.watching import summary

    columns, height = shutil.get_terminal_size((80, 24))
    # Headings, a line of columns that are not shown, a blank one and the summary.
    most = max(1, height - 5)
    below = summary([run.record for run in seen], time.strftime("%H:%M:%S"), max(0, len(seen) - most))
    lines = [*_picture(seen, metrics, most).splitlines()[: height - 2], "", below[: columns - 1]]
    return _HOME + "\n".join(f"{line}{_REST_OF_LINE}" for line in (lines if seen else lines[-1:])) + _REST


@contextlib.contextmanager
def _own_screen() -> Iterator[None]:
    """The other screen of the terminal, which is given back however this ends."""
    from runlog.cli import writing

    def leave(number: int, _: Any) -> None:
        raise typer.Exit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    writing.write_now(_ENTER)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            writing.write_now(_LEAVE)
        for number, handler in before.items():
            signal.signal(number, handler)
