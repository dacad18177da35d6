"""A run as compact text, and back: everything of a `RunRecord`, without the names of its fields."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from typing import Any

from runlog.records import Artifact, End, Input, Metric, Process, RunRecord


def _values(noun: type) -> Callable[[Any], Any]:
    return attrgetter(*(field.name for field in fields(noun)))


_NAMES = [field.name for field in fields(RunRecord)]
_record, _metric, _artifact, _input, _end, _process = map(_values, (RunRecord, Metric, Artifact, Input, End, Process))
_PLACES = {name: place for place, name in enumerate(_NAMES)}
_METRICS, _ARTIFACTS, _INPUTS = _PLACES["metrics"], _PLACES["artifacts"], _PLACES["inputs"]
_END, _PROCESS, _PROBLEMS = _PLACES["end"], _PLACES["process"], _PLACES["problems"]
_LOST, _EARLIER = _PLACES["lost"], _PLACES["earlier_params"]
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def shape() -> str:
    """What nouns there are and what they are made of. A text that another runlog wrote may mean something else."""
    nouns = (RunRecord, Metric, Artifact, Input, End, Process)
    return " ".join(f"{noun.__name__}({','.join(field.name for field in fields(noun))})" for noun in nouns)


def encoded(run: RunRecord) -> str:
    values = list(_record(run))
    values[_METRICS] = {name: _metric(metric) for name, metric in run.metrics.items()}
    values[_ARTIFACTS] = {path: _artifact(artifact) for path, artifact in run.artifacts.items()}
    values[_INPUTS] = {name: _input(used) for name, used in run.inputs.items()}
    values[_END] = None if run.end is None else _end(run.end)
    values[_PROCESS] = _process(run.process)
    values[_LOST] = sorted(run.lost)
    return _encode(values)


def decoded(text: str) -> RunRecord:
    values = json.loads(text)
    values[_METRICS] = {name: Metric(*found) for name, found in values[_METRICS].items()}
    values[_ARTIFACTS] = {path: Artifact(*found) for path, found in values[_ARTIFACTS].items()}
    values[_INPUTS] = {name: Input(*found) for name, found in values[_INPUTS].items()}
    end = values[_END]
    values[_END] = None if end is None else End(*end)
    values[_PROCESS] = Process(*values[_PROCESS])
    values[_PROBLEMS] = tuple(values[_PROBLEMS])
    values[_LOST] = frozenset(values[_LOST])
    values[_EARLIER] = {key: tuple(earlier) for key, earlier in values[_EARLIER].items()}
    return RunRecord(*values)
