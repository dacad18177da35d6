"""`runlog reproduce`."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import typer

from runlog.cli.options import Among

SETTINGS = {"epilog": "Example: runlog reproduce @best:rmse --tolerance 1e-6"}


def command(
    filters: Among,
    run: str = typer.Argument(..., metavar="RUN", help="A piece of the id, a name, @last or @best:METRIC.", show_default=False),
    param: list[str] = typer.Option(
        [], "--param", "-p", metavar="K=V", help="Another value for a param: a variation of the run."
    ),
    input: list[str] = typer.Option([], "--input", metavar="NAME=PATH", help="Where an input is now; it must be the same data."),
    env: bool = typer.Option(False, "--env", help="Install the packages of the run too, by uv if it is there, else by pip."),
    tolerance: float = typer.Option(
        0.0, "--tolerance", metavar="X", help="How far a metric may be off, absolutely or in proportion."
    ),
    ignore: list[str] = typer.Option(
        [], "--ignore", metavar="PATTERN", help="Metrics and artifacts that may differ, as 'time/*'."
    ),
    folder: Path = typer.Option(
        None, "--into", metavar="DIR", help="Put the code there and leave it; else it is removed at the end."
    ),
    anyway: bool = typer.Option(False, "--anyway", help="Go on with data that is not the same."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Only say what would be done, and what would not be the same."),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> int:
    """Run a run again, from its own code, under the same params, with the same data, and judge what it comes to.

    Says identical, within tolerance, or different and where first. Leaves with 0, or with 1 when it is different. With --param
    it is a variation and leaves with 1 only when the program fails. The new run has the tag reproduces=RUN.
    """
    from runlog.cli import writing
    from runlog.cli.meant import one
    from runlog.cli.opening import open_store
    from runlog.errors import UsageError
    from runlog.render.reproduction import as_document, plan_document, plan_page, verdict_page
    from runlog.tracking.command.words import pair, read_params
    from runlog.tracking.reproduce.again import reproduce
    from runlog.tracking.reproduce.plan import Wanted, make_plan

    if not 0 <= tolerance < float("inf"):
        raise UsageError(f"--tolerance {tolerance} is no distance", hint="runlog reproduce --tolerance 1e-6 RUN")
    store = open_store()
    inputs = dict(pair("--input", text, "runlog reproduce --input train=data.csv RUN") for text in input)
    params = read_params((), param, "runlog reproduce --param alpha=0.1 RUN")
    wanted = Wanted(params, inputs, folder, env, tolerance, tuple(ignore), anyway)
    plan = make_plan(store, one(store, run, filters).record, wanted)
    if dry_run:
        if json:
            writing.write_json(plan_document(plan))
        else:
            writing.write(plan_page(plan))
        return 1 if plan.refusals else 0
    for doubt in plan.doubts:
        writing.say(f"not the same: {doubt}\n")
    with _output_aside(json):
        done = reproduce(store, plan, lambda text: writing.say(f"{text}\n"))
    if json:
        writing.write_json(as_document(done))
    else:
        writing.write(verdict_page(done))
    if done.verdict is None:
        return 0 if done.status == 0 else 1
    return 1 if done.verdict.judgement == "different" else 0


@contextlib.contextmanager
def _output_aside(wanted: bool) -> Iterator[None]:
    """Send what the program prints to standard error: the answer to a program is JSON and nothing else."""
    if not wanted:
        yield
        return
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
