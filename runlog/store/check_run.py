"""Verify one run: every document, every point, every artifact."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal, Protocol

from runlog.capture.process import is_alive, this_process
from runlog.errors import BadInput, Damaged, RunlogError, reason_of
from runlog.records import Artifact, Entry, RunRecord, Said
from runlog.store import artifacts, files, layout
from runlog.store.metrics.columns import summarize
from runlog.store.rundir import RunDir, edit, points_name
from runlog.store.settle import DOOR_STAYS_S, is_done

Severity = Literal["note", "mendable", "damage"]
_FOLDERS = (layout.LIVE, layout.METRICS, layout.ARTIFACTS, layout.OUTPUT)


class Report(Protocol):
    def found(self, kind: str, path: Path, problem: str, severity: Severity, mend: Callable[[], str] | None = None) -> None: ...

    def unreadable(self, kind: str, path: Path, error: RunlogError, mend: Callable[[], str]) -> None: ...

    def strangers(self, folder: Path, is_known: Callable[[str], object]) -> None: ...

    def must_be_folder(self, path: Path) -> bool: ...

    def link(self, path: Path) -> None: ...

    def set_aside(self, path: Path) -> str: ...


class RunCheck:
    """The check of one run whose birth is sound."""

    def __init__(self, report: Report, run: RunDir) -> None:
        self.report = report
        self.run_dir = run
        self.path = run.path
        self.files = 1
        self.bad: set[str] = set()  # documents and logs that cannot be read and are still there

    def run(self) -> int:
        """Check all of it; how many files were looked at."""
        self._folders()
        self._documents()
        try:
            words = self.run_dir.said(self.bad)
            record = self.run_dir.record(self.bad)
        except RunlogError as error:
            self.report.found("run", self.path, error.message, "damage")
            return self.files
        self._logs(record)
        for said in words:
            self._said(said, record)
        self._orphans(words)
        for artifact in record.artifacts.values():
            if not self._was_dropped(f"{layout.ARTIFACTS}/{artifact.file}", record):
                self._artifact(artifact)
        self._given_up(words, record)
        self._unnamed(words)
        return self.files

    def _folders(self) -> None:
        self.report.strangers(self.path, _is_known)
        for name in files.real_folders(self.path):
            if name not in _FOLDERS and not name.startswith(layout.STAGING):
                self.report.found("stranger", self.path / name, "is no folder of runlog's; it is left alone", "note")
        there = [name for name in _FOLDERS if self.report.must_be_folder(self.path / name)]
        if layout.LIVE in there:
            self.report.strangers(self.run_dir.live, layout.parse_log_name)
        if layout.METRICS in there:
            self.report.strangers(self.path / layout.METRICS, layout.parse_covered_name)

    def _documents(self) -> None:
        """Entries documents that cannot be read, and logs that are none, are set aside before anything is believed."""
        for entry in files.list_folder(self.path):
            if layout.parse_entries_name(entry.name):
                self._must_be_readable("entries", entry, self.run_dir.said_in)
        if files.is_folder(self.run_dir.live):
            for entry in files.list_folder(self.run_dir.live):
                if layout.parse_log_name(entry.name):
                    self._must_be_readable("log", entry, self.run_dir.log_in)

    def _must_be_readable(self, kind: str, entry: os.DirEntry[str], read: Callable[[str], object]) -> None:
        path = Path(entry.path)
        if entry.is_symlink():
            self.bad.add(path.name)  # the link was reported already
            return
        self.files += 1
        try:
            read(path.name)
        except FileNotFoundError:
            return  # it was settled meanwhile
        except RunlogError as error:
            self.report.unreadable(kind, path, error, partial(self.report.set_aside, path))
            if os.path.lexists(path):
                self.bad.add(path.name)

    def _logs(self, record: RunRecord) -> None:
        for name, said in self.run_dir.logs(self.bad):
            path = self.run_dir.live / name
            if said.gaps:
                places = "1 damaged place was" if said.gaps == 1 else f"{said.gaps} damaged places were"
                problem = f"{places} passed over, the records around are kept"
                self.report.found("log", path, problem, "note")
            if self._is_left(path, said, record) and self.run_dir.is_live(said):
                mend = partial(self._settle, said.writer)
                self.report.found("log", path, "was left by a process that is gone", "mendable", mend)

    def _is_left(self, path: Path, said: Said, record: RunRecord) -> bool:
        """Whether nobody will write to a log any more, or drop it in a moment."""
        if path.suffix == ".jsonl":
            return record.state != "running" and files.is_older(path, DOOR_STAYS_S)
        ending = said.process is not None and is_alive(said.process)
        return said.records > 0 and is_done(said) and not ending

    def _settle(self, writer: str) -> str:
        self.run_dir.settle(closed=[writer])
        return "its points are Parquet now"

    def _said(self, said: Said, record: RunRecord) -> None:
        """The points of an entries document must be there, all of them, and whole."""
        name = points_name(said)
        if not said.points or self.run_dir.is_live(said) or self._was_dropped(name, record):
            return
        self.files += 1
        path = self.path / name
        problem = self._points_problem(path, said)
        if name not in record.lost:
            # It may have settled all of a process' words since they were read, and these points be covered.
            if problem and self._says(lambda said: points_name(said) == name):
                self._report("points", name, problem)
        elif not problem:
            mend = partial(self._say, Entry(time.time_ns(), "lost", name, None))
            self.report.found("points", path, "was given up and is back", "mendable", mend)

    def _says(self, test: Callable[[Said], bool]) -> bool:
        """Whether a process of the run has said something, now that some time has passed."""
        try:
            return any(test(said) for said in self.run_dir.said(self.bad))
        except RunlogError:
            return True

    def _is_named(self, file: str) -> bool:
        """Whether the run still counts on this file: an artifact that is logged again leaves its first file behind."""
        try:
            return any(artifact.file == file for artifact in self.run_dir.record(self.bad).artifacts.values())
        except RunlogError:
            return True

    def _report(self, kind: str, name: str, problem: str) -> None:
        """A file is not what it must be. What only the system keeps from being read may be sound, so it stays."""
        path = self.path / name
        refused = _refused(path)
        mend = None if refused else partial(self._give_up, name, problem)
        self.report.found(kind, path, refused or problem, "damage", mend)

    def _points_problem(self, path: Path, said: Said) -> str | None:
        from runlog.store.metrics import parquet

        try:
            if not _is_ordinary(self.path, path):
                return "is not an ordinary file of this run"
        except (FileNotFoundError, NotADirectoryError):
            return "is missing"
        try:
            columns = parquet.verify(path)
        except Damaged as error:
            return error.message
        counts = {name: len(part.steps) for name, part in columns.items()}
        if counts != {name: metric.count for name, metric in said.metrics.items()}:
            return f"holds {sum(counts.values())} points where {said.points} were logged, or those of other metrics"
        return None

    def _was_dropped(self, name: str, record: RunRecord) -> bool:
        """Whether a file is missing because the run was emptied in the trash."""
        return record.emptied and not os.path.lexists(self.path / name)

    def _give_up(self, name: str, problem: str) -> str:
        """Set a file aside and say so in the run, which from then on is honest about it and whole without it."""
        path = self.path / name
        there = os.path.lexists(path) and _is_inside(self.path, path)
        done = self.report.set_aside(path) if there else "noted in the run"
        self._say(Entry(time.time_ns(), "lost", name, problem))
        return done

    def _say(self, entry: Entry) -> str:
        edit(self.run_dir, [entry], this_process())
        return "noted in the run"

    def _orphans(self, words: list[Said]) -> None:
        """Points whose entries document is gone: the points still tell what the metrics came to."""
        folder = self.path / layout.METRICS
        known = {said.writer: said.records for said in words}
        for entry in files.list_folder(folder) if files.is_folder(folder) else []:
            found = layout.parse_covered_name(entry.name)
            if found is None or found[2] != "parquet" or entry.is_symlink():
                continue
            writer, records, _ = found
            path = Path(entry.path)
            if layout.entries_name(writer, records) in self.bad:
                continue
            if writer not in known:
                if self._says(partial(_is_by, writer)):
                    continue  # it began and ended meanwhile
                mend = partial(self._adopt, writer, records, path)
                self.report.found("points", path, "has no entries document", "mendable", mend)
            elif records < known[writer]:
                # So it is when a run was copied while it lived and both copies were merged: nothing is wrong with that.
                self.report.found("points", path, "is covered by a longer one", "note", self._drop_covered)

    def _drop_covered(self) -> str:
        self.run_dir.settle()
        return "removed"

    def _adopt(self, writer: str, records: int, path: Path) -> str:
        from runlog.store.metrics import parquet

        try:
            columns = parquet.verify(path)
        except Damaged:
            return self.report.set_aside(path)
        for part in columns.values():
            part.sort()
        metrics = {name: summarize(part) for name, part in sorted(columns.items())}
        points = sum(len(part.steps) for part in columns.values())
        # Nothing but the points goes into it, so two machines that do this write the same.
        last = max((metric.last_at for metric in metrics.values()), default=0)
        entry = Entry(last, "problem", "", "what a process said beside its points was damaged and is set aside")
        self.run_dir.write_said(Said(writer, records, None, (entry,), metrics, points, last))
        return "a new one was made from the points"

    def _artifact(self, artifact: Artifact) -> None:
        self.files += 1
        name = f"{layout.ARTIFACTS}/{artifact.file}"
        problem = self._artifact_problem(self.path / name, artifact)
        if problem and self._is_named(artifact.file):
            self._report("artifact", name, problem)

    def _artifact_problem(self, path: Path, artifact: Artifact) -> str | None:
        try:
            size = os.lstat(path).st_size
            ordinary = _is_ordinary(self.path, path)
        except (FileNotFoundError, NotADirectoryError):
            return "is missing"
        if not ordinary:
            return "is not an ordinary file of this run"
        if size != artifact.bytes:
            return f"has {size} bytes where {artifact.bytes} were logged"
        try:
            return None if artifacts.hash_file(path)[1] == artifact.sha256 else "is not what was logged: its hash differs"
        except BadInput as error:
            return error.message

    def _given_up(self, words: list[Said], record: RunRecord) -> None:
        """Artifacts that were given up and that a copy of the store has brought back."""
        lost = record.lost - {f"{layout.ARTIFACTS}/{artifact.file}" for artifact in record.artifacts.values()}
        entries = sorted((entry for said in words for entry in said.entries), key=lambda entry: entry.at)
        for path, entry in {entry.key: entry for entry in entries if entry.kind == "artifact"}.items():
            artifact = Artifact(path, entry.value["bytes"], entry.value["sha256"], 0, entry.value.get("file", path))
            name = f"{layout.ARTIFACTS}/{artifact.file}"
            if name in lost and self._artifact_problem(self.path / name, artifact) is None:
                mend = partial(self._say, Entry(time.time_ns(), "artifact", path, entry.value))
                self.report.found("artifact", self.path / name, "was given up and is back", "mendable", mend)

    def _unnamed(self, words: list[Said]) -> None:
        """Files among the artifacts that nobody ever named. One that was logged again may leave its first version behind."""
        named = {entry.value.get("file", entry.key) for said in words for entry in said.entries if entry.kind == "artifact"}
        top = self.path / layout.ARTIFACTS
        folders = [top] if files.is_folder(top) else []
        while folders:
            for entry in files.list_folder(folders.pop()):
                path = Path(entry.path)
                if entry.is_symlink():
                    self.report.link(path)
                elif entry.is_dir(follow_symlinks=False):
                    folders.append(path)
                elif path.relative_to(top).as_posix() not in named and not self.bad:
                    self.report.found("stranger", path, "was not logged; it is left alone", "note")


def _is_known(name: str) -> bool:
    return name == layout.RUN_FILE or layout.parse_entries_name(name) is not None


def _is_by(writer: str, said: Said) -> bool:
    return said.writer == writer


def _is_ordinary(run: Path, path: Path) -> bool:
    """Whether a file is one, and no link leads to it from inside the run."""
    return _is_inside(run, path) and stat.S_ISREG(os.lstat(path).st_mode)


def _is_inside(run: Path, path: Path) -> bool:
    return all(files.is_folder(run / part) for part in path.relative_to(run).parents if part != Path())


def _refused(path: Path) -> str | None:
    """Why the system does not let a file be read."""
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK))
    except PermissionError as error:
        return f"cannot be read: {reason_of(error)}"
    except OSError:
        pass
    return None
