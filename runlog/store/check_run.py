"""Verify one run: every document, every point, every artifact."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal, Protocol

from runlog.capture.process import this_process
from runlog.errors import Damaged, RunlogError
from runlog.records import Entry, Said
from runlog.store import artifacts, files, layout
from runlog.store.metrics.columns import summarize
from runlog.store.rundir import RunDir, edit, is_done, points_name

Severity = Literal["note", "mendable", "damage"]


class _Report(Protocol):
    def found(self, kind: str, path: Path, problem: str, severity: Severity, mend: Callable[[], str] | None = None) -> None: ...

    def set_aside(self, path: Path) -> str: ...


class RunCheck:
    """The check of one run whose birth is sound."""

    def __init__(self, report: _Report, run: RunDir) -> None:
        self.report = report
        self.run_dir = run
        self.path = run.path
        self.files = 1
        self.lost: frozenset[str] = frozenset()

    def run(self) -> int:
        """Check all of it; how many files were looked at."""
        self._documents()
        try:
            words = self.run_dir.said()
            self.lost = self.run_dir.record().lost
        except RunlogError as error:
            self.report.found("run", self.path, error.message, "damage")
            return self.files
        self._logs()
        for said in words:
            self._said(said)
        self._orphans(words)
        self._artifacts()
        self._strangers()
        return self.files

    def _documents(self) -> None:
        """Entries documents that cannot be read, and logs that are none, are set aside before anything is believed."""
        for entry in files.list_folder(self.path):
            found = layout.parse_entries_name(entry.name)
            if found is None or entry.is_symlink():
                continue
            self.files += 1
            try:
                self.run_dir.said_in(entry.name)
            except RunlogError as error:
                path = Path(entry.path)
                self.report.found("entries", path, error.message, "damage", partial(self.report.set_aside, path))
        for entry in files.list_folder(self.run_dir.live):
            try:
                self.run_dir.log_in(entry.name)
            except RunlogError as error:
                path = Path(entry.path)
                self.report.found("log", path, error.message, "damage", partial(self.report.set_aside, path))

    def _logs(self) -> None:
        for name, said in self.run_dir.logs():
            self.files += 1
            if said.gaps:
                problem = f"{said.gaps} damaged places were passed over, the records around them are kept"
                self.report.found("log", self.run_dir.live / name, problem, "note")
            if name.endswith(".log") and is_done(said):
                mend = partial(self._settle, said.writer)
                self.report.found("log", self.run_dir.live / name, "was left by a process that is gone", "mendable", mend)

    def _settle(self, writer: str) -> str:
        self.run_dir.settle(closed=[writer])
        return "its points are Parquet now"

    def _said(self, said: Said) -> None:
        """The points of an entries document must be there, all of them, and whole."""
        name = points_name(said)
        if not said.points or name in self.lost or self.run_dir.is_live(said):
            return
        self.files += 1
        from runlog.store.metrics import parquet

        try:
            columns = parquet.verify(self.path / name)
        except Damaged as error:
            missing = not os.path.lexists(self.path / name)
            problem = "is missing" if missing else error.message
            self.report.found("points", self.path / name, problem, "damage", partial(self._give_up, name, problem))
            return
        count = sum(len(part.steps) for part in columns.values())
        if count != said.points:
            problem = f"holds {count} points where {said.points} were logged"
            self.report.found("points", self.path / name, problem, "damage", partial(self._give_up, name, problem))

    def _give_up(self, name: str, problem: str) -> str:
        """Set a file aside and say so in the run, which from then on is honest about it and whole without it."""
        path = self.path / name
        done = self.report.set_aside(path) if os.path.lexists(path) else "noted in the run"
        edit(self.run_dir, [Entry(time.time_ns(), "lost", name, problem)], this_process())
        return done

    def _orphans(self, words: list[Said]) -> None:
        """Points whose entries document is gone: the points still tell what the metrics came to."""
        known = {said.writer: said.records for said in words}
        for entry in files.list_folder(self.path / layout.METRICS):
            found = layout.parse_covered_name(entry.name)
            if found is None or found[2] != "parquet":
                continue
            writer, records, _ = found
            path = Path(entry.path)
            if writer not in known:
                mend = partial(self._adopt, writer, records, path)
                self.report.found("points", path, "has no entries document", "mendable", mend)
            elif records < known[writer]:
                self.report.found("points", path, "is covered by a longer one", "mendable", self._drop_covered)

    def _drop_covered(self) -> str:
        self.run_dir.settle()
        return "removed"

    def _adopt(self, writer: str, records: int, path: Path) -> str:
        from runlog.store.metrics import parquet

        columns = parquet.verify(path)
        for part in columns.values():
            part.sort()
        metrics = {name: summarize(part) for name, part in sorted(columns.items())}
        points = sum(len(part.steps) for part in columns.values())
        now = time.time_ns()
        entry = Entry(now, "problem", "", "what a process said beside its points was damaged and is set aside")
        self.run_dir.write_said(Said(writer, records, None, (entry,), metrics, points, now))
        return "a new one was made from the points"

    def _artifacts(self) -> None:
        record = self.run_dir.record()
        for artifact in record.artifacts.values():
            self.files += 1
            name = f"{layout.ARTIFACTS}/{artifact.path}"
            problem = self._artifact_problem(self.path / name, artifact.bytes, artifact.sha256)
            if problem:
                self.report.found("artifact", self.path / name, problem, "damage", partial(self._give_up, name, problem))

    def _artifact_problem(self, path: Path, size: int, digest: str) -> str | None:
        try:
            info = os.lstat(path)
        except OSError:
            return "is missing"
        if not stat.S_ISREG(info.st_mode):
            return "is not an ordinary file"
        if info.st_size != size:
            return f"has {info.st_size} bytes where {size} were logged"
        return None if artifacts.hash_file(path)[1] == digest else "is not what was logged: its hash differs"

    def _strangers(self) -> None:
        known = {layout.RUN_FILE, layout.LIVE, layout.METRICS, layout.ARTIFACTS}
        for entry in files.list_folder(self.path):
            if entry.name in known or entry.name.startswith(layout.STAGING) or layout.parse_entries_name(entry.name):
                continue
            self.report.found("stranger", Path(entry.path), "is no file of runlog's; it is left alone", "note")
