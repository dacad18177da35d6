"""Whether runs may be compared at all: why not, as far as it is known.

To doubt something more, add a line to `_DIFFERENCES`, or a function to `_LOOKS`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from runlog.errors import RunlogError
from runlog.records import RunRecord

_PACKAGES = 6  # that are named

# Reads what many runs have in common, by the name under which their `environment` says it lies.
ReadEnvironment = Callable[[str], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Doubt:
    """A reason why runs may not be comparable, and the runs that it is about: those that are unlike most."""

    kind: str
    problem: str
    runs: tuple[str, ...]


def doubts(runs: Sequence[RunRecord], read_environment: ReadEnvironment | None = None) -> tuple[Doubt, ...]:
    """Why some runs may not be comparable. What is not known of a run, or cannot be read, is no reason for doubt."""
    environments = _environments(runs, read_environment)
    return tuple(doubt for look in _LOOKS for doubt in look(runs, environments))


# What is known of each run's environment, by id.
_Environments = Mapping[str, Mapping[str, Any]]
_Look = Callable[[Sequence[RunRecord], _Environments], Iterator[Doubt]]


def _environments(runs: Sequence[RunRecord], read: ReadEnvironment | None) -> _Environments:
    """By run; where all have the same there is nothing to know."""
    names = {run.id: run.environment["name"] for run in runs if run.environment.get("name")}
    contents: dict[str, Mapping[str, Any]] = {}
    if read is not None and len(set(names.values())) > 1:
        for name in set(names.values()):
            with suppress(RunlogError):
                contents[name] = read(name)
    return {run_id: contents[name] for run_id, name in names.items() if name in contents}


def _inputs(runs: Sequence[RunRecord], _: _Environments) -> Iterator[Doubt]:
    for name in dict.fromkeys(name for run in runs for name in run.inputs):
        without = tuple(run.id for run in runs if name not in run.inputs)
        if without:
            yield Doubt("data", f"input {name!r} was not used", without)
        if odd := _odd({run.id: run.inputs[name].sha256 for run in runs if name in run.inputs}):
            yield Doubt("data", f"input {name!r} is other data", odd)


def _code(runs: Sequence[RunRecord], _: _Environments) -> Iterator[Doubt]:
    """Equal trees are the same code, whatever was committed."""
    odd = _odd({run.id: run.code.get("tree") for run in runs})
    if odd:
        yield Doubt("code", "other code", odd)
        dirty = tuple(run.id for run in runs if run.code.get("dirty"))
        if dirty:
            yield Doubt("code", "the code had changes that were not committed", dirty)


def _packages(_: Sequence[RunRecord], environments: _Environments) -> Iterator[Doubt]:
    installed = {run_id: found.get("packages", {}) for run_id, found in environments.items()}
    names = sorted({name for packages in installed.values() for name in packages})
    differing = [name for name in names if len({packages.get(name) for packages in installed.values()}) > 1]
    if differing:
        told = [_versions(name, installed.values()) for name in differing[:_PACKAGES]]
        more = f" and {len(differing) - _PACKAGES} more" if len(differing) > _PACKAGES else ""
        odd = _odd({run_id: repr(sorted(packages.items())) for run_id, packages in installed.items()})
        yield Doubt("packages", f"other packages, {', '.join(told)}{more}", odd)


def _versions(name: str, installed: Iterable[Mapping[str, str]]) -> str:
    versions = sorted({packages.get(name) or "none" for packages in installed})
    return f"{name} {' or '.join(versions)}"


def _python(run: RunRecord, environment: Mapping[str, Any]) -> Any:
    """That of the program where it is known, which need not be the one that runlog runs on."""
    return environment.get("python", {}).get("version") if run.environment.get("name") else run.host.get("python")


# Kind of doubt, what is said to differ, and how it is known.
_DIFFERENCES: tuple[tuple[str, str, Callable[[RunRecord, Mapping[str, Any]], Any]], ...] = (
    ("packages", "python", _python),
    ("packages", "lock file", lambda run, _: run.environment.get("lock", {}).get("sha256", "")[:12]),
    ("hardware", "architecture", lambda run, _: run.host.get("arch")),
    ("hardware", "processor", lambda _, found: found.get("machine", {}).get("cpu")),
    ("hardware", "number of processors", lambda run, _: run.host.get("cpus")),
    ("hardware", "graphics card", lambda _, found: found.get("machine", {}).get("gpus")),
    ("hardware", "CUDA", lambda _, found: found.get("machine", {}).get("cuda")),
    # The release of a kernel hardly ever changes what a program computes.
    ("hardware", "operating system", lambda run, _: str(run.host.get("os", "")).partition(" ")[0]),
)


def _differences(runs: Sequence[RunRecord], environments: _Environments) -> Iterator[Doubt]:
    for kind, label, of in _DIFFERENCES:
        found = {run.id: _text(of(run, environments.get(run.id, {}))) for run in runs}
        if odd := _odd(found):
            yield Doubt(kind, f"other {label}, {' or '.join(dict.fromkeys(filter(None, found.values())))}", odd)


def _variables(runs: Sequence[RunRecord], _: _Environments) -> Iterator[Doubt]:
    """Only those that differ are named, for there may be many."""
    known = {run.id: run.environment.get("variables") or {} for run in runs if run.environment}
    names = {name for given in known.values() for name in given}
    differing = {name for name in names if len({given.get(name) for given in known.values()}) > 1}
    told = {run_id: _text({key: given[key] for key in differing & given.keys()}) or "none" for run_id, given in known.items()}
    if odd := _odd(told):
        yield Doubt("variables", f"other variables, {' or '.join(dict.fromkeys(told.values()))}", odd)


def _states(runs: Sequence[RunRecord], _: _Environments) -> Iterator[Doubt]:
    unfinished = tuple(run.id for run in runs if run.state != "finished")
    if unfinished and len(unfinished) < len(runs):
        yield Doubt("state", "not finished", unfinished)


_LOOKS: tuple[_Look, ...] = (_inputs, _code, _packages, _differences, _variables, _states)


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{key}={value[key]}" for key in sorted(value))
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _odd(known: Mapping[str, Any]) -> tuple[str, ...]:
    """The runs that are unlike most of those of which something is known; of two kinds of equal number, the later ones."""
    counts = Counter(value for value in known.values() if value)
    if len(counts) < 2:
        return ()
    usual = counts.most_common(1)[0][0]
    return tuple(run_id for run_id, value in known.items() if value and value != usual)
