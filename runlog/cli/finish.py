"""`runlog finish`."""

from __future__ import annotations

import os

import typer

SETTINGS = {"epilog": 'Example: eval "$(runlog finish)"'}
_STATES = ("finished", "failed", "killed")


def command(
    run: str = typer.Argument("", metavar="RUN", help="The run, if it is not the one around this command."),
    state: str = typer.Option(None, "--state", metavar="END", help="finished, failed or killed."),
    exit_code: int = typer.Option(None, "--exit-code", min=0, max=255, metavar="N", help="The exit status of the script."),
    if_running: bool = typer.Option(False, "--if-running", help="Leave a run that has ended as it is."),
    fish: bool = typer.Option(False, "--fish", help="Print lines for fish."),
    quiet: bool = typer.Option(False, "--quiet", "-q", help="Print nothing."),
) -> None:
    """End a run that `runlog start` began.

    Without a state the exit status tells: 0 is finished, 128+n is killed by signal n, any other is failed. When the run is
    the one around this command, lines are printed that let the shell forget it, or go back to the run around that.
    """
    from runlog.cli import writing
    from runlog.cli.opening import named_or_surrounding
    from runlog.errors import UsageError
    from runlog.render.runs import last_line
    from runlog.render.shell import exports
    from runlog.tracking import script

    if state is not None and state not in _STATES:
        raise UsageError(f"a run ends as finished, failed or killed, not as {state!r}", hint="runlog finish --state failed")
    store, found = named_or_surrounding(run)
    if if_running and found.record.state != "running":
        return
    ended = script.finish(store, found, state, exit_code)  # type: ignore[arg-type]
    if quiet:
        return
    record = ended.record
    writing.say(last_line(record, ((record.ended_at or record.created_at) - record.created_at) / 1e9))
    if found.id == os.environ.get("RUNLOG_RUN_ID") and not writing.on_terminal():
        writing.write(exports(ended.environment, fish))
