"""Running runs as a table that is looked at again and again."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Protocol

from runlog.records import RunRecord
from runlog.render.runs import state
from runlog.render.sparkline import sparkline
from runlog.render.table import Table
from runlog.render.values import duration, exact, number

_CURVE = 12


class _Seen(Protocol):
    @property
    def record(self) -> RunRecord: ...
    @property
    def curves(self) -> Mapping[str, Sequence[float]]: ...


def watched(seen: Sequence[_Seen], ids: Mapping[str, str], metrics: Sequence[str], pictures: bool) -> Table:
    """Which run, how long, how far, and its metrics: with `pictures` and their curves, else bare."""
    runs = [found.record for found in seen]
    headings, right, columns = ["run"], set[int](), [[ids[run.id] for run in runs]]
    several = len({run.experiment for run in runs}) > 1
    facts = [
        ("experiment", [run.experiment for run in runs], False, several),
        ("name", [run.name or "" for run in runs], False, any(run.name for run in runs)),
        ("state", [state(run) for run in runs], False, any(run.state != "running" for run in runs)),
        ("for", [_took(run) for run in runs], True, True),
        ("step", [_step(run) for run in runs], True, any(map(_step, runs))),
    ]
    for heading, cells, is_right, wanted in facts:
        if wanted or not pictures:
            right |= {len(columns)} if is_right else set()
            headings.append(heading)
            columns.append(cells)
    first = [headings.index(heading) for heading in ("run", "name", "state") if heading in headings]
    first += [len(headings)] if metrics else []
    for name in metrics:
        right |= set() if pictures else {len(columns)}
        headings.append(name)
        columns.append(_cells(seen, name) if pictures else [_last(run, name) for run in runs])
    whole = frozenset(headings.index(heading) for heading in ("run", "state") if heading in headings)
    return Table(tuple(headings), tuple(zip(*columns, strict=True)), frozenset(right), first=tuple(first), whole=whole)


def _cells(seen: Sequence[_Seen], name: str) -> list[str]:
    """The last values below each other, each with its curve."""
    numbers = [number(found.record.metrics[name].last) if name in found.record.metrics else "" for found in seen]
    width = max(map(len, numbers))
    return [
        f"{value:>{width}} {sparkline(found.curves.get(name, ()), _CURVE)}".rstrip()
        for value, found in zip(numbers, seen, strict=True)
    ]


def _last(run: RunRecord, name: str) -> str:
    return exact(run.metrics[name].last) if name in run.metrics else ""


def _took(run: RunRecord) -> str:
    return duration(max(0, (run.ended_at or time.time_ns()) - run.created_at) / 1e9)


def _step(run: RunRecord) -> str:
    steps = [metric.last_step for metric in run.own_metrics.values()]
    return str(max(steps)) if steps else ""


def summary(runs: Sequence[RunRecord], now: str, left_out: int) -> str:
    """The line below the table."""
    running = sum(run.state == "running" for run in runs)
    parts = [f"{running} running" if running else "nothing is running"]
    parts += [f"{len(runs) - running} ended"] if len(runs) > running else []
    parts += [f"{left_out} not shown"] if left_out else []
    return f"{', '.join(parts)} at {now}; Ctrl-C leaves"
