"""Experiments as tables and documents."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from runlog.records import STATES, Experiment, State
from runlog.render.table import Table
from runlog.render.values import age, any_value, iso

if TYPE_CHECKING:
    from collections.abc import Iterable


class _Summary(Protocol):
    @property
    def experiment(self) -> Experiment: ...
    @property
    def runs(self) -> int: ...
    @property
    def states(self) -> Mapping[State, int]: ...
    @property
    def last(self) -> str | None: ...
    @property
    def last_at(self) -> int | None: ...


def listing(summaries: Sequence[_Summary], relative: bool) -> Table:
    """An experiment a row: how many runs in which states, when the last began, what was said of it."""
    states = [state for state in STATES if not relative or any(summary.states.get(state) for summary in summaries)]
    columns: list[tuple[str, Iterable[str]]] = [
        ("experiment", [summary.experiment.name for summary in summaries]),
        ("runs", [str(summary.runs) for summary in summaries]),
        *((state, [_count(summary, state, relative) for summary in summaries]) for state in states),
        ("last run", [_when(summary.last_at, relative) for summary in summaries]),
    ]
    if not relative or any(summary.experiment.directions for summary in summaries):
        columns.append(("best", [_directions(summary.experiment) for summary in summaries]))
    if not relative or any(summary.experiment.note for summary in summaries):
        columns.append(("note", [any_value(summary.experiment.note) for summary in summaries]))
    right = frozenset(range(1, 2 + len(states)))
    return Table(tuple(heading for heading, _ in columns), tuple(zip(*(cells for _, cells in columns), strict=True)), right)


def _count(summary: _Summary, state: State, relative: bool) -> str:
    count = summary.states.get(state, 0)
    return str(count) if count or not relative else ""


def _when(at: int | None, relative: bool) -> str:
    if at is None:
        return ""
    return age(time.time() - at / 1e9) if relative else iso(at)


def _directions(experiment: Experiment) -> str:
    return " ".join(f"{way}:{metric}" for metric, way in sorted(experiment.directions.items()))


def directions(said: Mapping[str, str]) -> Table:
    """Which way metrics should go."""
    return Table(("metric", "best"), tuple(sorted(said.items())))


def as_document(summary: _Summary) -> dict[str, Any]:
    """An experiment as `--json` shows it."""
    experiment = summary.experiment
    return {
        "experiment": experiment.name,
        "earlier_names": [name for name in experiment.names if name != experiment.name],
        "runs": summary.runs,
        "states": {state: summary.states.get(state, 0) for state in STATES},
        "last_run": summary.last,
        "last_run_at": None if summary.last_at is None else iso(summary.last_at),
        "note": experiment.note,
        "directions": dict(sorted(experiment.directions.items())),
        "removed": experiment.removed_at is not None,
    }
