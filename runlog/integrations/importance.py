"""How much each feature counts for a model: as a document and as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from runlog.tracking.run import Run


def log(run: Run, importances: Mapping[str, float]) -> None:
    """Keep importances, the greatest first; nothing of a model that knows none."""
    if not importances:
        return
    ordered = dict(sorted(importances.items(), key=lambda item: -item[1]))
    run.log_json(ordered, "feature_importance.json")
    run.log_table({"feature": list(ordered), "importance": list(ordered.values())}, "feature_importance.csv")


def of_estimator(model: Any, data: Any) -> dict[str, float]:
    """What an estimator, or the last step of a pipeline, says of its features; none where it says nothing."""
    steps = getattr(model, "steps", None)
    last = steps[-1][1] if steps else model
    values = getattr(last, "feature_importances_", None)
    if values is None:
        return {}
    names = _names_after(model) if steps else _names(model, data)
    return named(names, values)


def named(names: Sequence[Any] | None, values: Any) -> dict[str, float]:
    """Importances by name; by number, where there are no names for just these."""
    numbers = [float(value) for value in values]
    known = [str(name) for name in names] if names is not None else []
    if len(known) != len(numbers) or len(set(known)) != len(known):
        known = [f"feature_{place}" for place in range(len(numbers))]
    return dict(zip(known, numbers, strict=True))


def _names(model: Any, data: Any) -> Sequence[Any] | None:
    names = getattr(model, "feature_names_in_", None)
    return getattr(data, "columns", None) if names is None else names


def _names_after(pipeline: Any) -> Sequence[Any] | None:
    """What the steps before the last one call what they hand on."""
    try:
        names: Sequence[Any] = pipeline[:-1].get_feature_names_out()
    except Exception:  # some step does not know
        return None
    return names
