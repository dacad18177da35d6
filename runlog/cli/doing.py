"""Something that is done to all runs that are meant: at once where they are named, else after a question."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from runlog.cli import writing
from runlog.cli.asking import agreed
from runlog.cli.meant import Meant
from runlog.cli.options import Doing
from runlog.cli.several import label, on_each
from runlog.store.stored import StoredRun

Step = Callable[[StoredRun], str]  # does it to a run, and says so


def do_to_each(
    meant: Meant,
    given: Sequence[str],
    doing: Doing,
    question: Callable[[str], str],
    act: Step,
    would: Step,
    find: Callable[[str], StoredRun] | None = None,
) -> int:
    """The exit status. `question` is asked about so many runs, `would` says what `act` would do, `find` may know better how
    a word is meant."""
    names = meant.named(given)
    if not names:
        writing.say(f"nothing to do: {'no runs were named' if given else 'no runs fit'}\n")
        return 0
    if not given and not doing.dry_run:
        many = "1 run" if len(names) == 1 else f"{len(names)} runs"
        which = [label(run) for run in (meant.fitting or {}).values()]
        if not agreed(question(many), doing.yes, "say --yes, or --dry-run to see which", which):
            return 1
    return on_each(names, find or meant.one, would if doing.dry_run else act, doing.quiet)
