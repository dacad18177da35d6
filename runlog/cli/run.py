"""`runlog run`."""

from __future__ import annotations

import json
import sys
from typing import Any

import typer

SETTINGS = {
    "epilog": "Example: runlog run --param alpha=0.1 -- python train.py --alpha {alpha}",
    "context_settings": {"ignore_unknown_options": True, "allow_interspersed_args": False},
}


def command(
    program: list[str] = typer.Argument(
        ..., metavar="-- COMMAND...", help="The program and its arguments; {alpha} is replaced by param alpha."
    ),
    param: list[str] = typer.Option(
        [], "--param", "-p", metavar="K=V", help="A parameter; repeat for more. Values are read as JSON, else as text."
    ),
    tag: list[str] = typer.Option([], "--tag", "-t", metavar="K[=V]", help="A tag; repeat for more."),
    experiment: str = typer.Option("", "--experiment", "-e", metavar="NAME", help="The experiment the run belongs to."),
    name: str = typer.Option("", "--name", "-n", metavar="NAME", help="A name for the run."),
    note: str = typer.Option("", "--note", "-m", metavar="TEXT", help="What this run is about."),
    quiet: bool = typer.Option(False, "--quiet", help="Say nothing at the end."),
) -> int:
    """Run a program and track it. Leaves with the program's own exit status."""
    from runlog.tracking.command import fill, run_program
    from runlog.tracking.start import begin_command

    params = dict(_pair("--param", text) for text in param)
    tags = dict(_tag(text) for text in tag)
    words = fill(program, params)
    run = begin_command(words, experiment or None, name or None, params, tags, note or None)
    outcome = run_program(run, words)
    if outcome.problem:
        sys.stderr.write(f"error: {outcome.problem}\n")
    if not quiet and not run.untracked:
        sys.stderr.write(_last_line(run, outcome.took_s))
    return outcome.status


def _pair(option: str, text: str) -> tuple[str, Any]:
    from runlog.errors import UsageError

    key, equals, value = text.partition("=")
    if not equals or not key:
        raise UsageError(
            f"{option} {text!r} is not of the form name=value", hint=f"runlog run {option} alpha=0.1 -- python train.py"
        )
    return key, _parsed(value)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _tag(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    return key, value


def _last_line(run: Any, took_s: float) -> str:
    """One quiet line: which run, how it ended, how long it took, what it reached."""
    from runlog.errors import RunlogError
    from runlog.render.runs import state
    from runlog.render.values import duration, number

    try:
        record = run.read().record
    except RunlogError as error:
        return f"run {run.id}: {error.message}\n"
    metrics = [f"{key} {number(metric.last)}" for key, metric in record.metrics.items() if not key.startswith("system/")]
    shown = "  ".join(metrics[:4]) + (f"  and {len(metrics) - 4} more" if len(metrics) > 4 else "")
    return f"run {run.id} {state(record)} in {duration(took_s)}" + (f"  {shown}\n" if shown else "\n")
