"""Where files come from, as tables and documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from runlog.records import RunRecord
from runlog.render.runs import state
from runlog.render.table import Table


class _Trace(Protocol):
    @property
    def run(self) -> RunRecord: ...
    @property
    def role(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def file(self) -> str: ...
    @property
    def sha256(self) -> str: ...


def traces(found: Sequence[_Trace], ids: Mapping[str, str], with_file: bool) -> Table:
    """Which run did what with it; of several files, which file."""
    headings = ("run", "role", "path", "state", *(["file"] if with_file else []))
    rows = tuple((ids[t.run.id], t.role, t.path, _state(t.run), *([t.file] if with_file else [])) for t in found)
    return Table(headings, rows)


def _state(run: RunRecord) -> str:
    return f"{state(run)}, in the trash" if run.removed else state(run)


def as_document(trace: _Trace) -> dict[str, Any]:
    """A trace as `--json` shows it."""
    run = trace.run
    about = {"run": run.id, "experiment": run.experiment, "name": run.name, "state": run.state, "removed": run.removed}
    return {**about, "role": trace.role, "path": trace.path, "file": trace.file, "sha256": trace.sha256}
