"""A trained object as a model folder, in the layout of MLflow, outside of any store."""

from __future__ import annotations

import contextlib
import datetime
import os
import platform
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from runlog.errors import BadInput, Conflict, OutsideError, StoreError, reason_of
from runlog.models import example as examples
from runlog.models import flavors, mlmodel, requirements, signature
from runlog.models.card import Card, is_model, read_card
from runlog.models.flavors import files
from runlog.models.flavors.words import Call, How, Saved
from runlog.store.files import remove_tree, staging_path
from runlog.store.layout import MLMODEL

_ENVIRONMENT = {"conda": requirements.CONDA, "virtualenv": requirements.PYTHON}


def save_model(
    model: Any,
    folder: Path,
    *,
    flavor: str | None = None,
    example: Any = None,
    signature: Any = None,
    pickle: bool | None = None,
    requirements: Sequence[str] | None = None,
    metadata: Mapping[str, Any] | None = None,
    run_id: str | None = None,
    name: str | None = None,
) -> Card:
    """Write a model folder. It is there whole or not at all.

    `pickle` says whether a pickle may be used: by default only where there is no format that is safe to load, and then the card's
    `unsafe` says why.
    """
    folder = Path(os.path.abspath(folder))
    if os.path.lexists(folder) and not (folder.is_dir() and not any(folder.iterdir())):
        raise Conflict(f"{str(folder)!r} is there already")
    words = {"run_id": run_id, "artifact_path": name}
    with _aside(folder) as staged:
        if files.fits(model) and is_model(Path(model)):
            read_card(Path(model))
            files.copy(Path(model), staged)
        else:
            _build(model, staged, flavor, example, signature, pickle, requirements, metadata, words)
    return read_card(folder)


@contextlib.contextmanager
def _aside(folder: Path) -> Any:
    """A folder beside, which takes the place of the wanted one when all went well."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        staged = staging_path(folder.parent)
        staged.mkdir()
    except OSError as error:
        raise OutsideError(f"cannot write {str(folder)!r}: {reason_of(error)}") from error
    try:
        yield staged
        staged.replace(folder)
    except OSError as error:
        raise OutsideError(f"cannot write {str(folder)!r}: {reason_of(error)}") from error
    finally:
        with contextlib.suppress(StoreError):
            remove_tree(staged)


def _build(
    model: Any,
    folder: Path,
    flavor: str | None,
    example: Any,
    given: Any,
    pickle: bool | None,
    wanted: Sequence[str] | None,
    metadata: Mapping[str, Any] | None,
    words: dict[str, str | None],
) -> None:
    how = flavors.wanted(flavor, model) if flavor else flavors.of_model(model)
    shown = examples.given(example)
    saved = how.save(model, How(folder, shown.few if shown else None, pickle))
    document: dict[str, Any] = {key: word for key, word in words.items() if word is not None}
    if shown is not None:
        document["saved_input_example_info"] = examples.write(shown, folder)
    known = signature.given(given) or (None if shown is None else _signature(shown, how.caller(model)))
    if known is not None:
        document["signature"] = known.document()
    packages = (*saved.packages, *(examples.packages(shown) if shown else ()))
    written = [folder / file for file in saved.written]
    lines = requirements.inferred(packages, written) if wanted is None else list(wanted)
    requirements.write(folder, lines)
    document["metadata"] = _metadata(metadata, saved.unsafe)
    document["flavors"] = _flavors(how.NAME, saved)
    document |= {
        "model_uuid": uuid.uuid4().hex,
        "utc_time_created": str(datetime.datetime.now(datetime.UTC).replace(tzinfo=None)),
    }
    document["model_size_bytes"] = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    text = mlmodel.write({key: value for key, value in document.items() if value is not None})
    (folder / MLMODEL).write_text(text, encoding="utf-8")


def _signature(shown: examples.Example, call: Call | None) -> signature.Signature | None:
    """What an example and the prediction for it tell. What cannot be told is left open: the model matters more."""
    prediction = None
    if call is not None:
        with contextlib.suppress(Exception):
            prediction = call(shown.few, shown.params)
    if isinstance(shown.whole, tuple):
        return None
    for output in (prediction, None):
        with contextlib.suppress(BadInput, TypeError, ValueError, AttributeError):
            return signature.infer(shown.whole, output, shown.params)
    return None


def _metadata(given: Mapping[str, Any] | None, unsafe: str | None) -> dict[str, Any] | None:
    metadata = dict(given or {})
    if unsafe:
        metadata["runlog"] = {**metadata.get("runlog", {}), "unsafe": unsafe}
    return metadata or None


def _flavors(name: str, saved: Saved) -> dict[str, Any]:
    """The flavour of the library, and the general one by which MLflow loads and serves it."""
    own = {"runlog" if "flavor" in saved.config else name: saved.config}
    if saved.pyfunc is None:
        return own
    return {**own, "python_function": {**saved.pyfunc, "env": _ENVIRONMENT, "python_version": platform.python_version()}}
