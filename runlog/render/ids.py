"""Ids as short as people want them."""

from __future__ import annotations

from collections.abc import Iterable


def short_ids(ids: Iterable[str]) -> dict[str, str]:
    """The last part of each id where it tells it from the others, else the whole."""
    tails: dict[str, list[str]] = {}
    for run_id in ids:
        tails.setdefault(run_id[-6:], []).append(run_id)
    return {run_id: tail if len(same) == 1 else run_id for tail, same in tails.items() for run_id in same}
