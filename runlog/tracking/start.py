"""How a run begins: a new one, the one a surrounding process opened, or one that goes on."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runlog import config
from runlog.capture.host import describe_host
from runlog.capture.process import no_process, this_process
from runlog.errors import BadInput, OutsideError, RunlogError, StoreError, UsageError, store_error
from runlog.records import Birth, RunRecord
from runlog.store import layout
from runlog.store.line import speaks_of_an_end
from runlog.store.rundir import RunDir
from runlog.store.store import Store
from runlog.tracking import beating, ending, spool
from runlog.tracking.active import active_run, enter, given_run, run_around
from runlog.tracking.capturing import Repeats, capture
from runlog.tracking.discretion import discreet
from runlog.tracking.paths import seen_from, working_folder
from runlog.tracking.run import Role, Run
from runlog.tracking.wanted import Wanted
from runlog.tracking.warning import warn

if TYPE_CHECKING:
    from runlog.tracking.values import Named

_attached: set[str] = set()


def start_run(
    experiment: str | None = None,
    name: str | None = None,
    params: Named | None = None,
    tags: Mapping[str, Any] | None = None,
    note: str | None = None,
    *,
    run_id: str | None = None,
    parent: str | None = None,
    nested: bool | None = None,
    strict: bool | None = None,
    system: bool = False,
    store: str | os.PathLike[str] | None = None,
) -> Run:
    """Begin a run and make it the active one.

    Inside a process started by `runlog run` the first call joins that run. With `run_id` an earlier run goes on. A run that is
    opened inside a `with` block of another is its child; one that was opened without `with` is finished by the next.
    Names and values that cannot be stored raise at once, for nothing has been trained yet. A store that cannot be written
    does not: the run, also one that goes on, is then kept in a temporary one, and a warning says where (strict: it raises).
    """
    wanted = Wanted.check(experiment, name, params, tags, note)
    wanted.strict = config.strict_wanted() if strict is None else strict
    wanted.parent = _named_parent(parent, store) if parent else _parent(nested)
    run = _resumed(run_id, wanted, store) if run_id else _joined(wanted, nested, store) or _created(wanted, store)
    enter(run)
    beating.ensure()
    if system:
        from runlog.tracking.system import sample

        sample(run)
    return run


def begin_command(
    command: Sequence[str],
    experiment: str | None,
    name: str | None,
    params: Mapping[str, Any],
    tags: Mapping[str, str],
    note: str | None,
    *,
    parent: str | None = None,
    typed: Sequence[str] | None = None,
    flags: Sequence[str] = (),
    options: Mapping[str, Any] | None = None,
    repeats: Repeats | None = None,
) -> Run:
    """Begin the run of a program that this process is about to start. Inside another run it is that run's child.

    `typed` is the command before params were filled in, `flags` the params that were only read off the command, `options` what
    else was asked for.
    """
    wanted = Wanted.check(experiment, name, params, tags, note)
    wanted.parent = _named_parent(parent, None) if parent else _around()
    wanted.command = list(command)
    wanted.starts_program = True
    wanted.about = {"flags": list(flags)} if flags else {}
    wanted.about |= {"options": dict(options)} if options else {}
    wanted.repeats = repeats
    if typed is not None and list(typed) != wanted.command:
        wanted.about["typed"] = list(typed)
    run = _created(wanted, None)
    enter(run)
    beating.ensure()
    return run


def begin_script(
    command: Sequence[str],
    experiment: str | None,
    name: str | None,
    params: Mapping[str, Any],
    tags: Mapping[str, str],
    note: str | None,
) -> tuple[Store, RunDir]:
    """Begin a run that no process answers for: it goes on until somebody ends it. Inside another run it is that run's child."""
    wanted = Wanted.check(experiment, name, params, tags, note)
    wanted.parent = _around()
    wanted.command = list(command)
    wanted.process = no_process()

    def create(root: Path) -> tuple[Store, RunDir]:
        store = Store.create(root)
        return store, store.create_run(_birth(store, wanted))

    try:
        created = create(config.place_store())
    except (OSError, StoreError) as error:
        created = spool.keep(create, error)
    for message in wanted.notes:
        warn(message)
    return created


def _around() -> str | None:
    """The run that the surrounding process or shell has opened, unless it has ended: nobody may have told the shell."""
    given = given_run()
    if given is None:
        return None
    try:
        return None if _has_ended(Store.open(Path(given["store"])).run_dir(given["run"])) else given["run"]
    except (OSError, RunlogError):
        return given["run"]


