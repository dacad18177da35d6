"""Models into a living run, and out of any: by version, stage or alias, by run, or from a folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from runlog.errors import BadInput, NotFound
from runlog.models import loading, saving
from runlog.models.card import Card, is_model
from runlog.models.inrun import RunModel, folder_of, models_in
from runlog.models.loading import Predictor
from runlog.models.trust import is_trusted
from runlog.store import files, folders, layout
from runlog.store.store import Store
from runlog.store.stored import StoredRun
from runlog.tracking.active import active_run
from runlog.tracking.run import Run
from runlog.tracking.start import start_run
from runlog.tracking.warning import warn

if TYPE_CHECKING:
    from collections.abc import Callable


_SHOWN = 6


class Options(NamedTuple):
    """What is said of a model besides itself."""

    example: Any
    signature: Any
    flavor: str | None
    pickle: bool | None
    requirements: Sequence[str] | None
    metadata: Mapping[str, Any] | None


def keep(run: Run, model: Any, name: str, said: Options, keep_file: Callable[[Path, str], None]) -> str:
    """Write a model aside and bring it into a run; where it lies there. Its MLmodel file comes last: without one a folder is no
    model."""
    name = layout.check_artifact_path(name)
    with tempfile.TemporaryDirectory(prefix="runlog-model-") as aside:
        folder = Path(aside) / "model"
        card = saving.save_model(model, folder, run_id=run.id, name=name, **said._asdict())
        below = [path for _, path, _ in folders.walk(folder, run.store.root)]
        path = files.claim_folder(run.path, layout.ARTIFACTS, name)
        for file in sorted(below, key=lambda file: (file == layout.MLMODEL, file)):
            keep_file(folder / file, layout.check_artifact_path(f"{path}/{file}"))
    _tell(run, path, card, said)
    return path


def _tell(run: Run, path: str, card: Card, said: Options) -> None:
    if card.unsafe:
        warn(f"run {run.id}: model {path!r} will only be loaded by those who trust it: {card.unsafe}")
    is_known = said.signature is not None or (card.signature is not None and card.signature.outputs)
    if said.example is not None and not is_known and "python_function" in card.flavors and not isinstance(said.example, tuple):
        warn(f"run {run.id}: model {path!r} could not predict its example, so its signature has no outputs: is it fitted?")


def log_model(
    model: Any,
    name: str = "model",
    *,
    example: Any = None,
    signature: Any = None,
    flavor: str | None = None,
    pickle: bool | None = None,
    requirements: Sequence[str] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> str | None:
    """Keep a trained model in the active run; its path there."""
    run = active_run() or start_run()
    return run.log_model(
        model,
        name,
        example=example,
        signature=signature,
        flavor=flavor,
        pickle=pickle,
        requirements=requirements,
        metadata=metadata,
    )


What = str | os.PathLike[str] | Run | StoredRun


def load_model(what: What, *, trust: bool = False, store: str | os.PathLike[str] | Store | None = None) -> Any:
    """The object that was logged: `duration@production`, `duration@3`, a run, `RUN/path`, or a folder. A model that could run
    code of its own is refused, unless you trust whoever wrote it."""
    folder, trusted = _found(what, trust, store)
    return loading.load_native(folder, trust=trusted)


def load_predictor(what: What, *, trust: bool = False, store: str | os.PathLike[str] | Store | None = None) -> Predictor:
    """The same model, asked for predictions in one way whatever library it is from."""
    folder, trusted = _found(what, trust, store)
    return loading.load_predictor(folder, trust=trusted)


def _found(what: What, trust: bool, store: str | os.PathLike[str] | Store | None) -> tuple[Path, bool]:
    """Where a model lies, and whether code in it may run."""
    if isinstance(what, Run | StoredRun):
        run = what.read() if isinstance(what, Run) else what
        return _only(run), is_trusted(run.path, trust)
    if isinstance(what, os.PathLike) or is_model(Path(what)):
        return Path(what), is_trusted(Path(what), trust)
    if not isinstance(what, str):
        raise BadInput(f"{type(what).__name__} names no model", hint="load_model('NAME@production')")
    from runlog import open_store
    from runlog.models.find import find_model

    opened = store if isinstance(store, Store) else open_store(store)
    found = find_model(opened, what)
    if found.run is None:
        return found.folder, is_trusted(found.folder, trust)
    if found.version is None:  # or it has been looked at
        _check(found.run, next(model for model in models_in(found.run.record) if model.path == found.path))
    return found.folder, is_trusted(found.run.path, trust)


def _check(run: StoredRun, model: RunModel) -> Path:
    """The folder of a model, if it is what was logged."""
    from runlog.models.find import must_be_whole

    folder = folder_of(run, model)
    must_be_whole(f"{run.id}/{model.path}", folder, model)
    return folder


def _only(run: StoredRun) -> Path:
    """The one model of a run."""
    models = models_in(run.record)
    if len(models) == 1:
        return _check(run, models[0])
    if not models:
        raise NotFound(f"run {run.id} has no model")
    names = ", ".join(model.path for model in models[:_SHOWN])
    names += f", ... and {len(models) - _SHOWN} more" if len(models) > _SHOWN else ""
    raise BadInput(f"run {run.id} has several models: {names}", hint=f"load_model('{run.id}/{models[-1].path}')")
