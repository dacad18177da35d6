"""Predictions of any library as JSON, in the shape that MLflow gives them."""

from __future__ import annotations

import base64
import datetime
import json
from typing import Any


def as_json(predictions: Any, *, bare: bool = False) -> bytes:
    """The body of an answer."""
    import pandas as pd

    if isinstance(predictions, pd.Series):
        predictions = pd.DataFrame(predictions)
    if isinstance(predictions, pd.DataFrame):
        predictions = predictions.to_dict(orient="records")
    return json.dumps(predictions if bare else {"predictions": predictions}, default=_plain).encode()


def _plain(value: Any) -> Any:
    """What JSON has no words for: arrays as lists, bytes as base64, moments as text."""
    if isinstance(value, bytes | bytearray):
        return base64.encodebytes(value).decode("ascii")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if callable(getattr(value, "detach", None)):
        return value.detach().cpu().tolist()
    if callable(getattr(value, "tolist", None)):
        return value.tolist()
    if callable(getattr(value, "model_dump", None)):
        return value.model_dump()
    raise TypeError(f"a prediction holds a {type(value).__name__}, which JSON cannot")
