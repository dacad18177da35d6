"""The code of a run, in words."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, Protocol

from runlog.records import Code

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from runlog.records import RunRecord

_NAMED = 5


class Delivered(Protocol):
    """What a checkout tells."""

    @property
    def path(self) -> Path: ...
    @property
    def worktree(self) -> bool: ...
    @property
    def files(self) -> int: ...
    @property
    def missing(self) -> Mapping[str, str]: ...


def one_line(document: Mapping[str, Any]) -> str:
    """Commit, branch, and how much was not committed; nothing when nothing is known."""
    code = Code.of(document)
    if code is None:
        return ""
    if code.tree is None:
        return f"not captured: {'; '.join(code.notes)}"
    if code.kind == "files":
        return f"no git, files {code.tree[:12]}"
    commit = f"commit {code.commit[:12]}" if code.commit else "no commit yet"
    place = f" on {code.branch}" if code.branch else ", detached" if code.commit else ""
    return f"{commit}{place}{_dirty(code)}"


def _dirty(code: Code) -> str:
    count = code.changed_count
    return f", dirty: {count} {'file' if count == 1 else 'files'} changed" if code.dirty else ""


def remarks(document: Mapping[str, Any]) -> list[str]:
    """What there is to know about what was captured."""
    code = Code.of(document)
    if code is None:
        return []
    left = [f"left out: {path} ({why})" for path, why in code.left_out.items()]
    return [*code.notes, *left, *_listed("withheld", code.withheld), *_listed("kept by git LFS or DVC", code.pointers)]


def _listed(what: str, paths: tuple[str, ...]) -> list[str]:
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return [f"{what}: {', '.join(paths[:_NAMED])}{more}"] if paths else []


def checked_out(run: RunRecord, done: Delivered) -> str:
    """What a checkout came to, and what is not as it was."""
    what = "work tree" if done.worktree else "plain files"
    lines = [f"the code of run {run.id} as {what}: {done.files} {'file' if done.files == 1 else 'files'}"]
    lines += [f"  not as it was: {path} ({why})" for path, why in sorted(done.missing.items())]
    lines += [f"  when done with it: git worktree remove {_forced(run)}{shlex.quote(str(done.path))}"] if done.worktree else []
    return "".join(f"{line}\n" for line in lines)


def _forced(run: RunRecord) -> str:
    """What was not committed is a change there, and git would not remove it unasked."""
    code = Code.of(run.code)
    return "--force " if code and code.dirty else ""


def as_document(run: RunRecord, done: Delivered) -> dict[str, Any]:
    """A checkout as `--json` shows it."""
    return {
        "run": run.id,
        "path": str(done.path),
        "worktree": done.worktree,
        "files": done.files,
        "missing": [{"path": path, "why": why} for path, why in sorted(done.missing.items())],
    }
