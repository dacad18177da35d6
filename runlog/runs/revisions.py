"""Questions about the code of runs, as filters: which commit, which branch, which files. Git is asked only for what the runs
themselves do not say, and only about commits that runs have."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runlog.capture.code.git import GitFailed
from runlog.capture.code.history import History
from runlog.errors import BadInput, NotFound, OutsideError
from runlog.query.expr import Compare, Expr, Field, In, Matches, Or, Text, Truth
from runlog.records import Code

if TYPE_CHECKING:
    from runlog.store.store import Store

_COMMIT, _BRANCH, _DIRTY = (Field("attribute", f"code.{key}") for key in ("commit", "branch", "dirty"))
_TREE, _CHANGED = Field("attribute", "code.tree"), Field("attribute", "code.changed")
Commits = Callable[[], set[str]]  # those that runs have


@dataclass(frozen=True, slots=True)
class Revisions:
    """What the code of runs must have in common."""

    commit: str | None = None  # as git names one, or a range as `main..HEAD`
    branch: str | None = None
    touching: str | None = None  # a file or folder
    dirty: bool = False
    same_code_as: str | None = None  # a run

    def __bool__(self) -> bool:
        return self != Revisions()


def tests(store: Store, wanted: Revisions, commits: Commits) -> list[Expr]:
    """The same as filters of the query language."""
    found: list[Expr] = []
    if wanted.commit is not None:
        found.append(_in_range(wanted.commit, commits) if ".." in wanted.commit else _at(wanted.commit))
    if wanted.branch is not None:
        found.append(Compare(_BRANCH, "=", Text(wanted.branch)))
    if wanted.touching is not None:
        found.append(_touching(wanted.touching, commits))
    if wanted.dirty:
        found.append(Compare(_DIRTY, "=", Truth("true")))
    if wanted.same_code_as is not None:
        found.append(_same(store, wanted.same_code_as))
    return found


def _history() -> History | None:
    """What the work tree around us has come from."""
    try:
        return History(os.getcwd())
    except GitFailed:
        return None


def _at(name: str) -> Expr:
    """Runs at one commit. A part of an id needs no git, for it may be all that is left of a commit."""
    here = _history()
    if here is not None and not name.startswith("-") and (commit := here.commit(name)) is not None:
        return Compare(_COMMIT, "=", Text(commit))
    if re.fullmatch(r"[0-9a-fA-F]{4,64}", name):
        return Matches(_COMMIT, f"^{name.lower()}")
    where = "there is no git work tree here" if here is None else "it names nothing here"
    raise BadInput(f"{name!r} is no commit: {where}", hint="git log --oneline --all")


def _in_range(text: str, commits: Commits) -> Expr:
    here = _history()
    if here is None:
        raise BadInput(f"{text!r} is a range of commits, and there is no git work tree here")
    if text.startswith("-"):
        raise BadInput(f"{text!r} is no range of commits", hint="runlog ls main..HEAD")
    return _among(_asked(lambda: here.reach(text)), commits)


def _touching(path: str, commits: Commits) -> Expr:
    """Runs whose commit changed a file or folder, or that had changed it and not committed."""
    here = _history()
    below = os.path.normpath(os.path.join(here.prefix if here else "", path))
    if below.startswith("..") or os.path.isabs(below):
        raise BadInput(f"{path!r} lies outside of the work tree")
    uncommitted = Matches(_CHANGED, "." if below == "." else rf"(?m)^{re.escape(below)}(/|$)")
    if here is None:
        return uncommitted
    place = ":/" if below == "." else f":(top,literal){below}"
    return Or((uncommitted, _among(_asked(lambda: here.touching(place)), commits)))


def _asked(question: Commits) -> set[str]:
    try:
        return question()
    except GitFailed as error:
        raise OutsideError(error.why, hint="git log --oneline --all") from error


def _among(found: Iterable[str], commits: Commits) -> Expr:
    """One of some commits, as far as there are runs of them."""
    return In(_COMMIT, tuple(Text(commit) for commit in sorted(commits() & set(found))))


def _same(store: Store, selector: str) -> Expr:
    from runlog.runs.find import find_one

    run = find_one(store, selector)
    code = Code.of(run.record.code)
    if code is None or code.tree is None:
        raise NotFound(f"the code of run {run.id} was not captured", hint=f"runlog show {run.id}")
    return Compare(_TREE, "=", Text(code.tree))
