"""What a collection of garbage does, for people and programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from runlog.render.table import Table
from runlog.render.values import size

if TYPE_CHECKING:
    from pathlib import Path

    from runlog.records import RunRecord

_FATES = {"trash": "to the trash", "empty": "emptied", "forget": "forgotten"}


class _Going(Protocol):
    @property
    def run(self) -> RunRecord: ...
    @property
    def fate(self) -> str: ...
    @property
    def bytes(self) -> int: ...


class _Plan(Protocol):
    @property
    def runs(self) -> Sequence[_Going]: ...
    @property
    def litter(self) -> Sequence[Path]: ...
    @property
    def covered(self) -> Sequence[Path]: ...
    @property
    def freed_bytes(self) -> int: ...


def table(runs: Sequence[_Going], ids: Mapping[str, str]) -> Table:
    """Run by run what becomes of it."""
    rows = tuple((ids[g.run.id], _FATES[g.fate], size(g.bytes), g.run.experiment, g.run.name or "") for g in runs)
    return Table(("run", "fate", "size", "experiment", "name"), rows, frozenset({2}))


def question(plan: _Plan) -> str | None:
    """What to ask before it is done; nothing when only litter goes."""
    fates = [going.fate for going in plan.runs]
    parts = [
        text
        for text, count in (
            (f"put {_runs(fates.count('trash'))} into the trash", fates.count("trash")),
            (f"empty {_runs(fates.count('empty'))} for good", fates.count("empty")),
            (f"forget {_runs(fates.count('forget'))} for good", fates.count("forget")),
        )
        if count
    ]
    return f"{' and '.join(parts)}, {size(plan.freed_bytes)}" if parts else None


def verdict(runs: Sequence[_Going], plan: _Plan, freed_bytes: int, dry_run: bool) -> str:
    """The sum of it in one line."""
    parts = [f"{_runs(count)} {_FATES[fate]}" for fate in _FATES if (count := sum(going.fate == fate for going in runs))]
    parts += [f"{len(plan.covered)} covered files"] if plan.covered else []
    parts += [f"{len(plan.litter)} pieces of litter"] if plan.litter else []
    if not parts:
        return "nothing to collect\n"
    shared = sum(going.bytes for going in runs) > freed_bytes
    rest = "; the rest is shared with runs that stay" if shared else ""
    return f"{', '.join(parts)}: {size(freed_bytes)} {'would be ' if dry_run else ''}freed{rest}\n"


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count} runs"


def as_document(runs: Sequence[_Going], plan: _Plan, freed_bytes: int, dry_run: bool) -> dict[str, Any]:
    """A collection as `--json` shows it."""
    return {
        "dry_run": dry_run,
        "freed_bytes": freed_bytes,
        "runs": [
            {"id": g.run.id, "experiment": g.run.experiment, "name": g.run.name, "fate": g.fate, "bytes": g.bytes} for g in runs
        ],
        "covered": [str(path) for path in plan.covered],
        "litter": [str(path) for path in plan.litter],
    }
