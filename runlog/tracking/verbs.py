"""The verbs at module level: they speak to the active run, and begin one where there is none, as users of MLflow expect."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from runlog.tracking.active import active_run
from runlog.tracking.run import Run
from runlog.tracking.start import start_run

if TYPE_CHECKING:
    from pathlib import Path

    from runlog.store.data import Progress
    from runlog.tracking.values import Named


def _run() -> Run:
    return active_run() or start_run()


def log_metric(name: str, value: Any, step: Any = None, *, at: Any = None) -> None:
    """Log one point into the active run."""
    _run().log_metric(name, value, step, at=at)


def log_metrics(values: Mapping[str, Any], step: Any = None, *, at: Any = None) -> None:
    """Log points of several metrics into the active run."""
    _run().log_metrics(values, step, at=at)


def log_param(name: str, value: Any) -> None:
    """Record a param of the active run."""
    _run().log_param(name, value)


def log_params(params: Named) -> None:
    """Record params of the active run."""
    _run().log_params(params)


def set_tag(key: str, value: Any = "") -> None:
    """Tag the active run."""
    _run().set_tag(key, value)


def set_tags(tags: Mapping[str, Any]) -> None:
    """Tag the active run, several at once."""
    _run().set_tags(tags)


def remove_tag(key: str) -> None:
    """Take a tag off the active run."""
    _run().remove_tag(key)


def set_note(text: str) -> None:
    """Say what the active run is about."""
    _run().set_note(text)


def set_name(name: str) -> None:
    """Name the active run."""
    _run().set_name(name)


def log_artifact(source: str | os.PathLike[str], to: str | None = None) -> None:
    """Keep a file or folder in the active run."""
    _run().log_artifact(source, to)


def log_text(text: str, path: str) -> None:
    """Keep a text as a file of the active run."""
    _run().log_text(text, path)


def log_dict(value: Any, path: str) -> None:
    """Keep plain data as a JSON file of the active run."""
    _run().log_dict(value, path)


log_json = log_dict


def log_figure(figure: Any, path: str) -> None:
    """Keep a figure in the active run."""
    _run().log_figure(figure, path)


def log_image(image: Any, path: str) -> None:
    """Keep a picture in the active run."""
    _run().log_image(image, path)


def log_table(table: Any, path: str) -> None:
    """Keep a table in the active run."""
    _run().log_table(table, path)


def use_data(path: str | os.PathLike[str], name: str | None = None, *, progress: Progress | None = None) -> None:
    """Record an input of the active run."""
    _run().use_data(path, name, progress=progress)


def use_model(what: str | os.PathLike[str]) -> Path | None:
    """Record a model as an input of the active run; where it lies."""
    return _run().use_model(what)


def finish(state: Literal["finished", "failed", "killed"] = "finished") -> None:
    """End the active run; without one, nothing happens."""
    run = active_run()
    if run is not None:
        run.finish(state)
