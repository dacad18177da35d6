"""The params of a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runlog.errors import NotFound
from runlog.query.syntax import suggestion
from runlog.store.stored import StoredRun


def choose(run: StoredRun, names: Sequence[str]) -> dict[str, Any]:
    """The params that are named, in that order; all when none is."""
    params = run.params
    for name in names:
        if name not in params:
            raise NotFound(f"run {run.id} has no param {name!r}", hint=suggestion(name, params) or f"runlog params {run.id}")
    return {name: params[name] for name in names or params}
