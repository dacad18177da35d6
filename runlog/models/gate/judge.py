"""The verdict: every rule, looked at one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from runlog.errors import NotFound, UsageError
from runlog.models.gate import comparison, requirement
from runlog.models.gate.meant import baseline, candidates
from runlog.models.gate.rules import Rules
from runlog.models.gate.verdict import Check, Meant, Verdict
from runlog.records import Direction, RunRecord
from runlog.store.store import Store

if TYPE_CHECKING:
    from runlog.query import Names


def judge(store: Store, selectors: Sequence[str], rules: Rules) -> Verdict:
    """Whether the runs that are named, as one candidate, fulfil the rules. Looks at everything, and changes nothing."""
    if not rules.require and not rules.no_worse_than:
        raise UsageError("nothing is required of it: say --require, --no-worse-than or --rules", hint="runlog gate --help")
    if not rules.no_worse_than and (rules.named or rules.tolerance):
        problem = "a metric, a direction or a tolerance says nothing without a baseline"
        raise UsageError(problem, hint="runlog gate RUN... --no-worse-than RUN")
    runs = candidates(store, selectors)
    if not runs:
        raise UsageError("no run was named to be judged", hint="runlog gate @last --require 'rmse <= 6.5'")
    baselines = [(selector, _without(baseline(store, selector), runs)) for selector in rules.no_worse_than]
    there = tuple(found for _, found in baselines if isinstance(found, Meant))
    names = _names(runs, there)
    tests = [(text, requirement.read(text, names)) for text in rules.require]
    checks = [_finished(runs, rules.allow_unfinished)]
    checks += [requirement.required(text, test, runs, rules.allow_missing) for text, test in tests]
    said = _directions(store, runs) if baselines else {}
    for selector, found in baselines:
        checks += _against(selector, found, runs, rules, said)
    return Verdict(all(check.passed for check in checks), tuple(checks), runs, there)


def _without(found: Meant | NotFound, runs: Sequence[RunRecord]) -> Meant | NotFound:
    """A baseline of several runs without those of the candidate, which may have the same name."""
    if isinstance(found, NotFound):
        return found
    judged = {run.id for run in runs}
    return found._replace(runs=tuple(run for run in found.runs if run.id not in judged) or found.runs)


def _names(runs: Sequence[RunRecord], baselines: Sequence[Meant]) -> Names:
    """What bare names may mean: those of the candidate, and what it lacks and a baseline has. No other run has a say."""
    from runlog.query import Names

    own = Names.of(runs)
    base = Names.of(run for found in baselines for run in found.runs)
    known = own.metrics | own.params | own.tags
    return Names(own.metrics | base.metrics - known, own.params | base.params - known, own.tags | base.tags - known)


def _directions(store: Store, runs: Sequence[RunRecord]) -> dict[str, Direction]:
    """What was said of metrics in the experiments of the candidate; where two disagree, nothing was."""
    names = {run.experiment for run in runs}
    said: dict[str, set[Direction]] = {}
    for experiment in store.experiments():
        if experiment.name in names:
            for metric, way in experiment.directions.items():
                said.setdefault(metric, set()).add(way)
    return {metric: ways.pop() for metric, ways in said.items() if len(ways) == 1}


def _finished(runs: Sequence[RunRecord], allow_unfinished: bool) -> Check:
    """A candidate that has not ended well is none."""
    odd = [(run, "in the trash" if run.removed else run.state) for run in runs if run.removed or run.state != "finished"]
    if not odd:
        return Check("finished", True, "" if len(runs) == 1 else f"all {len(runs)} runs", kind="candidate")
    message = odd[0][1] if len(runs) == 1 else ", ".join(f"{run.id[-6:]} is {word}" for run, word in odd[:3])
    message += f" and {len(odd) - 3} more" if len(odd) > 3 else ""
    passed = allow_unfinished and not any(run.removed for run, _ in odd)
    return Check("finished", passed, message, kind="candidate", note=passed)


def _against(
    selector: str, found: Meant | NotFound, runs: Sequence[RunRecord], rules: Rules, said: dict[str, Direction]
) -> list[Check]:
    """All that is compared with one baseline."""
    name, allowed = f"baseline {selector}", rules.allow_missing
    if isinstance(found, NotFound):
        return [Check(name, allowed, f"missing: {found.message}", kind="no-worse-than", note=allowed)]
    running = [run.id[-6:] for run in found.runs if run.state == "running"]
    if running and not rules.allow_unfinished:
        return [Check(name, False, f"still running, so its values may change: {', '.join(running[:3])}", kind="no-worse-than")]
    measures = comparison.measures(rules, found, said)
    if not measures:
        message = "has no metric whose direction is known: say --metric and --direction"
        return [Check(name, allowed, message, kind="no-worse-than", note=allowed)]
    return [comparison.compared(measure, runs, found, rules) for measure in measures]
