"""`runlog gc`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from runlog.cli.once import Once

if TYPE_CHECKING:
    from runlog.runs.collect import Going
    from runlog.runs.retain import Rules

SETTINGS = {"epilog": "Example: runlog gc --keep-best 3 rmse --keep-tagged --dry-run", "cls": Once}


def command(
    dry_run: bool = typer.Option(False, "--dry-run", help="Tell what would go and how much space it takes, and do nothing."),
    older_than: str = typer.Option("30d", "--older-than", metavar="AGE", help="Only runs that lie in the trash for so long."),
    keep_best: tuple[int, str] = typer.Option(
        (0, ""), "--keep-best", metavar="N METRIC", help="Keep the best N of each experiment.", show_default=False
    ),
    keep_tagged: bool = typer.Option(False, "--keep-tagged", help="Keep runs that have a tag."),
    keep_tag: list[str] = typer.Option([], "--keep-tag", metavar="K[=V]", help="Keep runs with this tag; repeat for more."),
    keep_newer_than: str = typer.Option("", "--keep-newer-than", metavar="AGE", help="Keep runs that ended since."),
    experiment: str = typer.Option("", "--experiment", "-e", metavar="NAME", help="Only runs of this experiment."),
    forget: bool = typer.Option(False, "--forget", help="Drop the documents too: a copy of the run could come back then."),
    yes: bool = typer.Option(False, "--yes", "-y", help="Do not ask."),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> int:
    """Give space back: empty runs in the trash, remove litter.

    Points, artifacts and output go, words stay. With rules of what to keep, the runs that none of them keeps go into the trash
    first.
    """
    from runlog import experiments
    from runlog.cli import writing
    from runlog.cli.asking import agreed
    from runlog.cli.opening import open_store
    from runlog.cli.several import tell
    from runlog.render import garbage
    from runlog.runs.collect import Policy, collect, plan

    store = open_store()
    rules = _rules(keep_best, tuple(keep_tag), keep_tagged, keep_newer_than)
    named = experiments.find(store, experiment).name if experiment else None
    policy = Policy(_age("--older-than", older_than), rules, named, forget)
    planned = plan(store, policy, lambda name: experiments.directions(store, name))

    def write_answer(runs: tuple[Going, ...], freed: int) -> None:
        if json:
            writing.write_json(garbage.as_document(runs, planned, freed, dry_run))
        else:
            _write_table(runs)
            writing.say(garbage.verdict(runs, planned, freed, dry_run))

    if dry_run or planned.is_empty:
        write_answer(planned.runs, planned.freed_bytes)
        return 0
    question = garbage.question(planned)
    if question and not agreed(question, yes, "say --yes, or --dry-run to see what goes"):
        return 1
    done = collect(store, planned)
    write_answer(done.runs, done.freed_bytes)
    for error in done.failed:
        tell(error)
    return 1 if done.failed else 0


def _write_table(runs: tuple[Going, ...]) -> None:
    from runlog.cli import writing
    from runlog.render.garbage import table
    from runlog.render.ids import short_ids

    if runs:
        ids = [going.run.id for going in runs]
        writing.write_table(table(runs, short_ids(ids) if writing.on_terminal() else {run_id: run_id for run_id in ids}))


def _rules(best: tuple[int, str], tags: tuple[str, ...], tagged: bool, newer_than: str) -> Rules:
    import time

    from runlog.errors import UsageError
    from runlog.runs.retain import Rules

    count, metric = best
    if metric and count < 1:
        raise UsageError(f"--keep-best {count} would keep none", hint=f"runlog gc --keep-best 1 {metric} --dry-run")
    since = time.time_ns() - _age("--keep-newer-than", newer_than) if newer_than else None
    return Rules((count, metric) if metric else None, tags, tagged, since)


def _age(option: str, text: str) -> int:
    """A length of time in nanoseconds."""
    from runlog.errors import UsageError
    from runlog.query.dates import length

    found = length(text)
    if found is None:
        raise UsageError(f"{option} {text!r} is no length of time", hint=f"runlog gc {option} 30d --dry-run")
    return found
