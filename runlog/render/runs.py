"""Runs as tables and documents."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from runlog.render.code import one_line, remarks
from runlog.render.columns import padded, shown, width
from runlog.render.shell import command, command_lines
from runlog.render.table import Table
from runlog.render.values import age, duration, iso, number, param_value, size
from runlog.render.wrapping import wrapped

if TYPE_CHECKING:
    from runlog.records import Artifact, Input, Process, RunRecord

_LAST_METRICS = 4
_LONG_KEY = 32


def state(run: RunRecord) -> str:
    """The state, with the signal or exit code where it says more."""
    if run.end is None:
        return run.state
    if run.end.signal:
        return f"{run.state} ({run.end.signal})"
    if run.state == "failed" and run.end.exit_code:
        return f"failed ({run.end.exit_code})"
    return run.state


def last_line(run: RunRecord, took_s: float) -> str:
    """One quiet line: which run, how it ended, how long it took, what it reached."""
    metrics = [f"{key} {number(metric.last)}" for key, metric in run.own_metrics.items()]
    more = len(metrics) - _LAST_METRICS
    shown = "  ".join(metrics[:_LAST_METRICS]) + (f"  and {more} more" if more > 0 else "")
    return f"run {run.id} {state(run)} in {duration(took_s)}" + (f"  {shown}\n" if shown else "\n")


def already(run: RunRecord) -> str:
    """That a run need not be run again."""
    return f"run {run.id} is this already, {state(run)} {age(time.time() - (run.ended_at or run.created_at) / 1e9)}\n"


def endings(runs: Sequence[RunRecord], ids: Mapping[str, str]) -> Table:
    """How some runs have ended, one a row."""
    rows = tuple((ids[run.id], run.name or "", state(run), took(run)) for run in runs)
    return Table(("run", "name", "state", "took"), rows, frozenset({3}), first=(0, 1, 2), whole=frozenset({0, 2}))


def _started(run: RunRecord, relative: bool) -> str:
    return age(time.time() - run.created_at / 1e9) if relative else iso(run.created_at)


def took(run: RunRecord) -> str:
    return duration(((run.ended_at or time.time_ns()) - run.created_at) / 1e9)


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
        "resources": end.resources if end else None,
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
        "inputs": [
            {"name": i.name, "path": i.path, "bytes": i.bytes, "sha256": i.sha256, **i.pointers} for i in run.inputs.values()
        ],
        "problems": list(run.problems),
        "command": run.command,
        "host": run.host,
        "process": {"host": run.process.host, "user": run.process.user, "pid": run.process.pid},
        "code": run.code,
        "environment": run.environment,
        "origin": run.origin,
        "folder": run.folder,
        "removed_at": None if run.removed_at is None else iso(run.removed_at),
        "emptied": run.emptied,
    }


def page(run: RunRecord, changed: Mapping[str, str] | None = None, ran_on: str = "", columns: int | None = None) -> str:
    """All of one run, for people. `changed` says of inputs what has become of them since, and `columns` how wide a screen is."""
    about: dict[str, str | tuple[str, ...]] = {
        "run": run.id,
        "name": run.name or "",
        "experiment": run.experiment,
        "state": f"{state(run)} after {took(run)}" if run.end else f"running for {took(run)}",
        "trash": "" if run.removed_at is None else f"since {iso(run.removed_at)}",
        "emptied": "gc has dropped its points and artifacts" if run.emptied else "",
        "started": iso(run.created_at),
        "parent": run.parent or "",
        "command": _command(run, columns),
        "took": _resources(run),
        "author": _author(run),
        "host": f"{_at(run.process)} ({run.host.get('os', '')}, python {run.host.get('python', '')})",
        "ran on": ran_on,
        "code": one_line(run.code),
        "note": run.note or "",
    }
    parts = [pairs_of({key: value for key, value in about.items() if value}, columns=columns)]
    if run.end and run.end.error:
        parts.append("error\n" + pairs_of({"": f"{run.end.error['type']}: {run.end.error['message']}"}, columns=columns))
    sections = {
        "params": {key: param_value(value) + _before(run, key) for key, value in run.params.items()},
        "tags": dict(run.tags),
        "metrics": {key: _metric(run, key) for key in run.metrics},
        "inputs": {i.name: _input(i, (changed or {}).get(i.name)) for i in run.inputs.values()},
        "artifacts": {a.path: _artifact(a) for a in run.artifacts.values()},
    }
    parts += [f"{title}\n{pairs_of(pairs, '  ', columns)}" for title, pairs in sections.items() if pairs]
    told = {"code": remarks(run.code), "problems": run.problems}
    parts += [f"{title}\n{_remarks(texts, columns)}" for title, texts in told.items() if texts]
    return "\n".join(parts)


def _command(run: RunRecord, columns: int | None) -> str | tuple[str, ...]:
    """As it may be typed again, also where it takes several lines."""
    words = [str(word) for word in run.command.get("argv", ())]
    if not words:
        return ""
    return command(words) if columns is None else command_lines(words, columns - len("experiment  "))


def _input(used: Input, condition: str | None) -> str:
    since = {"changed": "  changed since", "missing": "  no longer there", "unreadable": "  cannot be read now"}
    known = "".join(f"  {kind}" for kind in used.pointers)
    return f"{used.path}  {size(used.bytes)}  sha256 {used.sha256[:12]}{known}{since.get(condition or '', '')}"


def _artifact(kept: Artifact) -> str:
    return f"{size(kept.bytes)}  sha256 {kept.sha256[:12]}{f'  {kept.note}' if kept.note else ''}"


def _at(process: Process) -> str:
    return f"{process.user}@{process.host}" if process.user else process.host


def _author(run: RunRecord) -> str:
    parts = (run.origin.get("author"), run.origin.get("ci"))
    author, job = (part if isinstance(part, dict) else {} for part in parts)
    who = f"{author.get('name', '')} <{author['email']}>" if author.get("email") else str(author.get("name", ""))
    where = " ".join(str(job[key]) for key in ("kind", "job", "branch", "url") if key in job)
    return ", ".join(part for part in (who.strip(), where) if part)


def _resources(run: RunRecord) -> str:
    """What a program took that was started by `runlog run`."""
    used = run.end.resources if run.end else None
    if not used:
        return ""
    parts = [duration(used["wall_s"])] if "wall_s" in used else []
    if "user_s" in used and "system_s" in used:
        parts.append(f"cpu {duration(used['user_s'] + used['system_s'])}")
    if "peak_memory_bytes" in used:
        parts.append(f"memory {size(int(used['peak_memory_bytes']))}")
    return ", ".join(parts)


def _before(run: RunRecord, key: str) -> str:
    earlier = run.earlier_params.get(key)
    return f"  (before: {', '.join(map(param_value, earlier))})" if earlier else ""


def _metric(run: RunRecord, key: str) -> str:
    metric = run.metrics[key]
    if metric.count == 1:
        return number(metric.last)
    last = f"{number(metric.last)} at {metric.last_step}"
    if metric.min is None:  # it was never a number
        return f"{last}  ({metric.count})"
    lowest, highest = f"{number(metric.min)} at {metric.step_of_min}", f"{number(metric.max)} at {metric.step_of_max}"
    return f"{last}  min {lowest}  max {highest}  ({metric.count})"


def _remarks(texts: Sequence[str], columns: int | None = None) -> str:
    """A line for each, and more where the screen is narrow."""
    lines = ["\n    ".join([text] if columns is None else wrapped(text, columns - 4)) for text in texts]
    return "".join(f"  {line}\n" for line in lines)


def pairs_of(pairs: Mapping[str, str | tuple[str, ...]], indent: str = "", columns: int | None = None) -> str:
    """A line for each, and more for a value of several lines, or for one that is longer than there are `columns`; of a tuple
    each text is a line. A very long key does not push the others' values away."""
    longest = _LONG_KEY if columns is None else min(_LONG_KEY, columns * 2 // 5)
    column = max((width(key) for key in pairs if width(key) <= longest), default=0)
    below = f"{indent}{' ' * column}  "
    room = None if columns is None else max(1, columns - len(below))
    lines = []
    for key, value in pairs.items():
        first, *more = _lines(value, room)
        begin = f"{indent}{padded(key, max(column, width(key)))}  "
        if columns is None or width(begin + first) <= columns or width(key) <= column:
            lines.append(begin + first)
        else:
            lines += [*(indent + piece for piece in wrapped(key, columns - len(indent))), below + first]
        lines += [below + line for line in more]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _lines(value: str | tuple[str, ...], room: int | None) -> list[str]:
    if isinstance(value, tuple):
        return list(value)
    texts = [shown(line) for line in value.splitlines()] or [shown(value)]
    return texts if room is None else [line for text in texts for line in wrapped(text, room)]