def _has_ended(folder: RunDir) -> bool:
    """Whether somebody said that a run has ended. Most that have not are known by a look at their documents."""
    return speaks_of_an_end(folder.path) and folder.record().state not in {"running", "lost"}


def attach(store: Store, folder: RunDir, steps: dict[str, int] | None = None) -> Run:
    """A run as a helper that says something and is gone sees it. What goes wrong raises. It is not the active run. With `steps`
    the run had ended, and its metrics count on from there."""
    wanted = Wanted()
    wanted.strict = True
    return _opened(store, folder, "side", wanted, steps)


def _parent(nested: bool | None) -> str | None:
    """The run around a new one. A run without `with` ends when the next begins in its place, for nothing else would end it."""
    around, ours = run_around()
    if around is None or nested is False:
        return None
    if around.entered or nested or not ours:
        return around.id
    around.finish()
    return _parent(nested)


def _named_parent(piece: str, place: str | os.PathLike[str] | None) -> str:
    root = config.find_store(place)
    return piece if root is None or layout.is_id(piece) else Store.open(root).run_dir(piece).id


def _created(wanted: Wanted, place: str | os.PathLike[str] | None) -> Run:
    try:
        return _create(wanted, config.place_store(place))
    except (OSError, StoreError) as error:
        if wanted.strict:
            raise
        return _spooled(wanted, error)


def _create(wanted: Wanted, root: Path) -> Run:
    store = Store.create(root)
    birth = _birth(store, wanted)
    run = _opened(store, store.create_run(birth, durable=False), "main", wanted)
    run.experiment = birth.experiment
    if "IPython" in sys.modules and config.capture_wanted():
        _keep_cells(run)
    return run


def _keep_cells(run: Run) -> None:
    """What was run in a notebook so far, which its file does not tell."""
    from runlog.capture.notebook import cells

    try:
        text = cells()
    except Exception as error:  # it is somebody else's program that is asked
        run.trouble(OutsideError(f"the cells of the notebook were not kept: {error}"))
    else:
        if text is not None:
            run.log_text(text, "notebook/cells.py")


def _birth(store: Store, wanted: Wanted) -> Birth:
    """The birth of a run that begins now, in this process."""
    captured = capture(store, wanted.command if wanted.starts_program else None, wanted.repeats)
    kept = discreet(wanted.params, wanted.tags, wanted.note, wanted.name, wanted.command, wanted.about)
    wanted.withheld = kept.withheld
    wanted.notes.extend([*captured.problems, *filter(None, [kept.problem])])
    now = time.time_ns()
    return Birth(
        id=layout.new_id(now / 1e9),
        experiment=wanted.experiment or _experiment_around(store, wanted.parent) or layout.DEFAULT_EXPERIMENT,
        name=kept.name,
        created_at=now,
        parent=wanted.parent,
        note=kept.note,
        params=kept.params,
        tags=kept.tags,
        command={**kept.command, "cwd": seen_from(store.root.parent, working_folder())},
        process=wanted.process or this_process(),
        host=describe_host(),
        code=captured.code,
        environment=captured.environment,
        origin=captured.origin,
    )


def _experiment_around(store: Store, parent: str | None) -> str | None:
    """The experiment of the run around a new one: what was begun together is found together."""
    known = [run.experiment for run in ending.open_runs() if run.id == parent]
    if parent is None or any(known):
        return known[-1] if known else None
    try:
        return store.run_dir(parent).record().experiment
    except (OSError, RunlogError):
        return None  # it lies in another store, or cannot be read


def _opened(store: Store, folder: RunDir, role: Role, wanted: Wanted, steps: dict[str, int] | None = None) -> Run:
    run = Run(store, folder, role, wanted.strict, steps)
    run.withheld = wanted.withheld
    run.begin(log_now=role == "main")
    for message in wanted.notes:
        run.trouble(BadInput(message))
    return run


def _spooled(wanted: Wanted, error: Exception, create: Callable[[Path], Run] | None = None) -> Run:
    try:
        return spool.keep(create or (lambda root: _create(wanted, root)), error)
    except (OSError, StoreError):
        warn(f"{spool.reason(error)}; no other place could be written either, so this run is not tracked")
        return _untracked(wanted)


def _untracked(wanted: Wanted) -> Run:
    run_id, root = layout.new_id(), Path(os.devnull)
    folder = RunDir(root, layout.run_folder(wanted.experiment or layout.DEFAULT_EXPERIMENT, run_id))
    run = Run(Store(root), folder, "main", strict=False)
    run.make_untracked()
    return run


