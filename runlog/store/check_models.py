"""Verify the registry of models: every document, and that each version has its model."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from runlog.errors import Damaged, RunlogError, StoreError
from runlog.store import files, layout
from runlog.store.registry.digest import digest_in
from runlog.store.registry.documents import model_document, read_act, read_birth, read_model
from runlog.store.registry.folder import read_book
from runlog.store.registry.standing import Model, stand
from runlog.store.registry.version import Version
from runlog.store.store import Store

if TYPE_CHECKING:
    from runlog.store.check_run import Report

_FOLDERS = (layout.VERSIONS, layout.CLAIMS, layout.MODEL_WORDS)


class ModelsCheck:
    """The check of all that lies in the folder of models."""

    def __init__(self, report: Report, store: Store) -> None:
        self.report = report
        self.store = store
        self.root = store.root
        self.files = 0

    def run(self) -> int:
        """Check all of it; how many files were looked at."""
        models = self.root / layout.MODELS
        self.report.strangers(models, lambda name: False)
        for name in files.real_folders(models):
            if not name.startswith(layout.STAGING):
                self._model(models / name)
        return self.files

    def _model(self, folder: Path) -> None:
        self.report.strangers(folder, {layout.MODEL_FILE}.__contains__)
        for name in files.real_folders(folder):
            if name not in _FOLDERS and not name.startswith(layout.STAGING):
                self.report.found("stranger", folder / name, "is no folder of runlog's; it is left alone", "note")
        place = f"{layout.MODELS}/{folder.name}"
        self._documents(folder, layout.VERSIONS, layout.parse_version_file, read_birth)
        self._documents(folder, layout.MODEL_WORDS, layout.parse_words_name, read_act)
        if self.report.must_be_folder(folder / layout.CLAIMS):
            self.report.strangers(folder / layout.CLAIMS, layout.is_claim)
            self.files += sum(layout.is_claim(name) for name in files.list_names(folder / layout.CLAIMS))
        self._model_file(folder, f"{place}/{layout.MODEL_FILE}")
        self._standing(folder)

    def _documents(
        self,
        model: Path,
        below: str,
        is_ours: Callable[[str], object],
        read: Callable[[str, str, bytes], object],
    ) -> None:
        folder = model / below
        if not self.report.must_be_folder(folder):
            return
        self.report.strangers(folder, is_ours)
        for entry in files.list_folder(folder):
            path = Path(entry.path)
            if is_ours(entry.name) and not entry.is_symlink():
                self.files += 1
                try:
                    read(path.relative_to(self.root).as_posix(), model.name, files.read_file(path))
                except RunlogError as error:
                    self.report.unreadable("model", path, error, partial(self.report.set_aside, path))

    def _model_file(self, folder: Path, name: str) -> None:
        path = folder / layout.MODEL_FILE
        self.files += 1
        try:
            found = read_model(name, files.read_file(path))
            if layout.experiment_folder(found) != folder.name:
                self.report.found("model", path, f"names {found!r}, which belongs elsewhere", "note")
        except FileNotFoundError:
            # Without a version, the folder is what a process left that was killed while it registered the first.
            if self._name(folder) is not None:
                self.report.found("model", path, "is missing", "mendable", partial(self._write, folder))
        except Damaged as error:
            self.report.found("model", path, error.message, "mendable", partial(self._write, folder))
        except StoreError as error:
            self.report.found("model", path, error.message, "damage")

    def _name(self, folder: Path) -> str | None:
        book = read_book(self.root, folder.name)
        name = next((birth.model for birth in book.births), None)
        return name or (folder.name if book.acts and layout.experiment_folder(folder.name) == folder.name else None)

    def _write(self, folder: Path) -> str:
        path, name = folder / layout.MODEL_FILE, self._name(folder)
        aside = f"the old one {self.report.set_aside(path)}" if os.path.lexists(path) else ""
        if name is None:
            return aside
        files.write_new(path, model_document(name))
        return ", ".join(filter(None, ["written anew", aside]))

    def _standing(self, folder: Path) -> None:
        """What the documents come to: each version has its run and its model, and nothing is left to settle."""
        name = self._name(folder)
        if name is None:
            return
        model = stand(read_book(self.root, name))
        for version in model.living:
            self._version(folder / layout.VERSIONS / layout.version_file(version.first_number, version.id), version)
        self._conflicts(folder, model)

    def _conflicts(self, folder: Path, model: Model) -> None:
        for text in model.conflicts:
            self.report.found("conflict", folder, text, "note")

    def _version(self, path: Path, version: Version) -> None:
        place = next(self.store.named(version.run), None)
        if place is None:
            problem = f"needs run {version.run}, which is not there: was only a part of the store copied?"
            self.report.found("model", path, problem, "damage")
            return
        try:
            record = place.record()
        except RunlogError:
            return  # the check of the run has said what is wrong with it
        if record.emptied and not files.is_folder(place.path / layout.ARTIFACTS):
            problem = f"lies in run {version.run}, whose files were dropped by gc"
            self.report.found("model", path, problem, "damage")
        elif record.removed:
            problem = f"needs run {version.run}, which is in the trash: runlog restore {version.run}"
            self.report.found("model", path, problem, "note")
        elif digest_in(record, version.path) != version.digest:
            problem = f"is not the model {version.path!r} that run {version.run} has: that is another, or missing"
            self.report.found("model", path, problem, "damage")
