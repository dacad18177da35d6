"""The shared nouns, which cross the borders between rooms and never change.

Named tuples, for these are made by the hundred thousand, and before every command; nobody reads them as tuples.
"""

# Not as text, which would be compiled anew for every field at every start.
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

# Nobody changes what a record holds, so the ones that hold nothing can share it.
_NOTHING: dict[str, Any] = {}

State = Literal["running", "finished", "failed", "killed", "lost"]
STATES: tuple[State, ...] = ("running", "finished", "failed", "killed", "lost")

# What one entry may be about. `key` is the name of the param, tag, artifact or input; the others have none.
Kind = Literal[
    "open",
    "param",
    "tag",
    "untag",
    "name",
    "note",
    "experiment",
    "artifact",
    "input",
    "problem",
    "lost",
    "removed",
    "emptied",
    "direction",
    "end",
    "beat",
]

# Whether more or less of a metric is better.
Direction = Literal["max", "min"]


class Entry(NamedTuple):
    """One thing that was said about a run, apart from points."""

    at: int  # UTC, nanoseconds
    kind: Kind
    key: str
    value: Any


class Process(NamedTuple):
    """Who is speaking: enough to tell on the same machine whether it still lives."""

    pid: int
    started: int  # in clock ticks after boot: with pid and boot it names a process for ever
    host: str
    boot: str
    namespace: str  # pids mean nothing in another container
    user: str


class Code(NamedTuple):
    """What a run ran: `code` in `run.json`."""

    kind: Literal["git", "files"]
    tree: str | None  # none when nothing could be captured
    snapshot: str | None = None
    folder: str = "."
    commit: str | None = None
    branch: str | None = None
    remote: str | None = None
    dirty: bool = False
    changed: tuple[str, ...] = ()  # 1,000 at most
    changed_count: int = 0
    submodules: dict[str, str] = _NOTHING  # path -> commit
    left_out: dict[str, str] = _NOTHING  # path -> why
    withheld: tuple[str, ...] = ()
    pointers: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Code | None":
        """What a document says; none when it says nothing."""
        try:
            return cls._read(document) if document else None
        except (AttributeError, KeyError, TypeError, ValueError):
            return cls("files", None, notes=("what run.json says of it cannot be read",))

    @classmethod
    def _read(cls, document: Mapping[str, Any]) -> "Code":
        return cls(
            kind="git" if document.get("kind") == "git" else "files",
            tree=_object_id(document.get("tree")),
            snapshot=document.get("snapshot"),
            folder=document.get("folder") or ".",
            commit=_object_id(document.get("commit")),
            branch=document.get("branch"),
            remote=document.get("remote"),
            dirty=bool(document.get("dirty")),
            changed=tuple(document.get("changed", ())),
            changed_count=int(document.get("changed_count", 0)),
            submodules={module["path"]: module["commit"] for module in document.get("submodules", ())},
            left_out={left["path"]: left["why"] for left in document.get("left_out", ())},
            withheld=tuple(document.get("withheld", ())),
            pointers=tuple(document.get("pointers", ())),
            notes=tuple(document.get("notes", ())),
        )


def _object_id(value: Any) -> str | None:
    """The id of something in git. It will be a word of a command, so it must not be anything else."""
    if value is not None and re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", value) is None:
        raise ValueError(f"{value!r} is no id")
    return str(value) if value else None


class Birth(NamedTuple):
    """run.json: what was known when the run began. Never changed afterwards."""

    id: str
    experiment: str
    name: str | None
    created_at: int
    parent: str | None
    note: str | None
    params: dict[str, Any]
    tags: dict[str, str]
    command: dict[str, Any]
    process: Process
    host: dict[str, Any]
    code: dict[str, Any] = _NOTHING  # what it ran, enough to have it again; empty when nothing was captured
    environment: dict[str, Any] = _NOTHING  # on what packages
    origin: dict[str, Any] = _NOTHING  # who wanted it: author, CI job


LARGEST_STEP = 2**63 - 1


def step_after(highest: int) -> int:
    """Where a point without a step stands: one step after the highest until then, and never before 0."""
    return min(max(highest + 1, 0), LARGEST_STEP)


