"""Whether two runs came to the same: their inputs and artifacts by hash, their metrics point by point."""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from runlog.errors import RunlogError
from runlog.records import RunRecord
from runlog.store.layout import MLMODEL
from runlog.store.store import Store

Judgement = Literal["identical", "within tolerance", "different"]
_WORST_FIRST: tuple[Judgement, ...] = ("different", "within tolerance")
Points = list[tuple[int, float]]
# What a machine does, and not what a program computes.
_NEVER = ("system/*",)
# What the description of a model says of the moment at which it was written.
_OF_THE_MOMENT = ("model_id:", "model_size_bytes:", "model_uuid:", "run_id:", "utc_time_created:")


@dataclass(frozen=True, slots=True)
class Finding:
    """How one metric or artifact came out. `said` is where it differs first, in words."""

    kind: Literal["state", "input", "metric", "artifact"]
    key: str
    judgement: Judgement
    said: str = ""
    gap: float = 0.0  # the largest between two points


@dataclass(frozen=True, slots=True)
class Verdict:
    """All findings, and what they come to."""

    judgement: Judgement
    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding | None:
        """The first thing that differs; none when all is the same."""
        return next((found for found in self.findings if found.judgement == self.judgement != "identical"), None)


def judge(store: Store, old: RunRecord, new: RunRecord, tolerance: float = 0.0, ignore: Sequence[str] = ()) -> Verdict:
    """What one run came to, measured against another. `ignore` are patterns of metrics and artifacts that may differ."""
    passed = (*_NEVER, *ignore)
    findings = [
        *_state(old, new),
        *_inputs(old, new),
        *_metrics(store, old, new, tolerance, passed),
        *_artifacts(store, old, new, passed),
    ]
    found = {finding.judgement for finding in findings}
    judgement: Judgement = next((worst for worst in _WORST_FIRST if worst in found), "identical")
    return Verdict(judgement, tuple(findings))


def _state(old: RunRecord, new: RunRecord) -> Iterator[Finding]:
    if old.state != new.state:
        yield Finding("state", "state", "different", f"it was {old.state} and is {new.state}")


def _inputs(old: RunRecord, new: RunRecord) -> Iterator[Finding]:
    """Data that a program makes itself can only be looked at afterwards."""
    for name, used in old.inputs.items():
        again = new.inputs.get(name)
        if again is None:
            yield Finding("input", name, "different", "it was not used again")
        elif again.sha256 != used.sha256:
            yield Finding("input", name, "different", f"sha256 {used.sha256[:12]} became {again.sha256[:12]}")
        else:
            yield Finding("input", name, "identical")


def _passed(key: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(key, pattern) for pattern in patterns)


def _metrics(store: Store, old: RunRecord, new: RunRecord, tolerance: float, passed: Sequence[str]) -> Iterator[Finding]:
    for key in dict.fromkeys([*old.metrics, *new.metrics]):
        if not _passed(key, passed):
            yield _metric(store, old, new, key, tolerance)


def _metric(store: Store, old: RunRecord, new: RunRecord, key: str, tolerance: float) -> Finding:
    if key not in new.metrics:
        return Finding("metric", key, "different", "it was not logged again")
    if key not in old.metrics:
        return Finding("metric", key, "different", "it was not logged before")
    try:
        before, after = _points(store, old, key), _points(store, new, key)
    except RunlogError as error:
        return Finding("metric", key, "different", error.message)
    return compare_points(key, before, after, tolerance)


def _points(store: Store, run: RunRecord, key: str) -> Points:
    table = store.run(run.id).history(key)
    return list(zip(table.column("step").to_pylist(), table.column("value").to_pylist(), strict=True))


def compare_points(key: str, before: Points, after: Points, tolerance: float) -> Finding:
    """The points of a metric, one by one."""
    gap, beyond, inexact = 0.0, "", ""
    for (step, value), (other_step, other) in zip(before, after, strict=False):
        if step != other_step:
            return Finding("metric", key, "different", f"step {step} became step {other_step}")
        if value == other or (value != value and other != other):
            continue
        gap = max(gap, abs(value - other)) if math.isfinite(value - other) else math.inf
        said = f"at step {step} it was {value!r} and is {other!r}"
        inexact = inexact or said
        if not math.isclose(value, other, rel_tol=tolerance, abs_tol=tolerance):
            beyond = beyond or said
    if not beyond and len(before) != len(after):
        beyond = f"it had {len(before)} points and has {len(after)}"
    if beyond:
        return Finding("metric", key, "different", beyond, gap)
    return Finding("metric", key, "within tolerance" if inexact else "identical", inexact, gap)


def _artifacts(store: Store, old: RunRecord, new: RunRecord, passed: Sequence[str]) -> Iterator[Finding]:
    for path in sorted(old.artifacts.keys() | new.artifacts.keys()):
        if _passed(path, passed):
            continue
        before, after = old.artifacts.get(path), new.artifacts.get(path)
        if after is None:
            yield Finding("artifact", path, "different", "it was not made again")
        elif before is None:
            yield Finding("artifact", path, "different", "it was not made before")
        elif before.sha256 == after.sha256 or _describe_one_model(store, old, new, path):
            yield Finding("artifact", path, "identical")
        else:
            yield Finding("artifact", path, "different", f"sha256 {before.sha256[:12]} became {after.sha256[:12]}")


def _describe_one_model(store: Store, old: RunRecord, new: RunRecord, path: str) -> bool:
    """Whether two descriptions of models differ in nothing but when they were written."""
    if path.rpartition("/")[2] != MLMODEL:
        return False
    try:
        return _description(store, old, path) == _description(store, new, path)
    except (RunlogError, OSError, ValueError):
        return False


def _description(store: Store, run: RunRecord, path: str) -> list[str]:
    lines = store.run(run.id).artifact(path).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith(_OF_THE_MOMENT)]
