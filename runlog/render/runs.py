"""Runs as tables and documents."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from runlog.render.table import Table
from runlog.render.values import age, any_value, duration, number, size

if TYPE_CHECKING:
    from runlog.records import RunRecord


def listing(runs: Sequence[RunRecord], ids: Mapping[str, str], relative: bool) -> Table:
    """The table of `ls`: who, where, how it went, then what differs between the runs and what they reached."""
    params = _differing([run.params for run in runs])
    tags = _differing([run.tags for run in runs])
    metrics = list(dict.fromkeys(name for run in runs for name in run.metrics if not name.startswith("system/")))
    headings = ("run", "experiment", "name", "state", "started", "took")
    rows = []
    for run in runs:
        cells = [ids[run.id], run.experiment, run.name or "", state(run), _started(run, relative), _took(run)]
        cells += [any_value(run.params.get(key)) for key in params]
        cells += [run.tags.get(key, "") for key in tags]
        cells += [number(run.metrics[key].last) if key in run.metrics else "" for key in metrics]
        rows.append(tuple(cells))
    first_number = len(headings) + len(params) + len(tags)
    right = frozenset({5, *range(first_number, first_number + len(metrics))})
    return Table((*headings, *params, *tags, *metrics), tuple(rows), right)


def _differing(mappings: Sequence[Mapping[str, Any]]) -> list[str]:
    """Keys whose values are not the same everywhere; of a single run, all."""
    keys = dict.fromkeys(key for mapping in mappings for key in mapping)
    if len(mappings) < 2:
        return list(keys)
    missing = object()
    return [key for key in keys if any(m.get(key, missing) != mappings[0].get(key, missing) for m in mappings)]


def state(run: RunRecord) -> str:
    """The state, with the signal or exit code where it says more."""
    if run.end is None:
        return run.state
    if run.end.signal:
        return f"{run.state} ({run.end.signal})"
    if run.state == "failed" and run.end.exit_code:
        return f"failed ({run.end.exit_code})"
    return run.state


def _started(run: RunRecord, relative: bool) -> str:
    return age(time.time() - run.created_at / 1e9) if relative else iso(run.created_at)


def _took(run: RunRecord) -> str:
    return duration(((run.ended_at or time.time_ns()) - run.created_at) / 1e9)


def iso(ns: int) -> str:
    """A time for programs."""
    return datetime.fromtimestamp(ns / 1e9).astimezone().isoformat(timespec="seconds")


def as_document(run: RunRecord) -> dict[str, Any]:
    """A run as `--json` shows it."""
    end = run.end
    return {
        "id": run.id,
        "experiment": run.experiment,
        "name": run.name,
        "state": run.state,
        "created_at": iso(run.created_at),
        "ended_at": None if run.ended_at is None else iso(run.ended_at),
        "exit_code": end.exit_code if end else None,
        "signal": end.signal if end else None,
        "error": end.error if end else None,
        "parent": run.parent,
        "note": run.note,
        "params": run.params,
        "tags": run.tags,
        "metrics": {
            name: {
                "last": metric.last,
                "last_step": metric.last_step,
                "min": metric.min,
                "step_of_min": metric.step_of_min,
                "max": metric.max,
                "step_of_max": metric.step_of_max,
                "first": metric.first,
                "count": metric.count,
            }
            for name, metric in run.metrics.items()
        },
        "artifacts": [{"path": a.path, "bytes": a.bytes, "sha256": a.sha256} for a in run.artifacts.values()],
        "inputs": [{"name": i.name, "path": i.path, "bytes": i.bytes, "sha256": i.sha256} for i in run.inputs.values()],
        "problems": list(run.problems),
        "command": run.command,
        "host": run.host,
        "folder": run.folder,
    }


def page(run: RunRecord) -> str:
    """All of one run, for people."""
    about = {
        "run": run.id,
        "name": run.name or "",
        "experiment": run.experiment,
        "state": f"{state(run)} after {_took(run)}" if run.end else f"running for {_took(run)}",
        "started": iso(run.created_at),
        "parent": run.parent or "",
        "command": " ".join(map(str, run.command.get("argv", ()))),
        "host": f"{run.process.host} ({run.host.get('os', '')}, python {run.host.get('python', '')})",
        "note": run.note or "",
    }
    parts = [_pairs({key: value for key, value in about.items() if value})]
    if run.end and run.end.error:
        parts.append(f"error\n  {run.end.error['type']}: {run.end.error['message']}\n")
    sections = {
        "params": {key: any_value(value) + _before(run, key) for key, value in run.params.items()},
        "tags": dict(run.tags),
        "metrics": {key: _metric(run, key) for key in run.metrics},
        "inputs": {i.name: f"{i.path}  {size(i.bytes)}  sha256 {i.sha256[:12]}" for i in run.inputs.values()},
        "artifacts": {a.path: f"{size(a.bytes)}  sha256 {a.sha256[:12]}" for a in run.artifacts.values()},
    }
    parts += [f"{title}\n{_pairs(pairs, '  ')}" for title, pairs in sections.items() if pairs]
    parts += ["problems\n" + "".join(f"  {problem}\n" for problem in run.problems)] if run.problems else []
    return "\n".join(parts)


def _before(run: RunRecord, key: str) -> str:
    earlier = run.earlier_params.get(key)
    return f"  (before: {', '.join(map(any_value, earlier))})" if earlier else ""


def _metric(run: RunRecord, key: str) -> str:
    metric = run.metrics[key]
    if metric.count == 1:
        return number(metric.last)
    best = f"min {number(metric.min)} at {metric.step_of_min}, max {number(metric.max)} at {metric.step_of_max}"
    return f"{number(metric.last)} at step {metric.last_step}  ({best}; {metric.count} points)"


def _pairs(pairs: Mapping[str, str], indent: str = "") -> str:
    width = max(map(len, pairs), default=0)
    return "".join(f"{indent}{key:<{width}}  {value}\n" for key, value in pairs.items())
