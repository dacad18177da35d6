"""From options to runs: the one set of filters, wherever runs are listed."""

from __future__ import annotations

from runlog.cli.options import Filters
from runlog.records import RunRecord
from runlog.runs.select import Wanted, select
from runlog.store.store import Store


def listed(store: Store, filters: Filters) -> list[RunRecord]:
    """The runs that the filters leave, in the order they ask for."""
    wanted = Wanted(
        experiment=filters.experiment or None,
        tags=tuple(filters.tag),
        where=filters.where or None,
        status=filters.status or None,
        since=filters.since or None,
        sort=filters.sort or None,
        limit=filters.limit or None,
        removed=filters.removed,
    )
    return select(store, wanted)
