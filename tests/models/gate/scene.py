"""Runs as records, for what only looks at those."""

from __future__ import annotations

from typing import Any

from runlog.records import Metric, Process, RunRecord

_NOBODY = Process(0, 0, "node7", "", "", "ada")


def run(name: str = "a", **more: Any) -> RunRecord:
    """A run that finished, with metrics of one point each."""
    metrics = {key: _metric(value) for key, value in more.pop("metrics", {}).items()}
    nothing: dict[str, Any] = dict.fromkeys(("ended_at", "parent", "note", "end"))
    empty: dict[str, Any] = {key: {} for key in ("params", "tags", "artifacts", "inputs", "command", "earlier_params", "host")}
    fixed = {"state": "finished", "problems": (), "removed": False, "lost": frozenset(), "folder": "", "experiment": "e"}
    given = {"id": f"20261120-213012-{name:2>6}", "name": name, "created_at": 0, "last_sign": 0, "process": _NOBODY}
    return RunRecord(**{**nothing, **empty, **fixed, **given, "metrics": metrics, **more})


def _metric(value: float) -> Metric:
    least = None if value != value else value
    step = None if value != value else 0
    return Metric(1, value, value, 0, 0, least, step, least, step, 0, 0)
