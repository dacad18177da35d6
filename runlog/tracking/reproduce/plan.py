"""What a repetition of a run would do, what stands in its way, and what cannot be the same."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from runlog.capture.environment import interpreter
from runlog.capture.secrets import WITHHELD
from runlog.errors import NotFound, RunlogError, UsageError
from runlog.query.syntax import suggestion
from runlog.records import Birth, Code, Input, RunRecord
from runlog.runs import sources, surroundings
from runlog.runs.inputs import Condition, check_input, place
from runlog.store.store import Store
from runlog.tracking.command.words import as_word

_PYTHON = re.compile(r"(python|pypy)[\d.]*")
_MOST_NAMED = 5
_MACHINE = ("python", "cpu", "arch", "gpus", "driver", "cuda", "system")


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a run is to be repeated."""

    params: Mapping[str, Any] = field(default_factory=dict)  # that are to be others
    inputs: Mapping[str, str] = field(default_factory=dict)  # where data is now, by name
    folder: Path | None = None  # none for one that is removed afterwards
    environment: bool = False  # the packages too
    tolerance: float = 0.0
    ignore: tuple[str, ...] = ()
    anyway: bool = False  # with other data, too


@dataclass(frozen=True, slots=True)
class Planned:
    """An input: where it is, and where the program will look for it below the top of the code; none for an absolute place."""

    used: Input
    source: Path
    below: str | None
    condition: Condition | Literal["in the code"]


@dataclass(frozen=True, slots=True)
class Plan:
    """A repetition, ready to be run if nothing is refused."""

    run: RunRecord
    command: tuple[str, ...]
    params: dict[str, Any]
    changed: tuple[str, ...]  # params that differ on purpose
    inputs: tuple[Planned, ...]
    refusals: tuple[str, ...]
    doubts: tuple[str, ...]
    wanted: Wanted
    top: Path  # of the code, where it was


def make_plan(store: Store, run: RunRecord, wanted: Wanted) -> Plan:
    """What is to be done, without doing any of it."""
    birth = store.run_dir(run.id).birth()
    flags = set(birth.command.get("flags", ()))
    _must_know(run, birth, wanted.params)
    command = _with_flags(_command(birth), {name: value for name, value in wanted.params.items() if name in flags})
    given = {name: value for name, value in wanted.params.items() if name not in flags}
    params = {name: value for name, value in birth.params.items() if name not in flags} | given
    inputs, refusals = _inputs(store, run, wanted)
    refusals = [*_code_refusals(store, run), *_secret_refusals(command, params), *([] if wanted.anyway else refusals)]
    known = {**birth.params, **run.params}
    changed = [name for name, value in wanted.params.items() if known[name] not in (value, WITHHELD)]
    doubts = _doubts(store, run, command, wanted)
    made = [item.used.name for item in inputs if may_be_made(item, run)]
    doubts += [f"input {name!r} is not there, unless the program makes it" for name in made]
    return Plan(
        run, tuple(command), params, tuple(changed), tuple(inputs), tuple(refusals), tuple(doubts), wanted, _top(store, run)
    )


def _must_know(run: RunRecord, birth: Birth, params: Mapping[str, Any]) -> None:
    known = {**birth.params, **run.params}
    for name in params:
        if name not in known:
            raise NotFound(f"run {run.id} has no param {name!r}", hint=suggestion(name, known) or f"runlog params {run.id}")


def _command(birth: Birth) -> list[str]:
    words = [str(word) for word in birth.command.get("typed") or birth.command.get("argv") or ()]
    if not words:
        raise UsageError(f"run {birth.id} has no command that could be run again")
    return words


def _with_flags(words: Sequence[str], values: Mapping[str, Any]) -> list[str]:
    """A command with other values for some of its flags."""
    kept = list(words)
    for name, value in values.items():
        flag = re.compile(rf"(--?{re.escape(name).replace('_', '[-_]')})(=.*)?", re.DOTALL)
        places = [at for at, word in enumerate(kept) if flag.fullmatch(word)]
        if len(places) != 1:
            raise UsageError(f"flag {name!r} cannot be changed: the command has it {len(places)} times")
        at = places[0]
        found = flag.fullmatch(kept[at])
        assert found is not None
        if found[2] is not None:
            kept[at] = f"{found[1]}={as_word(value)}"
        elif at + 1 < len(kept) and not isinstance(value, bool | list):
            kept[at + 1] = as_word(value)
        else:
            raise UsageError(f"flag {name!r} takes no single value, so it cannot be changed")
    return kept


def runnable(command: Sequence[str], run: RunRecord, store: Store) -> list[str]:
    """The command with a Python that is here: the one that was named, else the one whose packages are most alike."""
    words = list(command)
    if not _PYTHON.fullmatch(os.path.basename(words[0])):
        return words
    if "/" in words[0]:
        # As seen from where the run began, for a fresh folder has no environment in it.
        named = os.path.normpath(_home(store, run) / words[0])
        if os.access(named, os.X_OK):
            return [named, *words[1:]]
        words[0] = os.path.basename(words[0])
    before = surroundings.of_run(store, run).packages
    found = shutil.which(words[0])
    if found is None or (before and _unlike(before, [sys.executable]) < _unlike(before, [found])):
        words[0] = sys.executable
    return words


