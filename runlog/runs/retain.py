"""Which runs are worth keeping: the best, the tagged, the new, and what those depend on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from runlog.errors import NotFound, UsageError
from runlog.query.syntax import suggestion
from runlog.records import Direction, RunRecord
from runlog.runs.direction import direction

Directions = Callable[[str], Mapping[str, Direction]]  # of an experiment


@dataclass(frozen=True, slots=True)
class Rules:
    """What keeps a run out of the trash. Without any rule every run is kept."""

    best: tuple[int, str] | None = None  # so many of each experiment, by this metric
    tags: tuple[str, ...] = ()  # with one of these, `k` or `k=v`
    tagged: bool = False  # with any
    newer_than: int | None = None  # ended after this moment

    def __bool__(self) -> bool:
        return self.best is not None or bool(self.tags) or self.tagged or self.newer_than is not None


def unkept(
    runs: Sequence[RunRecord],
    rules: Rules,
    experiment: str | None,
    directions: Directions,
    needed: Collection[str] = (),
) -> list[RunRecord]:
    """The runs of an experiment, or of all, that no rule keeps. Running ones are kept always, and those that are needed.

    A run that is kept keeps its children, for they are parts of it, its parents, and the runs that made its inputs. A parent
    that is kept only for the sake of a child does not keep the other children.
    """
    judged = [run for run in runs if experiment in {None, run.experiment}]
    merit = {run.id for run in judged if run.state == "running" or run.id in needed or _fits(run, rules)}
    merit |= _best(judged, rules, directions)
    kept = _with_children(merit, judged) | {run.id for run in runs if experiment not in {None, run.experiment}}
    _add_origins(kept, {run.id: run for run in runs})
    return [run for run in judged if run.id not in kept]


def _fits(run: RunRecord, rules: Rules) -> bool:
    if rules.newer_than is not None and (run.ended_at or run.created_at) > rules.newer_than:
        return True
    return bool(rules.tagged and run.tags) or any(_has(run, tag) for tag in rules.tags)


def _has(run: RunRecord, wanted: str) -> bool:
    key, equals, value = wanted.partition("=")
    return key in run.tags and (not equals or run.tags[key] == value)


def check_tags(runs: Sequence[RunRecord], tags: Iterable[str]) -> None:
    """Refuse a tag that keeps none of some runs: a mistyped one would let all of them go."""
    for tag in tags:
        if runs and not any(_has(run, tag) for run in runs):
            key, equals, _ = tag.partition("=")
            known = {name for run in runs for name in run.tags}
            if equals and key in known:
                said = sorted({f"{key}={run.tags[key]}" for run in runs if key in run.tags})
                raise NotFound(f"no run has the tag {tag!r}", hint=suggestion(tag, said) or f"runlog ls --tag {key}")
            raise NotFound(f"no run has a tag {key!r}", hint=suggestion(key, known) or "runlog ls")


def _best(runs: Iterable[RunRecord], rules: Rules, directions: Directions) -> set[str]:
    if rules.best is None:
        return set()
    count, metric = rules.best
    measured: dict[str, list[tuple[float, str]]] = {}
    for run in runs:
        found = run.metrics.get(metric)
        if found is not None and found.last == found.last:
            measured.setdefault(run.experiment, []).append((found.last, run.id))
    if not measured:
        raise NotFound(f"no run has a metric {metric!r}", hint="runlog ls")
    best: set[str] = set()
    for experiment, values in measured.items():
        way = direction(metric, directions(experiment))
        if way is None:
            hint = f"runlog experiments set {experiment} --max {metric}"
            raise UsageError(f"whether more of {metric!r} is better is not known in {experiment!r}", hint=hint)
        # Of equals the newest are kept.
        ordered = sorted(values, key=lambda value: value[1], reverse=True)
        ordered.sort(key=lambda value: value[0], reverse=way == "max")
        best |= {run_id for _, run_id in ordered[:count]}
    return best


def _with_children(kept: set[str], runs: Iterable[RunRecord]) -> set[str]:
    """Some runs, and all that descend from them."""
    children: dict[str, list[str]] = {}
    for run in runs:
        if run.parent:
            children.setdefault(run.parent, []).append(run.id)
    found = set(kept)
    waiting = list(kept)
    for parent in waiting:
        new = [child for child in children.get(parent, ()) if child not in found]
        found.update(new)
        waiting += new
    return found


def _add_origins(kept: set[str], runs: Mapping[str, RunRecord]) -> None:
    """To some runs add their parents, and the runs whose artifacts they used, and so on."""
    makers: dict[str, list[str]] = {}
    for run in runs.values():
        for artifact in run.artifacts.values():
            if artifact.bytes:
                makers.setdefault(artifact.sha256, []).append(run.id)
    waiting = [run_id for run_id in kept if run_id in runs]
    for run_id in waiting:
        run = runs[run_id]
        used = [maker for found in run.inputs.values() for maker in makers.get(found.sha256, ())]
        for origin in [*([run.parent] if run.parent else []), *used]:
            if origin in runs and origin not in kept:
                kept.add(origin)
                waiting.append(origin)
