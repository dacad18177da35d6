"""Runs made by hand: what was said of them is plain data, so that a test can also look at that."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from runlog.query import dates
from runlog.records import Birth, Entry, Metric, Process, RunRecord, Said
from runlog.store.fold import fold
from runlog.store.metrics.columns import Columns, summarize

SECOND = 1_000_000_000
DAY = 86400 * SECOND


def ns(text: str) -> int:
    """An ISO time as nanoseconds after 1970."""
    return round(datetime.fromisoformat(text).timestamp()) * SECOND


NOW = ns("2026-11-21T12:00:00Z")


def clock_of(zone: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The clock of another place, for a fixture."""
    monkeypatch.setenv("TZ", zone)
    _set_clock()
    yield
    monkeypatch.undo()
    _set_clock()


def _set_clock() -> None:
    time.tzset()
    # A span is remembered with the moment of the question, which is another for every question but not for these tests.
    dates.span.cache_clear()


def metric(values: list[float]) -> Metric:
    """What the store makes of a metric with these values at steps 0, 1, 2 …"""
    columns = Columns()
    for step, value in enumerate(values):
        columns.append(step, step, float(value))
    return summarize(columns)


def record(told: dict[str, Any]) -> RunRecord:
    """The run of which this was told, with metrics as lists of values and times as nanoseconds or ISO text."""
    told = {**told, **{key: ns(told[key]) for key in ("started", "ended") if isinstance(told.get(key), str)}}
    began, ended = told.get("started", NOW - DAY), told.get("ended")
    birth = Birth(
        id=told.get("id", "20261120-213012-k3f9x2"),
        experiment=told.get("experiment", "default"),
        name=told.get("name"),
        created_at=began,
        parent=told.get("parent"),
        note=told.get("note"),
        params=told.get("params", {}),
        tags=told.get("tags", {}),
        command={},
        process=Process(1, 1, told.get("host", "node7"), "boot", "pid:[1]", told.get("user", "ada")),
        host={},
    )
    end = {"role": "main", "state": told.get("state", "finished"), "exit_code": told.get("exit_code")}
    metrics = {name: metric(values) for name, values in told.get("metrics", {}).items()}
    entries = () if ended is None else (Entry(ended, "end", "", end),)
    said = Said("20261120-213012-ab3d9f", 1, None, entries, metrics, 0, began)
    return fold(birth, "experiments/default/20261120-213012-k3f9x2", [said], lambda _: True, NOW)
