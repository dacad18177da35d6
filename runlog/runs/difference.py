"""Everything that differs between two runs, or between a run and what is here now: the most likely cause first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Literal

from runlog.errors import NotFound, RunlogError
from runlog.records import Artifact, RunRecord
from runlog.runs import patches, sources, surroundings
from runlog.runs.inputs import check_inputs
from runlog.runs.patches import FileChange, Version
from runlog.store import files, layout
from runlog.store.store import Store

Section = Literal["params", "packages", "data", "environment", "command", "metrics"]
_LARGEST_TEXT = 4 << 20


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs. What one side does not have is none there, and `how` says so."""

    section: Section
    key: str
    how: Literal["added", "removed", "changed"]
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs. `after` is none for what is here now."""

    before: str
    after: str | None
    changes: tuple[Change, ...]
    code: tuple[FileChange, ...]
    artifacts: tuple[FileChange, ...]
    notes: tuple[str, ...]

    @property
    def none(self) -> bool:
        """Whether nothing differs, as far as that is known."""
        return not (self.changes or self.code or self.artifacts)


def difference(store: Store, old: RunRecord, new: RunRecord, *, code_only: bool = False) -> Difference:
    """What differs from one run to another."""
    notes: list[str] = []
    code = _code(store, old, new, notes)
    if code_only:
        return Difference(old.id, new.id, (), code, (), tuple(notes))
    before, after = surroundings.of_run(store, old), surroundings.of_run(store, new)
    _note_unknown([(old, before), (new, after)], notes)
    told = before.known and after.known
    changes = [
        *_between("params", old.params, new.params),
        *(_between("packages", before.packages, after.packages) if told else ()),
        *_between("data", _hashes(old), _hashes(new)),
        *(_between("environment", before.rest, after.rest) if told else ()),
        *_between("command", _command(old), _command(new)),
        *_between("metrics", _last(old), _last(new)),
    ]
    return Difference(old.id, new.id, tuple(changes), code, tuple(_artifacts(store, old, new)), tuple(notes))


def difference_to_now(store: Store, run: RunRecord, *, code_only: bool = False) -> Difference:
    """What has changed here since a run began: code, packages, data, environment."""
    notes: list[str] = []
    code = _code(store, run, None, notes)
    if code_only:
        return Difference(run.id, None, (), code, (), tuple(notes))
    before, after = surroundings.of_run(store, run), surroundings.of_now([str(word) for word in run.command.get("argv", ())])
    _note_unknown([(run, before)], notes)
    now = {found.name: _shown(found.sha256, found.condition) for found in check_inputs(store, run)}
    changes = [
        *(_between("packages", before.packages, after.packages) if before.known else ()),
        *_between("data", _hashes(run), now),
        *(_between("environment", before.rest, after.rest) if before.known else ()),
    ]
    return Difference(run.id, None, tuple(changes), code, (), tuple(notes))


def _note_unknown(sides: list[tuple[RunRecord, surroundings.Surroundings]], notes: list[str]) -> None:
    unknown = [run.id for run, found in sides if not found.known]
    if unknown:
        notes.append(f"packages and environment of {', '.join(unknown)} were not captured")


def _between(section: Section, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for key in dict.fromkeys([*old, *new]):
        if key not in new:
            yield Change(section, key, "removed", old[key], None)
        elif key not in old:
            yield Change(section, key, "added", None, new[key])
        elif old[key] != new[key] and not (old[key] != old[key] and new[key] != new[key]):
            yield Change(section, key, "changed", old[key], new[key])


def _hashes(run: RunRecord) -> dict[str, str]:
    return {name: _shown(used.sha256, "same") for name, used in run.inputs.items()}


def _shown(sha256: str | None, condition: str) -> str:
    return f"sha256 {sha256[:12]}" if sha256 else condition


def _command(run: RunRecord) -> dict[str, Any]:
    """The command as it was typed, for what params fill in is said among the params; and where it ran."""
    words = run.command.get("typed") or run.command.get("argv") or ()
    return {"command": [str(word) for word in words], "folder": run.command.get("cwd")}


def _last(run: RunRecord) -> dict[str, float]:
    return {name: metric.last for name, metric in run.own_metrics.items()}


def _code(store: Store, old: RunRecord, new: RunRecord | None, notes: list[str]) -> tuple[FileChange, ...]:
    if new is not None and old.code.get("tree") and old.code.get("tree") == new.code.get("tree"):
        return ()
    with ExitStack() as rooms:
        try:
            before = sources.of_run(store, old, rooms)
            command = [str(word) for word in old.command.get("argv", ())]
            after = sources.of_now(store, command, rooms) if new is None else sources.of_run(store, new, rooms)
        except NotFound as error:
            notes.append(error.message)
            return ()
        notes.extend(note for note in dict.fromkeys([*before.notes, *after.notes]))
        return tuple(_files(before, after))


def _files(old: sources.Source, new: sources.Source) -> Iterator[FileChange]:
    touched = {path for path in old.files.keys() | new.files.keys() if old.files.get(path) != new.files.get(path)}
    renamed = _renames(old, new, touched)
    gone = sorted((touched & old.files.keys()) | set(renamed.values()))
    come = sorted(touched & new.files.keys())
    before = dict(zip(gone, _contents(old, gone), strict=True))
    after = dict(zip(come, _contents(new, come), strict=True))
    for path in sorted(touched - set(renamed.values())):
        one = _version(old, renamed.get(path, path), before)
        other = _version(new, path, after)
        if one and other and (one.mode, one.data) == (other.mode, other.data) and one.path == other.path and one.data is not None:
            continue  # named differently by git and by the store, and the same
        yield patches.compare_file(one, other)


def _renames(old: sources.Source, new: sources.Source, touched: set[str]) -> dict[str, str]:
    """New path to old path of files that were moved and not changed."""
    gone = {old.files[path]: path for path in sorted(touched, reverse=True) if path in old.files and path not in new.files}
    found = {}
    for path in sorted(touched):
        if path not in old.files and (source := gone.pop(new.files[path], None)) is not None:
            found[path] = source
    return found


def _contents(source: sources.Source, paths: list[str]) -> list[bytes | None]:
    found = dict(source.read(paths))
    # A submodule is a commit and has no bytes of its own.
    return [f"Subproject commit {source.files[path].id}\n".encode() if path not in found else found[path] for path in paths]


def _version(source: sources.Source, path: str, data: Mapping[str, bytes | None]) -> Version | None:
    return Version(path, source.files[path].mode, data[path]) if path in source.files and path in data else None


def _artifacts(store: Store, old: RunRecord, new: RunRecord) -> Iterator[FileChange]:
    for path in sorted(old.artifacts.keys() | new.artifacts.keys()):
        one, other = old.artifacts.get(path), new.artifacts.get(path)
        if one and other and one.sha256 == other.sha256:
            continue
        yield _artifact(path, _kept(store, old, one), _kept(store, new, other), one, other)


def _artifact(path: str, old: Version | None, new: Version | None, one: Artifact | None, other: Artifact | None) -> FileChange:
    """Tables by value, texts line by line, and anything else by hash."""
    if old and new and old.data is not None and new.data is not None and patches.is_table(path):
        tables = [patches.read_table(path, version.data or b"") for version in (old, new)]
        if tables[0] is not None and tables[1] is not None:
            return FileChange(
                path, "changed", note=patches.compare_tables(tables[0], tables[1]) or "other bytes, the same values"
            )
    change = patches.compare_file(old, new)
    if change.binary or change.note:
        return FileChange(path, change.how, note=_hash_note(one, other), binary=True)
    return change


def _hash_note(one: Artifact | None, other: Artifact | None) -> str:
    shown = [f"{found.sha256[:12]} ({found.bytes} bytes)" for found in (one, other) if found]
    return f"sha256 {' -> '.join(shown)}"


def _kept(store: Store, run: RunRecord, artifact: Artifact | None) -> Version | None:
    if artifact is None:
        return None
    data = None
    if artifact.bytes <= _LARGEST_TEXT:
        try:
            data = files.read_file(store.root / run.folder / layout.ARTIFACTS / artifact.file)
        except (OSError, RunlogError):
            data = None
    return Version(artifact.path, "100644", data)
