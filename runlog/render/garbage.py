"""What a collection of garbage does, for people and programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from runlog.render.table import Table
from runlog.render.values import iso, size

if TYPE_CHECKING:
    from pathlib import Path

    from runlog.records import RunRecord

_FATES = {"trash": "to the trash", "empty": "emptied", "forget": "forgotten", "keep": "kept"}
_LOSES_BYTES = {"empty", "forget"}


class _Going(Protocol):
    @property
    def run(self) -> RunRecord: ...
    @property
    def fate(self) -> str: ...
    @property
    def bytes(self) -> int: ...
    @property
    def until(self) -> int | None: ...


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
    """Run by run what becomes of it, and how many bytes of it go."""
    rows = tuple(
        (ids[g.run.id], _FATES[g.fate], size(g.bytes) if g.fate in _LOSES_BYTES else "", g.run.experiment, g.run.name or "")
        for g in runs
    )
    return Table(("run", "fate", "size", "experiment", "name"), rows, frozenset({2}))


def question(plan: _Plan) -> str | None:
    """What to ask before it is done; nothing when only litter goes."""
    counts = Counter(going.fate for going in plan.runs)
    parts = [f"put {_count(counts['trash'], 'run')} into the trash"] if counts["trash"] else []
    parts += [f"{verb} {_count(counts[verb], 'run')} for good" for verb in ("empty", "forget") if counts[verb]]
    freed = f", {size(plan.freed_bytes)}" if counts["empty"] or counts["forget"] else ""
    return f"{' and '.join(parts)}{freed}" if parts else None


def verdict(runs: Sequence[_Going], plan: _Plan, freed_bytes: int, dry_run: bool) -> str:
    """The sum of it in one line, and in another what is kept and until when."""
    counts = Counter(going.fate for going in runs)
    parts = [f"{_count(counts[fate], 'run')} {told}" for fate, told in _FATES.items() if counts[fate] and fate != "keep"]
    parts += [_count(len(plan.covered), "covered file")] if plan.covered else []
    parts += [f"{_count(len(plan.litter), 'piece')} of litter"] if plan.litter else []
    if not parts:
        return _kept(runs) or "nothing to collect\n"
    shared = sum(going.bytes for going in runs) > freed_bytes
    rest = "; the rest is shared with runs that stay" if shared else ""
    freed = size(freed_bytes) if freed_bytes else "nothing"
    return f"{', '.join(parts)}: {freed} {'would be ' if dry_run else ''}freed{rest}\n{_kept(runs)}"


def _kept(runs: Sequence[_Going]) -> str:
    kept = [going for going in runs if going.fate == "keep"]
    if not kept:
        return ""
    ends = [going.until for going in kept if going.until is not None]
    if len(ends) < len(kept):
        return f"{_count(len(kept), 'run')} kept while a process still logs into {'it' if len(kept) == 1 else 'one of them'}\n"
    theirs = "its log" if len(kept) == 1 else "their logs"
    return f"{_count(len(kept), 'run')} kept until {_ceiling(max(ends))}: {theirs} may still be written to\n"


def _ceiling(ns: int) -> str:
    """The next whole second, for before it that time has not come."""
    return iso(-(-ns // 1_000_000_000) * 1_000_000_000)


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"


def as_document(runs: Sequence[_Going], plan: _Plan, freed_bytes: int, dry_run: bool) -> dict[str, Any]:
    """A collection as `--json` shows it."""
    return {
        "dry_run": dry_run,
        "freed_bytes": freed_bytes,
        "runs": [_fate(going) for going in runs],
        "covered": [str(path) for path in plan.covered],
        "litter": [str(path) for path in plan.litter],
    }


def _fate(going: _Going) -> dict[str, Any]:
    run = going.run
    told = {"id": run.id, "experiment": run.experiment, "name": run.name, "fate": going.fate, "bytes": going.bytes}
    if going.fate == "keep":
        told["until"] = None if going.until is None else _ceiling(going.until)
    return told
