"""`runlog log`. What is plain does not come here: `quick.py` does it without the weight of a command line."""

from __future__ import annotations

import os
from pathlib import Path

import typer

SETTINGS = {"epilog": "Example: runlog run -- sh -c 'runlog log loss=0.31 step=5'"}


def command(
    metrics: list[str] = typer.Argument(None, metavar="METRIC=VALUE...", help="Metrics; step=N says at which step."),
    param: list[str] = typer.Option([], "--param", "-p", metavar="K=V", help="A param. Read as JSON, else as text."),
    tag: list[str] = typer.Option([], "--tag", "-t", metavar="K[=V]", help="A tag."),
    artifact: list[str] = typer.Option([], "--artifact", "-a", metavar="PATH[:DEST]", help="A file or folder to keep."),
    note: str = typer.Option(None, "--note", "-m", metavar="TEXT", help="What the run is about."),
    time: str = typer.Option(None, "--time", metavar="WHEN", help="When: seconds after 1970, or as 2026-11-20T21:30."),
    run: str = typer.Option("", "--run", metavar="RUN", help="The run to log into, if it is not the one around this command."),
    force: bool = typer.Option(False, "--force", "-f", help="Log even into a run that has ended."),
) -> int:
    """Log into the run around this command.

    Metrics, params, tags, a note and files. The run is the one that `runlog run`, `runlog start` or a Python program has
    opened. Without a step, a metric counts on.
    """
    from runlog.cli.opening import named_or_surrounding
    from runlog.errors import UsageError
    from runlog.tracking import script
    from runlog.tracking.command.words import read_param, read_tag

    values, step = _points(metrics or [])
    said = script.Words(
        metrics=values,
        step=step,
        at=None if time is None else _moment(time),
        params=dict(read_param(text, "runlog log --param alpha=0.1") for text in param),
        tags=dict(read_tag(text) for text in tag),
        note=note,
        artifacts=[_artifact(text) for text in artifact],
    )
    if not (said.metrics or said.params or said.tags or said.artifacts or note is not None):
        raise UsageError("there is nothing to log", hint="runlog log loss=0.31 step=5")
    if not run and os.environ.get("RUNLOG_METRICS") == os.devnull:
        return 0  # this run could not be tracked, and has said so
    store, found = named_or_surrounding(run)
    return 0 if script.say(store, found, said, force=force) else 1


def _points(words: list[str]) -> tuple[dict[str, float], int | None]:
    """Metrics and their step."""
    from runlog.cli import quick
    from runlog.errors import UsageError
    from runlog.store.layout import check_key

    values: dict[str, float] = {}
    step = None
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name:
            raise UsageError(f"{word!r} is not of the form metric=value", hint="runlog log loss=0.31 step=5")
        if name in values or (name == "step" and step is not None):
            raise UsageError(f"{name!r} is given twice", hint="runlog log loss=0.31 step=5")
        if name == "step":
            step = _step(text)
            continue
        if name in quick.RESERVED:
            raise UsageError(f"a metric that is logged from a shell cannot be named {name!r}", hint=_instead(name, text))
        number = quick.as_number(text)
        if number is None:
            raise UsageError(f"{name!r} is {text!r}, and a metric is a number", hint=f"runlog log --param {word!r}")
        values[check_key("metric", name)] = float(number)
    return values, step


def _instead(name: str, text: str) -> str:
    hints = {"time": f"runlog log took={text}", "params": "runlog log --param k=v", "tags": "runlog log --tag k=v"}
    return hints.get(name, "runlog log --note TEXT")


def _step(text: str) -> int:
    from runlog.cli import quick
    from runlog.errors import UsageError

    step = quick.as_step(text)
    if step is None:
        raise UsageError(f"a step must be a whole number of 64 bits, got {text!r}", hint="runlog log loss=0.31 step=5")
    return int(step)


def _moment(text: str) -> float:
    import time

    from runlog.errors import UsageError
    from runlog.query.dates import span

    try:
        return float(text)
    except ValueError:
        found = span(text, time.time_ns())
    if found is None:
        hint = "runlog log --time 2026-11-20T21:30 loss=0.31"
        raise UsageError(f"{text!r} is no time: give seconds after 1970, or a date and a time", hint=hint)
    return found[0] / 1e9


def _artifact(text: str) -> tuple[Path, str | None]:
    """`model.bin`, or `model.bin:models/best.bin`; a file whose own name has a colon is that file."""
    from runlog.errors import BadName

    path, colon, place = text.rpartition(":")
    if not text:
        raise BadName("the path of a file or folder is empty")
    return (Path(path), place) if colon and path and not os.path.lexists(text) else (Path(text), None)
