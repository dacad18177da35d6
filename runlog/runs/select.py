"""Which runs are meant: by filter, or by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from runlog.errors import BadInput, Conflict, NotFound
from runlog.records import STATES
from runlog.store.store import Store
from runlog.store.stored import StoredRun


@dataclass(frozen=True, slots=True)
class Filter:
    """What runs must have in common."""

    experiment: str | None = None
    tags: tuple[str, ...] = ()
    status: str | None = None

    def __post_init__(self) -> None:
        if self.status is not None and self.status not in STATES:
            raise BadInput(f"{self.status!r} is no status: it is one of {', '.join(STATES)}")

    def fits(self, run: StoredRun) -> bool:
        return (self.status is None or run.state == self.status) and all(_tagged(run, tag) for tag in self.tags)


def _tagged(run: StoredRun, wanted: str) -> bool:
    key, equals, value = wanted.partition("=")
    return key in run.tags and (not equals or run.tags[key] == value)


def select(store: Store, wanted: Filter, limit: int | None = None) -> list[StoredRun]:
    """The newest runs that fit, newest first."""
    return list(islice(_fitting(store, wanted), limit))


def _fitting(store: Store, wanted: Filter) -> Iterator[StoredRun]:
    return (run for run in store.runs(wanted.experiment) if wanted.fits(run))


def find(store: Store, selectors: Iterable[str]) -> list[StoredRun]:
    """The runs that were named, in that order: by a piece of the id, by name, `@last` or `@last~2`."""
    return [_find_one(store, selector) for selector in selectors]


def _find_one(store: Store, selector: str) -> StoredRun:
    if selector.startswith("@last"):
        return _last(store, selector)
    try:
        return store.run(selector)
    except NotFound:
        named = [run for run in store.runs() if run.name == selector]
        if len(named) > 1:
            shown = ", ".join(run.id for run in named[:4])
            raise Conflict(f"{len(named)} runs are named {selector!r}: {shown}", hint="give the id") from None
        if not named:
            raise
        return named[0]


def _last(store: Store, selector: str) -> StoredRun:
    _, _, back = selector.partition("~")
    if selector not in {"@last", f"@last~{back}"} or (back and not back.isdigit()):
        raise BadInput(f"{selector!r} names no run: write @last or @last~2")
    runs = list(islice(store.runs(), int(back or 0), int(back or 0) + 1))
    if not runs:
        raise NotFound(f"there are not enough runs for {selector}", hint="runlog ls")
    return runs[0]


def short_ids(ids: Iterable[str]) -> dict[str, str]:
    """The shortest last part of each id that tells it from the others, at least four letters."""
    tails: dict[str, list[str]] = {}
    for run_id in ids:
        tails.setdefault(run_id[-6:], []).append(run_id)
    return {run_id: tail if len(same) == 1 else run_id for tail, same in tails.items() for run_id in same}
