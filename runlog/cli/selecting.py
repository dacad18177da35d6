"""From options to runs: the one set of filters, wherever runs are listed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from runlog.cli.options import Filters
from runlog.cli.progress import progress
from runlog.records import RunRecord
from runlog.runs.select import Wanted, remarks, select
from runlog.store.store import Store

if TYPE_CHECKING:
    from runlog.render.chosen import Column
    from runlog.runs.revisions import Revisions


def listed(store: Store, filters: Filters) -> list[RunRecord]:
    """The runs that the filters leave, in the order they ask for; and a word where some could not be read."""
    runs = fitting(store, filters)
    if store.unreadable:
        from runlog.cli import writing

        count = len(store.unreadable)
        writing.say(
            f"{count} run{' cannot be read and is' if count == 1 else 's cannot be read and are'} passed over: runlog check\n"
        )
    return runs


def fitting(store: Store, filters: Filters) -> list[RunRecord]:
    """The runs that the filters leave, in the order they ask for."""
    return select(store, _wanted(filters), progress("reading runs"))


def columns(store: Store, filters: Filters, titles: Sequence[str], runs: Sequence[RunRecord]) -> list[Column]:
    """The columns of these runs that somebody chose."""
    from runlog.render.chosen import Column
    from runlog.runs.columns import chosen, values

    fields = chosen(store, _wanted(filters), titles)
    return [Column(title, field.holds, values(field, runs)) for title, field in fields.items()]


def about(filters: Filters, runs: Sequence[RunRecord]) -> list[tuple[str, str]]:
    """Kind and name of what the filters and the order of these runs are about."""
    if not filters.where and not filters.sort:
        return []
    from runlog.runs.columns import mentioned

    return [(field.kind, field.key) for field in mentioned(_wanted(filters), runs)]


def known(store: Store, runs: Sequence[RunRecord]) -> set[str]:
    """The metrics of these runs of which it is known whether more of them is better."""
    from runlog.runs.direction import agreed_directions, direction

    said = agreed_directions(store, {run.experiment for run in runs})
    return {name for name in {name for run in runs for name in run.metrics} if direction(name, said)}


def _wanted(filters: Filters) -> Wanted:
    return Wanted(
        experiments=tuple(filters.experiment),
        tags=tuple(filters.tag),
        where=tuple(filters.where),
        states=tuple(word.strip() for text in filters.status for word in text.split(",")),
        since=filters.since or None,
        sort=filters.sort or None,
        limit=filters.limit or None,
        removed=filters.removed,
        revisions=_revisions(filters),
    )


def _revisions(filters: Filters) -> Revisions | None:
    """What is asked of the code of runs; none when nothing is."""
    if not (filters.commit or filters.branch or filters.touching or filters.dirty or filters.same_code_as):
        return None
    from runlog.runs.revisions import Revisions

    return Revisions(
        commit=filters.commit or None,
        branch=filters.branch or None,
        touching=filters.touching or None,
        dirty=filters.dirty,
        same_code_as=filters.same_code_as or None,
    )


def nothing_fits(store: Store, filters: Filters) -> str:
    """What to say in the place of no runs."""
    if next(store.runs(removed=filters.removed), None) is None:
        return _nothing_at_all(store, filters.removed)
    return why_nothing(store, filters) or f"no runs fit: runlog ls{' --removed' if filters.removed else ''} shows all\n"


def why_nothing(store: Store, filters: Filters) -> str:
    """What to say of no runs to somebody who takes none for an answer."""
    return "".join(f"no runs fit: {doubt}\n" for doubt in doubts(store, filters))


def doubts(store: Store, filters: Filters) -> list[str]:
    """What in the filters is probably not meant: names that nothing has."""
    return [*_unknown(store, filters.experiment)] or [*remarks(store, _wanted(filters))]


def _unknown(store: Store, names: Sequence[str]) -> Iterator[str]:
    """What to say of experiments that are none."""
    from runlog import experiments
    from runlog.errors import NotFound

    for name in names:
        try:
            experiments.find(store, name)
        except NotFound as error:
            yield error.message


def _nothing_at_all(store: Store, removed: bool) -> str:
    if removed:
        return "no run is in the trash\n"
    if next(store.runs(removed=True), None) is not None:
        return "no runs but those in the trash: runlog ls --removed\n"
    return "no runs yet: runlog run -- <command>\n"
