"""`runlog gate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from runlog.cli.options import NONE

if TYPE_CHECKING:
    from runlog.models.gate import Rules, Verdict

SETTINGS = {"epilog": "Example: runlog gate xgb --require 'rmse <= 6.5' --no-worse-than ridge"}


class Given(NamedTuple):
    """What is required of a candidate."""

    require: Annotated[
        list[str],
        typer.Option("--require", "-r", metavar="EXPR", help="What must be true of each run, as 'rmse <= 6.5'; repeat for more."),
    ] = NONE
    no_worse_than: Annotated[
        list[str],
        typer.Option("--no-worse-than", metavar="RUN", help="A run or a model, as duration@production; repeat for more."),
    ] = NONE
    metric: Annotated[
        list[str],
        typer.Option("--metric", "-m", metavar="NAME", help="Compare this metric; without, all whose direction is known."),
    ] = NONE
    tolerance: Annotated[
        list[str],
        typer.Option(
            "--tolerance", metavar="METRIC:AMOUNT", help="How much worse it may be, as rmse:0.05 or rmse:1%; 1% is for all."
        ),
    ] = NONE
    direction: Annotated[
        list[str], typer.Option("--direction", metavar="METRIC:WAY", help="Which way is better, as rmse:min or auc:max.")
    ] = NONE
    confidence: Annotated[
        float | None,
        typer.Option(
            "--confidence", metavar="PART", help="How sure to be that several runs are worse, and not by chance; else 0.95."
        ),
    ] = None
    rules: Annotated[str, typer.Option("--rules", metavar="FILE", help="Rules in a TOML file; the options add to them.")] = ""
    allow_missing: Annotated[
        bool,
        typer.Option(
            "--allow-missing",
            help="Let pass what cannot be judged: missing metrics and baselines. NaN fails all the same.",
        ),
    ] = False
    allow_unfinished: Annotated[bool, typer.Option("--allow-unfinished", help="Judge runs that have not ended well, too.")] = (
        False
    )


def command(
    given: Given,
    runs: list[str] = typer.Argument(
        ..., metavar="RUN...", help="The candidate: a run or a model; several runs, or runs of one name, count by their mean."
    ),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
    md: bool = typer.Option(False, "--md", help="Print Markdown, for a pull request."),
    junit: str = typer.Option("", "--junit", metavar="FILE", help="Write JUnit XML as well."),
    quiet: bool = typer.Option(False, "-q", "--quiet", help="Print nothing; the exit status tells."),
) -> int:
    """Decide whether a candidate is good enough.

    Leaves with 0 when every check passed, and with 1 when one did not. Where GITHUB_STEP_SUMMARY is set, the verdict is added to
    the page of the job.
    """
    from runlog.cli.opening import open_store, words
    from runlog.cli.options import at_most_one
    from runlog.models.gate import judge

    at_most_one(json=json, md=md, quiet=quiet)
    required = _rules(given)
    verdict = judge(open_store(), words(runs), required)
    _show(verdict, json, md, quiet)
    _tell_ci(verdict, junit)
    return 0 if verdict.passed else 1


def _rules(given: Given) -> Rules:
    """The rules of the file with those of the options."""
    from pathlib import Path

    from runlog.errors import BadInput, UsageError
    from runlog.models.gate.rules import added
    from runlog.models.gate.rules_file import read_rules

    try:
        options = _of_options(given)
    except BadInput as error:
        raise UsageError(error.message, error.hint) from None
    return added(read_rules(Path(given.rules)), options) if given.rules else options


def _of_options(given: Given) -> Rules:
    from runlog.models.gate import rules

    tolerances, for_all = rules.to_tolerances(given.tolerance)
    return rules.Rules(
        require=tuple(given.require),
        no_worse_than=tuple(given.no_worse_than),
        metrics=tuple(given.metric),
        directions=rules.to_directions(given.direction),
        tolerances=tolerances,
        tolerance=for_all,
        confidence=None if given.confidence is None else rules.to_confidence(given.confidence),
        allow_missing=given.allow_missing,
        allow_unfinished=given.allow_unfinished,
    )


def _show(verdict: Verdict, json: bool, md: bool, quiet: bool) -> None:
    from runlog.cli import writing
    from runlog.render import gate

    if json:
        writing.write_json(gate.as_document(verdict))
    elif md:
        writing.write(gate.for_pull_request(verdict))
    elif not quiet:
        writing.draw(gate.page(verdict, writing.width() if writing.on_terminal() else None, writing.colour()))


def _tell_ci(verdict: Verdict, junit: str) -> None:
    """What a CI system wants beside the answer."""
    import os
    from pathlib import Path

    from runlog.cli import writing
    from runlog.render import gate

    if junit:
        from runlog.store.delivery import written_whole

        with written_whole(Path(junit)) as staged, open(staged, "w", encoding="utf-8") as report:
            report.write(gate.junit(verdict))
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        _append(summary, gate.for_pull_request(verdict))
    if os.environ.get("GITHUB_ACTIONS") == "true":
        writing.say(gate.workflow_errors(verdict))


def _append(path: str, text: str) -> None:
    """Add to the summary of a job. That it cannot be written is no reason to fail one that passed."""
    from runlog.cli import writing
    from runlog.errors import reason_of

    try:
        with open(path, "a", encoding="utf-8") as page:
            page.write(f"{text}\n")
    except OSError as error:
        writing.say(f"warning: cannot write the summary of the job: {reason_of(error)}\n")
