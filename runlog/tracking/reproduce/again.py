"""A run once more, in a folder of its own, under the same params, with the same data."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runlog.capture.environment.variables import describe_variables
from runlog.capture.secrets import WITHHELD
from runlog.errors import Conflict
from runlog.records import Code, RunRecord
from runlog.runs import surroundings
from runlog.runs.checkout import checkout
from runlog.runs.inputs import check_input
from runlog.runs.verdict import Verdict, judge
from runlog.store import files
from runlog.store.store import Store
from runlog.tracking import afterwards
from runlog.tracking.capturing import Repeats
from runlog.tracking.command.late import leave_behind
from runlog.tracking.command.program import Request, run_program
from runlog.tracking.reproduce import packages
from runlog.tracking.reproduce.plan import Plan, moved, runnable

Tell = Callable[[str], None]
_LARGEST_COPY = 1 << 30


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What came of it. A run with other params on purpose is not judged."""

    plan: Plan
    run: RunRecord
    status: int
    verdict: Verdict | None
    folder: Path | None  # none when it was removed


def reproduce(store: Store, plan: Plan, tell: Tell = lambda _: None) -> Reproduction:
    """Run it again and judge what it came to. Conflict when something stands in the way."""
    if plan.refusals:
        raise Conflict(
            f"run {plan.run.id} cannot be repeated: {'; '.join(plan.refusals)}", hint=f"runlog reproduce --dry-run {plan.run.id}"
        )
    command = list(plan.command)
    if plan.wanted.environment:
        command = _with_python(command, packages.build(store, plan.run, plan.top, tell))
    else:
        command = runnable(command, plan.run, store)
    with _folder(plan) as folder:
        tell(f"the code goes into {folder}")
        code = checkout(store, plan.run, folder, plain=True)
        for path, why in code.missing.items():
            tell(f"not as it was: {path} ({why})")
        _lay_inputs(store, plan, folder, tell)
        began = _ids(store)
        with _surroundings(store, plan, folder, command):
            run, outcome = run_program(_request(plan, [command[0], *(moved(word, plan, folder) for word in command[1:])]))
            leave_behind(outcome.late)
            afterwards.drain()
        record = _counterpart(store, plan.run, run.id, began)
    verdict = None if plan.changed else judge(store, plan.run, record, plan.wanted.tolerance, plan.wanted.ignore)
    if verdict is not None:
        store.run(record.id).say(("tag", "reproduction", verdict.judgement))
    return Reproduction(plan, record, outcome.status, verdict, plan.wanted.folder)


@contextlib.contextmanager
def _folder(plan: Plan) -> Iterator[Path]:
    """The folder that was named, else one that goes when we are done."""
    if plan.wanted.folder is not None:
        yield Path(os.path.abspath(plan.wanted.folder))
        return
    above = Path(tempfile.mkdtemp(prefix="runlog-"))
    try:
        yield above / plan.run.id
    finally:
        files.remove_tree(above)


def _with_python(command: list[str], python: Path) -> list[str]:
    first = os.path.basename(command[0])
    return [str(python), *command[1:]] if first.startswith(("python", "pypy")) else command


def _lay_inputs(store: Store, plan: Plan, folder: Path, tell: Tell) -> None:
    """Let the program find its data where it was. It gets a copy, for it may write there; only what is large is linked to."""
    for item in plan.inputs:
        if item.below is None:
            continue
        target = folder / item.below
        if not os.path.lexists(target):
            if item.source.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                _lay(item.source, target, item.used.bytes, tell)
        elif not plan.wanted.anyway and check_input(target, item.used, store).condition != "same":
            raise Conflict(f"input {item.used.name!r} is not the same data in the code of run {plan.run.id}")


def _lay(source: Path, target: Path, size: int, tell: Tell) -> None:
    if size > _LARGEST_COPY:
        tell(f"{source} is large, so it is linked to and not copied")
        target.symlink_to(source)
    elif source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target)


def _ids(store: Store) -> set[str]:
    return {run.id for run in store.run_dirs()}


def _counterpart(store: Store, old: RunRecord, new: str, before: set[str]) -> RunRecord:
    """The run that stands for the old one: a program that begins several has one with the same params among them."""
    made = [run.record for run in store.runs() if run.id == new or (run.id not in before and run.parent == new)]
    own = next(record for record in made if record.id == new)
    alike = [record for record in made if record.params == old.params and record.metrics.keys() == old.metrics.keys()]
    return own if own in alike or not alike else alike[-1]


@contextlib.contextmanager
def _surroundings(store: Store, plan: Plan, folder: Path, command: list[str]) -> Iterator[None]:
    """The folder and the variables that the run had, for as long as it takes."""
    here, before = os.getcwd(), dict(os.environ)
    own = _own_packages(store, plan, folder, command)
    code = Code.of(plan.run.code)
    try:
        os.chdir(folder / (code.folder if code else "."))
        told = plan.run.environment.get("variables") or {}
        for name in describe_variables():
            if name not in told and plan.run.environment:
                os.environ.pop(name, None)
        os.environ.update({name: moved(value, plan, folder) for name, value in told.items() if value != WITHHELD})
        if own:
            os.environ["PYTHONPATH"] = os.pathsep.join([*own, *filter(None, [os.environ.get("PYTHONPATH")])])
        os.environ["RUNLOG_STORE"] = str(store.root)
        for name in ("RUNLOG_RUN_ID", "RUNLOG_RUN_DIR", "RUNLOG_METRICS"):
            os.environ.pop(name, None)
        if plan.wanted.environment:
            home = Path(command[0]).parent
            os.environ["PATH"] = f"{home}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
            os.environ["VIRTUAL_ENV"] = str(home.parent)
        yield
    finally:
        os.chdir(here)
        os.environ.clear()
        os.environ.update(before)


def _own_packages(store: Store, plan: Plan, folder: Path, command: list[str]) -> list[str]:
    """Where Python has to look first, for packages that it reads from the project: they, too, are as they were."""
    editable = {*surroundings.of_run(store, plan.run).editable, *surroundings.of_now(command).editable}
    tops = (plan.top, Path(os.path.realpath(plan.top)))
    inside = sorted({path.relative_to(top).as_posix() for path in editable for top in tops if path.is_relative_to(top)})
    places = [folder / below / part for below in inside for part in ("src", ".")]
    return [os.path.normpath(place) for place in places if place.is_dir()]


def _request(plan: Plan, command: list[str]) -> Request:
    """The same request as the first time."""
    run = plan.run
    options = run.command.get("options") or {}
    tags = {key: value for key, value in run.tags.items() if value != WITHHELD and key != "reproduction"} | {"reproduces": run.id}
    return Request(
        program=command,
        experiment=run.experiment,
        note=f"repeats {run.id}",
        params=[_as_param(name, value) for name, value in plan.params.items()],
        tags=[f"{key}={value}" if value else key for key, value in tags.items()],
        inputs=_inputs(options),
        artifacts=tuple(options.get("artifacts", ())),
        metric_patterns=tuple(options.get("metric_patterns", ())),
        metrics_from_output=bool(options.get("metrics_from_output")),
        terminal=False,
        flags=not options.get("no_flags"),
        repeats=Repeats(run.id, plan.changed, run.code),
    )


def _inputs(options: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(options.get("inputs", ()))


def _as_param(name: str, value: Any) -> str:
    """A param as one types it: text stays text, whatever it looks like."""
    return f"{name}:={value}" if isinstance(value, str) else f"{name}={json.dumps(value)}"
