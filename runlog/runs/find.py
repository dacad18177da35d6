"""Which run is meant by a word: a piece of its id, its name, `@last`, `@best:rmse`."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import TypeVar

from runlog.errors import BadInput, Conflict, NotFound, RunlogError
from runlog.records import RunRecord
from runlog.runs.select import Wanted, select
from runlog.store.catalog import Catalog, ask
from runlog.store.experiments import Names
from runlog.store.piece import matching, only
from runlog.store.rundir import RunDir
from runlog.store.store import Store
from runlog.store.stored import StoredRun

R = TypeVar("R", RunRecord, StoredRun)
_NEAR = 1000  # runs whose names are compared with a mistyped one


def find(store: Store, selectors: Iterable[str], among: list[RunRecord] | None = None) -> list[StoredRun]:
    """The runs that were named, in that order, each once."""
    found = {run.id: run for selector in selectors for run in [find_one(store, selector, among)]}
    return list(found.values())


def find_one(store: Store, selector: str, among: list[RunRecord] | None = None) -> StoredRun:
    """The run that is meant by a piece of its id, its name, `@experiment/name`, `@last`, `@last~2`, `@best:rmse`; of all runs,
    or of some."""
    if among is not None:
        return store.run(_find_among(store, selector, among).id)
    if selector.startswith("@best:"):
        return store.run(_best(store, selector.removeprefix("@best:")).id)
    experiment, name = _address(selector)
    if experiment is not None:
        return _of_experiment(store, experiment, name)
    if selector.startswith("@last"):
        return _at(selector, store.runs())
    run = _by_id(store, selector)
    if not isinstance(run, RunlogError) and selector in {run.id, run.id[-6:]}:
        return run
    # A name was given on purpose, and what is only a piece of an id may be one by chance.
    named = runs_named(store, selector)
    if named:
        return _only(named, selector)
    if isinstance(run, RunlogError):
        raise _with_nearest(store, selector, run)
    return run


def _find_among(store: Store, selector: str, runs: list[RunRecord]) -> RunRecord:
    if not runs:
        raise NotFound("no run fits", hint="runlog ls")
    if selector.startswith("@best:"):
        return _best(store, selector.removeprefix("@best:"), runs)
    if selector.startswith("@last") and "/" not in selector:
        return _at(selector, sorted(runs, key=lambda run: (run.created_at, run.id), reverse=True))
    experiment, name = _address(selector)
    of_experiment = Names(store.root).now(experiment) if experiment else None
    exact = [run for run in runs if selector in {run.id, run.id[-6:]}]
    named = exact or [run for run in runs if run.name == name and of_experiment in {None, run.experiment}]
    if named:
        return _only(named, name)
    matches = matching(runs, selector)
    if not matches:
        raise _unfit(store, selector)
    return only(matches, selector)


def _unfit(store: Store, selector: str) -> RunlogError:
    """Why none of the runs that fit is meant by a word: it means another one, or none at all."""
    try:
        run = find_one(store, selector)
    except Conflict:
        return NotFound(f"no run that fits is named {selector!r}", hint="runlog ls")
    except RunlogError as error:
        return error
    return NotFound(f"run {run.id} does not fit", hint=f"runlog show {run.id}")


def _address(selector: str) -> tuple[str | None, str]:
    """Experiment and name of `@experiment/name`; of any other word no experiment."""
    if not selector.startswith("@") or "/" not in selector:
        return None, selector
    experiment, _, name = selector.removeprefix("@").partition("/")
    return experiment, name


def _of_experiment(store: Store, experiment: str, name: str) -> StoredRun:
    named = runs_named(store, name, experiment)
    if not named:
        hint = f"runlog ls -e {_quoted(experiment)}" if experiment else "write @EXPERIMENT/NAME"
        raise NotFound(f"no run of experiment {experiment!r} is named {name!r}", hint=hint)
    return _only(named, name)


def _only(named: Sequence[R], name: str) -> R:
    if len(named) == 1:
        return named[0]
    shown = ", ".join(each.id for each in named[:4]) + (", ..." if len(named) > 4 else "")
    among = Counter(run.experiment for run in named)
    apart = next((found for found, count in among.items() if count == 1 and not found.startswith("best:")), None)
    hint = "give the id" if apart is None else f"give the id, or the experiment too: {_quoted(f'@{apart}/{name}')}"
    raise Conflict(f"{len(named)} runs are named {name!r}: {shown}", hint=hint)


def _quoted(word: str) -> str:
    """As a shell takes it."""
    import shlex

    return shlex.quote(word)


def _by_id(store: Store, piece: str) -> StoredRun | RunlogError:
    """The run of a piece of an id, or why there is none."""
    try:
        return store.run(piece)
    except (NotFound, Conflict) as error:
        return error


def _with_nearest(store: Store, name: str, refusal: RunlogError) -> RunlogError:
    """Why there is no such run, and which name was probably meant."""
    if not isinstance(refusal, NotFound):
        return refusal
    if name.startswith("@"):
        return NotFound(refusal.message, hint=_of_signs(name) or refusal.hint)
    from runlog.query.syntax import nearest

    newest = ask(store, lambda catalog: list(islice(catalog.runs(None, False), _NEAR)))
    near = nearest(name, {run.name for run in newest if run.name}, 1)
    return NotFound(refusal.message, hint=f"did you mean {near[0]!r}?") if near else refusal


def _of_signs(word: str) -> str | None:
    """What a mistyped `@last~2` or `@best:rmse` was probably meant to be."""
    from runlog.query.syntax import nearest

    sign = re.split("[~:]", word, maxsplit=1)[0]
    rest = word.removeprefix(sign)
    near = nearest(sign, ("@best", "@last"), 1)
    if near == ["@best"] and len(rest) < 2:
        return "write @best:rmse"
    return f"did you mean {near[0] + rest!r}?" if near else None


def runs_named(store: Store, name: str, experiment: str | None = None) -> list[StoredRun]:
    """The runs of a name, of which there may be any number."""
    from runlog.query import Compare, Field
    from runlog.query.expr import Text

    test = Compare(Field("attribute", "name"), "=", Text(name))

    def question(catalog: Catalog) -> list[str]:
        return [run.folder for run in catalog.runs(experiment, False, test) if run.name == name]

    found = ask(store, question, of_all=True)
    return [StoredRun(RunDir(store.root, folder)) for folder in found]


def _at(selector: str, newest_first: Iterable[R]) -> R:
    """The run at the place that `@last` or `@last~2` says."""
    _, _, back = selector.partition("~")
    if selector not in {"@last", f"@last~{back}"} or (back and not back.isdigit()):
        raise BadInput(f"{selector!r} names no run", hint="write @last or @last~2")
    runs = iter(newest_first)
    first = next(runs, None)
    if first is None:
        raise NotFound("there are no runs yet", hint="runlog run -- <command>")
    found = next(islice(chain([first], runs), min(int(back or 0), sys.maxsize), None), None)
    if found is None:
        raise NotFound(f"there are not enough runs for {selector}", hint="runlog ls")
    return found


def _best(store: Store, metric: str, runs: list[RunRecord] | None = None) -> RunRecord:
    from runlog.runs.best import best

    if not metric:
        raise BadInput("'@best:' names no metric", hint="write @best:rmse")
    return best(store, select(store, Wanted()) if runs is None else runs, metric)[0][0]
