"""What somebody wants of a new run, checked before anything is made."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from runlog.records import Process
from runlog.store import layout
from runlog.tracking.capturing import Repeats
from runlog.tracking.values import check_mapping, flat, to_param, to_tag

if TYPE_CHECKING:
    from runlog.tracking.values import Named


class Wanted:
    """What the caller asked for, checked before anything is made."""

    def __init__(self) -> None:
        self.experiment: str | None = None
        self.name: str | None = None
        self.note: str | None = None
        self.params: dict[str, Any] = {}
        self.tags: dict[str, str] = {}
        self.notes: list[str] = []
        self.parent: str | None = None
        self.process: Process | None = None  # who answers for the run; none for this process
        self.strict = False
        self.repeats: Repeats | None = None
        self.starts_program = False  # the command is a program of its own, and not this process
        self.command: list[str] = ["python", *sys.orig_argv[1:]]
        self.about: dict[str, Any] = {}
        self.withheld: dict[str, Any] = {}  # params that are not stored, as they are

    @classmethod
    def check(
        cls,
        experiment: str | None,
        name: str | None,
        params: Named | None,
        tags: Mapping[str, Any] | None,
        note: str | None,
    ) -> Wanted:
        wanted = cls()
        given = experiment if experiment is not None else os.environ.get("RUNLOG_EXPERIMENT") or None
        wanted.experiment = None if given is None else layout.check_experiment(given)
        wanted.name = None if name is None else layout.check_name("run name", name)
        wanted.notes.extend(filter(None, [layout.unreachable(wanted.name or "")]))
        wanted.note = None if note is None else str(note)
        for key, value in flat(check_mapping("params", params or {})):
            kept = to_param(layout.check_key("param", key), value)
            wanted.params[key] = kept.value
            wanted.notes.extend([kept.note] if kept.note else [])
        for key, value in check_mapping("tags", tags or {}).items():
            wanted.tags[layout.check_key("tag", key)] = to_tag(key, value)
        return wanted
