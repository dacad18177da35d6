"""Runs as shell scripts write them: begun by one command, spoken to by others, ended by a last one."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runlog import config
from runlog.capture.process import calling_command, is_alive, no_process, this_process
from runlog.capture.secrets import WITHHELD, redacted, withheld, withheld_value
from runlog.errors import BadInput, Conflict, UsageError, store_error
from runlog.records import RunRecord, State
from runlog.store import files, layout
from runlog.store.line import append_line
from runlog.store.metrics import door
from runlog.store.rundir import RunDir
from runlog.store.store import Store
from runlog.store.stored import StoredRun
from runlog.tracking import afterwards, filing
from runlog.tracking.command.words import PREFIX, settled, shared, variables
from runlog.tracking.discretion import VARIABLE, variable
from runlog.tracking.paths import destination
from runlog.tracking.run import Run
from runlog.tracking.start import attach, begin_script
from runlog.tracking.values import flat, to_param

SURROUNDING = ("RUNLOG_STORE", "RUNLOG_RUN_ID", "RUNLOG_RUN_DIR", "RUNLOG_METRICS")
_SIGNALS = {128 + number: number.name for number in signal.Signals}


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that a script begins, and the variables by which its processes know it."""

    id: str
    path: Path
    environment: dict[str, str | None]  # none for those of a run around it that do not count here
    problems: Sequence[str]  # params that no variable shows


@dataclass(frozen=True, slots=True)
class Finished:
    """A run that a script has ended, and what its shell should know from then on: variables with a new value, or with none."""

    record: RunRecord
    environment: dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Words:
    """What one command says about a run."""

    metrics: Mapping[str, float] = field(default_factory=dict)
    step: int | None = None
    at: float | None = None  # seconds after 1970
    params: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    note: str | None = None
    artifacts: Sequence[tuple[Path, str | None]] = ()  # file or folder, and its place in the run


def begin(
    experiment: str | None,
    name: str | None,
    params: Mapping[str, Any],
    tags: Mapping[str, str],
    note: str | None,
    typed: Sequence[str],
) -> Begun:
    """Begin a run that goes on until somebody ends it. Its command is the script that asked, or what was typed by hand."""
    if name is not None:
        layout.check_run_name(name)
    # Before there is a run, for one that is left behind in the middle would go on for ever.
    given = settled(dict(flat(params)))
    (shown, left_out), hidden = variables(given), {name: given[name] for name in withheld(given)[1]}
    problems = shared(given) + ([f"too long for a variable: {', '.join(left_out)}"] if left_out else [])
    store, run = begin_script(_script(typed), experiment, name, params, tags, note)
    # With a first line in it the door is there for whoever appends, and a run that may still be written to looks like one.
    path = run.live / f"{layout.new_id()}.jsonl"
    with contextlib.suppress(OSError):  # whoever logs will hear of it
        append_line(path, door.mark(time.time_ns()))
    inherited: dict[str, str | None] = {name: None for name in os.environ if name.startswith(PREFIX)}
    environment = {**inherited, **_surrounding(store, run, path), **shown, **variable(run.id, hidden)}
    return Begun(run.id, run.path, environment, problems)


def _script(typed: Sequence[str]) -> list[str]:
    around = calling_command()
    return around if any(not word.startswith("-") for word in around[1:]) else list(typed)


def _surrounding(store: Store, run: RunDir, path: Path) -> dict[str, str]:
    return dict(zip(SURROUNDING, (str(store.root), run.id, str(run.path), str(path)), strict=True))


def finish(store: Store, run: StoredRun, state: State | None = None, exit_code: int | None = None) -> Finished:
    """End a run that no living process answers for. Without a state its exit code tells, and without that it went well."""
    _must_be_ours(run)
    ended, signal_name = _how(state, exit_code)
    folder = store.run_dir(run.id)
    params = folder.birth().params
    for name, _, kind in folder.log_files():
        if kind == "jsonl":
            append_line(folder.live / name, door.mark(time.time_ns()))
    value: dict[str, Any] = {"role": "main", "state": ended}
    value |= {} if exit_code is None else {"exit_code": exit_code}
    value |= {} if signal_name is None else {"signal": signal_name}
    run.say(("end", "", value))
    if folder.settle():
        store.unmark_live(run.id)
    return Finished(run.reload().record, _afterwards(store, run, params))


def _must_be_ours(run: StoredRun) -> None:
    record = run.record
    if record.end is not None and record.state != "lost":
        raise Conflict(f"run {run.id} has ended already: {record.state}", hint=f"runlog show {run.id}")
    process = run.answering()
    if process.pid and record.state == "running":
        where = "" if is_alive(process) else f" on {process.host}"
        raise Conflict(f"run {run.id} ends with its process {process.pid}{where}", hint=f"runlog stop {run.id}")


def _how(state: State | None, exit_code: int | None) -> tuple[State, str | None]:
    """The state of a run, and the signal that a shell's exit status tells of."""
    name = None if exit_code is None else _SIGNALS.get(exit_code)
    if state is not None:
        return state, name if state == "killed" else None
    if name is not None:
        return "killed", name
    return "failed" if exit_code else "finished", None


