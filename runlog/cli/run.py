"""`runlog run`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from runlog.tracking.command.program import Ready, Request
    from runlog.tracking.run import Run


SETTINGS = {
    "epilog": "Example: runlog run --param alpha=0.1 -- python train.py --alpha {alpha}",
    "context_settings": {"allow_interspersed_args": False},
}


def command(
    program: list[str] = typer.Argument(
        None, metavar="-- COMMAND...", help="The program and its arguments; {alpha} is replaced by param alpha."
    ),
    param: list[str] = typer.Option(
        [],
        "--param",
        "-p",
        metavar="K=V",
        help="A param; repeat for more. Values are read as JSON, else as text; K:=V is text in any case.",
    ),
    params_file: list[str] = typer.Option(
        [], "--params-file", metavar="FILE", help="Params from a JSON, YAML or TOML file; - is standard input."
    ),
    tag: list[str] = typer.Option([], "--tag", "-t", metavar="K[=V]", help="A tag; repeat for more."),
    experiment: str | None = typer.Option(None, "--experiment", "-e", metavar="NAME", help="The experiment the run belongs to."),
    name: str | None = typer.Option(None, "--name", "-n", metavar="NAME", help="A name for the run."),
    note: str = typer.Option("", "--note", "-m", metavar="TEXT", help="What this run is about."),
    parent: str = typer.Option("", "--parent", metavar="RUN", help="The run this one is part of."),
    input: list[str] = typer.Option(
        [], "--input", metavar="NAME=PATH", help="Data the program uses; its size and hash are noted."
    ),
    artifact: list[str] = typer.Option(
        [], "--artifact", "-a", metavar="GLOB", help="Files to keep when the program has ended, as 'out/*.png'."
    ),
    metrics_from_output: bool = typer.Option(
        False, "--metrics-from-output", help="Log what the program prints as 'loss: 0.31' or 'epoch=3 loss=0.31'."
    ),
    metric_regex: list[str] = typer.Option(
        [],
        "--metric-regex",
        metavar="REGEX",
        help="Log what a regular expression finds in the output: each named group, or the groups name and value.",
    ),
    strict_git: bool = typer.Option(False, "--strict-git", help="Refuse to run with changes that are not committed."),
    needed: bool = typer.Option(
        False, "--needed", help="Do not run what has been run: same code, params, inputs and command. Prints that run's id."
    ),
    no_tty: bool = typer.Option(False, "--no-tty", help="Give the program pipes even where it would see a terminal."),
    no_flags: bool = typer.Option(False, "--no-flags", help="Do not record the program's own flags as params."),
    quiet: bool = typer.Option(False, "--quiet", "-q", help="Say nothing at the end."),
) -> int:
    """Run a program and track it. Leaves with the program's own exit status.

    Params reach the program as RUNLOG_PARAM_<NAME> too. What it prints is kept in the run's folder `output`.
    What it leaves in the background may go on printing when the run has ended: that is passed on, and not kept.
    """
    from runlog.cli.progress import progress
    from runlog.tracking.command.late import leave_behind
    from runlog.tracking.command.program import Request, prepared, run_program

    request = Request(
        program=program or [],
        experiment=experiment,
        name=name,
        note=note or None,
        parent=_named(parent) if parent else None,
        params=param,
        params_files=params_file,
        tags=tag,
        inputs=input,
        artifacts=artifact,
        metric_patterns=metric_regex,
        metrics_from_output=metrics_from_output,
        terminal=not no_tty,
        flags=not no_flags,
        strict_git=strict_git,
        progress=progress("reading data", of_bytes=True) if input else None,
    )
    ready = prepared(request)
    if needed and _was_run(request, ready, quiet):
        return 0
    run, outcome = run_program(request, ready)
    if outcome.error is not None:
        _tell(f"error: {outcome.error.message}\n" + (f"hint: {outcome.hint}\n" if outcome.hint else ""))
    if not quiet and not run.untracked:
        below = "\n" if outcome.inside_line and sys.stderr.isatty() else ""
        _tell(below + _last_line(run, outcome.took_s))
    leave_behind(outcome.late)
    return outcome.status


def _was_run(request: Request, ready: Ready, quiet: bool) -> bool:
    """Whether there is a run that this one would only repeat; its id is the answer then."""
    from runlog.render.runs import already
    from runlog.tracking.command.needed import find_same

    found = find_same(request, ready)
    if found is not None:
        sys.stdout.write(f"{found.id}\n")
        sys.stdout.flush()
        if not quiet:
            _tell(already(found))
    return found is not None


def _named(run: str) -> str:
    from runlog.cli.opening import one_word, open_store
    from runlog.runs.find import find_one

    return find_one(open_store(), one_word(run)).id


def _tell(text: str) -> None:
    """The program's status counts more than whether anybody still listens to us."""
    from runlog.cli import give_up_unwritten, writing

    try:
        writing.say(text)
    except OSError:
        give_up_unwritten()


def _last_line(run: Run, took_s: float) -> str:
    """One quiet line: which run, how it ended, how long it took, what it reached."""
    from runlog.errors import RunlogError
    from runlog.render.runs import last_line

    try:
        record = run.read().record
    except (RunlogError, OSError) as error:
        return f"run {run.id}: {error}\n"
    return last_line(record, took_s)
