"""What `git status` says: the commit, the branch, and every path that is not what the index or the commit has."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from runlog.capture.code.git import Git

ASK = ("status", "--porcelain=v2", "--branch", "-z", "--untracked-files=all", "--no-renames", "--no-ahead-behind")
LINK, MODULE = "120000", "160000"


@dataclass(slots=True)
class Status:
    """The state of a work tree. Paths are relative to its top; those that are not UTF-8 have surrogates, as Python has it."""

    commit: str | None = None
    branch: str | None = None
    staged: set[str] = field(default_factory=set)  # the index differs from the commit
    changed: dict[str, str] = field(default_factory=dict)  # the disk differs from the index: path -> mode on the disk
    gone: set[str] = field(default_factory=set)  # in the index and not on the disk
    unmerged: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)  # submodules that are not what the index says, or dirty inside
    untracked: list[str] = field(default_factory=list)
    nested: list[str] = field(default_factory=list)  # repositories that are no submodules


def read_status(git: Git) -> Status:
    """Ask git, once."""
    status = Status()
    for item in os.fsdecode(git.ask(*ASK, "--ignore-submodules=none")).split("\0"):
        _hear(status, item)
    return status


def _hear(status: Status, item: str) -> None:
    match item[:1]:
        case "#":
            _hear_header(status, *item[2:].split(" ", 1))
        case "?":
            path = item[2:]
            if path.endswith("/"):
                status.nested.append(path[:-1])
            else:
                status.untracked.append(path)
        case "1":
            _, states, module, _, _, mode, _, _, path = item.split(" ", 8)
            _hear_tracked(status, states, module, mode, path)
        case "u":
            status.unmerged.add(item.split(" ", 10)[10])


def _hear_header(status: Status, name: str, value: str) -> None:
    if name == "branch.oid" and value != "(initial)":
        status.commit = value
    elif name == "branch.head" and value != "(detached)":
        status.branch = value


def _hear_tracked(status: Status, states: str, module: str, mode: str, path: str) -> None:
    if states[0] != ".":
        status.staged.add(path)
    if states[1] == "D":
        status.gone.add(path)
    elif module.startswith("S") and mode == MODULE:
        status.modules.add(path)
    elif states[1] != ".":
        status.changed[path] = mode
