"""Verify a whole store; mend what can be mended, set aside what cannot, lose nothing."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal

from runlog.capture.process import is_alive
from runlog.errors import Damaged, NotAStore, RunlogError, StoreError
from runlog.records import CheckReport, Finding
from runlog.store import environments, files, layout
from runlog.store.check_models import ModelsCheck
from runlog.store.check_run import RunCheck
from runlog.store.code.names import parse_name
from runlog.store.code.unused import verify
from runlog.store.document import load
from runlog.store.format import experiment_document, read_experiment_words, read_marker, store_document
from runlog.store.rundir import RunDir
from runlog.store.store import Store, is_own

Progress = Callable[[int, int], None]  # runs done, runs in all
_STAGING_S = 3600.0


def check_folder(root: Path, repair: bool = False, progress: Progress | None = None) -> CheckReport:
    """Check a folder that should be a store, even one that lost its `store.json` on the way."""
    return _StoreCheck(root, repair, progress).run()


def check_store(store: Store, repair: bool = False, progress: Progress | None = None) -> CheckReport:
    """Check an open store."""
    return check_folder(store.root, repair, progress)


class _StoreCheck:
    """What can be done with a finding is done at once, so what is checked later is checked as it then stands."""

    def __init__(self, root: Path, repair: bool, progress: Progress | None) -> None:
        self.root = root
        self.store = Store(root)
        self.repair = repair
        self.progress = progress
        self.findings: list[Finding] = []
        self.files = 0
        # A repair sets aside in a folder of its own, so that two stores that were both repaired still merge by copying.
        self.aside = f"{layout.QUARANTINE}/{layout.new_id()}"

    def run(self) -> CheckReport:
        self._must_be_store()
        self._quarantine()
        self._store_file()
        self._top()
        if self.repair:
            self.store.recover()
        runs = []
        if files.is_folder(self.root / layout.EXPERIMENTS):
            self.strangers(self.root / layout.EXPERIMENTS, lambda name: False)
            for name in files.real_folders(self.root / layout.EXPERIMENTS):
                if not name.startswith(layout.STAGING):
                    self._experiment(self.root / layout.EXPERIMENTS / name)
            runs = list(self.store.run_dirs())
        for place, run in enumerate(runs):
            if self.progress:
                self.progress(place, len(runs))
            self._run(run)
        if self.must_be_folder(self.root / layout.ENVIRONMENTS):
            self._environments()
        if self.must_be_folder(self.root / layout.CODE):
            self._code()
        if self.must_be_folder(self.root / layout.MODELS):
            self.files += ModelsCheck(self, self.store).run()
        if files.is_folder(self.root / layout.LIVE):
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
        problem = problem.removeprefix(f"{self.name(path)} ").removeprefix(f"{path.name} ")
        if self.repair and mend is not None:
            try:
                mended = mend()
            except (OSError, RunlogError) as error:
                problem = f"{problem}; it could not be mended: {error}"
        self.findings.append(Finding(kind, self.name(path), problem, severity, mended))

    def unreadable(self, kind: str, path: Path, error: RunlogError, mend: Callable[[], str]) -> None:
        """Report a file that cannot be read. What the system refuses, or a newer runlog wrote, is not damaged and stays."""
        self.found(kind, path, error.message, "damage", mend if isinstance(error, Damaged) else None)

    def name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix() if path != self.root else "."

    def set_aside(self, path: Path) -> str:
        """Move something out of the readers' way; how to say so."""
        below = self.name(path)
        if below == layout.QUARANTINE:
            path = files.move_aside(path, self.root, f"{layout.QUARANTINE}.aside")
        # Through a link, it would be moved into the store from somewhere else.
        for folder in path.relative_to(self.root).parents:
            if folder != Path():
                files.must_be_folder(self.root / folder)
        target = files.move_aside(path, self.root, f"{self.aside}/{below}")
        return f"set aside in {self.name(target)}"

    def strangers(self, folder: Path, is_known: Callable[[str], object]) -> None:
        """What lies in a folder of the store and is not the store's: links, which it has none of, what killed processes left,
        and files of other people. Folders are left to those who know their names."""
        for entry in files.list_folder(folder, may_be_link=folder == self.root):
            path = Path(entry.path)
            if entry.is_symlink():
                if path not in (self.root / layout.STORE_FILE, self.root / layout.QUARANTINE):
                    self.link(path)
            elif entry.name.startswith(layout.STAGING):
                if files.is_older(path, _STAGING_S):
                    self.found("litter", path, "was left by a killed process", "mendable", partial(_discard, path))
            elif not entry.is_dir(follow_symlinks=False) and not is_known(entry.name):
                self.found("stranger", path, "is no file of runlog's; it is left alone", "note")

    def link(self, path: Path) -> None:
        self.found("link", path, "is a symbolic link and is not followed", "damage", partial(self.set_aside, path))

    def must_be_folder(self, path: Path) -> bool:
        """Whether a folder of the store is there; something else in its place is set aside."""
        if os.path.lexists(path) and not files.is_folder(path) and not path.is_symlink():
            self.found("folder", path, "is a file where a folder must be", "damage", partial(self.set_aside, path))
        return files.is_folder(path)

    def _must_be_store(self) -> None:
        """Refuse what is none, or of another format, before anything is touched."""
        with contextlib.suppress(Damaged):
            try:
                load(layout.STORE_FILE, files.read_file(self.root / layout.STORE_FILE))
            except FileNotFoundError:
                if not os.path.isdir(self.root / layout.EXPERIMENTS):
                    raise NotAStore(f"{self.root} is not a runlog store", hint="runlog init") from None
            except StoreError as error:
                if os.path.isfile(self.root):
                    raise StoreError(f"{self.root} is a file where a store must be") from None
                raise error

    def _quarantine(self) -> None:
        """Where everything else is set aside must not lead out of the store itself."""
        place = self.root / layout.QUARANTINE
        if place.is_symlink():
            self.link(place)
        self.must_be_folder(place)

    def _store_file(self) -> None:
        path = self.root / layout.STORE_FILE
        self.files += 1
        try:
            load(layout.STORE_FILE, files.read_file(path))
        except FileNotFoundError:
            self.found("store", path, "is missing", "mendable", lambda: self._write(path, store_document()))
        except Damaged as error:
            self.found("store", path, error.message, "mendable", lambda: self._replace(path, store_document()))

    def _top(self) -> None:
        self.strangers(self.root, is_own)
        for name in (layout.EXPERIMENTS, layout.LIVE):
            self.must_be_folder(self.root / name)
        for name in files.real_folders(self.root, may_be_link=True):
            if not is_own(name):
                self.found("stranger", self.root / name, "is no folder of runlog's; it is left alone", "note")

    def _write(self, path: Path, data: bytes) -> str:
        files.write_new(path, data)
        return "written anew"

    def _replace(self, path: Path, data: bytes) -> str:
        aside = self.set_aside(path)
        return f"{self._write(path, data)}, the old one {aside}"

    def _experiment(self, folder: Path) -> None:
        self.strangers(folder, {layout.EXPERIMENT_FILE, layout.EXPERIMENT_WORDS}.__contains__)
        self._experiment_file(folder / layout.EXPERIMENT_FILE)
        for name in files.real_folders(folder):
            if not layout.is_id(name) and name != layout.EXPERIMENT_WORDS and not name.startswith(layout.STAGING):
                self.found("stranger", folder / name, "is no run; it is left alone", "note")
        if self.must_be_folder(folder / layout.EXPERIMENT_WORDS):
            self._experiment_words(folder)

    def _experiment_words(self, folder: Path) -> None:
        """What was said about an experiment."""
        self.strangers(folder / layout.EXPERIMENT_WORDS, layout.parse_words_name)
        for entry in files.list_folder(folder / layout.EXPERIMENT_WORDS):
            path = Path(entry.path)
            if layout.parse_words_name(entry.name) and not entry.is_symlink():
                self.files += 1
                try:
                    read_experiment_words(self.name(path), folder.name, files.read_file(path))
                except RunlogError as error:
                    self.unreadable("entries", path, error, partial(self.set_aside, path))

    def _experiment_file(self, document: Path) -> None:
        self.files += 1
        folder = document.parent
        try:
            name = load(self.name(document), files.read_file(document)).get("name")
            if not isinstance(name, str) or layout.experiment_folder(name) != folder.name:
                self.found("experiment", document, f"names {name!r}, which belongs elsewhere", "note")
        except FileNotFoundError:
            # Without anything in it, the folder is what a process left that was killed while it made its first run.
            if any(not entry.name.startswith(layout.STAGING) for entry in files.list_folder(folder)):
                mend = partial(self._name_experiment, document)
                self.found("experiment", document, "is missing", "mendable", mend)
        except Damaged as error:
            self.found("experiment", document, error.message, "mendable", lambda: self._rename_experiment(document))
        except StoreError as error:
            self.found("experiment", document, error.message, "damage")

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
        try:
            snapshot = run.birth().code.get("snapshot")
        except RunlogError as error:
            if not files.is_folder(run.path):
                return  # somebody has forgotten it meanwhile
            self.files += 1
            self.unreadable("birth", run.path / layout.RUN_FILE, error, lambda: self.set_aside(run.path))
            return
        if isinstance(snapshot, str) and not os.path.lexists(self.root / layout.CODE / os.path.basename(snapshot)):
            problem = f"has its code in {snapshot}, which is not there: was only a part of the store copied?"
            self.found("code", run.path / layout.RUN_FILE, problem, "damage")
        self.files += RunCheck(self, run).run()

    def _environments(self) -> None:
        """Each must be what its name says."""
        folder = self.root / layout.ENVIRONMENTS
        self.strangers(folder, environments.is_name)
        for entry in files.list_folder(folder):
            path = Path(entry.path)
            if environments.is_name(entry.name) and entry.is_file(follow_symlinks=False):
                self.files += 1
                try:
                    load(self.name(path), environments.verified(path))
                except RunlogError as error:
                    self.unreadable("environment", path, error, partial(self.set_aside, path))

    def _code(self) -> None:
        """Each snapshot must be what its name says, and have its base."""
        folder = self.root / layout.CODE
        self.strangers(folder, parse_name)
        for entry in files.list_folder(folder):
            path = Path(entry.path)
            if parse_name(entry.name) and entry.is_file(follow_symlinks=False):
                self.files += 1
                try:
                    verify(self.root, entry.name)
                except RunlogError as error:
                    self.unreadable("code", path, error, partial(self.set_aside, path))

    def _markers(self) -> None:
        folder = self.root / layout.LIVE
        self.strangers(folder, layout.is_id)
        for name in files.real_folders(folder):
            if not name.startswith(layout.STAGING):
                self.found("stranger", folder / name, "is no marker of a run; it is left alone", "note")
        for entry in files.list_folder(folder):
            if layout.is_id(entry.name) and entry.is_file(follow_symlinks=False):
                self.files += 1
                self._marker(Path(entry.path))

    def _marker(self, path: Path) -> None:
        run = next(self.store.named(path.name), None)
        try:
            alive = is_alive(read_marker(path.name, files.read_file(path))[1])
        except FileNotFoundError:
            return
        except Damaged as error:
            self.found("marker", path, error.message, "mendable", lambda: self._mark_anew(path, run))
            return
        except StoreError as error:
            self.found("marker", path, error.message, "damage")
            return
        old = files.is_older(path, _STAGING_S)
        if not alive and (old if run is None else not run.log_files() and _is_over(run)):
            problem = "points to nothing that is left to finish"
            self.found("marker", path, problem, "mendable", partial(_discard, path))

    def _mark_anew(self, path: Path, run: RunDir | None) -> str:
        if run is None or not run.log_files():
            return _discard(path)
        self.store.mark_live(run.folder, run.birth().process)
        return "written anew"


def _is_over(run: RunDir) -> bool:
    try:
        return run.record().state != "running"
    except RunlogError:
        return False


def _discard(path: Path) -> str:
    """Remove what holds no data of anybody."""
    files.remove_tree(path)
    return "removed"
