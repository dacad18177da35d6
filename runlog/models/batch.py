"""Predictions for a whole file, piece by piece: what is written is whole or not there."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from runlog.errors import BadInput, Conflict
from runlog.models import tabular
from runlog.models.flavors.words import needed
from runlog.models.loading import Predictor
from runlog.models.schema import conform, convert, shown
from runlog.models.signature import Signature
from runlog.store.delivery import written_whole

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 10_000
_FROM_TEXT = {"integer", "long", "float", "double", "string"}
# As pandas, and so the server, reads CSV.
_GAPS = {"", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "-NaN", "-nan", "NULL", "null", "None", "<NA>"}


class Job(NamedTuple):
    """From where to where, and what is written."""

    source: str  # a file; - is standard input
    target: str  # a file; - is standard output
    source_form: str
    target_form: str
    column: str = "prediction"
    only: bool = False
    force: bool = False
    rows: int = ROWS


def predict_file(model: Predictor, job: Job, progress: tabular.Progress | None = None) -> int:
    """Write what a model predicts for each row of a file; how many rows there were."""
    if job.target != "-" and tabular.is_pipe(job.target):
        raise BadInput(f"{job.target!r} is no file that could be there as a whole or not at all", hint="-o -")
    if job.target != "-" and os.path.lexists(job.target) and not job.force:
        raise Conflict(f"{job.target!r} is there already", hint="--force replaces it")
    needed("pandas", "predicting for a file")
    is_text = _is_text(model.card.signature, job)
    done = 0
    with _target(job.target) as target, tabular.writing(target, job.target_form) as write:
        schema: pa.Schema = None
        for batch in tabular.read(job.source, job.source_form, is_text, job.rows, progress):
            made = _with_predictions(model, batch, job, done)
            schema = schema or _without_nothing(made.schema)
            write(_like(made, schema, done))
            done += batch.num_rows
        if schema is None:
            raise BadInput(f"{job.source!r} has no rows")
    return done


@contextlib.contextmanager
def _target(file: str) -> Iterator[BinaryIO | Path]:
    if file == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with written_whole(Path(file)) as staged:
        yield staged


def _is_text(signature: Signature | None, job: Job) -> tabular.IsText:
    """Which columns of CSV stay as they are typed: all from text to text, if the model says what it takes; else those that it
    will say of which value does not fit."""
    columns = _kinds(signature)
    known = set(signature.columns or []) if signature else set()
    return lambda name: name in columns or (job.target_form == "csv" and bool(known) and name not in known)


def _kinds(signature: Signature | None) -> dict[str, str]:
    """The columns of numbers and texts that a model takes by name."""
    specs = signature.inputs or [] if signature and signature.columns else []
    return {str(spec["name"]): spec["type"] for spec in specs if spec["type"] in _FROM_TEXT}


def _with_predictions(model: Predictor, batch: pa.RecordBatch, job: Job, before: int) -> pa.RecordBatch:
    import pyarrow as pa

    twice = [name for name in batch.schema.names if batch.schema.names.count(name) > 1]
    if twice:
        raise BadInput(f"{job.source!r} has the column {twice[0]!r} twice")
    frame = _as_taken(model, batch, before)
    columns = _columns(_predicted(model, frame, before), job.column)
    kept = {} if job.only else dict(zip(batch.schema.names, batch.columns, strict=True))
    if job.target_form != "csv":
        kept |= {name: frame[name] for name in kept.keys() & _kinds(model.card.signature).keys()}
    taken = sorted(kept.keys() & columns.keys())
    if taken:
        raise Conflict(f"{job.source!r} has a column {taken[0]!r} already", hint="--column NAME, or --only")
    for name, values in columns.items():
        if len(values) != batch.num_rows:
            raise BadInput(f"the model made {len(values)} predictions for {batch.num_rows} rows")
        try:
            kept[name] = pa.array(values)
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
            raise BadInput(f"the predictions in {name!r} are not of one kind that a table can hold") from error
    return pa.RecordBatch.from_pydict(kept)


def _as_taken(model: Predictor, batch: pa.RecordBatch, before: int) -> Any:
    """The rows with each column as the model takes it; what stands for nothing in a text is nothing."""
    frame = batch.to_pandas(ignore_metadata=True)
    _must_be_switches(model.card.signature, frame, before)
    for name in _kinds(model.card.signature).keys() & set(frame.columns):
        if frame[name].dtype.kind == "O":
            frame[name] = frame[name].mask(frame[name].isin(_GAPS), None)
    return convert(frame, model.card.signature, before)


def _must_be_switches(signature: Signature | None, frame: Any, before: int) -> None:
    """Any text counts as true in Python, also `no`; here none does."""
    for spec in signature.inputs or [] if signature and signature.columns else []:
        name = spec["name"]
        if spec["type"] == "boolean" and name in frame.columns and frame[name].dtype.kind == "O":
            for place, value in enumerate(frame[name]):
                if not isinstance(value, bool):
                    raise BadInput(f"column {name!r} cannot be read as boolean: row {before + place + 1} is {shown(value)}")


def _predicted(model: Predictor, frame: Any, before: int) -> Any:
    taken = conform(frame, model.card.signature)
    try:
        return model.predict(taken)
    except BadInput:
        raise
    except Exception as error:  # the model's own code
        rows = f"rows {before + 1} to {before + len(frame)}"
        said = (str(error).splitlines() or [""])[0]
        raise BadInput(f"the model failed on {rows}: {type(error).__name__}: {said}") from error


def _columns(predictions: Any, name: str) -> dict[str, Any]:
    """Predictions as columns: one by its name, of several each with its own after it."""

    if not isinstance(predictions, Mapping) and not hasattr(predictions, "columns"):
        return _flat(name, predictions)
    if len(predictions) == 1 or len(getattr(predictions, "columns", ())) == 1:
        return _flat(name, predictions[next(iter(predictions))])
    columns: dict[str, Any] = {}
    for key in predictions:
        columns |= _flat(f"{name}_{key}", predictions[key])
    return columns


def _flat(name: str, values: Any) -> dict[str, Any]:
    """An array as columns: one, if it has one value for each row, else one for each place."""
    import numpy as np

    array = np.atleast_1d(np.asarray(values))
    if all(isinstance(value, Mapping) and not all(isinstance(key, str) for key in value) for value in array.flat):
        return {f"{name}_{key}": np.asarray([value.get(key) for value in array.flat]) for key in array.flat[0]}
    if array.ndim < 2:
        return {name: array}
    flat = array.reshape(len(array), int(np.prod(array.shape[1:])))
    if flat.shape[1] == 1:
        return {name: flat[:, 0]}
    return {f"{name}_{place}": flat[:, place] for place in range(flat.shape[1])}


def _without_nothing(schema: pa.Schema) -> pa.Schema:
    """Columns that are empty so far may hold anything later; text can be that."""
    import pyarrow as pa

    return pa.schema([field.with_type(pa.string()) if pa.types.is_null(field.type) else field for field in schema])


def _like(batch: pa.RecordBatch, schema: pa.Schema, before: int) -> pa.RecordBatch:
    """A piece with the columns of the first."""
    import pyarrow as pa

    if batch.schema.names != schema.names:
        raise BadInput(f"from row {before + 1} on the columns are {batch.schema.names}, and were {schema.names}")
    columns: list[Any] = []
    for field, column in zip(schema, batch.columns, strict=True):
        try:
            columns.append(column.cast(field.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            message = f"column {field.name!r} holds {field.type} at first, and {column.type} from row {before + 1} on"
            raise BadInput(message) from error
    return pa.RecordBatch.from_arrays(columns, schema=schema)