def _afterwards(store: Store, run: StoredRun, params: Mapping[str, Any]) -> dict[str, str | None]:
    """What the variables of an ended run should be: those of the run around it, if that still runs, else nothing."""
    gone: dict[str, str | None] = dict.fromkeys([*SURROUNDING, *variables(params)[0]])
    if VARIABLE in os.environ:
        gone[VARIABLE] = None
    around = next(store.named(run.parent), None) if run.parent else None
    record = None if around is None else around.record()
    if around is None or record is None or record.state != "running":
        return gone
    shown = {name: value for name, value in around.birth().params.items() if value != WITHHELD}
    return {**gone, **_surrounding(store, around, around.door()), **variables(shown)[0]}


def say(store: Store, run: StoredRun, words: Words, *, force: bool = False) -> bool:
    """Say something about a run from outside; kept when this returns. Only with `force` into a run that has ended. False when
    files of a folder could not be kept, each of which was told."""
    record = run.record
    over = record.end is not None and record.state != "lost"
    if over and not force:
        raise Conflict(f"run {run.id} has ended: {record.state}", hint=f"runlog log --force --run {run.id} ...")
    _must_be_legal(words)
    folder = store.run_dir(run.id)
    whole = True
    if over or words.artifacts:
        whole = _say_at_once(store, folder, record, words if over else Words(artifacts=words.artifacts))
    line = None if over else _line(record, words)
    if line is not None:
        _through_the_door(store, folder, line)
    return whole


def _must_be_legal(words: Words) -> None:
    """Refuse names that nothing can have before anything is said."""
    for what, names in (("param", dict(flat(words.params))), ("tag", words.tags), ("metric", words.metrics)):
        for name in names:
            layout.check_key(what, name)
    for _, place in words.artifacts:
        if place:
            layout.check_artifact_path(place)


def _say_at_once(store: Store, folder: RunDir, record: RunRecord, words: Words) -> bool:
    """In documents of its own, as a helper of the run does. Whether all files are kept."""
    steps = None
    if record.state != "running":
        store.mark_live(folder.folder, this_process())
        steps = {name: metric.next_step for name, metric in record.metrics.items()}
    run = attach(store, folder, steps)
    try:
        whole = _keep(run, words.artifacts)
        run.log_params(words.params)
        run.set_tags(words.tags)
        if words.note is not None:
            run.set_note(words.note)
        run.log_metrics(words.metrics, words.step, at=words.at)
    finally:
        run.finish()
        afterwards.drain()
    return whole


def _keep(run: Run, artifacts: Sequence[tuple[Path, str | None]]) -> bool:
    """Keep files and folders. One that was named and cannot be kept raises when all others are; of a folder, that is told."""
    left = 0
    failed = []
    for source, place in artifacts:
        try:
            if os.path.isdir(source):
                left += filing.keep_folder(run, source, destination(source, place))
            else:
                run.log_artifact(source, place)
        except BadInput as error:
            failed.append((source, error))
    for source, problem in failed[:-1]:
        run.leave_out(source, problem.message)
    if failed:
        raise failed[-1][1]
    return left == 0


def _line(record: RunRecord, words: Words) -> bytes | None:
    """The line for a door; none when there is nothing to say."""
    document: dict[str, Any] = dict(words.metrics)
    if words.params:
        params = {layout.check_key("param", name): value for name, value in flat(words.params)}
        document["params"] = {name: withheld_value(name, to_param(name, value).value) for name, value in params.items()}
    if words.tags:
        document["tags"] = {layout.check_key("tag", key): withheld_value(key, value) for key, value in words.tags.items()}
    if words.note is not None:
        document["note"] = redacted(words.note)[0]
    if not document:
        return None
    if words.metrics:
        document["step"] = _next_step(record, words.metrics) if words.step is None else words.step
    dated = {"time": time.time() if words.at is None else words.at, **document}
    # Half a letter, as in the name of a file that is not UTF-8, becomes a question mark.
    return f"{json.dumps(dated, ensure_ascii=False)}\n".encode("utf-8", "replace")


def _next_step(record: RunRecord, metrics: Mapping[str, float]) -> int:
    """After the highest step of them all."""
    return max(record.metrics[name].next_step if name in record.metrics else 0 for name in metrics)


def _through_the_door(store: Store, folder: RunDir, line: bytes) -> None:
    given = Path(os.environ.get("RUNLOG_METRICS", ""))
    path = given if given.parent == folder.live else folder.door()
    try:
        files.make_folder(path.parent)
        append_line(path, line)
        if not os.path.lexists(store.root / layout.LIVE / folder.id):
            store.mark_live(folder.folder, no_process())
    except OSError as error:
        raise store_error("log", error) from error


def surrounding_run() -> tuple[Store, StoredRun]:
    """The run that the surrounding process or shell has opened."""
    run_id, root = os.environ.get("RUNLOG_RUN_ID"), config.find_store()
    if not run_id or root is None:
        raise UsageError("there is no run around this command", hint='eval "$(runlog start)"')
    store = Store.open(root)
    return store, store.run(run_id)
