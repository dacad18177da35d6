"""A repetition of a run: what it would do, and what it came to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from runlog.records import Input, RunRecord
from runlog.render.code import one_line
from runlog.render.shell import command
from runlog.render.values import any_value, number


class Planned(Protocol):
    @property
    def used(self) -> Input: ...
    @property
    def source(self) -> Any: ...
    @property
    def condition(self) -> str: ...


class Plan(Protocol):
    """What would be done."""

    @property
    def run(self) -> RunRecord: ...
    @property
    def command(self) -> Sequence[str]: ...
    @property
    def params(self) -> dict[str, Any]: ...
    @property
    def changed(self) -> Sequence[str]: ...
    @property
    def inputs(self) -> Sequence[Any]: ...
    @property
    def refusals(self) -> Sequence[str]: ...
    @property
    def doubts(self) -> Sequence[str]: ...
    @property
    def wanted(self) -> Any: ...


class Finding(Protocol):
    @property
    def kind(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def judgement(self) -> str: ...
    @property
    def said(self) -> str: ...
    @property
    def gap(self) -> float: ...


class Verdict(Protocol):
    @property
    def judgement(self) -> str: ...
    @property
    def findings(self) -> Sequence[Any]: ...
    @property
    def first(self) -> Any: ...


class Reproduction(Protocol):
    """What came of it."""

    @property
    def plan(self) -> Any: ...
    @property
    def run(self) -> RunRecord: ...
    @property
    def status(self) -> int: ...
    @property
    def verdict(self) -> Any: ...


def plan_page(plan: Plan) -> str:
    """What would be done, and what would not be the same."""
    lines = [f"to repeat {plan.run.id}", f"  code     {one_line(plan.run.code) or 'not captured'}"]
    lines.append(f"  command  {command(plan.command)}")
    if plan.wanted.environment:
        lines.append("  env      the packages of the run, in an environment of their own")
    for name, value in plan.params.items():
        lines.append(f"  param    {name} = {any_value(value)}{' (changed)' if name in plan.changed else ''}")
    lines += [f"  input    {item.used.name} = {item.source}: {item.condition}" for item in plan.inputs]
    if plan.doubts:
        lines += ["what will not be the same", *(f"  {doubt}" for doubt in plan.doubts)]
    if plan.refusals:
        lines += ["what stands in the way", *(f"  {refusal}" for refusal in plan.refusals)]
    return "".join(f"{line}\n" for line in lines)


def verdict_page(done: Reproduction) -> str:
    """What it came to: one line, and where it differs first."""
    old, new = done.plan.run, done.run
    if done.verdict is None:
        changed = ", ".join(f"{name} = {any_value(new.params.get(name))}" for name in done.plan.changed)
        lines = [f"{new.id} is {old.id} with {changed}: {new.state}"]
        lines += [f"  {key}  {_metric(old, key)} -> {_metric(new, key)}" for key in new.own_metrics]
        return "".join(f"{line}\n" for line in lines)
    verdict: Verdict = done.verdict
    lines = [f"{new.id} repeats {old.id}: {verdict.judgement}{_amount(verdict)}"]
    if verdict.judgement == "within tolerance":
        gaps = [found for found in verdict.findings if found.judgement == "within tolerance"]
        lines += [f"  {found.kind} {found.key}: differs by {found.gap:.3g} at most" for found in gaps]
    if verdict.judgement == "different":
        lines.append(f"first difference: {_named(verdict.first)}: {verdict.first.said}")
        rest = [found for found in verdict.findings if found.judgement == "different" and found is not verdict.first]
        lines += [f"  then {_named(found)}: {found.said}" for found in rest]
        lines.append(f"runlog diff {old.id} {new.id} shows what led to it")
    return "".join(f"{line}\n" for line in lines)


def _named(found: Finding) -> str:
    return found.kind if found.kind == found.key else f"{found.kind} {found.key!r}"


def _metric(run: RunRecord, key: str) -> str:
    return number(run.metrics[key].last) if key in run.metrics else "none"


def _amount(verdict: Verdict) -> str:
    """What was compared: identical says little of a run that logged nothing."""
    counts = {kind: sum(found.kind == kind for found in verdict.findings) for kind in ("input", "metric", "artifact")}
    parts = [f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in counts.items() if count]
    return f" ({', '.join(parts)})" if counts["metric"] or counts["artifact"] else " (it logged no metric and no artifact)"


def plan_document(plan: Plan) -> dict[str, Any]:
    """A plan as `--json` shows it."""
    return {
        "run": plan.run.id,
        "command": list(plan.command),
        "params": plan.params,
        "changed": list(plan.changed),
        "environment": plan.wanted.environment,
        "inputs": [{"name": item.used.name, "path": str(item.source), "condition": item.condition} for item in plan.inputs],
        "doubts": list(plan.doubts),
        "refusals": list(plan.refusals),
    }


def as_document(done: Reproduction) -> dict[str, Any]:
    """What came of it as `--json` shows it."""
    verdict = done.verdict
    return {
        "run": done.run.id,
        "reproduces": done.plan.run.id,
        "changed": list(done.plan.changed),
        "state": done.run.state,
        "judgement": verdict.judgement if verdict else None,
        "doubts": list(done.plan.doubts),
        "findings": [
            {"kind": found.kind, "key": found.key, "judgement": found.judgement, "said": found.said, "gap": found.gap}
            for found in (verdict.findings if verdict else ())
        ],
    }