def _joined(wanted: Wanted, nested: bool | None, place: str | os.PathLike[str] | None) -> Run | None:
    """The run that the surrounding process opened for this one, joined once; later runs of this process are its children."""
    given = given_run()
    if given is None or (place is not None and config.named_store(place) != Path(given["store"])):
        return None
    if nested or given["run"] in _attached:
        wanted.parent = wanted.parent or given["run"]
        return None
    try:
        store = Store.open(Path(given["store"]))
        folder = store.run_dir(given["run"])
        birth = folder.birth()
        if _has_ended(folder):
            warn(f"run {folder.id} around this process has ended, so this is a run of its own")
            return None
    except (OSError, RunlogError) as error:
        warn(f"cannot join run {given['run']}: {error}")
        return None
    _attached.add(given["run"])
    run = _opened(store, folder, "side", wanted)
    run.experiment = birth.experiment
    run.share_door(Path(given["door"]))
    if wanted.experiment and birth.experiment == layout.DEFAULT_EXPERIMENT != wanted.experiment:
        run.set_experiment(wanted.experiment)
    _say_wanted(run, wanted, name_too=birth.name is None)
    return run


def handed_over(root: str, run_id: str, strict: bool) -> Run:
    """A run that was pickled: the one that is open here, else a helper of it."""
    for run in ending.open_runs():
        if run.id == run_id:
            return run
    wanted = Wanted()
    wanted.strict = strict
    try:
        store = Store.open(Path(root))
        run = _opened(store, store.run_dir(run_id), "side", wanted)
    except (OSError, RunlogError) as error:
        if strict:
            raise
        warn(f"cannot join run {run_id}: {error}")
        return _untracked(wanted)
    ending.opened(run)
    beating.ensure()
    return run


def _resumed(run_id: str, wanted: Wanted, place: str | os.PathLike[str] | None) -> Run:
    """An earlier run that goes on. Its metrics count on from where they were."""
    root = config.find_store(place)
    if root is None:
        raise UsageError(f"there is no store here, so run {run_id!r} cannot go on", hint="runlog ls")
    try:
        store = Store.open(root)
        folder = store.run_dir(run_id)
        before = folder.record()
    except (OSError, StoreError) as error:
        return _unreadable(run_id, wanted, place, error)
    if before.state == "running" and folder.id not in _attached and not _ours(folder.id):
        warn(f"run {folder.id} still runs in another process; both now log into it")
    try:
        run = _goes_on(store, folder, wanted, before)
    except (OSError, StoreError) as error:
        refused = error if isinstance(error, StoreError) else store_error(f"go on with run {folder.id}", error)
        if wanted.strict:
            raise refused from error
        run = _spooled(wanted, refused, lambda root: _goes_on_in(root, folder, wanted, before))
    _say_wanted(run, wanted, name_too=True)
    return run


def _goes_on(store: Store, folder: RunDir, wanted: Wanted, *before: RunRecord) -> Run:
    steps: dict[str, int] = {}
    for record in before:
        for key, metric in record.metrics.items():
            steps[key] = max(steps.get(key, 0), metric.next_step)
    store.mark_live(folder.folder, this_process())
    run = _opened(store, folder, "main", wanted, steps)
    run.experiment = before[-1].experiment
    return run


def _goes_on_in(root: Path, folder: RunDir, wanted: Wanted, before: RunRecord) -> Run:
    """Go on with a run of a store that cannot be written in another: they are one run when the stores are merged."""
    store = Store.create(root)
    here = store.carry_on(folder, this_process())
    return _goes_on(store, here, wanted, before, here.record())


def _unreadable(run_id: str, wanted: Wanted, place: str | os.PathLike[str] | None, error: OSError | StoreError) -> Run:
    """Nothing is known of the run that was to go on, and the job matters more: a new run, in which the other is named."""
    if wanted.strict:
        raise error if isinstance(error, StoreError) else store_error(f"go on with run {run_id}", error) from error
    warn(f"cannot go on with run {run_id}: {spool.reason(error)}; this is a new run")
    wanted.parent = wanted.parent or (run_id if layout.is_id(run_id) else None)
    return _created(wanted, place)


def _ours(run_id: str) -> bool:
    around = active_run()
    return around is not None and around.id == run_id


def _say_wanted(run: Run, wanted: Wanted, name_too: bool) -> None:
    if wanted.name and name_too:
        run.set_name(wanted.name)
    if wanted.note:
        run.set_note(wanted.note)
    if wanted.params:
        run.log_params(wanted.params)
    if wanted.tags:
        run.set_tags(wanted.tags)