class Metric(NamedTuple):
    """What one metric came to. `last` is the point of the highest step, and of the latest time within it."""

    count: int  # type: ignore[assignment]  # of points, and not the method of tuples
    first: float
    last: float
    last_step: int
    last_at: int
    min: float | None  # none when every value is NaN
    step_of_min: int | None
    max: float | None
    step_of_max: int | None
    first_step: int
    first_at: int

    @property
    def next_step(self) -> int:
        """Where its next point stands that has no step of its own."""
        return step_after(self.last_step)


def is_of_machine(metric: str) -> bool:
    """Whether a metric tells what the machine did meanwhile, and not what the program computed."""
    return metric.startswith("system/")


class Said(NamedTuple):
    """All that one writer said in `records` records. Points are summed up here and lie in Parquet or a log."""

    writer: str
    records: int
    process: Process | None
    entries: tuple[Entry, ...]
    metrics: dict[str, Metric]
    points: int
    last_sign: int  # the last thing heard of it, UTC nanoseconds
    rejected: int = 0  # lines of a door that could not be read
    gaps: int = 0  # places of a log that could not be read


class Artifact(NamedTuple):
    """One logged file: its path, where it lies below the run's `artifacts/`, and what its bytes must be."""

    path: str
    bytes: int
    sha256: str
    at: int
    file: str
    note: str | None = None


class Input(NamedTuple):
    """Data that a run used: not kept, only known again by size and hash."""

    name: str
    path: str
    bytes: int
    sha256: str
    files: int
    at: int
    pointers: dict[str, Any] = _NOTHING  # how DVC and git-lfs know it


class End(NamedTuple):
    """How a run or one of its processes ended."""

    state: State
    at: int
    exit_code: int | None = None
    signal: str | None = None
    error: dict[str, str] | None = None
    resources: dict[str, float] | None = None  # what a program that runlog started took: wall_s, user_s, ...


class RunRecord(NamedTuple):
    """A run as it stands: its birth and everything said since, in one picture."""

    id: str
    experiment: str
    name: str | None
    state: State
    created_at: int
    ended_at: int | None
    parent: str | None
    note: str | None
    params: dict[str, Any]
    tags: dict[str, str]
    metrics: dict[str, Metric]
    artifacts: dict[str, Artifact]
    inputs: dict[str, Input]
    end: End | None
    last_sign: int
    process: Process
    host: dict[str, Any]
    command: dict[str, Any]
    problems: tuple[str, ...]
    removed: bool  # in the trash: kept, and shown only to those who ask
    lost: frozenset[str]  # files of the run that a check found missing or altered and gave up
    earlier_params: dict[str, tuple[Any, ...]]
    folder: str  # where it lies, relative to the store
    removed_at: int | None = None  # when it was put into the trash
    emptied: bool = False  # `gc` dropped its points and artifacts: those that are missing are no damage
    code: dict[str, Any] = _NOTHING
    environment: dict[str, Any] = _NOTHING
    origin: dict[str, Any] = _NOTHING

    @property
    def own_metrics(self) -> dict[str, Metric]:
        """Its metrics without those of the machine."""
        return {name: metric for name, metric in self.metrics.items() if not is_of_machine(name)}


def common_metrics(runs: Iterable[RunRecord]) -> list[str]:
    """The metrics of some runs without those of the machine, what most of them have first."""
    counts = Counter(name for run in runs for name in run.own_metrics)
    return sorted(counts, key=lambda name: -counts[name])


class Experiment(NamedTuple):
    """An experiment as it stands: what it is called now, and what was said about it."""

    name: str
    names: tuple[str, ...]  # all that lead to it: this one, and those it had before
    note: str | None
    directions: dict[str, Direction]
    removed_at: int | None


class Finding(NamedTuple):
    """One thing `check` found."""

    kind: str
    path: str
    problem: str
    severity: Literal["note", "mendable", "damage"]
    mended: str | None = None


class CheckReport(NamedTuple):
    """What a check saw and did."""

    runs: int
    files: int
    findings: tuple[Finding, ...] = ()

    def document(self) -> dict[str, Any]:
        """As programs read it."""
        return {"runs": self.runs, "files": self.files, "findings": [found._asdict() for found in self.findings]}

    @property
    def clean(self) -> bool:
        """Nothing is wrong, or nothing that was not mended."""
        return all(found.severity == "note" or found.mended for found in self.findings)
