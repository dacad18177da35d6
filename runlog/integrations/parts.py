"""What every framework's file does with a run: params of any kind, some rows of the data, the model with its signature."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from runlog.integrations.settings import Settings
from runlog.integrations.trouble import guarded
from runlog.models.signature import infer
from runlog.tracking.run import Run
from runlog.tracking.values import to_plain

_ROWS = 5


def log_params(run: Run, params: Mapping[str, Any]) -> None:
    """Params as they are; of objects their own description, of arrays their shape."""
    run.log_params({name: _described(name, value) for name, value in params.items()})


def _described(name: str, value: Any) -> Any:
    shape = getattr(value, "shape", ())
    if isinstance(shape, tuple) and len(shape) > 0:
        return f"<{type(value).__name__} of shape {shape}>"
    return to_plain(name, value).value


def plain_arguments(given: Mapping[str, Any], beside: Collection[str]) -> dict[str, Any]:
    """Numbers, texts and switches among the arguments of a call: what else there is may be data."""
    return {name: value for name, value in given.items() if name not in beside and isinstance(value, int | float | str)}


def first_rows(data: Any) -> Any:
    """A few rows of a table or an array, as a copy; none of what has no rows to take."""
    if not hasattr(data, "__len__"):
        return None
    try:
        rows = data.head(_ROWS) if callable(getattr(data, "head", None)) else data[:_ROWS]
        return rows.copy() if callable(getattr(rows, "copy", None)) else rows
    except Exception:  # a kind of data that is taken apart in another way
        return None


def packaged(run: Run, model: Any, rows: Any, predict: Callable[[Any], Any], settings: Settings) -> None:
    """Keep a model. Its signature comes from rows of its input, which are kept only if that was asked for."""
    signature = None
    if rows is not None:
        with guarded(f"the signature of {type(model).__name__} is", run):
            signature = infer(rows, predict(rows))
    run.log_model(model, example=rows if settings.examples else None, signature=signature)
