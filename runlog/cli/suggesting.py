"""The words of the store that fit the place where somebody is typing."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from runlog.query.expr import ATTRIBUTES, Field, Kind
from runlog.query.syntax import is_word
from runlog.runs.vocabulary import Vocabulary, Word

if TYPE_CHECKING:
    from runlog.cli.complete import Choice, Line

_LAST_WORD = re.compile(r"[^\s<>=!~&|()\[\]{},;\"'`]*\Z")
_OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "~", "in", "contains", "matches", "is")
_JOINTS = ("and", "or")
_PREFIXES: dict[str, Kind] = {"metrics.": "metric", "params.": "param", "tags.": "tag"}
# Where a run means its model.
_OF_RUNS_TOO = frozenset({"path", "export", "serve", "predict", "gate", "lineage"})
# Whose runs are of one kind only.
_RUNNING = frozenset({"stop", "wait", "finish"})


def suggest(line: Line, metavar: str, option: str, current: str) -> list[Choice]:
    """What an option or argument may be here, by what its help calls it; nothing where anything may be."""
    vocabulary = _vocabulary(line, metavar)
    command = line.path[0] if line.path else ""
    if vocabulary is None:
        return []
    if metavar in {"MODEL", "VERSION", "WHAT"} or (metavar == "RUN" and command == "gate"):
        return _models(vocabulary, line, metavar, current)
    if metavar == "NAME":
        names = _names(vocabulary, command, option)
        return _plain(names, current)
    if metavar == "EXPR":
        return _expression(vocabulary, current, line.is_quoted)
    # What `tag` is given are tags, and no params.
    find = _tags if command == "tag" and metavar == "K=V" else _BY_METAVAR.get(metavar)
    return find(vocabulary, current) if find else []


def _vocabulary(line: Line, metavar: str) -> Vocabulary | None:
    from runlog import config
    from runlog.store.store import Store

    with suppress(OSError):
        os.chdir(line.options_given.get("-C", "."))
    root = config.find_store(line.options_given.get("--store"))
    if root is None:
        return None
    command = line.path[0] if line.path else ""
    of_one = command in {"metrics", "params", "artifacts"} and metavar != "RUN" and line.given
    removed = "--removed" in line.options_given or command == "restore"
    return Vocabulary(
        Store.open(root),
        of=line.given[0] if of_one else None,
        removed=removed,
        state="running" if command in _RUNNING else None,
    )


def _plain(names: Iterable[str], current: str) -> list[Choice]:
    return [(name, "") for name in names if name.startswith(current)]


def _names(vocabulary: Vocabulary, command: str, option: str) -> list[str]:
    """What `NAME` means: an experiment, a metric, a param, or a name that nothing has yet."""
    if option in {"--experiment", "-e"} or (command == "experiments" and not option):
        return vocabulary.experiments()
    if option in {"--metric", "-m"}:
        return vocabulary.metrics()
    if option == "--branch":
        return vocabulary.branches()
    return vocabulary.params() if command == "params" else []


def _runs(vocabulary: Vocabulary, current: str) -> list[Choice]:
    if vocabulary.removed and current.startswith("@"):
        return []  # they are runs that are not in the trash
    if current.startswith("@best:"):
        return _plain((f"@best:{name}" for name in vocabulary.metrics()), current)
    if current.startswith("@"):
        # Of those there may be many, and who types no more than a sign does not know what there is.
        addresses = vocabulary.addresses() if len(current) > 1 else []
        return _plain(("@last", "@last~1", "@last~2", "@best:", *addresses), current)
    found = [(word.text, _about(word)) for word in vocabulary.runs(current)]
    return found if current or vocabulary.removed else [*found, ("@last", "the newest run")]


def _models(vocabulary: Vocabulary, line: Line, metavar: str, current: str) -> list[Choice]:
    """Models by name, and versions behind an `@` or as a word of their own; where a run may stand as well, runs too."""
    removed = line.path[-1] == "restore"
    if metavar == "VERSION":
        named = line.given[0] if line.given else ""
        return [] if "@" in named else _plain(vocabulary.versions(named, removed), current)
    name, mark, _ = current.rpartition("@")
    if mark and name:
        return _plain((f"{name}@{word}" for word in vocabulary.versions(name, removed)), current)
    found = _plain(vocabulary.models(removed), current)
    return [*found, *_runs(vocabulary, current)] if line.path[-1] in _OF_RUNS_TOO else found


def _about(word: Word) -> str:
    from runlog.render.values import age

    run = word.run
    if run is None:
        return ""
    name = [run.id[-6:] if word.text == run.name else run.name or ""]
    return ", ".join(filter(None, [*name, run.experiment, run.state, age(time.time() - run.created_at / 1e9)]))


def _tags(vocabulary: Vocabulary, current: str) -> list[Choice]:
    key, equals, _ = current.partition("=")
    if equals:
        return _plain((f"{key}={value}" for value in vocabulary.values(key, "tag") if value), current)
    return _plain((f"{tag}=" if any(vocabulary.values(tag, "tag")) else tag for tag in vocabulary.tags()), current)


def _settings(vocabulary: Vocabulary, current: str) -> list[Choice]:
    return _plain((f"{name}=" for name in vocabulary.params()), current)


def _measurements(vocabulary: Vocabulary, current: str) -> list[Choice]:
    return _plain((f"{name}=" for name in [*vocabulary.metrics(), "step"]), current)


def _directions(vocabulary: Vocabulary, current: str) -> list[Choice]:
    return _plain((f"{name}:{way}" for name in vocabulary.metrics() for way in ("min", "max")), current)


def _keys(vocabulary: Vocabulary, current: str) -> list[Choice]:
    """Params and tags by name; with a prefix where that was begun, or where the name alone could be either."""
    names = {"params.": vocabulary.params(), "tags.": vocabulary.tags()}
    if current.startswith("!"):
        return _plain((f"!{name}" for name in names["params."]), current)
    shared = {*names["params."]} & {*names["tags."]}
    bare = [name for found in names.values() for name in found if name not in shared]
    exact = [(prefix, name) for prefix, found in names.items() for name in found if name in shared or current.startswith(prefix)]
    fitting = [f"{prefix}{name}" for prefix, name in exact if name.startswith(current) or f"{prefix}{name}".startswith(current)]
    return [*_plain(bare, current), *((word, "") for word in fitting)]


def _order(vocabulary: Vocabulary, current: str) -> list[Choice]:
    sign = "-" if current.startswith("-") else ""
    return [(f"{sign}{field}", about) for field, about in _fields(vocabulary, current.removeprefix("-"))]


def _expression(vocabulary: Vocabulary, current: str, is_quoted: bool) -> list[Choice]:
    """A filter that is being written goes on with a name, an operator, a value, or the next test. Several choices are given
    where it cannot end: of a single one the shell would think that it does, and close the quotes."""
    found = _LAST_WORD.search(current)
    begun = found[0] if found else ""
    before = current.removesuffix(begun)
    choices = _next_in_filter(vocabulary, before, begun)
    if is_quoted and len(choices) == 1:
        word = choices[0][0]
        after = _next_in_filter(vocabulary, f"{before}{word} ", "")
        can_end = not after or after[0][0] in _JOINTS
        choices = choices if can_end else [(f"{word} {more}", "") for more, _ in after]
    return [(f"{before}{word}", about) for word, about in choices]


def _next_in_filter(vocabulary: Vocabulary, before: str, begun: str) -> list[Choice]:
    said = before.replace("(", " ( ").split()
    if not said or said[-1].lower() in {*_JOINTS, "not", "("}:
        return _fields(vocabulary, begun)
    if said[-1] in {"=", "!=", "=="} and len(said) > 1:
        return _plain(_known_values(vocabulary, said[-2]), begun)
    if said[-1].lower() in _OPERATORS:
        return []
    is_complete = len(said) > 1 and said[-2].lower() in _OPERATORS
    return _plain(_JOINTS if is_complete else _OPERATORS, begun)


def _fields(vocabulary: Vocabulary, begun: str) -> list[Choice]:
    """Names as a filter wants them: bare where that is one thing alone, else with a prefix."""
    names: dict[Kind, list[str]] = {"metric": vocabulary.metrics(), "param": vocabulary.params(), "tag": vocabulary.tags()}
    for prefix, kind in _PREFIXES.items():
        if begun.startswith(prefix):
            return [(word, "") for word in (str(Field(kind, name)) for name in names[kind]) if word.startswith(begun)]
    spoken = [name for found in names.values() for name in found] + list(ATTRIBUTES)
    fields = [
        (str(Field("bare" if spoken.count(name) == 1 else kind, name)), kind) for kind, found in names.items() for name in found
    ]
    every: list[Choice] = [(name, "of every run") for name in ATTRIBUTES]
    return [(word, about) for word, about in [*fields, *every] if word.startswith(begun)]


def _one_more_field(vocabulary: Vocabulary, current: str) -> list[Choice]:
    before, comma, begun = current.rpartition(",")
    return [(f"{before}{comma}{field}", about) for field, about in _fields(vocabulary, begun)]


def _known_values(vocabulary: Vocabulary, field: str) -> list[str]:
    """The values that a param or tag has somewhere, or the states of runs."""
    from runlog.records import STATES

    if field in {"state", "status"}:
        return list(STATES)
    prefix = next((prefix for prefix in _PREFIXES if field.startswith(prefix)), "")
    return [value for value in vocabulary.values(field.removeprefix(prefix), _PREFIXES.get(prefix)) if is_word(value)]


_BY_METAVAR: dict[str, Callable[[Vocabulary, str], list[Choice]]] = {
    "RUN": _runs,
    "METRIC": lambda vocabulary, current: _plain(vocabulary.metrics(), current),
    "EXPERIMENT": lambda vocabulary, current: _plain(vocabulary.experiments(), current),
    "OLD": lambda vocabulary, current: _plain(vocabulary.experiments(), current),
    "PATH": lambda vocabulary, current: _plain(vocabulary.artifacts(), current),
    "K": lambda vocabulary, current: _plain(vocabulary.tags(), current),
    "K[=V]": _tags,
    "K=V": _settings,
    "METRIC=VALUE": _measurements,
    "METRIC:AMOUNT": lambda vocabulary, current: _plain((f"{name}:" for name in vocabulary.metrics()), current),
    "METRIC:WAY": _directions,
    "KEY": _keys,
    "COMMIT": lambda vocabulary, current: _plain(["HEAD", *vocabulary.branches()], current),
    "FIELD": _order,
    "FIELDS": _one_more_field,
}
