"""Verify a whole store; mend what can be mended, set aside what cannot, lose nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal

from runlog.errors import Damaged, NotAStore, RunlogError
from runlog.records import CheckReport, Finding
from runlog.store import files, layout
from runlog.store.check_run import RunCheck
from runlog.store.format import experiment_document, load, store_document
from runlog.store.rundir import RunDir
from runlog.store.store import Store

Progress = Callable[[int, int], None]  # runs done, runs in all
_STAGING_S = 3600.0


def check_folder(root: Path, repair: bool = False, progress: Progress | None = None) -> CheckReport:
    """Check a folder that should be a store, even one that lost its `store.json` on the way."""
    return _StoreCheck(root, repair, progress).run()


def check_store(store: Store, repair: bool = False, progress: Progress | None = None) -> CheckReport:
    """Check an open store."""
    return check_folder(store.root, repair, progress)


class _StoreCheck:
    def __init__(self, root: Path, repair: bool, progress: Progress | None) -> None:
        self.root = root
        self.repair = repair
        self.progress = progress
        self.findings: list[Finding] = []
        self.files = 0

    def run(self) -> CheckReport:
        self._store_file()
        store = Store(self.root)
        if self.repair:
            store.recover()
        self._litter(self.root)
        for name in files.real_folders(self.root / layout.EXPERIMENTS):
            self._experiment(self.root / layout.EXPERIMENTS / name)
        runs = list(store.run_dirs())
        for place, run in enumerate(runs):
            if self.progress:
                self.progress(place, len(runs))
            self._run(run)
        self._markers()
        return CheckReport(len(runs), self.files, tuple(self.findings))

    def found(
        self,
        kind: str,
        path: Path,
        problem: str,
        severity: Literal["note", "mendable", "damage"],
        mend: Callable[[], str] | None = None,
    ) -> None:
        """Report one thing, and mend it where that was asked for and is possible."""
        mended = None
        if self.repair and mend is not None:
            try:
                mended = mend()
            except (OSError, RunlogError) as error:
                problem = f"{problem}; it could not be mended: {error}"
        self.findings.append(Finding(kind, self.name(path), problem, severity, mended))

    def name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix() if path != self.root else "."

    def set_aside(self, path: Path) -> str:
        """Move something out of the readers' way; how to say so."""
        target = files.move_aside(path, self.root / layout.QUARANTINE / path.relative_to(self.root))
        return f"set aside in {self.name(target)}"

    def _store_file(self) -> None:
        path = self.root / layout.STORE_FILE
        self.files += 1
        try:
            load(layout.STORE_FILE, files.read_file(path))
        except FileNotFoundError:
            if not os.path.isdir(self.root / layout.EXPERIMENTS):
                raise NotAStore(f"{self.root} is not a runlog store", hint="runlog init") from None
            self.found("store", path, "is missing", "mendable", lambda: self._write(path, store_document()))
        except Damaged as error:
            self.found("store", path, error.message, "mendable", lambda: self._replace(path, store_document()))

    def _write(self, path: Path, data: bytes) -> str:
        files.write_new(path, data)
        return "written anew"

    def _replace(self, path: Path, data: bytes) -> str:
        aside = self.set_aside(path)
        files.write_new(path, data)
        return f"written anew, the old one {aside}"

    def _litter(self, folder: Path) -> None:
        """Staging files of killed processes, and links, which no store has."""
        for entry in files.list_folder(folder):
            path = Path(entry.path)
            if entry.is_symlink():
                self.found(
                    "link",
                    path,
                    "is a symbolic link and is not followed",
                    "damage",
                    partial(self.set_aside, path),
                )
            elif entry.name.startswith(layout.STAGING) and time.time() - entry.stat(follow_symlinks=False).st_mtime > _STAGING_S:
                self.found("litter", path, "was left by a killed process", "mendable", partial(_discard, path))

    def _experiment(self, folder: Path) -> None:
        if folder.name.startswith(layout.STAGING):
            return
        self._litter(folder)
        document = folder / layout.EXPERIMENT_FILE
        self.files += 1
        try:
            name = load(self.name(document), files.read_file(document)).get("name")
            if not isinstance(name, str) or layout.experiment_folder(name) != folder.name:
                self.found("experiment", document, f"names {name!r}, which belongs elsewhere", "note")
        except FileNotFoundError:
            self.found("experiment", document, "is missing", "mendable", lambda: self._name_experiment(document))
        except Damaged as error:
            self.found("experiment", document, error.message, "mendable", lambda: self._rename_experiment(document))
        for entry in files.list_folder(folder):
            if entry.is_dir(follow_symlinks=False) and not layout.is_id(entry.name) and not entry.name.startswith(layout.STAGING):
                self.found("stranger", Path(entry.path), "is no run; it is left alone", "note")

    def _rename_experiment(self, document: Path) -> str:
        aside = self.set_aside(document)
        return f"{self._name_experiment(document)}, the old one {aside}"

    def _name_experiment(self, document: Path) -> str:
        """The name is in the birth of every run; without runs the folder's own name has to do."""
        folder = document.parent
        names = [folder.name]
        for run_id in files.real_folders(folder):
            try:
                names.insert(0, RunDir(self.root, f"{layout.EXPERIMENTS}/{folder.name}/{run_id}").birth().experiment)
            except RunlogError:
                continue
        fitting = [name for name in names if layout.experiment_folder(name) == folder.name]
        return self._write(document, experiment_document((fitting or names)[0]))

    def _run(self, run: RunDir) -> None:
        self._litter(run.path)
        try:
            run.birth()
        except RunlogError as error:
            self.files += 1
            self.found("birth", run.path, error.message, "damage", lambda: self.set_aside(run.path))
            return
        self.files += RunCheck(self, run).run()

    def _markers(self) -> None:
        for entry in files.list_folder(self.root / layout.LIVE):
            path = Path(entry.path)
            runs = list(Store(self.root).named(entry.name)) if layout.is_id(entry.name) else []
            if not runs or not os.path.isdir(runs[0].live):
                old = time.time() - entry.stat(follow_symlinks=False).st_mtime > _STAGING_S
                if old or (runs and runs[0].record().state != "running"):
                    self.found(
                        "marker",
                        path,
                        "points to nothing that is left to finish",
                        "mendable",
                        partial(_discard, path),
                    )


def _discard(path: Path) -> str:
    """Remove what holds no data of anybody."""
    if path.is_dir() and not path.is_symlink():
        for folder, folders, names in os.walk(path, topdown=False):
            for name in names:
                os.unlink(os.path.join(folder, name))
            for name in folders:
                os.rmdir(os.path.join(folder, name))
        os.rmdir(path)
    else:
        files.remove(path)
    return "removed"
