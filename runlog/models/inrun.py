"""The models that a run has among its artifacts."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

from runlog.config import cache_folder
from runlog.errors import Damaged
from runlog.models.card import is_model
from runlog.records import RunRecord
from runlog.store import delivery, layout
from runlog.store.folders import Logged, logged_in
from runlog.store.registry.digest import digest_of
from runlog.store.stored import StoredRun


class RunModel(NamedTuple):
    """A model folder inside of a run."""

    name: str
    path: str
    files: Logged
    digest: str
    at: int  # when it was whole


def models_in(record: RunRecord) -> list[RunModel]:
    """The models of a run, in the order in which they were logged."""
    folders = sorted(path.rpartition("/")[0] for path in record.artifacts if path.endswith(f"/{layout.MLMODEL}"))
    found: list[RunModel] = []
    for folder in folders:
        if not any(folder.startswith(f"{model.path}/") for model in found):
            found.append(_model(folder, logged_in(record.artifacts, folder)))
    return sorted(found, key=lambda model: (model.at, model.path))


def model_at(record: RunRecord, path: str) -> RunModel | None:
    """The model of a run that lies at a path."""
    return next((model for model in models_in(record) if model.path == path), None)


def _model(folder: str, logged: Logged) -> RunModel:
    files = dict(sorted(logged.items()))
    name = re.sub(r"~[0-9]+$", "", folder.rpartition("/")[2])
    return RunModel(name, folder, files, digest_of(files), files[layout.MLMODEL].at)


def folder_of(run: StoredRun, model: RunModel) -> Path:
    """Where a model of a run lies, whole and under its own names: a folder that every loader can read. What a resumed run logged
    lies under names made of hashes; of that a copy is made in the user's cache."""
    if any(artifact.file != artifact.path for artifact in model.files.values()):
        return _gathered(run, model)
    for artifact in model.files.values():
        place = run.artifact(artifact.path)
        if os.path.islink(place) or not os.path.isfile(place) or os.path.getsize(place) != artifact.bytes:
            what = f"model {model.path!r} of run {run.id} is not whole"
            raise Damaged(f"{what}: {artifact.path!r} is missing or altered", hint="runlog check")
    return run.path / layout.ARTIFACTS / model.path


def _gathered(run: StoredRun, model: RunModel) -> Path:
    folder = cache_folder() / "models" / model.digest
    if not is_model(folder):
        delivery.deliver_folder(run.path, model.files, folder)
    return folder
