"""From all that was said about a run to the run as it stands. Pure: the same words, in any order, give the same picture."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from operator import attrgetter
from typing import Any

from runlog.records import Artifact, Birth, End, Entry, Input, Metric, Process, RunRecord, Said
from runlog.store.layout import ARTIFACTS

# Without a sign of life for so long, a run whose process cannot be asked counts as lost. Its process speaks every few seconds.
LOST_AFTER = 300 * 1_000_000_000
_AT = attrgetter("at")
_NUMBERS = re.compile(r"([0-9]{1,18})")

Alive = Callable[[Process], bool | None]


def fold(birth: Birth, folder: str, saids: Iterable[Said], alive: Alive, now: int) -> RunRecord:
    """The run as it stands at `now`."""
    words = sorted(saids, key=lambda said: said.writer)
    # Python's sort keeps the order in which one writer spoke; between writers of one moment their ids decide.
    entries = sorted([entry for said in words for entry in said.entries], key=_AT)
    told = _tell(birth, entries)
    end, last_sign = _end(birth, words, alive, now)
    return RunRecord(
        id=birth.id,
        experiment=told.experiment,
        name=told.name,
        state="running" if end is None else end.state,
        created_at=birth.created_at,
        ended_at=None if end is None else end.at,
        parent=birth.parent,
        note=told.note,
        params=told.params,
        tags=told.tags,
        metrics=_metrics(words),
        artifacts=told.artifacts,
        inputs=told.inputs,
        end=end,
        last_sign=last_sign,
        process=birth.process,
        host=birth.host,
        command=birth.command,
        problems=(*told.problems, *_counted_problems(words)),
        removed=told.removed,
        lost=frozenset(told.lost),
        earlier_params={key: tuple(values) for key, values in told.earlier.items()},
        folder=folder,
        removed_at=told.removed_at,
        emptied=told.emptied,
        code=birth.code,
        environment=birth.environment,
        origin=birth.origin,
    )


class _Told:
    """The run as far as it is told, which begins with its birth."""

    def __init__(self, birth: Birth) -> None:
        self.experiment = birth.experiment
        self.name = birth.name
        self.note = birth.note
        self.params = dict(birth.params)
        self.tags = dict(birth.tags)
        self.artifacts: dict[str, Artifact] = {}
        self.inputs: dict[str, Input] = {}
        self.problems: list[str] = []
        self.lost: set[str] = set()
        self.earlier: dict[str, list[Any]] = {}
        self.removed = False
        self.removed_at: int | None = None
        self.emptied = False


def _tell(birth: Birth, entries: list[Entry]) -> _Told:
    told = _Told(birth)
    for entry in entries:
        _hear(told, entry)
    return told


def _hear(told: _Told, entry: Entry) -> None:
    value = entry.value
    match entry.kind:
        case "open" | "end" | "beat" | "direction":
            pass
        case "param":
            _hear_param(told, entry.key, value)
        case "tag":
            told.tags[entry.key] = str(value)
        case "untag":
            told.tags.pop(entry.key, None)
        case "name":
            told.name = value
        case "note":
            told.note = value
        case "experiment":
            told.experiment = value
        case "artifact":
            told.artifacts[entry.key] = artifact = _artifact(entry)
            told.lost.discard(f"{ARTIFACTS}/{artifact.file}")
        case "input":
            told.inputs[entry.key] = _input(entry)
        case "problem":
            told.problems.append(str(value))
        case "removed":
            told.removed = bool(value)
            told.removed_at = entry.at if value else None
        case "emptied":
            told.emptied = True
        case "lost":
            _hear_lost(told, entry.key, value)


def _hear_lost(told: _Told, file: str, why: Any) -> None:
    """A file was given up; or, without a reason, it is back."""
    if why is None:
        told.lost.discard(file)
        return
    told.lost.add(file)
    told.artifacts = {path: a for path, a in told.artifacts.items() if f"{ARTIFACTS}/{a.file}" != file}
    told.problems.append(f"{file}: {why}")


def given_up(words: Iterable[Said]) -> set[str]:
    """Files of points that a check gave up, and that no copy of the store has brought back since."""
    told = sorted((entry for said in words for entry in said.entries if entry.kind == "lost"), key=lambda entry: entry.at)
    return {key for key, value in {entry.key: entry.value for entry in told}.items() if value is not None}


def _hear_param(told: _Told, key: str, value: Any) -> None:
    """The last value stands, the others are remembered."""
    if key in told.params and not _same(told.params[key], value):
        told.earlier.setdefault(key, []).append(told.params[key])
    told.params[key] = value


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other or (one != one and other != other))


def _artifact(entry: Entry) -> Artifact:
    value = entry.value
    file = value.get("file", entry.key)
    return Artifact(entry.key, int(value["bytes"]), str(value["sha256"]), entry.at, file, value.get("note"))


def _input(entry: Entry) -> Input:
    value = entry.value
    pointers = {key: value[key] for key in ("dvc", "lfs") if isinstance(value.get(key), dict)}
    count = int(value.get("files", 1))
    return Input(entry.key, str(value["path"]), int(value["bytes"]), str(value["sha256"]), count, entry.at, pointers)


def _metrics(words: list[Said]) -> dict[str, Metric]:
    told = [said.metrics for said in words if said.metrics]
    if len(told) == 1:  # as of most runs
        return {name: told[0][name] for name in _in_order(tuple(told[0]))}
    parts: dict[str, list[Metric]] = {}
    for metrics in told:
        for name, metric in metrics.items():
            parts.setdefault(name, []).append(metric)
    return {name: found[0] if len(found := parts[name]) == 1 else _merged(found) for name in _in_order(tuple(parts))}


@lru_cache(maxsize=1000)  # many runs have metrics of the same names
def _in_order(names: tuple[str, ...]) -> list[str]:
    """By name, with `layer-2` before `layer-10`."""
    return sorted(names, key=_counted)


def _counted(name: str) -> tuple[list[str | int], str]:
    pieces = _NUMBERS.split(name)  # text and numbers in turn, so that like is compared with like
    return [int(piece) if place % 2 else piece for place, piece in enumerate(pieces)], name


def _merged(parts: list[Metric]) -> Metric:
    from runlog.store.metrics.columns import merge  # most metrics have one writer

    return merge(parts)


def _end(birth: Birth, words: list[Said], alive: Alive, now: int) -> tuple[End | None, int]:
    """How the run ended, none while it runs; and when it was last heard of.

    The process that opened the run last answers for it: a resumed run runs again.
    """
    heard = max((said.last_sign for said in words if _is_of_the_run(said)), default=birth.created_at)
    process, since = answering(birth, words)
    end = run_end(words, since)
    if end is not None:
        return _explained(end, words), max(heard, end.at)
    living = alive(process) if process.pid else True
    if living is None:
        living = now - heard < LOST_AFTER
    return (None if living else End("lost", heard)), heard


def _is_of_the_run(said: Said) -> bool:
    """Whether a process of the run said this, by log or door. A tag from outside is no sign of life."""
    return said.process is None or bool(said.points) or any(entry.kind == "open" for entry in said.entries)


def answering(birth: Birth, words: Iterable[Said]) -> tuple[Process, int]:
    """The process that answers for the run, and since when: the one that opened it last."""
    last: tuple[Said, int] | None = None
    for said, at in openings(words):
        if last is None or at >= last[1]:
            last = said, at
    return (last[0].process or birth.process, last[1]) if last else (birth.process, birth.created_at)


def openings(words: Iterable[Said]) -> Iterator[tuple[Said, int]]:
    """Each opening of the run, but for those by processes that only help: who spoke, and when."""
    for said in words:
        for entry in said.entries:
            if entry.kind == "open" and entry.value.get("role") == "main":
                yield said, entry.at


def run_end(words: Iterable[Said], since: int) -> End | None:
    """What was said last about how the run ended, by its process or from outside."""
    last: Entry | None = None
    for said in words:
        for entry in said.entries:
            # Of two ends at one moment the later word counts, as everywhere.
            if entry.kind == "end" and entry.value.get("role") == "main" and entry.at >= (since if last is None else last.at):
                last = entry
    return _as_end(last) if last else None


def _explained(end: End, words: Iterable[Said]) -> End:
    """A wrapped program fails with an exit code; the exception behind it was told by the program itself."""
    if end.state != "failed" or end.error is not None:
        return end
    told = (helper.error for said in words if (helper := end_of(said)) is not None and helper.error)
    return end._replace(error=next(told, None))


def end_of(said: Said) -> End | None:
    """How a writer said that it ended."""
    return next((_as_end(entry) for entry in reversed(said.entries) if entry.kind == "end"), None)


def _as_end(entry: Entry) -> End:
    value = entry.value
    return End(value["state"], entry.at, value.get("exit_code"), value.get("signal"), value.get("error"), value.get("resources"))


def _counted_problems(words: list[Said]) -> list[str]:
    rejected = sum(said.rejected for said in words)
    gaps = sum(said.gaps for said in words)
    found = []
    if rejected:
        found.append(
            f"{rejected} line of the metrics file could not be read and was kept aside"
            if rejected == 1
            else f"{rejected} lines of the metrics file could not be read and were kept aside"
        )
    if gaps:
        found.append(f"{gaps} damaged {'place in a metrics log was' if gaps == 1 else 'places in metrics logs were'} passed over")
    return found
