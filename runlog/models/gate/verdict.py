"""What a gate says, as data."""

from __future__ import annotations

from typing import Literal, NamedTuple

from runlog.records import RunRecord

Kind = Literal["candidate", "require", "no-worse-than"]


class Check(NamedTuple):
    """One thing that was looked at. What passed as a `note` could not be judged, and was allowed not to be."""

    name: str
    passed: bool
    message: str
    value: float | None = None
    limit: float | None = None
    kind: Kind = "require"
    baseline: float | None = None
    note: bool = False

    @property
    def result(self) -> Literal["ok", "failed", "note"]:
        return "failed" if not self.passed else "note" if self.note else "ok"


class Meant(NamedTuple):
    """The runs that a selector means: one, or several that differ by chance; of a model, those its version comes from."""

    selector: str
    runs: tuple[RunRecord, ...]
    version: str | None = None


class Verdict(NamedTuple):
    """Whether a candidate passes, and why."""

    passed: bool
    checks: tuple[Check, ...]
    candidate: tuple[RunRecord, ...]
    baselines: tuple[Meant, ...] = ()