def _home(store: Store, run: RunRecord) -> Path:
    """The folder in which the run began, as seen from where the store is now."""
    return Path(os.path.normpath(store.root.parent / str(run.command.get("cwd") or ".")))


def moved(text: str, plan: Plan, folder: Path) -> str:
    """A word or a variable that names the project, naming the fresh folder instead."""
    for top in dict.fromkeys([str(plan.top), os.path.realpath(plan.top)]):
        text = re.sub(rf"(?<![\w/]){re.escape(top)}(?=$|[/:])", lambda _: str(folder), text)
    return text


def _unlike(packages: Mapping[str, str], command: list[str]) -> int:
    here = surroundings.of_now(command).packages if interpreter.of_command(command) else {}
    return sum(here.get(name) != version for name, version in packages.items())


def _code_refusals(store: Store, run: RunRecord) -> list[str]:
    code = Code.of(run.code)
    if code is None or code.tree is None:
        return ["its code was not captured"]
    try:
        with ExitStack() as rooms:
            sources.of_run(store, run, rooms)
    except RunlogError as error:
        return [error.message]
    return []


def _secret_refusals(command: Sequence[str], params: Mapping[str, Any]) -> list[str]:
    hidden = [name for name, value in params.items() if WITHHELD in str(value)]
    refusals = [f"param {name!r} is a secret, which the store does not have: --param {name}=..." for name in hidden]
    if any(WITHHELD in word for word in command):
        refusals.append("its command holds a secret, which the store does not have: --param NAME=... for the flag")
    return refusals


def _inputs(store: Store, run: RunRecord, wanted: Wanted) -> tuple[list[Planned], list[str]]:
    top = _top(store, run)
    for name in wanted.inputs:
        if name not in run.inputs:
            raise NotFound(f"run {run.id} used no input {name!r}", hint=f"runlog show {run.id}")
    planned = [_input(store, run, used, top, wanted.inputs.get(name)) for name, used in run.inputs.items()]
    words = {"missing": "is not there", "changed": "is not the same data", "unreadable": "cannot be read"}
    refusals = [
        f"input {item.used.name!r} {words[item.condition]}: {item.source}"
        for item in planned
        if item.condition in words and not may_be_made(item, run)
    ]
    return planned, refusals


def may_be_made(item: Planned, run: RunRecord) -> bool:
    """Whether an input that is not there may be something that the program makes itself: it was not named beforehand."""
    named = [str(text).partition("=")[0] for text in (run.command.get("options") or {}).get("inputs", ())]
    return item.condition == "missing" and item.used.name not in named


def _input(store: Store, run: RunRecord, used: Input, top: Path, given: str | None) -> Planned:
    source = Path(os.path.abspath(given)) if given else place(store, used)
    where = place(store, used)
    below = where.relative_to(top).as_posix() if where.is_relative_to(top) else None
    found = check_input(source, used, store).condition
    if found != "same" and not given and below is not None and _in_code(store, run, below):
        return Planned(used, source, below, "in the code")
    return Planned(used, source, below, found)


def _top(store: Store, run: RunRecord) -> Path:
    """Where the top of the code was when the run began, as seen from the store."""
    home = _home(store, run)
    code = Code.of(run.code)
    depth = 0 if code is None or code.folder == "." else len(Path(code.folder).parts)
    return home.parents[depth - 1] if 0 < depth <= len(home.parents) else home


def _in_code(store: Store, run: RunRecord, below: str) -> bool:
    try:
        with ExitStack() as rooms:
            files = sources.of_run(store, run, rooms).files
            return below in files or any(path.startswith(f"{below}/") for path in files)
    except RunlogError:
        return False


def _doubts(store: Store, run: RunRecord, command: Sequence[str], wanted: Wanted) -> list[str]:
    found = [] if run.state == "finished" else [f"it was {run.state}"]
    code = Code.of(run.code)
    if code is not None:
        found += [f"{path} is missing: {why}" for path, why in code.left_out.items()]
        found += [f"{path} is missing: it may hold secrets" for path in code.withheld]
    before = surroundings.of_run(store, run)
    if not before.known:
        return [*found, "its packages and machine are not known"]
    now = surroundings.of_now(runnable(command, run, store))
    if not wanted.environment:
        found += _packages(before.packages, now.packages)
    for key in _MACHINE:
        if before.rest.get(key) != now.rest.get(key) and not (wanted.environment and key == "python"):
            found.append(f"other {key}: {before.rest.get(key, 'none')}, here {now.rest.get(key, 'none')}")
    return found


def _packages(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    other = [name for name, version in before.items() if now.get(name) != version]
    told = [f"package {name}: {before[name]}, here {now.get(name, 'missing')}" for name in other[:_MOST_NAMED]]
    more = len(other) - _MOST_NAMED
    return [*told, *([f"{more} more packages differ"] if more > 0 else [])]
